//! What a service costs: how often its host is asked.

use crate::ssh::itself::{Hoist, entries};
use crate::ssh::lab::{Lab, until};

#[tokio::test]
async fn booting_costs_three_sessions_a_check_one_and_ending_two() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    let hoist = Hoist::new(&lab, &machine).await;
    hoist.file("boot.sh", "#!/bin/sh\n. ./bootenv.sh\necho \"{\\\"port\\\": \\\"$port\\\"}\" > bootout.json\n");
    hoist.file("ready.sh", "#!/bin/sh\n[ \"$1\" = \"it's 80\" ] && [ -e bootout.json ]\n");
    hoist.file("end.sh", "#!/bin/sh\npwd > /tmp/ended\n");
    hoist.file("conf.json", "{\"port\": \"80\"}");
    let reach = hoist.ssh("root", "");
    hoist.file(
        "plan.toml",
        format!(
            "name = \"p\"\n[[levels]]\n[levels.services.web]\n{reach}\
             boot = {{ program = \"boot.sh\", config = \"conf.json\" }}\n\
             ready = {{ program = \"ready.sh\", args = [\"it's ${{.port}}\"] }}\nterminate = \"end.sh\"\n"
        ),
    );
    let mut before = machine.sessions();
    let mut cost = |what: &[&str]| {
        hoist.well(what);
        let now = machine.sessions();
        std::mem::replace(&mut before, now).abs_diff(now)
    };
    assert_eq!(cost(&["plan", "boot", "plan.toml"]), 3);
    assert_eq!(cost(&["plan", "status", "p"]), 1);
    assert_eq!(cost(&["plan", "terminate", "p"]), 2);
    assert!(hoist.read("/tmp/ended").ends_with("/web\n"));
    assert_eq!(entries(&machine.file("/var/tmp")), [] as [&str; 0]);
}

#[tokio::test]
async fn a_server_that_opens_few_sessions_will_do_and_one_that_opens_none_is_named() {
    let Some(lab) = Lab::new() else { return };
    let mut machine = lab.start("i-1", "");
    until("the machine listens", || machine.console().contains("Server listening")).await;
    for (number, sessions) in [1, 0].into_iter().enumerate() {
        let config = machine.file("/etc/ssh/sshd_config");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(config, format!("MaxSessions {sessions}\n{text}")).unwrap();
        let address = machine.address().to_owned();
        machine.restart_at(&address);
        until("it listens anew", || machine.console().matches("Server listening").count() == number + 2).await;
        let hoist = Hoist::new(&lab, &machine).await;
        hoist.file("b.sh", "#!/bin/sh\nexit 0\n");
        let reach = hoist.ssh("root", "");
        let programs = "boot = \"b.sh\"\nready = \"b.sh\"\nterminate = \"b.sh\"\ntimeout = 4\n";
        hoist.file("p.toml", format!("name = \"p\"\n[[levels]]\n[levels.services.web]\n{reach}{programs}"));
        if sessions == 1 {
            hoist.well(&["plan", "boot", "p.toml"]);
            hoist.well(&["plan", "status", "p"]);
            hoist.well(&["plan", "terminate", "p"]);
        } else {
            let said = hoist.ends(1, &["plan", "boot", "p.toml", "--name", "none"]);
            assert!(said.contains("its SSH server opens no further session (MaxSessions)"), "{said}");
        }
    }
}

#[tokio::test]
async fn an_archive_costs_no_more() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    let hoist = Hoist::new(&lab, &machine).await;
    hoist.file("app/run.sh", "#!/bin/sh\ncat app/word > /tmp/word\necho ran >> /tmp/runs\n");
    hoist.file("app/word", "hello\n");
    let pack = ["-czf", "app.tar.gz", "app"];
    let packed = std::process::Command::new("tar").args(pack).current_dir(lab.directory.path()).status().unwrap();
    assert!(packed.success());
    hoist.file(
        "plan.toml",
        format!("name = \"p\"\n[[levels]]\n[levels.services.web]\n{}boot = \"app.tar.gz\"\n", hoist.ssh("root", "")),
    );
    let before = machine.sessions();
    hoist.well(&["plan", "boot", "plan.toml"]);
    assert_eq!(machine.sessions() - before, 2);
    assert_eq!((hoist.read("/tmp/word"), hoist.read("/tmp/runs")), ("hello\n".to_owned(), "ran\n".to_owned()));
}

#[tokio::test]
async fn what_is_sent_does_not_grow_the_program() {
    const SIZE: usize = 120 * 1024 * 1024;
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    let hoist = Hoist::new(&lab, &machine).await;
    let mut program = b"#!/bin/sh\nwc -c < \"$0\" >> /tmp/sizes\nexit\n".to_vec();
    // No two pieces are alike.
    program.extend((0..SIZE - program.len()).map(|at| (at / 251 % 256) as u8));
    hoist.file("large.sh", &program);
    drop(program);
    hoist.file(
        "plan.toml",
        format!(
            "name = \"p\"\n[[levels]]\n[levels.services.web]\nreplicas = 3\n{}boot = \"large.sh\"\n",
            hoist.ssh("root", "")
        ),
    );
    let most = hoist.peak(&["plan", "boot", "plan.toml"]);
    assert_eq!(hoist.read("/tmp/sizes"), format!("{SIZE}\n").repeat(3));
    assert!((1..100 * 1024).contains(&most), "{most} KiB");
}
