//! The whole story.

use std::collections::BTreeSet;
use std::process::Output;
use std::sync::mpsc;

use crate::annex_pool::machine::Machine;
use hoist_test_support::contained::FREQUENT;
use hoist_test_support::judges::said;

/// A job that tells where it runs, and how often it was begun.
fn job(arguments: &str) -> String {
    format!(
        "executable = /bin/sh\narguments = \"-c '{arguments}'\"\ntransfer_executable = False\nshould_transfer_files = YES\n\
         output = job.$(Cluster).$(Process).out\nerror = job.$(Cluster).$(Process).err\nlog = job.log\n"
    )
}

/// The ids of an annex's instances that run, as hoist shows them.
fn instances(machine: &Machine, name: &str) -> BTreeSet<String> {
    let (shown, _) = machine.asked(&format!("status {name}"));
    let rows = shown["instances"].as_array().unwrap_or_else(|| panic!("{shown}"));
    let running = rows.iter().filter(|row| row["state"] == "running");
    running.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// The same, as the pool has it.
fn members(machine: &Machine, name: &str) -> BTreeSet<String> {
    let asked = format!("condor_status -constraint 'AnnexName =?= \"{name}\"' -af HoistInstance");
    machine.run(&asked).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// How many inits run of an instance, or of all.
fn inits(machine: &Machine, id: &str) -> String {
    // Whoever asks has these words in its own command line, too, and is not to be counted.
    machine.must(&format!("pgrep -cf '[_]_init .*{id}' || :")).trim().to_owned()
}

#[test]
fn an_annex_joins_a_pool_runs_its_jobs_and_ends_with_its_lease() {
    let Some(machine) = Machine::start() else { return };
    machine.note("the pool is up");
    machine.write("fast.conf", FREQUENT);
    machine.write("once.sub", &job("echo ran in $$(HoistInstance)"));
    let joining = format!(
        "--cloud local --central-manager {} --pool-name lab --password-file password --config-file fast.conf --yes",
        machine.manager
    );
    machine.must(&format!("hoist annex create story --count 2 --lease 30m --wait pool {joining} --idle 0"));
    // Nothing is for it to do.
    machine.must(&format!("hoist annex create idle --lease 1h {joining} --idle 10s"));
    let two = instances(&machine, "story");
    assert_eq!(two.len(), 2);
    assert_eq!(members(&machine, "story"), two);
    machine.note("two instances are in the pool");
    it_is_shown(&machine, &two);
    machine.note("it is shown");

    // A job of the annex runs there and only there, though the pool has another slot that is free.
    machine.write("here.sub", &format!("{}queue 4\n", job("echo ran in $$(HoistInstance)")));
    let before = machine.must("sha256sum here.sub");
    let (submitted, code) = machine.asked("submit here.sub --annex story --yes");
    assert_eq!(code, 0, "{submitted}");
    assert_eq!(machine.must("sha256sum here.sub"), before);
    machine.must("condor_wait -wait 120 job.log");
    for line in machine.must("cat job.*.out").lines() {
        assert!(two.contains(line.strip_prefix("ran in ").unwrap()), "{line}");
    }
    assert_eq!(machine.must("cat job.*.out | wc -l").trim(), "4");
    machine.note("its jobs ran there");

    let busy = the_busy_one_is_drained(&machine, &two);
    let left: BTreeSet<String> = two.into_iter().filter(|id| *id != busy).collect();
    machine.note("the busy one is drained");

    machine.until("what has been idle has ended", || machine.asked("status idle").0["wanted"] == 0);
    assert!(instances(&machine, "idle").is_empty());
    machine.note("an idle instance has ended by itself");

    // Another annex, deleted while it is in use.
    machine.must(&format!("hoist annex create other --wait pool {joining}"));
    let others = instances(&machine, "other");
    machine.must("hoist annex delete other --yes");
    assert_eq!(machine.run("hoist annex status other").map_err(|_| ()), Err(()));
    for id in &others {
        assert_eq!(machine.must(&format!("find . -name '{id}*'")), "");
    }
    machine.note("another annex is deleted");

    machine.must("hoist annex create brief --cloud local --pool-software none --lease 50m --yes");
    let brief = instances(&machine, "brief").pop_first().unwrap();
    assert_eq!(inits(&machine, &brief), "1");
    machine.must("hoist annex extend story --lease 4h --yes");
    machine.move_clock(2);
    // Nobody asks hoist anything until the lease that is not renewed has ended what was leased.
    machine.until("another lease is over", || inits(&machine, &brief) == "0");
    assert_eq!(machine.asked("status brief").1, 1);
    assert_eq!(instances(&machine, "story"), left);
    machine.note("the clock is moved past the first lease");
    machine.move_clock(5);
    machine.until("the lease ends it", || machine.must("pgrep -cx condor_startd").trim() == "1");
    let (shown, code) = machine.asked("status story");
    assert_eq!(code, 1, "{shown}");
    machine.must("hoist annex delete story --yes");
    assert_eq!(machine.must("find . -path '*/local/annexes/*' -o -path '*/local/instances/*'"), "");
    assert_eq!(inits(&machine, ""), "0");
    machine.note("its lease is over");
}

/// As people, programs and HTCondor's own tools see it.
fn it_is_shown(machine: &Machine, two: &BTreeSet<String>) {
    let human = machine.must("hoist annex status story");
    assert!(two.iter().all(|id| human.contains(id)), "{human}");
    machine.must("hoist annex status story --classad > ads");
    let asked =
        "condor_status -any -ads ads -constraint 'MyType == \"HoistAnnexInstance\"' -af InstanceId HoistInstance Name";
    let read = machine.must(asked);
    assert!(two.iter().all(|id| read.contains(id)), "{read}\n{}", machine.must("cat ads"));
    machine.must("hoist annex status story --advertise");
    let asked =
        "condor_status -any -constraint 'MyType == \"HoistAnnex\"' -af AnnexName InstancesWanted InstancesRunning";
    assert_eq!(machine.must(asked).trim(), "story 2 2");
    let (listed, code) = machine.asked("list");
    assert_eq!((code, listed.to_string().contains("\"story\"")), (0, true), "{listed}");
}

/// One instance runs a job that lasts until a file is there; it is drained, and the job loses nothing. Which one that
/// was.
fn the_busy_one_is_drained(machine: &Machine, two: &BTreeSet<String>) -> String {
    machine.write(
        "long.sub",
        &format!(
            "{}queue\n",
            job("echo begun in $$(HoistInstance); while ! test -e /home/admin/go; do sleep 0.2; done; echo done")
        ),
    );
    machine.must("rm -f job.log job.*.out; hoist annex submit long.sub --annex story --yes");
    let mut busy = String::new();
    machine.until("the job runs", || {
        // Where the queue has it: the collector hears of a job's end later.
        let slot = machine.must("condor_q -constraint 'JobStatus == 2' -af RemoteHost");
        let slot = slot.trim();
        busy = machine.run(&format!("condor_status {slot} -af HoistInstance")).unwrap_or_default().trim().to_owned();
        !slot.is_empty() && two.contains(&busy)
    });
    std::thread::scope(|scope| {
        let (tell, told) = mpsc::channel::<Output>();
        scope.spawn(|| {
            let tell = tell;
            let output = machine.output(&format!("hoist annex drain story --instance {busy} --yes")).unwrap();
            // The test may have failed meanwhile.
            let _ = tell.send(output);
        });
        machine.until("it takes no more jobs", || {
            machine
                .must("condor_status -af HoistInstance Activity State Start")
                .lines()
                .any(|line| line.contains(&busy) && line.contains("Retiring"))
        });
        assert!(told.try_recv().is_err(), "it waits for the job");
        machine.must("touch go");
        let output = told.recv().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    });
    machine.must("condor_wait -wait 120 job.log");
    assert_eq!(machine.must("cat job.*.out"), format!("begun in {busy}\ndone\n"));
    assert_eq!(machine.must("condor_history -limit 1 -af NumJobStarts ExitCode").trim(), "1 0");
    assert!(!instances(machine, "story").contains(&busy));
    busy
}
