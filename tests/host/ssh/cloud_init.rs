//! Machines whose user data the real cloud-init runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use hoist::host::ssh::{SshHost, SshTarget};
use hoist::provider::HostError;

use crate::ssh::lab::{Lab, Shows, free_address, output, reach, until};
use crate::ssh::processes::{kill, matching};
use hoist_test_support::machine::{CloudInit, Machine};

fn start(lab: &Lab, id: &str, user_data: &str) -> Machine {
    let (address, port) = free_address();
    lab.start_at(id, user_data, &address, port, CloudInit::Real)
}

#[tokio::test]
async fn its_end_is_waited_for_and_the_host_key_passed_by_it_is_replaced() {
    let Some(lab) = Lab::with(CloudInit::Real) else { return };
    let data = lab.user_data("a1") + "runcmd:\n  - [sh, -c, 'sleep 1; echo done > /var/tmp/last']\n";
    let machine = start(&lab, "i-real", &data);
    let ephemeral = lab.keys.ephemeral("a1").unwrap().public;
    lab.keys.pin_ephemeral("i-real", &ephemeral).unwrap();
    let host = lab.host_of(SshTarget { user: Some("admin".to_owned()), ..lab.target(&machine) });
    let reached = reach(&host).await.unwrap_or_else(|error| panic!("{error}\n{}", machine.console()));
    assert_eq!(reached.notes, [] as [String; 0]);
    assert_eq!(output(&host, "last", "cat /var/tmp/last").await, "done");
    let own = fs::read_to_string(machine.file("/etc/ssh/ssh_host_ed25519_key.pub")).unwrap();
    assert!(!own.contains(&ephemeral));
    // It wrote its keys to the console before they were replaced or after, but wrote them as they are read.
    assert!(machine.console().contains("-----BEGIN SSH HOST KEY KEYS-----"), "{}", machine.console());
}

#[tokio::test]
async fn its_failure_is_told_in_its_own_words() {
    let Some(lab) = Lab::with(CloudInit::Real) else { return };
    let script = "#!/bin/sh\necho the disk is made of cheese\nexit 7\n";
    let machine = start(&lab, "i-fails", script);
    let console = Shows::new("");
    let host = SshHost::new(lab.target(&machine), lab.keys.clone(), lab.links.clone(), Some(console.clone()));
    let began = std::time::Instant::now();
    let failed = loop {
        *console.0.lock().unwrap() = Ok(machine.console());
        match reach_once(&host).await {
            Err(HostError::Unreachable(_)) if began.elapsed().as_secs() < 60 => {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await
            }
            other => break other,
        }
    };
    let Err(HostError::Failed(reason)) = failed else { panic!("{failed:?}\n{}", machine.console()) };
    assert!(reason.contains("cloud-init failed") && reason.contains("scripts_user"), "{reason}");
    assert!(reason.contains("the disk is made of cheese"), "{reason}");
}

async fn reach_once(host: &SshHost) -> Result<hoist::provider::HostReady, HostError> {
    hoist::provider::Host::reach(host).await
}

/// Debian 12's cloud-init knows no degraded end; what later ones print is played by a script in its place.
#[tokio::test]
async fn its_warnings_are_told_and_older_ones_are_understood() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    if !std::path::Path::new("/usr/bin/cloud-init").exists() {
        return hoist_test_support::skip::skip("there is no /usr/bin/cloud-init to put another one in its place");
    }
    let host = lab.reached(&machine).await;
    let play = |script: &str| {
        fs::write(machine.own("hidden"), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(machine.own("hidden"), fs::Permissions::from_mode(0o755)).unwrap();
    };
    // Installed, but never started here: not waited for.
    play("sleep 1000");
    assert_eq!(reach(&host).await.unwrap().notes, [] as [String; 0]);
    fs::create_dir_all(machine.file("/run/cloud-init")).unwrap();
    fs::write(machine.file("/run/cloud-init/status.json"), "{}").unwrap();
    play(
        "echo '{\"status\": \"done\", \"extended_status\": \"degraded done\", \"recoverable_errors\": {\"WARNING\": [\"no swap\"]}}'; exit 2",
    );
    let notes = reach(&host).await.unwrap().notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("WARNING: no swap"), "{notes:?}");
    // Waiting goes on when the connection is lost.
    play("echo x >> /run/asked; until [ -e /run/go ]; do sleep 0.1; done; echo '{\"status\": \"done\"}'");
    let (reached, ()) = tokio::join!(reach(&host), async {
        until("it waits", || machine.file("/run/asked").exists()).await;
        matching(&["ssh", "-F", lab.directory.path().to_str().unwrap()]).into_iter().for_each(kill);
        until("it waits again", || fs::read(machine.file("/run/asked")).unwrap().len() == 4).await;
        fs::write(machine.file("/run/go"), "").unwrap();
    });
    reached.unwrap();
    let older = "case $* in *--format*) echo unrecognized arguments >&2; exit 2;; esac\nprintf '....\\nstatus: %s\\ntime: x\\ndetail:\\nDataSourceEc2\\n'";
    play(&format!("{older} done"));
    assert_eq!(reach(&host).await.unwrap().notes, [] as [String; 0]);
    play(&format!("{older} error; exit 1"));
    let failed = reach(&host).await;
    assert!(matches!(&failed, Err(HostError::Failed(reason)) if reason.contains("DataSourceEc2")), "{failed:?}");
}
