//! From launch to termination.

use hoist::cloud::TAG_DIES_AFTER;
use hoist::provider::{Cloud as _, CloudErrorKind, ExitOutcome, HostError, InstanceState, Selector, Upload};
use nix::sys::signal::Signal;

use crate::local_cloud::support::{
    Lab, eventually, init_process, kill, open, output, processes_of, request, run, shell,
};

#[tokio::test]
async fn an_instance_runs_programs_and_leaves_nothing() {
    for lab in Lab::both() {
        let (instance, host) = lab.one("token").await;
        assert_eq!(instance.state, InstanceState::Running);
        let address = instance.address.clone().unwrap();
        assert!(address.starts_with("127.") && !address.starts_with("127.0.0."), "{address}");
        assert_eq!(
            output(&host, "1", "echo $HOIST_INSTANCE $HOIST_ADDRESS $HOIST_RUN").await,
            format!("{} {address} test-run", instance.id)
        );

        let stage = host.stage_base().join("web");
        let program = stage.join("boot.sh");
        let content = b"#!/bin/sh\npwd; echo err >&2; echo '{\"a\": 1}' > bootout.json; exit 3\n".to_vec();
        host.upload(&Upload { path: program.clone(), content, mode: 0o755 }).await.unwrap();
        let mut command = shell("web/boot/1", "");
        command.argv = vec![program.display().to_string()];
        command.directory.clone_from(&stage);
        let finished = host.run(&command).await.unwrap();
        assert_eq!(finished.outcome, ExitOutcome::Exit(3));
        assert_eq!(finished.output, format!("{}\nerr\n", stage.display()));
        let written = host.download(&stage.join("bootout.json"), 1000).await.unwrap();
        assert_eq!(written.as_deref(), Some(&b"{\"a\": 1}\n"[..]));
        assert_eq!(host.download(&stage.join("nothing"), 1000).await.unwrap(), None);
        assert!(host.download(&stage.join("bootout.json"), 3).await.is_err());
        host.remove(&stage).await.unwrap();
        host.remove(&stage).await.unwrap();
        assert_eq!(host.download(&stage.join("bootout.json"), 1000).await.unwrap(), None);

        lab.cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
        lab.cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
        lab.assert_nothing_left(&instance.id, Some(&address));
        lab.assert_no_directories();
        let shown = lab.cloud.describe(&Selector::Run("test-run".into())).await.unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].state, InstanceState::Terminated);
        let error = lab.cloud.launch(&request("token", &["web"])).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::TokenUsed);
        assert!(processes_of(&instance.id).is_empty());
        assert!(run(&host, "2", "true").await.is_err());
    }
}

#[tokio::test]
async fn nothing_escapes_termination() {
    Lab::in_both(try_to_escape).await;
}

async fn try_to_escape(lab: Lab) {
    let (instance, host) = lab.one("token").await;
    // Nobody else sleeps for exactly so long.
    let long = 10_000 * u64::from(std::process::id()) + if lab.isolated { 1000 } else { 2000 };
    let sleeps = [1, 2, 3].map(|number| format!("sleep {}", long + number));
    let [bare, hidden, again] = &sleeps;
    let script = format!(
        "
        (setsid sh -c 'trap \"\" TERM HUP; (setsid env -i {bare} &) ; {hidden}' > /dev/null 2>&1 &)
        (setsid sh -c 'trap \"\" TERM; while :; do {again}; done' &)
        cd \"$HOME\"; mkdir -p locked/deep; touch locked/deep/file; chmod -R a-w locked; chmod 0 locked/deep
        mkfifo pipe; ln -s / link
    "
    );
    output(&host, "escape", &script).await;
    // One that listens on the address, if there is something to listen with.
    let address = instance.address.clone().unwrap();
    let listen =
        format!("python3 -c \"import socket,time; s=socket.create_server(('{address}', 8080)); time.sleep(1000)\" &");
    output(&host, "listen", &listen).await;
    let sleepers = || running(&sleeps, &instance.id);
    eventually("everything runs that wants to escape", || sleepers() == 3).await;
    lab.cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
    lab.assert_nothing_left(&instance.id, Some(&address));
    assert_eq!(sleepers(), 0);
    lab.assert_no_directories();
}

/// How many of these commands run. One that cleared its environment is counted whosever it is.
fn running(commands: &[String], id: &str) -> usize {
    let marked = processes_of(id);
    commands.iter().filter(|command| marked.iter().any(|one| one.contains(*command)) || by_name(command)).count()
}

fn by_name(command: &str) -> bool {
    let wanted = command.replace(' ', "\0") + "\0";
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let bare = std::fs::read(entry.path().join("environ")).is_ok_and(|environment| environment.is_empty());
        bare && std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| line == wanted.as_bytes())
    })
}

#[tokio::test]
async fn an_instance_whose_init_was_killed_is_gone_and_cleared_away() {
    let _alone = crate::local_cloud::support::Alone::wait();
    for lab in Lab::both() {
        let (instance, host) = lab.one("token").await;
        output(&host, "daemon", "setsid sh -c 'trap \"\" TERM; sleep 1000 & wait; wait' &").await;
        let hung = tokio::spawn({
            let host = host.clone();
            async move { run(&host, "hung", "sleep 1000").await }
        });
        let id = instance.id.clone();
        eventually("the programs run", || processes_of(&id).iter().filter(|one| one.contains("sleep")).count() >= 3)
            .await;
        kill(init_process(&lab.instance_directory(&id)));
        let error = hung.await.unwrap().unwrap_err();
        assert!(matches!(&error, HostError::Gone(message) if message.contains(&id)), "{error:?}");
        assert!(matches!(host.reach().await, Err(HostError::Gone(_))));
        let shown = lab.cloud.describe(&Selector::Ids(vec![id.clone()])).await.unwrap().remove(0);
        assert_eq!(shown.state, InstanceState::Terminated);
        assert!(shown.reason.unwrap().contains("killed"));
        lab.assert_nothing_left(&id, instance.address.as_deref());
        lab.assert_no_directories();
        assert!(matches!(host.reach().await, Err(HostError::Gone(_))));

        // The same, found out by the termination itself.
        let (instance, host) = lab.one("another token").await;
        output(&host, "daemon", "setsid sleep 1000 &").await;
        kill(init_process(&lab.instance_directory(&instance.id)));
        lab.cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
        lab.assert_nothing_left(&instance.id, instance.address.as_deref());
    }
}

#[tokio::test]
async fn an_init_that_was_stopped_goes_on_to_end_in_good_order() {
    for lab in Lab::both() {
        let (instance, host) = lab.one("token").await;
        let asked = lab.directory.path().join("asked");
        let script = format!("setsid sh -c 'trap \"touch {}; exit\" TERM; sleep 1000 & wait' &", asked.display());
        output(&host, "daemon", &script).await;
        let id = instance.id.clone();
        eventually("the daemon runs", || processes_of(&id).iter().any(|one| one.ends_with("sleep 1000 "))).await;
        let init = nix::unistd::Pid::from_raw(init_process(&lab.instance_directory(&instance.id)));
        nix::sys::signal::kill(init, Signal::SIGSTOP).unwrap();
        lab.cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
        lab.assert_nothing_left(&instance.id, instance.address.as_deref());
        // An isolated one cannot leave word here.
        assert!(lab.isolated || asked.exists(), "its programs were asked to stop first");
    }
}

#[tokio::test]
async fn an_init_that_hangs_is_ended_all_the_same() {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixListener};
    let lab = Lab::new(true);
    let (instance, host) = lab.one("token").await;
    output(&host, "daemon", "setsid sleep 1000 &").await;
    // Whoever asks gets through, and never hears a word.
    let name = format!("hoist-test-silence-{}", instance.id);
    let _silence = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    crate::local_cloud::support::change_status(&lab.instance_directory(&instance.id), |status| {
        status["contact"]["socket"] = name.into();
    });
    lab.cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
    lab.assert_nothing_left(&instance.id, instance.address.as_deref());
}

#[tokio::test]
async fn an_instance_outlives_terminal_signals() {
    for lab in Lab::both() {
        let (instance, host) = lab.one("token").await;
        let init = init_process(&lab.instance_directory(&instance.id));
        for signal in
            [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGTSTP, Signal::SIGPIPE]
        {
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(init), signal).unwrap();
        }
        assert_eq!(output(&host, "after", "echo there").await, "there");
        // Its programs have the signals as any program has them.
        for line in output(&host, "mask", "grep -E 'SigBlk|SigIgn' /proc/self/status").await.lines() {
            // Of the signals above 31 the C library keeps some to itself.
            let signals = u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap();
            assert_eq!(signals & 0x7fff_ffff, 0, "{line}");
        }
        let stat = std::fs::read_to_string(format!("/proc/{init}/stat")).unwrap();
        let session = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(3).unwrap().to_owned();
        let ours = nix::unistd::getsid(None).unwrap().to_string();
        assert_ne!(session, ours);
        assert!(nix::unistd::getppid().as_raw() != init && !is_child_of_this(init));
        lab.terminate_all().await;
    }
}

fn is_child_of_this(process: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.split_whitespace().nth(1) == Some(&std::process::id().to_string())
}

#[tokio::test]
async fn an_instance_dies_when_a_rehearsal_has_said_so() {
    for lab in Lab::both() {
        let mut request = request("token", &["web", "database"]);
        request.tags.insert(TAG_DIES_AFTER.into(), "{\"database\": 0.3}".into());
        let instances = lab.cloud.launch(&request).await.unwrap().instances;
        let host = lab.cloud.host("", &instances[1]).unwrap();
        let error = run(&host, "hung", "sleep 1000").await.unwrap_err();
        assert!(matches!(error, HostError::Gone(_)), "{error:?}");
        let shown = lab.ours().await;
        assert_eq!((shown[0].state, shown[1].state), (InstanceState::Running, InstanceState::Terminated));
        assert!(shown[1].reason.as_ref().unwrap().contains("rehearsal"), "{shown:?}");
        lab.assert_nothing_left(&instances[1].id, instances[1].address.as_deref());
        lab.terminate_all().await;
    }
}

#[tokio::test]
async fn a_launch_that_is_not_understood_is_refused() {
    let lab = Lab::new(false);
    for request in [request("token", &[]), request("", &["web"]), request(&"x".repeat(65), &["web"])] {
        assert_eq!(lab.cloud.launch(&request).await.unwrap_err().kind, CloudErrorKind::Rejected);
    }
    lab.cloud.launch(&request("token", &["web"])).await.unwrap();
    let other = lab.cloud.launch(&request("token", &["web", "more"])).await.unwrap_err();
    assert_eq!(other.kind, CloudErrorKind::Rejected);
    assert!(lab.cloud.console("i-unknown").await.unwrap_err().message.contains("i-unknown"));
    lab.cloud.terminate(&["i-unknown".to_owned()]).await.unwrap();
    assert!(lab.cloud.describe(&Selector::Ids(vec!["i-unknown".into()])).await.unwrap().is_empty());
    lab.terminate_all().await;
}

#[tokio::test]
async fn of_a_launch_that_fails_for_one_instance_nothing_stays() {
    // Ids follow from the cloud's own id, the token and the slot, so a cloud of the same id tells which they will be.
    let oracle = Lab::new(false);
    let names = ["a", "b", "c"];
    let ids: Vec<String> =
        oracle.cloud.launch(&request("token", &names)).await.unwrap().instances.into_iter().map(|one| one.id).collect();
    let mut lab = Lab::new(false);
    for file in ["cloud-id", "cloud-id.copy"] {
        std::fs::copy(oracle.directory.path().join(file), lab.directory.path().join(file)).unwrap();
    }
    lab.cloud = open(lab.directory.path(), false);
    oracle.terminate_all().await;

    let in_the_way = lab.instance_directory(&ids[1]);
    std::fs::create_dir_all(in_the_way.parent().unwrap()).unwrap();
    std::fs::write(&in_the_way, "").unwrap();
    let error = lab.cloud.launch(&request("token", &names)).await.unwrap_err();
    assert!(error.message.contains(&ids[1]), "{error}");
    for id in [&ids[0], &ids[2]] {
        lab.assert_nothing_left(id, None);
    }
    std::fs::remove_file(&in_the_way).unwrap();
    let launched = lab.cloud.launch(&request("token", &names)).await.unwrap().instances;
    assert_eq!(launched.into_iter().map(|one| one.id).collect::<Vec<_>>(), ids);
    lab.terminate_all().await;
}
