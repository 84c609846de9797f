use std::fmt::Write as _;
use std::time::{Duration, Instant};

use hoist::elastic::engine::Wants;
use hoist::elastic::fleet::{FleetQueue, QueueKind};

use crate::peers::{open, waiting};

/// Ads as `condor_q -json` prints them, of jobs in 500 groups.
fn ads(count: usize) -> String {
    let mut text = String::from("[\n");
    for number in 0..count {
        let group = number % 500;
        let separator = if number == 0 { "" } else { ",\n" };
        let requirements = [
            r#"\/Expr((TARGET.Arch == \"X86_64\") && (TARGET.OpSys == \"LINUX\") && (TARGET.Disk >= RequestDisk)"#,
            r#" && (TARGET.Memory >= RequestMemory) && (TARGET.Rack == MY.Rack) && (TARGET.Level > "#,
            &format!(r"{}))\/", group % 7),
        ]
        .concat();
        let fields = [
            format!(r#""ClusterId": {number}, "ProcId": 0, "JobStatus": 1, "JobUniverse": 5, "Owner": "ann""#),
            format!(r#""QDate": {}, "RequestCpus": {}"#, 1_700_000_000 + number, group % 8 + 1),
            format!(r#""RequestMemory": {}, "RequestDisk": "\/Expr(DiskUsage)\/""#, (group % 16 + 1) * 512),
            format!(r#""DiskUsage": 75, "Rack": "r{group}", "Cmd": "/home/ann/bin/simulate", "Rank": 0.0"#),
            format!(r#""Arguments": "--seed {number} --output result-{number}.dat", "Iwd": "/home/ann/run""#),
            format!(r#""JobPrio": 0, "Requirements": "{requirements}""#),
        ];
        let _ = write!(text, "{separator}{{{}}}", fields.join(",\n"));
    }
    text.push_str("\n]\n");
    text
}

#[tokio::test]
async fn a_hundred_thousand_ads_are_read_in_two_seconds() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.json");
    std::fs::write(&path, ads(100_000)).unwrap();
    let mut queue = FleetQueue::new(QueueKind::File);
    queue.path = Some(path.display().to_string());
    let source = open(&queue);
    let wants = Wants { demand: true, groups: true, ..Wants::default() };
    let began = Instant::now();
    let reading = source.read(wants, 1_800_000_000).await;
    let took = began.elapsed();
    assert_eq!(waiting(&reading.demand), 100_000);
    let groups = reading.groups.fresh().unwrap();
    assert_eq!(groups.len(), 500);
    assert!(groups.iter().all(|group| group.count == 200));
    assert_eq!(groups[0].oldest, 1_700_000_000);
    // Without optimisation it takes some ten times as long.
    let limit = if cfg!(debug_assertions) { Duration::from_secs(40) } else { Duration::from_secs(2) };
    assert!(took < limit, "it took {took:?}");
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("100,000 ads: {took:?}\n"));
}
