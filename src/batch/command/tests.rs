use super::*;
use crate::batch::TimeLimits;
use crate::elastic::engine::Reading;

const DEMAND: Wants = Wants { demand: true, machines: false, pool: false, groups: false, slots: false };

async fn reading(script: &str, limit: Duration) -> Reading<u64> {
    let limits = TimeLimits { program: limit, ..TimeLimits::default() };
    let access = SourceAccess { directory: Some("/usr".into()), limits, ..SourceAccess::default() };
    let source = CommandSource::new("/bin/sh", &["-c".to_owned(), script.to_owned()], &access);
    match source.read(DEMAND, 0).await.demand {
        Reading::Fresh { value } => Reading::Fresh { value: value.waiting },
        Reading::Failed { reason } => Reading::Failed { reason },
        other => panic!("{other:?}"),
    }
}

async fn failure(script: &str) -> String {
    match reading(script, Duration::from_secs(30)).await {
        Reading::Failed { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn numbers_and_reports_are_read() {
    let limit = Duration::from_secs(30);
    assert_eq!(reading("echo 12; echo noise >&2", limit).await, Reading::Fresh { value: 12 });
    assert_eq!(reading("echo '{\"waiting\": 3}'", limit).await, Reading::Fresh { value: 3 });
    assert_eq!(reading("test \"$PWD\" = /usr && echo 4", limit).await, Reading::Fresh { value: 4 }, "where it runs");
}

#[tokio::test]
async fn failures_tell_code_and_words() {
    let said = failure("echo 7; echo cannot reach the database >&2; exit 3").await;
    assert!(said.contains("exit code 3: cannot reach the database"), "{said}");
    assert!(failure("kill -9 $$").await.contains("signal 9"));
    assert!(failure("true").await.contains("it is empty"));
    assert!(failure("echo many").await.contains("\"many\" is no number of jobs"));
    assert!(failure("head -c 70000000 /dev/zero").await.contains("more than 67108864 bytes"));
}

#[tokio::test]
async fn a_missing_program_is_told() {
    let source = CommandSource::new("/no/such/program", &[], &SourceAccess::default());
    let Reading::Failed { reason } = source.read(DEMAND, 0).await.demand else { panic!() };
    assert!(reason.contains("/no/such/program") && reason.contains("whole path"), "{reason}");
}

#[tokio::test]
async fn what_does_not_end_is_killed_with_its_children() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("child");
    let script = format!("sleep 600 & echo $! > {}; wait", file.display());
    let began = std::time::Instant::now();
    let Reading::Failed { reason } = reading(&script, Duration::from_secs(1)).await else { panic!() };
    assert!(reason.contains("did not end within 1 s"), "{reason}");
    assert!(began.elapsed() < Duration::from_secs(60));
    let child: i32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    let gone = || nix::sys::signal::kill(nix::unistd::Pid::from_raw(child), None).is_err() || is_zombie(child);
    while !gone() {
        assert!(began.elapsed() < Duration::from_secs(60), "the program's child lives on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn standard_error_is_read_to_its_end() {
    let script = "head -c 1000000 /dev/zero | tr '\\0' x >&2; echo 4";
    assert_eq!(reading(script, Duration::from_secs(30)).await, Reading::Fresh { value: 4 });
}

/// Whether a process has ended and waits for its parent to notice.
fn is_zombie(process: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
}
