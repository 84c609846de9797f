//! The environment of programs: the user's login, and the user's agent.

use std::path::Path;
use std::process::Command;

use hoist::host::ssh::{SshTarget, SshTerms};
use hoist::plan::LoginShell;
use hoist::provider::Host;

use crate::ssh::itself::Hoist;
use crate::ssh::lab::{Lab, output};
use crate::ssh::stages::task;
use hoist_test_support::machine::Machine;

/// Tells the variables that a login sets, into a file of the machine.
const TELL: &str =
    "#!/bin/sh\necho \"${0##*/} $FROM_PROFILE $FROM_BASH_PROFILE $PWD ${SSH_AUTH_SOCK:+agent}\" >> /tmp/said\n";

fn login_files(machine: &Machine) {
    let profile = "echo noise; export FROM_BASH_PROFILE=own; cd /\n";
    std::fs::write(machine.file("/root/.bash_profile"), profile).unwrap();
}

fn plans(hoist: &Hoist<'_>) {
    for name in ["b.sh", "r.sh", "t.sh"] {
        hoist.file(name, TELL);
    }
}

fn native(hoist: &Hoist<'_>, name: &str, more: &str) {
    let reach = hoist.ssh("root", more);
    let text = format!("name = \"{name}\"\n[[levels]]\n[levels.services.web]\n{reach}");
    hoist.file(&format!("{name}.toml"), text + "boot = \"b.sh\"\nready = \"r.sh\"\nterminate = \"t.sh\"\n");
}

fn cloudinitd(hoist: &Hoist<'_>, lab: &Lab, machine: &Machine) {
    let key = lab.key();
    hoist.file(
        "top.conf",
        format!(
            "[defaults]\nssh_username: root\nlocalsshkeypath: {}\n[runlevels]\nlevel1: level1.conf\n",
            key.display()
        ),
    );
    let address = machine.address();
    let service = "bootpgm: b.sh\nreadypgm: r.sh\nterminatepgm: t.sh\n";
    hoist.file("level1.conf", format!("[svc-web]\nhostname: {address}\n{service}"));
}

/// What each program said of itself, without the place.
fn said(hoist: &Hoist<'_>) -> Vec<String> {
    hoist.read("/tmp/said").lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[tokio::test]
async fn programs_have_the_environment_of_a_login() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    let hoist = Hoist::new(&lab, &machine).await;
    login_files(&machine);
    plans(&hoist);
    hoist.configure("");
    native(&hoist, "usual", "");
    native(&hoist, "never", ", login_shell = false");
    native(&hoist, "checks", ", login_shell = \"checks\"");
    cloudinitd(&hoist, &lab, &machine);
    for (plan, run) in
        [("usual.toml", "usual"), ("never.toml", "never"), ("checks.toml", "checks"), ("top.conf", "top")]
    {
        hoist.well(&["plan", "boot", plan, "--name", run]);
        hoist.well(&["plan", "terminate", run]);
    }
    let has: Vec<bool> = said(&hoist).iter().map(|line| line.contains(" own ")).collect();
    // Boot, ready, terminate.
    let [all, none, checks] = [[true, true, true], [false, false, false], [false, true, true]];
    assert_eq!(has, [all, none, checks, checks].concat(), "{}", hoist.read("/tmp/said"));
    // Wherever a login begins, programs begin in their stage directory.
    assert!(said(&hoist).iter().all(|line| line.contains("/web")), "{}", hoist.read("/tmp/said"));
}

#[tokio::test]
async fn what_a_login_prints_counts_only_where_it_ends_there() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    let host = lab.reached(&machine).await;
    login_files(&machine);
    let done = host.carry_out(&task("web", "one", "echo program; echo \"$FROM_BASH_PROFILE\"; exit 3", 0o600)).await;
    assert_eq!(done.unwrap().finished.output, "program\nown\n");
    std::fs::write(machine.file("/root/.bash_profile"), "echo not today\nexit 5\n").unwrap();
    let done = host.carry_out(&task("web", "two", "echo program", 0o600)).await.unwrap();
    let finished = done.finished;
    assert_eq!((finished.outcome, finished.output.as_str()), (hoist::provider::ExitOutcome::Exit(5), "not today\n"));
    // A host without bash has the same from its own shell.
    output(&host, "hide", "mount --bind /dev/null /bin/bash").await;
    std::fs::write(machine.file("/root/.profile"), "export FROM_BASH_PROFILE=plain\n").unwrap();
    let done = host.carry_out(&task("web", "three", "echo \"$FROM_BASH_PROFILE\"", 0o600)).await.unwrap();
    assert_eq!(done.finished.output, "plain\n");
    let terms = SshTerms { login_shell: LoginShell::Never, ..SshTerms::default() };
    let host = lab.host_of(SshTarget { terms, ..lab.target(&machine) });
    let done = host.carry_out(&task("web", "four", "echo \"<$FROM_BASH_PROFILE>\"", 0o600)).await.unwrap();
    assert_eq!(done.finished.output, "<>\n");
}

#[tokio::test]
async fn the_agent_is_forwarded_where_the_plan_or_the_user_says_so() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    let mut hoist = Hoist::new(&lab, &machine).await;
    plans(&hoist);
    let agent = Agent::start(&lab);
    hoist.environment.push(("SSH_AUTH_SOCK", agent.socket.clone()));
    native(&hoist, "usual", "");
    native(&hoist, "always", ", forward_agent = true");
    native(&hoist, "never", ", forward_agent = false");
    cloudinitd(&hoist, &lab, &machine);
    let mut expected = Vec::new();
    let (all, none, boot) = ([true; 3], [false; 3], [true, false, false]);
    for (user, says) in [("", [none, all, none, boot]), ("ForwardAgent yes", [all, all, none, all])] {
        hoist.configure(user);
        for (plan, says) in ["usual.toml", "always.toml", "never.toml", "top.conf"].into_iter().zip(says) {
            let run = format!("r{}", expected.len());
            hoist.well(&["plan", "boot", plan, "--name", &run]);
            hoist.well(&["plan", "terminate", &run]);
            expected.extend(says);
        }
    }
    let has: Vec<bool> = said(&hoist).iter().map(|line| line.ends_with(" agent")).collect();
    assert_eq!(has, expected, "{}", hoist.read("/tmp/said"));
}

struct Agent {
    process: std::process::Child,
    socket: String,
}

impl Agent {
    fn start(lab: &Lab) -> Self {
        let socket = lab.directory.path().join("agent").to_str().unwrap().to_owned();
        let process =
            Command::new("ssh-agent").args(["-D", "-a", &socket]).stdout(std::process::Stdio::null()).spawn().unwrap();
        let agent = Self { process, socket };
        while !Path::new(&agent.socket).exists() {
            std::thread::yield_now();
        }
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
