//! A disk that is full for a while.

use hoist_test_support::call::Call;
use hoist_test_support::place;
use hoist_test_support::skip::skip;

use crate::station::{FLEET, Station};

/// The state is on a disk of its own, which is filled and emptied; the instances are elsewhere.
const SCRIPT: &str = r#"set -u
mkdir -m 700 state away
mount -t tmpfs -o size=16m,mode=700 tmpfs state
mkdir -m 700 state/local; mount --bind away state/local
fill() { cat /dev/zero > state/ballast 2> /dev/null; }
until_log() { until [ "$(grep -c "$1" log)" = "$2" ]; do kill -0 $daemon || { cat log; exit 1; }; sleep 0.1; done; }
$HOIST elastic run 2> log & daemon=$!
until_log ' served on ' 1
until [ -e state/local/instances/*/lease ]; do sleep 0.1; done
cd state/local/instances/*; worker=$PWD; cd - > /dev/null
fill; until_log 'nothing can be recorded' 1
echo 5 > waiting; echo 1 > busy
for renewal in 1 2 3; do
    lease=$(cat $worker/lease); until [ "$lease" != "$(cat $worker/lease)" ]; do sleep 0.1; done
done
ls state/local/instances | wc -l
rm state/ballast; until_log 'what happens is recorded again' 1
until [ "$(ls state/local/instances | wc -l)" = 3 ]; do sleep 0.1; done
grep -c 'nothing can be recorded' log
fill; until_log 'nothing can be recorded' 2
kill -TERM $daemon; wait $daemon; echo "code $?"
rm state/ballast; echo 0 > busy; echo 0 > waiting
$HOIST elastic stop crunch --yes 2> stop.log; echo "stop $?"; cat stop.log >&2
"#;

#[test]
fn leases_are_renewed_and_nothing_is_launched_until_there_is_room() {
    if !may_mount() {
        skip("a small disk of its own cannot be mounted here: it takes root or user namespaces");
        return;
    }
    let station = Station::new(&format!("{FLEET}[lease]\nlength = \"10s\"\ngrace = \"5s\"\n"));
    station.file("script.sh", SCRIPT);
    let user: &[&str] = if nix::unistd::geteuid().is_root() { &[] } else { &["--map-root-user"] };
    let words = [&["unshare", "--mount"], user, &["sh", "script.sh"]].concat();
    let words: Vec<_> = words.into_iter().map(Into::into).collect();
    let ran = Call::new(&station.path(""), &words)
        .env("HOME", station.path("home"))
        .env("HOIST_STATE", station.path("state/hoist.db"))
        .env("HOIST", place::hoist())
        .exit(0);
    assert_eq!(ran.raw_stdout, "1\n1\ncode 143\nstop 0\n", "{ran}");
}

fn may_mount() -> bool {
    let user: &[&str] = if nix::unistd::geteuid().is_root() { &[] } else { &["--map-root-user"] };
    let mut tried = std::process::Command::new("unshare");
    tried.arg("--mount").args(user).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).stderr(std::process::Stdio::null());
    tried.status().is_ok_and(|status| status.success())
}
