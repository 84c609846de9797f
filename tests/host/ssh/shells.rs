//! Hosts with other shells and tools than Debian's.

use std::time::Duration;

use hoist::host::ssh::{SshHost, SshTarget};
use hoist::provider::{Command, ExitOutcome, Host, Upload};

use crate::ssh::lab::{BASE, Lab, output, run, shell};
use hoist_test_support::machine::Machine;

/// Everything that hoist asks of a host.
async fn serves(host: &SshHost, what: &str) {
    let file = |name: &str| std::path::Path::new(BASE).join("web").join(name);
    let content: Vec<u8> = (0..100_000_u32).map(|number| (number % 251) as u8).collect();
    host.upload(&Upload { path: file("data"), content: content.clone(), mode: 0o600 }).await.unwrap();
    assert!(host.download(&file("data"), content.len()).await.unwrap().unwrap() == content, "{what}");
    assert_eq!(host.download(&file("none"), 1).await.unwrap(), None, "{what}");
    let finished = run(host, "both", "echo out; echo err >&2; sleep 1; exit 3").await;
    assert_eq!((finished.outcome, finished.output.as_str()), (ExitOutcome::Exit(3), "out\nerr\n"), "{what}");
    assert!((900..20_000).contains(&finished.took.as_millis()), "{what}: {finished:?}");
    assert_eq!(run(host, "both", "exit 4").await, finished, "{what}");
    assert_eq!(run(host, "killed", "kill -9 $$").await.outcome, ExitOutcome::Signal(9), "{what}");
    assert_eq!(run(host, "like killed", "exit 137").await.outcome, ExitOutcome::Exit(137), "{what}");
    let limit = Command {
        timeout: Duration::from_secs(1),
        ..shell("limit", "trap '' TERM; sleep 303 & while :; do sleep 1; done")
    };
    assert_eq!(host.run(&limit).await.unwrap().outcome, ExitOutcome::TimedOut, "{what}");
    assert_eq!(output(host, "left", "ps | grep '[s]leep 303'; true").await, "", "{what}");
    assert_eq!(output(host, "background", "sleep 304 & echo done").await, "done", "{what}");
    host.remove(&file("")).await.unwrap();
    assert_eq!(output(host, "removed", &format!("ls {BASE}")).await, "", "{what}");
}

#[tokio::test]
async fn any_user_with_any_shell_will_do() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    let root = lab.reached(&machine).await;
    serves(&root, "dash, root").await;
    root.remove(std::path::Path::new(BASE)).await.unwrap();
    serves(&as_user(&lab, &machine, "guest"), "dash, guest").await;
    if !std::path::Path::new("/bin/busybox").exists() {
        hoist_test_support::skip::skip("there is no /bin/busybox (busybox-static)");
        return;
    }
    for (shell, install) in [
        ("bash", "mount --bind /bin/bash /bin/dash"),
        // All of its tools, also where they do less than Debian's.
        (
            "busybox",
            "mkdir /run/bb && busybox --install -s /run/bb && mount --bind /run/bb /usr/local/bin && mount --bind /bin/busybox /bin/dash",
        ),
    ] {
        root.remove(std::path::Path::new(BASE)).await.unwrap();
        output(&root, shell, install).await;
        root.remove(std::path::Path::new(BASE)).await.unwrap();
        serves(&as_user(&lab, &machine, "admin"), shell).await;
    }
    let which = output(&as_user(&lab, &machine, "admin"), "which", "tail --help 2>&1 | head -n 1").await;
    assert!(which.starts_with("BusyBox"), "{which}");
}

fn as_user(lab: &Lab, machine: &Machine, user: &str) -> SshHost {
    lab.host_of(SshTarget { user: Some(user.to_owned()), ..lab.target(machine) })
}
