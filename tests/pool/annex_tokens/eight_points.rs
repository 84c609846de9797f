//! What the evaluation of condor_annex for GlideinWMS missed, for a user without rights on the pool: that no
//! administrator is needed for daily use, that an annex can be updated while it is up and that the instance which ends
//! is named is in `story`; a pool that is not the user's is in `sharing`. The other points are here, on one machine.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use hoist_test_support::judges::said;

use crate::annex_tokens::machine::Machine;

/// A machine with an annex of one instance, which these tests share. It ends with their process.
fn shared() -> Option<&'static Machine> {
    static SHARED: OnceLock<Option<Machine>> = OnceLock::new();
    let started = SHARED.get_or_init(|| {
        let machine = Machine::start()?;
        machine.make_token("given", "-lifetime 7200");
        machine.hoist(&format!("create points --lease 1h --token-file given --wait pool {}", machine.joining()), 0);
        Some(machine)
    });
    started.as_ref()
}

#[test]
fn status_as_classads_kept_in_the_collector() {
    let Some(machine) = shared() else { return };
    let one = machine.instances("points").pop().unwrap();
    machine.must("admin", "hoist annex status points --classad > ads");
    let read = machine.must("admin", "condor_status -any -ads ads -af MyType AnnexName");
    let kinds: BTreeSet<&str> = read.lines().collect();
    assert_eq!(kinds, BTreeSet::from(["HoistAnnex points", "HoistAnnexInstance points"]));
    // What the instance itself may put there: whose it is, and until when.
    let kept = "condor_status -constraint 'AnnexName =?= \"points\"' -af HoistInstance 'HoistLeaseEnd > time()'";
    machine.until("the collector has it", || machine.must("admin", kept).trim() == format!("{one} true"));
    // The ad of the whole annex takes a right of the pool's, which is named.
    let output = machine.output("admin", "hoist annex status points --advertise");
    let told = said(&output);
    assert!(!output.status.success() && told.contains("ALLOW_DAEMON"), "{told}");
    let token =
        "condor_token_create -key POOL -identity condor@$(condor_config_val TRUST_DOMAIN) -authz DAEMON -authz READ";
    machine.must(
        "root",
        &format!("umask 077; mkdir -p /home/admin/daemon; {token} > /home/admin/daemon/given; chown -R admin: /home/admin/daemon"),
    );
    let allowed = "export _CONDOR_SEC_TOKEN_DIRECTORY=$HOME/daemon _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS=IDTOKENS";
    machine.must("admin", &format!("{allowed}; hoist annex status points --advertise"));
    let kept = "condor_status -any -constraint 'MyType == \"HoistAnnex\"' -af AnnexName InstancesRunning";
    machine.until("the collector has the annex", || machine.must("admin", kept).trim() == "points 1");
}

#[test]
fn usable_without_owning_the_pool() {
    let Some(machine) = shared() else { return };
    // The pilot has a pool of its own, of which this one hears nothing.
    machine.write("pilot.sh", "#!/bin/sh\necho begun > pilot.log\nuntil [ -e stop ]; do sleep 0.1; done\ntouch done");
    machine.write(
        "stop.sh",
        "#!/bin/sh\ntouch stop\nuntil [ -e done ]; do sleep 0.1; done\necho \"$HOIST_INSTANCE\" >> \"$1\"",
    );
    machine.must("admin", "chmod +x pilot.sh stop.sh");
    let words =
        "create pilots --cloud local --pool-software pilot --user-data pilot.sh --pilot-log pilot.log --lease 1h --yes";
    machine.hoist(&format!("{words} --drain-command '/home/admin/stop.sh /home/admin/stopped'"), 0);
    let one = machine.instances("pilots").pop().unwrap();
    machine.until("its log is there", || machine.hoist("logs pilots", 0).contains("begun"));
    assert!(machine.members("pilots").is_empty());
    machine.hoist("drain pilots --count 1 --yes", 0);
    assert_eq!(machine.must("admin", "cat stopped").trim(), one);
    machine.hoist("delete pilots --yes", 0);
}

#[test]
fn integration_with_condor_submit_and_no_clash_with_project_id() {
    let Some(machine) = shared() else { return };
    let text = "executable = /bin/true\ntransfer_executable = False\nshould_transfer_files = YES\nrequest_disk = 16\n\
                request_memory = 16\n+ProjectID = \"astro\"\nqueue 2";
    machine.write("project.sub", text);
    let said = machine.hoist("submit project.sub --annex points --yes", 0);
    let cluster = said.split_once("as cluster ").unwrap_or_else(|| panic!("{said}")).1.trim().to_owned();
    let done = format!("condor_history {cluster} -af ProjectID TargetAnnexName ExitCode");
    machine.until("both are done there", || {
        machine.must("admin", &done).lines().filter(|line| *line == "astro points 0").count() == 2
    });
    assert_eq!(machine.must("admin", "cat project.sub").trim(), text, "the file is the user's");
    let slots = machine.must("admin", "condor_status -constraint 'AnnexName =?= \"points\"' -long");
    assert!(!slots.contains("ProjectID"), "{slots}");
}

#[test]
fn no_aws_cli_to_install() {
    let Some(machine) = shared() else { return };
    assert!(machine.run("admin", "command -v aws").is_err());
    let told = machine.hoist("status points", 0);
    assert!(told.contains("1 of 1 instance"), "{told}");
}
