//! A long queue, as HTCondor prints one.

use std::fmt::Write as _;

/// Ads as `condor_q -json` prints them, of so many jobs in 500 groups.
pub fn job_ads(count: usize) -> String {
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
