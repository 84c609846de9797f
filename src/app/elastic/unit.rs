use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::elastic::fleet::{FleetFile, QueueKind};

/// Directory of the state file of a daemon that systemd starts.
const STATE_DIRECTORY: &str = "hoist-elastic";

/// Returns the path of that directory, which is the daemon's home.
fn home() -> PathBuf {
    Path::new("/var/lib").join(STATE_DIRECTORY)
}

/// Returns the state file of the daemon that systemd starts on this machine, if it has begun one.
pub(super) fn unit_state() -> Option<PathBuf> {
    home().is_dir().then(own_state)
}

fn own_state() -> PathBuf {
    home().join("hoist.db")
}

/// Request for a unit of systemd.
pub(crate) struct UnitRequest<'a> {
    /// The program.
    pub(crate) program: &'a Path,
    /// The user that the daemon runs as.
    pub(crate) user: &'a str,
    /// The fleet files.
    pub(crate) configs: &'a [PathBuf],
    /// The state file, if it is not in the service's own directory.
    pub(crate) state: Option<&'a Path>,
    /// The address of the metrics. One that other machines reach was allowed.
    pub(crate) listen: Option<SocketAddr>,
}

/// Whether other machines reach an address.
pub(crate) fn is_public(address: SocketAddr) -> bool {
    !address.ip().is_loopback()
}

/// Returns the unit that runs the daemon, and reads its fleet files as far as they can be read here: workers of the
/// local cloud are processes of the unit, which must outlive it.
pub(crate) fn systemd_unit(request: &UnitRequest<'_>) -> String {
    let fleets: Vec<FleetFile> = request.configs.iter().filter_map(|path| FleetFile::load(path).ok()).collect();
    let is_local = fleets.iter().any(|fleet| fleet.cloud.provider == "local");
    let has_condor =
        fleets.iter().any(|fleet| fleet.queue.as_ref().is_some_and(|queue| queue.kind == QueueKind::Htcondor));
    let state = request.state.map_or_else(own_state, Path::to_path_buf).display().to_string();
    let after = if has_condor { "network-online.target condor.service" } else { "network-online.target" };
    let mut unit = UnitText::default();
    introduce(&mut unit, request, &state, has_condor);
    unit.section("Unit");
    unit.put("Description", "hoist's scaler, which launches and ends the workers of fleets");
    unit.put("Wants", "network-online.target");
    unit.put("After", after);
    unit.put("StartLimitIntervalSec", "0");
    unit.section("Service");
    unit.put("Type", "notify");
    unit.put("NotifyAccess", "main");
    unit.put("User", request.user);
    unit.put("StateDirectory", STATE_DIRECTORY);
    unit.put("StateDirectoryMode", "0700");
    unit.put("Environment", &word(&format!("HOIST_STATE={state}"), Expanded::Specifiers));
    unit.put("Environment", &format!("HOME={}", home().display()));
    unit.comment("Keys of the cloud, where the machine has no role, and secrets of queues. Read by root.");
    unit.put("EnvironmentFile", "-/etc/hoist/credentials.env");
    unit.comment("The run and the service that this machine belongs to, where a plan launched it.");
    unit.put("EnvironmentFile", "-/etc/hoist/run.env");
    unit.put("ExecStart", &command(request));
    unit.put("ExecReload", "/bin/kill -HUP $MAINPID");
    unit.put("WatchdogSec", "60");
    unit.comment("The clouds check the fleet files at the start; at the end, calls under way are waited for.");
    unit.put("TimeoutStartSec", "300");
    unit.put("TimeoutStopSec", "120");
    unit.comment("Its end by SIGTERM.");
    unit.put("SuccessExitStatus", "143");
    unit.comment("Not \"always\": `hoist elastic stop` ends a fleet for good.");
    unit.put("Restart", "on-failure");
    unit.put("RestartSec", "15");
    unit.put("UMask", "0077");
    if is_local {
        unit.comment(
            "Workers of the local cloud are processes of this unit, which outlive it and end by their leases.",
        );
        unit.put("KillMode", "process");
    } else {
        confine(&mut unit, request, has_condor);
    }
    unit.section("Install");
    unit.put("WantedBy", "multi-user.target");
    unit.0
}

/// Says how the user is made, how the daemon is asked, and what HTCondor needs.
fn introduce(unit: &mut UnitText, request: &UnitRequest<'_>, state: &str, has_condor: bool) {
    let user = request.user;
    unit.comment("To begin: systemctl daemon-reload && systemctl enable --now hoist-elastic");
    if user != "root" {
        let home = home().display().to_string();
        unit.comment("Its user, made once:");
        unit.comment(&format!("useradd --system --user-group --home-dir {home} --shell /usr/sbin/nologin {user}"));
        unit.comment(&format!(
            "It must be able to read the fleet files; one with a secret belongs to it: chown {user} FILE"
        ));
    }
    let state = crate::os::quoted(Path::new(state));
    unit.comment(&format!("To ask it: sudo -u {user} hoist elastic status --state {state}"));
    if has_condor && user != "root" {
        unit.comment("To sign the tokens of workers it must run as root (hoist elastic unit --user root), or the user");
        unit.comment("needs a token of its own that ALLOW_ADVERTISE_STARTD admits.");
    }
}

/// Takes away what the daemon does not need.
fn confine(unit: &mut UnitText, request: &UnitRequest<'_>, has_condor: bool) {
    unit.put("KillMode", "mixed");
    unit.put("NoNewPrivileges", "yes");
    // HTCondor's tools change their user when root runs them.
    let as_root = has_condor && request.user == "root";
    unit.put("CapabilityBoundingSet", if as_root { "CAP_SETUID CAP_SETGID CAP_DAC_OVERRIDE CAP_CHOWN" } else { "" });
    unit.put("ProtectHome", "read-only");
    unit.put("PrivateDevices", "yes");
    unit.put("ProtectSystem", "strict");
    if let Some(directory) = request.state.and_then(Path::parent) {
        unit.put("ReadWritePaths", &word(&directory.display().to_string(), Expanded::Specifiers));
    }
    if has_condor {
        unit.comment("HTCondor sees who somebody is by what they can make in /tmp.");
        unit.put("ReadWritePaths", "/tmp");
    } else {
        unit.put("PrivateTmp", "yes");
    }
    for key in ["ProtectControlGroups", "ProtectKernelModules", "ProtectKernelTunables", "LockPersonality"] {
        unit.put(key, "yes");
    }
    unit.put("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK");
    unit.put("RestrictNamespaces", "yes");
    unit.put("RestrictRealtime", "yes");
}

/// The text of a unit.
#[derive(Default)]
struct UnitText(String);

impl UnitText {
    fn section(&mut self, name: &str) {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        self.0.push_str(&format!("{gap}[{name}]\n"));
    }

    fn put(&mut self, key: &str, value: &str) {
        self.0.push_str(&format!("{key}={value}\n"));
    }

    fn comment(&mut self, text: &str) {
        self.0.push_str(&format!("# {text}\n"));
    }
}

fn command(request: &UnitRequest<'_>) -> String {
    let mut words = vec![request.program.display().to_string(), "elastic".to_owned(), "run".to_owned()];
    for config in request.configs {
        words.extend(["--config".to_owned(), config.display().to_string()]);
    }
    words.extend(request.listen.iter().flat_map(|address| ["--listen".to_owned(), address.to_string()]));
    words.extend(request.listen.is_some_and(is_public).then(|| "--listen-publicly".to_owned()));
    let words: Vec<String> = words.iter().map(|text| word(text, Expanded::SpecifiersAndVariables)).collect();
    words.join(" ")
}

/// What systemd expands in a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expanded {
    /// Specifiers, which begin with a per cent sign.
    Specifiers,
    /// Specifiers and variables, which begin with a dollar sign.
    SpecifiersAndVariables,
}

/// Quotes a word as systemd reads it (systemd.syntax(7), systemd.service(5)).
fn word(text: &str, expanded: Expanded) -> String {
    let mut text = text.replace('%', "%%");
    if expanded == Expanded::SpecifiersAndVariables {
        text = text.replace('$', "$$");
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"%$-_./:=,+@[]".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text;
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(configs: &[PathBuf]) -> String {
        systemd_unit(&UnitRequest {
            program: Path::new("/usr/local/bin/hoist"),
            user: "hoist",
            configs,
            state: None,
            listen: Some("127.0.0.1:9188".parse().unwrap()),
        })
    }

    #[test]
    fn words_are_quoted_as_systemd_reads_them() {
        let quoted = |text| word(text, Expanded::SpecifiersAndVariables);
        assert_eq!(quoted("/etc/hoist/elastic.toml"), "/etc/hoist/elastic.toml");
        assert_eq!(quoted("/a b/100%/$HOME"), "\"/a b/100%%/$$HOME\"");
        assert_eq!(quoted("a\"\\\nb;c"), "\"a\\\"\\\\\\nb;c\"");
        assert_eq!(word("$x", Expanded::Specifiers), "$x");
    }

    #[test]
    fn a_fleet_on_another_cloud_is_confined_and_workers_on_this_machine_outlive_the_daemon() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, provider: &str| {
            let path = directory.path().join(name);
            let queue = "[queue]\nkind = \"htcondor\"\n";
            std::fs::write(&path, format!("{queue}[cloud]\nprovider = \"{provider}\"\n[machine]\n")).unwrap();
            path
        };
        let ec2 = unit(&[file("far.toml", "ec2")]);
        for line in
            ["Type=notify", "KillMode=mixed", "ProtectSystem=strict", "ReadWritePaths=/tmp", "Restart=on-failure"]
        {
            assert!(ec2.lines().any(|found| found == line), "{line}: {ec2}");
        }
        assert!(ec2.contains("After=network-online.target condor.service\n"), "{ec2}");
        assert!(ec2.contains("elastic run --config ") && ec2.contains(" --listen 127.0.0.1:9188\n"), "{ec2}");
        assert!(ec2.contains("\nCapabilityBoundingSet=\n") && ec2.contains("hoist elastic unit --user root"), "{ec2}");
        let made =
            "# useradd --system --user-group --home-dir /var/lib/hoist-elastic --shell /usr/sbin/nologin hoist\n";
        assert!(ec2.contains(made), "{ec2}");
        let ask = "sudo -u hoist hoist elastic status --state /var/lib/hoist-elastic/hoist.db\n";
        assert!(ec2.contains(ask), "{ec2}");
        let local = unit(&[file("near.toml", "local")]);
        assert!(local.contains("KillMode=process") && !local.contains("RestrictNamespaces"), "{local}");
    }
}
