//! Programs on hosts: run once, whatever becomes of the connection.

use std::time::{Duration, Instant};

use hoist::provider::{Command, ExitOutcome, Host, HostError, OUTPUT_LIMIT};

use crate::ssh::lab::{BASE, Lab, output, run, shell};

#[tokio::test]
async fn programs_get_what_they_are_given_and_tell_how_they_ended() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-programs", "a1");
    let host = lab.reached(&machine).await;
    let words = ["it's", "$(touch /tmp/no)", "a\nb", "", "\\", "-n", "ü"];
    let command = Command {
        key: "words".to_owned(),
        argv: ["printf", "%s|"].iter().chain(&words).map(|&word| word.to_owned()).collect(),
        directory: "/tmp".into(),
        environment: Vec::new(),
        timeout: Duration::from_secs(10),
    };
    assert_eq!(host.run(&command).await.unwrap().output, words.join("|") + "|");
    let mut with = shell("environment", "echo \"$A $B\"; pwd; umask");
    with.environment = vec![("A".to_owned(), "$x 'y'".to_owned()), ("B".to_owned(), "b\"c".to_owned())];
    with.directory = "/tmp".into();
    assert_eq!(host.run(&with).await.unwrap().output, "$x 'y' b\"c\n/tmp\n0022\n");
    for (script, outcome) in [
        ("exit 0", ExitOutcome::Exit(0)),
        ("exit 7", ExitOutcome::Exit(7)),
        ("exit 137", ExitOutcome::Exit(137)),
        ("exit 255", ExitOutcome::Exit(255)),
        ("kill -9 $$", ExitOutcome::Signal(9)),
        ("kill -15 $$", ExitOutcome::Signal(15)),
        ("kill -11 $$", ExitOutcome::Signal(11)),
    ] {
        assert_eq!(run(&host, script, script).await.outcome, outcome, "{script}");
    }
    let finished = run(&host, "both", "echo out; echo err >&2; sleep 0.2").await;
    assert_eq!(finished.output, "out\nerr\n");
    assert!((150..5000).contains(&finished.took.as_millis()), "{finished:?}");
    let nowhere = host.run(&Command { directory: "/nowhere".into(), ..shell("nowhere", "true") }).await;
    assert!(
        matches!(&nowhere, Err(HostError::Failed(reason)) if reason.contains("no directory /nowhere")),
        "{nowhere:?}"
    );
    let missing = Command { argv: vec!["/no/such/program".to_owned()], ..shell("missing", "") };
    let missing = host.run(&missing).await.unwrap();
    assert_eq!(missing.outcome, ExitOutcome::Exit(127));
    assert!(missing.output.contains("not found"), "{missing:?}");
    assert!(!machine.file("/tmp/no").exists());
}

#[tokio::test]
async fn a_key_is_run_once() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-once", "a1");
    let host = lab.reached(&machine).await;
    let script = "echo ran >> /tmp/ran; sleep 0.3; cat /tmp/ran; exit 3";
    let command = shell("once", script);
    let (first, second, third) = tokio::join!(host.run(&command), host.run(&command), host.run(&command));
    let (first, second, third) = (first.unwrap(), second.unwrap(), third.unwrap());
    assert_eq!((first.outcome, first.output.as_str()), (ExitOutcome::Exit(3), "ran\n"));
    assert_eq!((&first, &first), (&second, &third));
    assert_eq!(run(&host, "once", script).await, first);
    assert_eq!(run(&host, "twice", script).await.output, "ran\nran\n");
}

#[tokio::test]
async fn the_end_of_long_output_is_kept() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-long", "a1");
    let host = lab.reached(&machine).await;
    let finished = run(&host, "long", "seq 1 200000; echo last").await;
    assert_eq!(finished.output.len(), OUTPUT_LIMIT);
    assert!(finished.output.ends_with("\n199999\n200000\nlast\n"));
    // Much more than that does not fill the disk, while it runs or later; the keeper looks each second.
    let flood = "
        exec 3>&1
        head -c 60000000 /dev/zero | tr '\\0' x
        until [ $(wc -c < /proc/self/fd/3) -le 16777216 ]; do sleep 0.5; done
        echo end";
    let finished = run(&host, "endless", flood).await;
    assert_eq!(finished.output.len(), OUTPUT_LIMIT);
    assert!(finished.output.ends_with("xend\n"), "{}", &finished.output[OUTPUT_LIMIT - 30..]);
    let kept = output(&host, "kept", &format!("du -sk {BASE} | cut -f1")).await;
    assert!(kept.parse::<u32>().unwrap() < 1000, "{kept} KiB");
}

#[tokio::test]
async fn a_background_process_does_not_delay_the_answer_and_stays() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-background", "a1");
    let host = lab.reached(&machine).await;
    let began = Instant::now();
    let finished = run(&host, "daemon", "sleep 300 & echo $! > /tmp/pid; echo done").await;
    assert_eq!(finished.output, "done\n");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(output(&host, "there", "kill -0 $(cat /tmp/pid) && echo there").await, "there");
}

#[tokio::test]
async fn a_time_limit_ends_the_whole_tree_on_the_host() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-limit", "a1");
    let host = lab.reached(&machine).await;
    // One that goes when it is asked to, one that does not, and one that is stopped.
    let limit = |key: &str, script: &str| Command { timeout: Duration::from_secs(1), ..shell(key, script) };
    let polite = limit("polite", "trap 'echo bye; exit 0' TERM; sleep 300 & wait");
    let first_unremovable = limit(
        "stubborn",
        "trap '' TERM; echo $$ > /tmp/pids; sleep 300 & echo $! >> /tmp/pids; while :; do sleep 1; done",
    );
    let stopped = limit("stopped", "kill -STOP $$");
    let began = Instant::now();
    let (polite, first_unremovable, stopped) =
        tokio::join!(host.run(&polite), host.run(&first_unremovable), host.run(&stopped));
    let polite = polite.unwrap();
    assert_eq!((polite.outcome, polite.output.as_str()), (ExitOutcome::TimedOut, "bye\n"));
    assert_eq!(first_unremovable.unwrap().outcome, ExitOutcome::TimedOut);
    assert_eq!(stopped.unwrap().outcome, ExitOutcome::TimedOut);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let left = "for pid in $(cat /tmp/pids); do [ ! -e /proc/$pid ] || echo $pid; done; ps -e -o args | grep '[s]leep 300'; true";
    assert_eq!(output(&host, "left", left).await, "");
}
