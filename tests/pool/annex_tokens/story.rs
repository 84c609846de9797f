//! The whole life of an annex, of a user who may do nothing on the pool but submit jobs.

use std::time::Instant;

use hoist_test_support::judges::said;

use crate::annex_tokens::machine::Machine;

#[test]
fn a_user_without_rights_has_an_annex_after_one_act_of_the_administrator() {
    let Some(machine) = Machine::start() else { return };
    let create = format!("create story --count 2 --lease 30m --wait pool {}", machine.joining());
    let (first, second) = (machine.hoist(&create, 5), machine.hoist(&create, 5));
    let made = machine.must("admin", "find . -path '*/local/annexes/*' -o -path '*/local/instances/*'");
    assert_eq!(made, "", "nothing is made before");
    let approved = machine.approve(&second);
    assert!(first.contains(&approved), "one request, however often it is asked for: {first}\n{second}");
    let began = Instant::now();
    machine.hoist(&create, 0);
    let took = began.elapsed();
    machine.note(&format!("two instances are in the pool, after {:.1} s", took.as_secs_f64()));
    let mut two = machine.instances("story");
    two.sort();
    let mut members = machine.members("story");
    members.sort();
    assert_eq!((two.len(), &members), (2, &two));
    nobody_has_the_pools_key(&machine);
    machine.hoist(&create, 0);

    let refused = machine.run(
        "admin",
        "condor_off -peaceful -startd -all 2>&1; condor_drain -graceful $(condor_status -af Machine | head -n 1) 2>&1",
    );
    assert!(refused.is_err(), "the user has no right on the pool: {refused:?}");
    machine.submit("story");
    // The part of the slot that the job took is told a little later than the job's beginning.
    let claimed = || machine.must("admin", "condor_status -constraint 'State == \"Claimed\"' -af HoistInstance");
    machine.until("the pool knows who is busy", || !claimed().trim().is_empty());
    let busy = claimed().trim().to_owned();
    std::thread::scope(|scope| {
        let drains =
            scope.spawn(|| machine.output("admin", &format!("hoist annex drain story --instance {busy} --yes")));
        machine.until("it takes no more jobs", || {
            let shown = machine.must("admin", "condor_status -af HoistInstance Activity");
            drains.is_finished() || shown.lines().any(|line| line.contains(&busy) && line.contains("Retiring"))
        });
        assert!(!drains.is_finished(), "it waits for the job: {}", said(&drains.join().unwrap()));
        machine.must("admin", "touch go");
        let output = drains.join().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    });
    machine.must("admin", "condor_wait -wait 120 job.log");
    assert_eq!(machine.must("admin", "cat job.out"), format!("begun in {busy}\ndone\n"));
    assert_eq!(machine.must("admin", "condor_history -limit 1 -af NumJobStarts ExitCode").trim(), "1 0");
    two.retain(|id| *id != busy);
    assert_eq!(machine.instances("story"), two);
    machine.note("the busy one is drained, and its job lost nothing");

    // Growing and shrinking take no right on the pool either.
    machine.hoist("update story --count 2 --wait pool --yes", 0);
    machine.hoist("update story --count 1 --yes", 0);
    assert_eq!(machine.instances("story").len(), 1);
    machine.note("it has grown and shrunk");

    // The other one lasts as long as its jobs do when the annex goes.
    machine.submit("story");
    machine.must("admin", "(sleep 5; touch go) > /dev/null 2>&1 &");
    machine.hoist("delete story --drain --yes", 0);
    machine.must("admin", "condor_wait -wait 120 job.log");
    assert_eq!(machine.must("admin", "condor_history -limit 1 -af NumJobStarts ExitCode").trim(), "1 0");
    let left = machine
        .must("admin", "find . -path '*/local/annexes/*' -o -path '*/local/instances/*' -o -path '*/annex-secrets/*'");
    assert_eq!(left, "");
    machine.note("it is deleted");
    assert!(took.as_secs() < 60, "{took:?}");
}

/// The key with which the pool signs is root's alone, and no instance has it; each has a key of the annex's instead.
fn nobody_has_the_pools_key(machine: &Machine) {
    let digests =
        machine.must("root", "sha256sum /etc/condor/passwords.d/POOL; find /home -type f -size 64c | xargs sha256sum");
    let mut digests = digests.lines().map(|line| line.split_whitespace().next().unwrap().to_owned());
    let pools = digests.next().unwrap();
    let others: Vec<String> = digests.collect();
    assert!(!others.is_empty() && !others.contains(&pools), "{others:?}");
    let open = machine.must("root", "find /home \\( -path '*/annex-secrets/*' -o -path '*/tokens.d/*' -o -path '*/passwords.d/*' -o -path '*/annexes/*' \\) -type f -perm /077");
    assert_eq!(open, "", "nobody else may read them");
}
