//! How programs run on a host, and how they end.

use std::time::{Duration, Instant};

use hoist::provider::{Command, ExitOutcome, OUTPUT_LIMIT};

use crate::local_cloud::support::{Here, Lab, PATIENCE, eventually, output, processes_of, run, shell};

#[tokio::test]
async fn a_hung_program_is_stopped_at_its_time_limit() {
    Lab::in_both(stop_a_hung_program).await;
}

async fn stop_a_hung_program(lab: Lab) {
    let (_, host) = lab.one("token").await;
    in_time(Duration::from_secs(8), async |attempt| {
        let script = "trap 'echo asked' TERM; echo begun; while :; do sleep 0.05; done";
        let hang = Command { timeout: Duration::from_millis(300), ..shell(&format!("hang {attempt}"), script) };
        let began = Instant::now();
        let finished = host.run(&hang).await.unwrap();
        assert!(began.elapsed() >= Duration::from_millis(2300), "{:?}", began.elapsed());
        assert_eq!(finished.outcome, ExitOutcome::TimedOut);
        let output = finished.output;
        assert!(output.starts_with("begun\n") && output.ends_with("asked\n"), "{output}");
    })
    .await;
    // What stops when it is asked is not waited for.
    in_time(Duration::from_secs(2), async |attempt| {
        let polite = shell(&format!("polite {attempt}"), "sleep 60 & wait");
        let polite = Command { timeout: Duration::from_millis(100), ..polite };
        assert_eq!(host.run(&polite).await.unwrap().outcome, ExitOutcome::TimedOut);
    })
    .await;
    lab.terminate_all().await;
}

/// Does something that takes less than this, again where it took longer: the machine may be slow now and then.
async fn in_time(limit: Duration, act: impl AsyncFn(usize)) {
    let mut times = Vec::new();
    while times.iter().all(|took| *took >= limit) {
        assert!(times.len() < 5, "{times:?}");
        let began = Instant::now();
        act(times.len()).await;
        times.push(began.elapsed());
    }
}

#[tokio::test]
async fn outcomes_and_output_are_told_as_they_are() {
    for lab in Lab::both() {
        let (_, host) = lab.one("token").await;
        assert_eq!(run(&host, "signal", "kill -9 $$").await.unwrap().outcome, ExitOutcome::Signal(9));
        let long = run(&host, "long", "head -c 300000 /dev/zero | tr '\\0' x; echo end").await.unwrap();
        assert_eq!(long.output.len(), OUTPUT_LIMIT);
        assert!(long.output.ends_with("xend\n"));
        let odd = run(&host, "odd", "printf '\\377ok'").await.unwrap();
        assert_eq!(odd.output, "\u{fffd}ok");
        assert_eq!(run(&host, "input", "cat").await.unwrap().outcome, ExitOutcome::Exit(0));
        let mut missing = shell("missing", "");
        missing.argv = vec!["/no/such/program".into()];
        assert!(host.run(&missing).await.unwrap_err().to_string().contains("/no/such/program"));
        missing.argv = vec!["sh".into()];
        missing.directory = "/no/such/directory".into();
        assert!(host.run(&missing).await.unwrap_err().to_string().contains("/no/such/directory"));
        lab.terminate_all().await;
    }
}

#[tokio::test]
async fn a_script_without_an_interpreter_runs_in_the_shell() {
    let lab = Lab::new(false);
    let (_, host) = lab.one("token").await;
    let path = host.stage_base().join("x/run.sh");
    let upload =
        hoist::provider::Upload { path: path.clone(), content: b"echo \"$1\"; exit 4\n".to_vec(), mode: 0o755 };
    host.upload(&upload).await.unwrap();
    let mut command = shell("x", "");
    command.argv = vec![path.display().to_string(), "hello  there".into()];
    let finished = host.run(&command).await.unwrap();
    assert_eq!((finished.outcome, finished.output.as_str()), (ExitOutcome::Exit(4), "hello  there\n"));
    lab.terminate_all().await;
}

#[tokio::test]
async fn a_daemon_does_not_delay_the_answer_and_stays() {
    for lab in Lab::both() {
        let (instance, host) = lab.one("token").await;
        let began = Instant::now();
        let text = output(&host, "daemon", "sleep 1000 & setsid sh -c 'sleep 1001 & sleep 1002' & echo started").await;
        assert_eq!(text, "started");
        assert!(began.elapsed() < PATIENCE);
        let id = instance.id.clone();
        eventually("all three daemons run", || {
            let processes = processes_of(&id);
            ["sleep 1000", "sleep 1001", "sleep 1002"]
                .iter()
                .all(|daemon| processes.iter().any(|process| process.contains(daemon)))
        })
        .await;
        lab.terminate_all().await;
    }
}

#[tokio::test]
async fn a_command_is_run_once_for_its_key_whoever_asks() {
    Lab::in_both(run_once).await;
}

async fn run_once(lab: Lab) {
    let (_, host) = lab.one("token").await;
    let script = "cd \"$HOME\"; echo once >> count; sleep 0.4; wc -l < count";
    let first = tokio::time::timeout(Duration::from_millis(150), run(&host, "key", script)).await;
    assert!(first.is_err(), "the client is gone before the command ends");
    let (second, third) = tokio::join!(run(&host, "key", script), run(&host, "key", script));
    assert_eq!(second.unwrap().output.trim(), "1");
    assert_eq!(third.unwrap().output.trim(), "1");
    // Another client, as a hoist that was started anew.
    let again = crate::local_cloud::support::open(lab.directory.path(), lab.isolated);
    let instance = lab.ours().await.remove(0);
    let host = hoist::provider::Cloud::host(&again, "", &instance).unwrap();
    assert_eq!(run(&host, "key", script).await.unwrap().output.trim(), "1");
    assert_eq!(output(&host, "other key", script).await, "2");
    lab.terminate_all().await;
}

#[tokio::test]
async fn this_host_runs_programs_as_its_user_and_is_released_whole() {
    let _alone = crate::local_cloud::support::Alone::wait();
    let directory = tempfile::tempdir().unwrap();
    let here = Here::new(&directory);
    let (place, host) = (&here.place, &here.host);
    host.release().await.unwrap();
    host.reach().await.unwrap();
    assert!(host.stage_base().starts_with(place));
    assert_eq!(output(host, "home", "echo $HOME").await, std::env::var("HOME").unwrap());
    assert_eq!(output(host, "tmp", "echo ${TMPDIR:-none}").await, std::env::var("TMPDIR").unwrap_or("none".into()));
    let id =
        output(host, "daemon", "setsid sh -c 'trap \"\" TERM; sleep 1000 & wait; wait' & echo $HOIST_INSTANCE").await;
    eventually("the daemon runs", || processes_of(&id).iter().any(|process| process.contains("sleep 1000"))).await;

    // The init is killed; what it ran goes on, and a new one comes on demand.
    crate::local_cloud::support::kill(crate::local_cloud::support::init_process(place));
    let began = output(host, "after", "echo again").await;
    assert_eq!(began, "again");
    assert_eq!(output(host, "home", "echo $HOME").await, std::env::var("HOME").unwrap());
    host.release().await.unwrap();
    host.release().await.unwrap();
    assert_eq!(processes_of(&id), [] as [String; 0]);
    assert!(!place.exists());
}

#[tokio::test]
async fn a_command_that_was_cut_off_with_its_init_has_been_killed() {
    let _alone = crate::local_cloud::support::Alone::wait();
    let directory = tempfile::tempdir().unwrap();
    let here = Here::new(&directory);
    let (place, host) = (&here.place, &here.host);
    host.reach().await.unwrap();
    let command = shell("cut", "echo begun; sleep 1000");
    let running = tokio::time::timeout(Duration::from_millis(300), host.run(&command)).await;
    assert!(running.is_err());
    crate::local_cloud::support::kill(crate::local_cloud::support::init_process(place));
    let finished = host.run(&command).await.unwrap();
    assert_eq!((finished.outcome, finished.output.as_str()), (ExitOutcome::Signal(9), "begun\n"));
    host.release().await.unwrap();
    assert!(!place.exists());
}

#[tokio::test]
async fn output_without_end_does_not_fill_the_disk() {
    use std::os::unix::fs::MetadataExt as _;
    const WRITTEN: u64 = 60 * 1024 * 1024;
    let lab = Lab::new(false);
    let (instance, host) = lab.one("token").await;
    let script = format!("yes | head -c {WRITTEN}; echo end; sleep 1000");
    let endless = tokio::spawn(async move { run(&host, "endless", &script).await });
    let runs = lab.instance_directory(&instance.id).join("runs");
    let outputs = || -> Vec<std::fs::Metadata> {
        let entries = std::fs::read_dir(&runs).into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "out"))
            .filter_map(|entry| entry.metadata().ok())
            .collect()
    };
    eventually("all is written", || outputs().iter().any(|output| output.len() > WRITTEN)).await;
    eventually("most is given up", || outputs().iter().all(|output| output.blocks() * 512 < WRITTEN / 3)).await;
    lab.terminate_all().await;
    assert!(endless.await.unwrap().is_err());
}

#[tokio::test]
async fn large_files_go_to_and_fro_whole() {
    for lab in Lab::both() {
        let (_, host) = lab.one("token").await;
        let content: Vec<u8> = (0..5_000_000_u32).flat_map(|number| (number % 251).to_le_bytes()).collect();
        let path = host.stage_base().join("large/file");
        let upload = hoist::provider::Upload { path: path.clone(), content: content.clone(), mode: 0o600 };
        let again = upload.clone();
        let (one, other) = tokio::join!(host.upload(&upload), host.upload(&again));
        one.unwrap();
        other.unwrap();
        assert!(host.download(&path, content.len()).await.unwrap() == Some(content));
        let mode = output(
            &host,
            "mode",
            &format!("stat -c %a {}; ls -A {} | wc -l", path.display(), path.parent().unwrap().display()),
        )
        .await;
        assert_eq!(mode, "600\n1", "and nothing else is beside it");
        lab.terminate_all().await;
    }
}

#[tokio::test]
async fn an_init_bears_nonsense() {
    use std::io::{Read as _, Write as _};
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixStream};
    let lab = Lab::new(true);
    let (instance, host) = lab.one("token").await;
    let address = SocketAddr::from_abstract_name(format!("hoist-instance/{}", instance.address.unwrap())).unwrap();
    let shutdown = "{\"secret\":\"guessed\",\"operation\":\"shutdown\"}\n";
    for nonsense in
        ["\n", "{}\n", "\0\0\0", "{\"secret\": \"x\", \"operation\": \"fly\"}\n", shutdown, "GET / HTTP/1.1\r\n\r\n"]
    {
        let mut stream = UnixStream::connect_addr(&address).unwrap();
        stream.write_all(nonsense.as_bytes()).unwrap();
        if nonsense.ends_with('\n') {
            let mut answer = String::new();
            // Closed with something unread, the connection may be reset instead of ended.
            let _ = stream.read_to_string(&mut answer);
            assert!(answer.is_empty() || answer.contains("another one"), "{nonsense:?}: {answer}");
        }
    }
    let mut endless = UnixStream::connect_addr(&address).unwrap();
    let line = vec![b'x'; 1024 * 1024];
    let refused = (0..100).any(|_| endless.write_all(&line).is_err());
    assert!(refused, "a request without end is cut off");
    assert_eq!(output(&host, "after", "echo there").await, "there");
    lab.terminate_all().await;
}
