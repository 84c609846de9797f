//! Programs that were broken on the operator's side since the boot: no machine is replaced for one.

use std::fs;
use std::process::Command;

use crate::lab::Lab;

const PLAN: &str = "[[levels]]
[levels.services.web]
boot = \"boot.sh\"
ready = \"ready.sh\"
terminate = \"stop.sh\"
[levels.services.packed]
ready = \"r.tar.gz\"
";

fn pack(lab: &Lab, files: &[&str]) {
    let folder = lab.path("r");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    for file in files {
        lab.program(&format!("r/{file}"), "exit 0");
    }
    let packed = Command::new("tar").args(["-czf", "r.tar.gz", "r"]).current_dir(lab.root()).status();
    assert!(packed.unwrap().success());
}

/// Every program as it should be.
fn whole(lab: &Lab) {
    for name in ["boot.sh", "ready.sh", "stop.sh"] {
        lab.program(name, "exit 0");
    }
    pack(lab, &["run.sh"]);
}

fn lab() -> Lab {
    let lab = Lab::with_plan(PLAN);
    whole(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    lab
}

fn machines(lab: &Lab) -> Vec<String> {
    ["web", "packed"].map(|name| lab.service("demo", name)["instance_id"].to_string()).into()
}

fn with_line_ends_of_windows(lab: &Lab, name: &str) {
    lab.file(name, "#!/bin/sh\r\nexit 0\r\n");
}

#[test]
fn a_broken_program_touches_nothing() {
    let lab = lab();
    let before = machines(&lab);
    type Break = fn(&Lab);
    let broken: [(Break, &str, i32); 7] = [
        (|lab| with_line_ends_of_windows(lab, "ready.sh"), "ready.sh: its first line ends with CR LF", 2),
        (|lab| with_line_ends_of_windows(lab, "boot.sh"), "boot.sh: its first line ends with CR LF", 0),
        (|lab| with_line_ends_of_windows(lab, "stop.sh"), "stop.sh: its first line ends with CR LF", 0),
        (
            |lab| {
                lab.file("ready.sh", "#!/usr/bin/nosuch\n");
            },
            "no /usr/bin/nosuch, which its first line names",
            2,
        ),
        (
            |lab| {
                lab.file("r.tar.gz", "no archive");
            },
            "r.tar.gz: is no gzipped tar archive",
            2,
        ),
        (|lab| pack(lab, &["start"]), "must hold r/run.sh", 2),
        (
            |lab| {
                let whole = fs::read(lab.path("r.tar.gz")).unwrap();
                lab.file("r.tar.gz", &whole[..60]);
            },
            "r.tar.gz: is no gzipped tar archive",
            2,
        ),
    ];
    for (break_it, says, status) in broken {
        break_it(&lab);
        for command in ["repair", "reboot"] {
            let refused = lab.hoist(&format!("plan {command} demo")).exit(1).stdout("");
            assert!(refused.stderr.contains(says), "{command} should say {says:?}\n{refused}");
            assert!(refused.stderr.contains("nothing was t"), "{command}\n{refused}");
            assert_eq!(machines(&lab), before, "{command}");
        }
        let seen = lab.hoist("plan status demo").exit(status);
        if status == 2 {
            assert!(seen.stdout.contains(" unknown "), "{seen}");
            seen.says(says).never_says("failed");
        }
        whole(&lab);
    }
    with_line_ends_of_windows(&lab, "stop.sh");
    let refused = lab.hoist("plan terminate demo").exit(1);
    assert!(refused.stderr.contains("stop.sh: its first line ends with CR LF"), "{refused}");
    assert_eq!(lab.instances().len(), 2);
    lab.program("stop.sh", "exit 0");
    lab.hoist("plan repair demo").exit(0);
    assert_eq!(machines(&lab), before);
}
