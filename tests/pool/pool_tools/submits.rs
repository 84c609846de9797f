//! Jobs for an annex.

use std::path::Path;

use hoist::annex::{machines_of, target_of};
use hoist::batch::htcondor::{HTCondorError, Jobs, Submission};

use crate::pool_tools::lab::{Machine, annex, block_on, condor, manager, worker};

fn submit(manager: &Machine, name: &str, token: &str, text: &str) -> Result<Vec<Jobs>, HTCondorError> {
    let file = format!("/home/admin/{token}.sub");
    manager.write(Path::new(&file), text);
    let before = manager.must("admin", &format!("sha256sum {file}"));
    let annex = annex(name);
    let submission = Submission { file: file.as_ref(), target: target_of(&annex.name), token, arguments: &[] };
    let submitted = block_on(condor(manager, "admin").submit(&submission));
    assert_eq!(manager.must("admin", &format!("sha256sum {file}")), before, "the file is the user's");
    submitted
}

#[test]
fn jobs_run_on_the_machines_of_their_annex_and_nowhere_else() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    let (chosen, other) = (annex("chosen"), annex("Chosen"));
    // There first, and free.
    let _other = worker(manager, &other, "i-other");
    let text = "executable = /bin/true\nrequest_memory = 16\nrequest_disk = 16\nrequirements = (TARGET.HoistInstance != \"i-x\") || true\n\
                queue 2\nrequirements = TARGET.Cpus > 0\nqueue 1\nrequirements =\nqueue 1\n";
    let jobs = submit(manager, "chosen", "chosen1", text).unwrap();
    assert_eq!(jobs.iter().map(|jobs| jobs.count).collect::<Vec<_>>(), [4]);
    let cluster = jobs[0].cluster;
    let late = "executable = /bin/true\nrequest_memory = 16\nrequest_disk = 16\nmax_materialize = 1\nqueue 3\n";
    let later = submit(manager, "chosen", "chosen2", late).unwrap();
    assert_eq!(later[0].count, 3);
    let condor = condor(manager, "admin");
    assert_eq!(block_on(condor.submitted("chosen1")).unwrap(), jobs);
    assert_eq!(block_on(condor.submitted("neverwas")).unwrap(), []);
    let _machine = worker(manager, &chosen, "i-chosen");
    for (cluster, count) in [(cluster, 4), (later[0].cluster, 3)] {
        let done = format!("condor_history {cluster} -af LastRemoteHost TargetAnnexName");
        manager.until("all are done", || manager.must("admin", &done).lines().count() == count);
        let slot = block_on(condor.slots(&machines_of(&chosen).unwrap())).unwrap()[0].name.clone();
        let machine = slot.split('@').nth(1).unwrap();
        for line in manager.must("admin", &done).lines() {
            assert!(line.contains(&format!("@{machine} ")) && line.ends_with(" chosen"), "{line}, not {machine}");
        }
    }
    // What the pool itself adds to all requirements is still there.
    let required = manager.must("admin", &format!("condor_history {cluster} -af:r Requirements"));
    assert!(required.lines().all(|line| line.contains("TARGET.Cpus > 0")), "{required}");
    assert_eq!(block_on(condor.submitted("chosen1")).unwrap(), jobs, "also when they are done");
}

#[test]
fn jobs_that_could_run_elsewhere_are_not_submitted() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    let queued = || manager.must("admin", "condor_q -all -af ClusterId -constraint 'HoistSubmission == \"refused\"'");
    for (text, why) in [
        ("executable = /bin/true\n+Requirements = true\nqueue", "could run outside the annex"),
        (
            "executable = /bin/true\nMY.Requirements = true || (TARGET.AnnexName =?= \"refused\")\nqueue",
            "could run outside",
        ),
        ("executable = /bin/true\nuniverse = local\nqueue", "do not run in slots of a pool"),
        ("executable = /bin/true\nuniverse = scheduler\nqueue", "do not run in slots of a pool"),
    ] {
        let error = submit(manager, "refused", "refused", text).unwrap_err();
        assert!(matches!(error, HTCondorError::NotBound { .. }), "{error}");
        assert!(error.to_string().contains(why) && error.to_string().contains("/home/admin/refused.sub"), "{error}");
        assert_eq!(queued(), "", "{text}");
    }
    let error =
        submit(manager, "refused", "refused", "executable = /bin/no-such-program\nqueue").unwrap_err().to_string();
    assert!(error.contains("/bin/no-such-program does not exist"), "{error}");
}
