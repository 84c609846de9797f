//! Masters that really run: they install hoist, take keys, and form a pool with the workers whose user data they hold.

use std::path::Path;
use std::time::{Duration, Instant};

use hoist::wizard::{Answers, Binary, GRACE, MANAGER_ADDRESS, Os, Scaler, WORKER_TOKEN};

use crate::master::answers::{cluster, compatible};
use crate::master::downloads::{Downloads, digest, program};
use crate::master::files::elastiq;
use crate::master::leases;
use hoist_test_support::cloud_machine::{Machine, addresses};

/// The longest that two machines may take to find each other and jobs to end.
pub(crate) const LONGEST: Duration = Duration::from_secs(300);

/// These machines have processes of their own and no systemd. This takes its place as far as the user data calls it,
/// and writes down with what.
const SYSTEMCTL: &[u8] = b"#!/bin/sh
echo \"$*\" >> /var/systemctl
case $* in
'restart condor') exec condor_master ;;
'restart hoist-worker') setsid bash /var/lib/hoist/watch.sh > /var/watch.log 2>&1 < /dev/null & ;;
esac
";

/// HTCondor on machines that share a loopback interface must be told which address is its own.
fn own_address(address: &str) -> Vec<u8> {
    format!("NETWORK_INTERFACE = {address}\nBIND_ALL_INTERFACES = False\n").into_bytes()
}

/// Starts a machine with what it would have on a cloud.
pub(crate) fn start(address: &str, user_data: &[u8], more: &[(&str, &[u8], u32)]) -> Option<Machine> {
    let own_address = own_address(address);
    let files: [(&str, &[u8], u32); 3] = [
        ("etc/condor/config.d/60-own-address.config", &own_address, 0o644),
        ("usr/local/bin/systemctl", SYSTEMCTL, 0o755),
        ("run/systemd/system/none", b"", 0o644),
    ];
    Machine::start(address, user_data, &[&files, more].concat())
}

/// The sample job of the master's user runs on the worker.
fn runs_the_sample(master: &Machine, worker: &Machine) {
    let name = worker.root("hostname");
    let began = Instant::now();
    let slots = || master.as_user("admin", "condor_status -af HoistInstance").unwrap_or_else(|said| said);
    while slots().matches(name.trim()).count() != 4 {
        let late = began.elapsed() > LONGEST;
        assert!(!late, "{} of {name}\n{}\n{}", slots(), master.logs(), worker.logs());
        std::thread::sleep(Duration::from_millis(200));
    }
    master.as_user("admin", "cd pool && condor_submit -terse hello.sub").unwrap();
    let ended = master.as_user("admin", &format!("cd pool && condor_wait -wait {} hello.*.log", LONGEST.as_secs()));
    assert!(ended.is_ok(), "{ended:?} {} {}", master.logs(), worker.logs());
    let printed = master.as_user("admin", "cd pool && cat hello.*.out hello.*.err").unwrap();
    assert_eq!(printed, name.repeat(3), "they ran on the worker");
}

fn debian() -> Os {
    Os::named("debian-13").unwrap()
}

#[test]
fn a_master_installs_hoist_and_forms_a_pool_with_the_worker_that_it_holds() {
    let [at_master, at_worker, at_downloads] = addresses::<3>();
    let downloads = Downloads::start(&at_downloads);
    let source = format!("{}/hoist", downloads.url);
    let scaler = Scaler::Hoist(Binary::At { source: source.clone(), sha256: digest() });
    let answers = Answers { scaler, ..compatible(debian()) };
    let made = cluster(&answers);
    let (trusted, certificate) = downloads.trust();
    let Some(master) = start(&at_master, &made.master, &[(&trusted, &certificate, 0o644)]) else { return };
    master.booted();

    // The program is what was asked for, and its user can run it and read what it needs, and nobody else can.
    let installed = master.file(Path::new("/usr/local/bin/hoist"));
    assert!(installed == std::fs::read(program()).unwrap());
    let version =
        master.as_user("hoist", "cd / && /usr/local/bin/hoist --version").unwrap_or_else(|said| panic!("{said}"));
    assert!(version.starts_with("hoist "), "{version}");
    assert_eq!(master.file(Path::new("/etc/hoist/worker-user-data")), made.worker);
    for file in ["elastic.toml", "worker-user-data"] {
        assert_eq!(master.root(&format!("stat -c '%a %U %G' /etc/hoist/{file}")), "640 root hoist\n");
    }
    assert_eq!(master.root("stat -c '%a %U' /var/lib/hoist-elastic /usr/local/bin/hoist"), "700 hoist\n755 root\n");
    assert!(master.as_user("hoist", "condor_q -all -allusers").is_ok(), "its user can look at the queue");
    assert_eq!(
        master.root("cat /var/systemctl"),
        "enable -q condor\nrestart condor\ndaemon-reload\nenable -q hoist-tokens.service\nenable -q hoist-elastic.path\nrestart hoist-elastic.path\n"
    );
    takes_keys(&master, &made.next_steps);
    refuses_other_programs(&master, &downloads.url);

    // As the scaler does it.
    let worker = String::from_utf8(master.file(Path::new("/etc/hoist/worker-user-data"))).unwrap();
    let worker = worker.replace(MANAGER_ADDRESS, &at_master).replace(WORKER_TOKEN, &token(&master, 240));
    let worker =
        start(&at_worker, worker.replace(GRACE, "600").as_bytes(), &[(POWEROFF.0, POWEROFF.1, 0o755)]).unwrap();
    worker.booted();
    runs_the_sample(&master, &worker);
    assert_eq!(
        worker.root("ls /etc/condor/passwords.d /etc/condor/tokens.d"),
        "/etc/condor/passwords.d:\n\n/etc/condor/tokens.d:\nhoist\n"
    );
    let id = format!("i-{}", worker.root("hostname").trim());
    leases::scaler_has_its_rights_and_nobody_else(&master, &id);
    leases::tokens_are_renewed(&master, &worker);
    leases::jobs_end_before_their_worker_does(&master, &worker);
}

/// A token for a worker, as the scaler gets it from the collector.
fn token(master: &Machine, seconds: u32) -> String {
    let rights = "-authz ADVERTISE_STARTD -authz ADVERTISE_MASTER -authz READ";
    let fetch = format!("cd / && condor_token_fetch -type COLLECTOR -lifetime {seconds} {rights}");
    master.as_user("hoist", &fetch).unwrap_or_else(|said| panic!("{said}")).trim().to_owned()
}

/// What a worker is turned off with.
const POWEROFF: (&str, &[u8]) = ("usr/local/sbin/poweroff", b"#!/bin/sh\ntouch /run/off\n");

/// What the user is told to type puts keys where only root and the service have them.
fn takes_keys(master: &Machine, next_steps: &[String]) {
    let step = next_steps.iter().find(|step| step.contains("give the scaler its keys")).unwrap();
    let (_, command) = step.split_once("read in: ").unwrap();
    // On the machine itself, past SSH, which runs its word as the login shell does.
    let (before, remote) = command.split_once("ssh admin@ADDRESS ").unwrap();
    let typed = format!("EC2_ACCESS_KEY='AK \"1' EC2_SECRET_KEY='s/e+c%s'; {before}sh -c {remote}");
    master.as_user("admin", &typed).unwrap_or_else(|said| panic!("{typed}: {said}"));
    let keys = master.file(Path::new("/etc/hoist/credentials.env"));
    assert_eq!(String::from_utf8(keys).unwrap(), "AWS_ACCESS_KEY_ID=AK \"1\nAWS_SECRET_ACCESS_KEY=s/e+c%s\n");
    assert_eq!(master.root("stat -c '%a %U %n' /etc/hoist/credentials*"), "600 root /etc/hoist/credentials.env\n");
}

/// Another program than was asked for, one from who is not trusted, and one that comes in the clear are not installed.
fn refuses_other_programs(master: &Machine, url: &str) {
    // Whoever waits for a program that does not come waits for a quarter of an hour.
    let hasty = master.root("cat /var/lib/hoist/secret.py").replace("PATIENCE = 900", "PATIENCE = 0");
    let quoted = hasty.replace('\'', "'\\''");
    master.root(&format!("printf %s '{quoted}' > /var/lib/hoist/secret.py"));
    let refused = |source: &str, digest: &str, why: &str| {
        master.root("rm -f /usr/local/bin/hoist");
        let said = master.try_root(&format!("bash /var/lib/hoist/scaler.sh admin {source} {digest}")).unwrap_err();
        assert!(said.contains(why), "{said}");
        assert_eq!(master.root("ls /usr/local/bin"), "systemctl\n", "nothing is left");
    };
    let (digest, source) = (digest(), format!("{url}/hoist"));
    refused(&source, &"0".repeat(64), "is not the hoist that was asked for: its SHA-256 is ");
    refused(&format!("{url}/nothing"), &digest, "HTTP Error 404");
    refused(&format!("{url}/plain"), &digest, "it leads to where nothing is encrypted");
    master.root("rm /etc/ssl/certs/*.0");
    refused(&source, &digest, "certificate verify failed");
}

#[test]
fn a_worker_from_elastiqs_configuration_joins_its_master() {
    let [at_master, at_worker] = addresses::<2>();
    let answers = Answers { scaler: Scaler::Elastiq, docker: false, ..compatible(debian()) };
    let made = cluster(&answers);
    let Some(master) = start(&at_master, &made.master, &[]) else { return };
    master.booted();
    assert_eq!(master.root("stat -c '%a %U' /etc/elastiq.conf"), "600 root\n");
    let conf = String::from_utf8(master.file(Path::new("/etc/elastiq.conf"))).unwrap();
    let (worker, _) = elastiq(&conf);
    let worker = start(&at_worker, worker.replace("%ipv4%", &at_master).as_bytes(), &[]).unwrap();
    worker.booted();
    // By its name elastiq finds a worker's instance.
    runs_the_sample(&master, &worker);
    let names = master.as_user("admin", "condor_status -af Machine").unwrap();
    let expected = format!("{}.pool.example.org", at_worker.replace('.', "-"));
    assert!(names.lines().all(|name| name == expected), "{names}");
}
