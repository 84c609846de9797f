//! The user's own settings: agent, `~/.ssh/config`, ProxyJump. Each in a process of its own, with its own home.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use hoist::host::ssh::{ConnectionPool, RunKeys, SshHost, SshTarget, SshTerms};
use hoist::plan::HostKeyPolicy;
use hoist::provider::Host;
use std::sync::Arc;

use crate::ssh::lab::{BASE, Lab, until};
use hoist_test_support::machine::Machine;

use hoist_test_support::itself::itself;

/// Names the target to the helper, as JSON, and the directory of its run.
const VARIABLE: &str = "HOIST_TEST_SSH_TARGET";

struct Home {
    lab: Lab,
    environment: Vec<(&'static str, String)>,
    /// The key that the plan names.
    key: Option<std::path::PathBuf>,
}

impl Home {
    fn new(lab: Lab, config: &str) -> Self {
        let home = lab.directory.path().join("home");
        fs::create_dir_all(home.join(".ssh")).unwrap();
        fs::write(home.join(".ssh/config"), config).unwrap();
        let environment = vec![("HOME", home.to_str().unwrap().to_owned())];
        Self { lab, environment, key: None }
    }

    /// What a process with this home gets when it runs a program that prints who it is.
    fn reach(
        &self,
        address: &str,
        port: Option<u16>,
        user: Option<&str>,
        machine: Option<&str>,
    ) -> Result<String, String> {
        let task = serde_json::json!({
            "run": self.lab.directory.path().join("ssh/run"), "address": address, "port": port, "user": user, "machine": machine,
            "key": self.key,
        });
        let words = itself(module_path!(), "reaches");
        let output: Output = Command::new(&words[0])
            .args(&words[1..])
            .env(VARIABLE, task.to_string())
            .env_remove("SSH_AUTH_SOCK")
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let found = |mark: &str| {
            text.split(mark).nth(1).map(|rest| rest.split("<<<").next().unwrap_or_default().trim().to_owned())
        };
        match (found("REACHED>>>"), found("REFUSED>>>")) {
            (Some(said), _) => Ok(said),
            (_, Some(why)) => Err(why),
            _ => panic!("{text}"),
        }
    }
}

#[tokio::test]
#[ignore = "a helper of other tests"]
async fn reaches() {
    let task: serde_json::Value = serde_json::from_str(&std::env::var(VARIABLE).unwrap()).unwrap();
    let text = |field: &str| task[field].as_str().map(str::to_owned);
    let target = SshTarget {
        address: text("address").unwrap(),
        port: task["port"].as_u64().map(|port| port as u16),
        user: text("user"),
        key: text("key").map(Into::into),
        policy: HostKeyPolicy::Strict,
        machine: text("machine"),
        base: BASE.into(),
        service: "web".to_owned(),
        terms: SshTerms::default(),
    };
    let links = Arc::new(ConnectionPool::new());
    let keys = Arc::new(RunKeys::new(text("run").unwrap().into()));
    let host = SshHost::new(target, keys, links.clone(), None);
    let said = match host.reach().await {
        Ok(_) => host.run(&crate::ssh::lab::shell("who", "id -un")).await.map(|finished| finished.output),
        Err(error) => Err(error),
    };
    links.close().await;
    use std::io::Write as _;
    match said {
        Ok(said) => write!(std::io::stdout(), "REACHED>>>{said}<<<").unwrap(),
        Err(error) => {
            let hint = error.complaint().hint.clone().unwrap_or_default();
            write!(std::io::stdout(), "REFUSED>>>{error}; {hint}<<<").unwrap();
        }
    }
}

async fn listening(machine: &Machine) {
    until("the machine listens", || machine.console().contains("Server listening")).await;
}

fn known(path: &Path, machine: &Machine) {
    let key = fs::read_to_string(machine.file("/etc/ssh/ssh_host_ed25519_key.pub")).unwrap();
    let line = format!("[{}]:{} {key}", machine.address(), machine.port());
    fs::write(path, fs::read_to_string(path).unwrap_or_default() + &line).unwrap();
}

#[tokio::test]
async fn a_host_of_the_users_configuration_is_reached_by_its_name() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    listening(&machine).await;
    let (key, hosts) = (lab.key(), lab.directory.path().join("hosts"));
    let config = format!(
        "Host database\n  HostName {}\n  Port {}\n  User guest\n  IdentityFile {}\n  UserKnownHostsFile {}\n  LocalForward 127.0.0.1:1 localhost:22\n  RemoteCommand nonsense\n",
        machine.address(),
        machine.port(),
        key.display(),
        hosts.display()
    );
    let home = Home::new(lab, &config);
    assert!(home.reach("database", None, None, None).unwrap_err().contains("is not known"));
    known(&hosts, &machine);
    assert_eq!(home.reach("database", None, None, None).unwrap(), "guest");
    // What the plan says goes before it.
    fs::remove_dir_all(machine.file(BASE)).unwrap();
    assert_eq!(home.reach("database", None, Some("admin"), None).unwrap(), "admin");
}

#[tokio::test]
async fn what_the_user_sets_for_all_hosts_does_no_harm() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    listening(&machine).await;
    let (key, hosts, place) = (lab.key(), lab.directory.path().join("hosts"), lab.directory.path().to_owned());
    let place = place.to_str().unwrap();
    known(&hosts, &machine);
    let mut home = Home::new(lab, "");
    home.key = Some(key);
    for settings in [
        "PubkeyAuthentication no\nPreferredAuthentications password",
        "RequestTTY force\nRemoteCommand nonsense\nLogLevel DEBUG3\nPermitLocalCommand yes\nLocalCommand touch PLACE/local",
        "ControlMaster auto\nControlPath PLACE/own-%C\nControlPersist 60\nTunnel yes\nLocalForward 1 localhost:1",
        "StrictHostKeyChecking no\nHashKnownHosts yes\nCheckHostIP yes\nUpdateHostKeys yes\nVisualHostKey yes",
        "CanonicalizeHostname always\nCanonicalDomains invalid\nCanonicalizeFallbackLocal yes\nLogLevel QUIET",
        "AddKeysToAgent ask\nIdentitiesOnly yes\nIdentityFile /nowhere\nNumberOfPasswordPrompts 3\nBatchMode no",
        "SendEnv LANG LC_*\nInclude nowhere\nMatch exec true\n  Compression yes\nMatch final\n  ForwardX11 yes",
    ] {
        let config = format!("Host *\nUserKnownHostsFile {}\n{settings}\n", hosts.display()).replace("PLACE", place);
        fs::write(home.lab.directory.path().join("home/.ssh/config"), config).unwrap();
        let said = home.reach(machine.address(), Some(machine.port()), Some("guest"), None);
        assert_eq!(said.as_deref(), Ok("guest"), "{settings}");
        fs::remove_dir_all(machine.file(BASE)).unwrap();
    }
    let left = fs::read_dir(place).unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap());
    assert!(left.into_iter().all(|name| name != "local" && !name.starts_with("own-")));
}

#[tokio::test]
async fn a_broken_configuration_is_said_to_be_that() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    let home = Home::new(lab, "Nonsense yes\n");
    let why = home.reach(machine.address(), Some(machine.port()), Some("root"), Some("i-1")).unwrap_err();
    assert!(why.contains("home/.ssh/config") && why.contains("nonsense"), "{why}");
}

#[tokio::test]
async fn a_machine_without_ssh_is_told_what_to_install() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    let mut home = Home::new(lab, "");
    home.environment.push(("PATH", "/nowhere".to_owned()));
    let why = home.reach(machine.address(), Some(machine.port()), Some("root"), Some("i-1")).unwrap_err();
    assert!(why.contains("no program ssh") && why.contains("install"), "{why}");
}

#[tokio::test]
async fn an_instance_is_reached_through_another_host() {
    let Some(lab) = Lab::new() else { return };
    let (jump, machine) = (lab.start("i-jump", ""), lab.start_pinned("i-1", "a1"));
    listening(&jump).await;
    listening(&machine).await;
    let (key, hosts) = (lab.key(), lab.directory.path().join("hosts"));
    let network = machine.address().rsplit_once('.').unwrap().0;
    let config = format!(
        "Host jump\n  HostName {}\n  Port {}\n  User guest\nHost {network}.*\n  ProxyJump jump\nHost *\n  IdentityFile {}\n  UserKnownHostsFile {}\n",
        jump.address(),
        jump.port(),
        key.display(),
        hosts.display()
    );
    let home = Home::new(lab, &config);
    let reach = || home.reach(machine.address(), Some(machine.port()), Some("root"), Some("i-1"));
    // The host on the way is held to the user's own known hosts, not to the run's.
    let why = reach().unwrap_err();
    assert!(why.contains("ProxyJump"), "{why}");
    assert!(!jump.console().contains("Accepted"), "{}", jump.console());
    known(&hosts, &jump);
    assert_eq!(reach().unwrap(), "root");
    assert!(machine.console().contains(&format!("Connection from {}", jump_source(&machine))), "{}", machine.console());
    assert!(jump.console().contains("Accepted publickey for guest"), "{}", jump.console());
    // What is the target's own is known by its id alone.
    assert!(!fs::read_to_string(hosts).unwrap().contains(machine.address()));
}

/// Whoever connects from this machine has an address of the loopback network.
fn jump_source(_machine: &Machine) -> &'static str {
    "127."
}

#[tokio::test]
async fn keys_of_the_agent_serve() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    listening(&machine).await;
    let key = lab.key();
    let mut home = Home::new(lab, "");
    let reach = |home: &Home| home.reach(machine.address(), Some(machine.port()), Some("root"), Some("i-1"));
    let why = reach(&home).unwrap_err();
    assert!(why.contains("root@") && why.contains("Permission denied") && why.contains("agent"), "{why}");
    let agent = Agent::start(&home.lab, &key);
    home.environment.push(("SSH_AUTH_SOCK", agent.socket.clone()));
    assert_eq!(reach(&home).unwrap(), "root");
}

struct Agent {
    process: std::process::Child,
    socket: String,
}

impl Agent {
    fn start(lab: &Lab, key: &Path) -> Self {
        let socket = lab.directory.path().join("agent").to_str().unwrap().to_owned();
        let process =
            Command::new("ssh-agent").args(["-D", "-a", &socket]).stdout(std::process::Stdio::null()).spawn().unwrap();
        let agent = Self { process, socket };
        while !Path::new(&agent.socket).exists() {
            std::thread::yield_now();
        }
        let added = Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", &agent.socket).status().unwrap();
        assert!(added.success());
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
