//! The jobs of an annex: which are submitted, which can never run, and what becomes of them when it ends.

use crate::annex_pool::machine::Machine;
use hoist_test_support::contained::FREQUENT;
use hoist_test_support::judges::said;

/// What all jobs have in common.
const COMMON: &str = "executable = /bin/sh\ntransfer_executable = False\nshould_transfer_files = YES\nrequest_disk = 16\n\
                      request_memory = 16\nlog = job.log\n";

/// Submits a file, and returns what was said and the exit code.
fn submit(machine: &Machine, text: &str, options: &str) -> (String, i32) {
    machine.write("some.sub", &format!("{COMMON}{text}\n"));
    let output = machine.output(&format!("hoist annex submit some.sub --annex jobs --yes {options}")).unwrap();
    (said(&output), output.status.code().unwrap())
}

fn counts(machine: &Machine) -> [u64; 3] {
    let (shown, _) = machine.asked("status jobs");
    ["idle", "running", "held"].map(|name| shown["jobs"][name].as_u64().unwrap_or_else(|| panic!("{shown}")))
}

#[test]
fn jobs_that_fit_run_on_the_annex_and_others_are_told() {
    let Some(machine) = Machine::start() else { return };
    machine.write("fast.conf", FREQUENT);
    let joining = format!(
        "--cloud local --central-manager {} --pool-name lab --password-file password --config-file fast.conf --yes",
        machine.manager
    );
    machine.must(&format!("hoist annex create jobs --count 2 --lease 1h --wait pool {joining} --idle 0"));
    machine.note("two instances are in the pool");
    the_lease_is_in_the_slots(&machine);
    machine.note("the lease is in the slots, and after it is extended, too");
    a_lease_that_runs_out_takes_all_jobs(&machine, &joining);
    machine.note("a lease that runs out takes all jobs");
    what_fits_no_slot_is_refused(&machine);
    machine.note("what fits no slot is refused");
    submit_files_of_all_kinds_are_bound(&machine);
    machine.note("submit files of all kinds are bound");
    nodes_of_dags_are_bound(&machine);
    machine.note("a DAG has run on the annex");

    an_interactive_job_is_a_shell_on_the_annex(&machine);
    machine.note("an interactive job was had");

    let output = machine.output("hoist annex submit some.sub --annex jobz --yes").unwrap();
    assert_eq!(output.status.code(), Some(64), "{}", said(&output));
    assert!(
        said(&output).contains("there are: jobs") && said(&output).contains("did you mean jobs?"),
        "{}",
        said(&output)
    );

    // Jobs of an annex that ends wait for ever.
    let wishes = "arguments = \"-c true\"\nrequest_memory = 99999999\nqueue 2\nrequest_memory = 88888888\nqueue 1";
    let (told, code) = submit(&machine, wishes, "--force");
    assert_eq!(code, 0, "{told}");
    assert_eq!(counts(&machine), [3, 0, 0]);
    let (shown, _) = machine.asked("status jobs");
    let never = &shown["jobs"]["never"];
    assert_eq!((never[1]["count"].as_u64(), never[2].is_null()), (Some(1), true), "{shown}");
    let never = &never[0];
    assert_eq!((never["count"].as_u64(), never["of_job"].as_bool()), (Some(2), Some(true)), "{shown}");
    assert!(never["clause"].as_str().unwrap().contains("TARGET.Memory >= RequestMemory"), "{shown}");
    assert!(machine.must("hoist annex status jobs").contains("2 jobs can run in no slot of it"));
    machine.must("hoist annex delete jobs --yes");
    let (listed, _) = machine.asked("list --jobs");
    let ended = &listed["annexes"][0];
    assert_eq!((ended["annex"].as_str(), ended["living"].as_bool()), (Some("jobs"), Some(false)), "{listed}");
    let slip = machine.must("hoist annex release-jobs jobz --yes 2>&1");
    assert!(slip.contains("jobs are bound to: jobs; did you mean jobs?"), "{slip}");
    let (released, _) = machine.asked("release-jobs jobs --yes");
    assert_eq!(released["freed"].as_u64(), Some(3), "{released}");
    let required = machine.must("condor_q -af:r Requirements TargetAnnexName");
    assert!(required.lines().all(|line| !line.contains("AnnexName") && line.contains("TARGET.Memory")), "{required}");
    machine.note("the jobs of an annex that has ended are freed");
    machine.must("condor_qedit -constraint true TargetAnnexName '\"jobs\"'");
    let (released, _) = machine.asked("release-jobs jobs --remove --yes");
    assert_eq!(released["removed"].as_u64(), Some(3), "{released}");
    machine.until("they are gone", || machine.must("condor_q -af ClusterId").is_empty());
}

fn the_lease_is_in_the_slots(machine: &Machine) {
    let ends = || {
        let (shown, _) = machine.asked("status jobs");
        shown["expires_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second().to_string()
    };
    let told = || machine.must("condor_status -constraint 'AnnexName =?= \"jobs\"' -af HoistLeaseEnd");
    let is_told = |end: &str| told().lines().filter(|line| *line == end).count() == 2;
    let first = ends();
    machine.until("the end is told", || is_told(&first));
    let longer = [
        "+MaxRuntime = 7200",
        "+MaxWallTimeMins = 120",
        "allowed_execute_duration = 7200",
        "allowed_job_duration = 7200",
    ];
    for long in longer {
        let (refused, code) = submit(machine, &format!("arguments = \"-c true\"\n{long}\nqueue"), "");
        let said = refused.contains("HoistLeaseEnd") && refused.contains("annex extend");
        assert!(code == 5 && said, "{long}: {code}: {refused}");
    }
    machine.must("hoist annex extend jobs --lease 4h --yes");
    let second = ends();
    assert_ne!(first, second);
    machine.until("the new end is told", || is_told(&second));
    let (told, code) = submit(machine, "arguments = \"-c true\"\n+MaxRuntime = 7200\nqueue", "");
    assert_eq!(code, 0, "{told}");
    machine.must("condor_wait -wait 120 job.log");
}

/// A lease that runs out keeps no job from beginning, and each instance has one slot that jobs take parts of.
fn a_lease_that_runs_out_takes_all_jobs(machine: &Machine, joining: &str) {
    machine.must(&format!("hoist annex create out --lease 1h --let-run-out --wait pool {joining} --idle 0"));
    let slots = machine
        .must("condor_status -constraint 'AnnexName =?= \"out\"' -af PartitionableSlot TotalSlotCpus DetectedCpus");
    let words: Vec<&str> = slots.split_whitespace().collect();
    assert!(words[0] == "true" && words[1] == words[2] && words.len() == 3, "{slots}");
    machine.write("out.sub", &format!("{COMMON}arguments = \"-c true\"\n+MaxRuntime = 7200\nqueue\n"));
    machine.must("rm -f job.log; hoist annex submit out.sub --annex out --yes");
    machine.must("condor_wait -wait 120 job.log");
    let refused = machine.output("hoist annex extend out --lease 9h --yes").unwrap();
    assert_eq!(refused.status.code(), Some(5), "{}", said(&refused));
    machine.must("hoist annex delete out --yes");
}

fn what_fits_no_slot_is_refused(machine: &Machine) {
    for (text, words) in [
        ("universe = docker\ndocker_image = debian:13\nqueue", ["TARGET.HasDocker", "Docker"]),
        ("request_gpus = 1\nqueue", ["TARGET.GPUs >= RequestGPUs", "GPUs"]),
        ("request_memory = 900GB\nqueue", ["TARGET.Memory >= RequestMemory", "request_memory"]),
        ("request_cpus = 64\nqueue", ["TARGET.Cpus >= RequestCpus", "request_cpus"]),
        // Each job counts, not the first alone.
        ("queue 1\nrequirements = Memory > 99999999\nqueue 1", ["Memory > 99999999", "nothing was submitted"]),
    ] {
        let (told, code) = submit(machine, &format!("arguments = \"-c true\"\n{text}"), "");
        assert_eq!(code, 5, "{text}: {told}");
        assert!(words.iter().all(|word| told.contains(word)) && told.contains("--force"), "{text}: {told}");
    }
    assert_eq!(machine.must("condor_q -af ClusterId"), "");
}

fn submit_files_of_all_kinds_are_bound(machine: &Machine) {
    machine.write("items.txt", "a\nb\n");
    machine.write("common.inc", "number = 3\n");
    for (text, jobs) in [
        ("queue item from items.txt", 2),
        ("queue item in (x, y, z)", 3),
        ("queue name, other from (\n a b\n c d\n)", 2),
        ("queue f matching files *.txt", 1),
        ("include : common.inc\nqueue $(number)", 3),
        ("if defined nothing\n request_memory = 99999999\nelse\n request_cpus = 1\nendif\nqueue", 1),
        ("max_idle = 1\nqueue 3", 3),
        ("max_materialize = 1\nqueue 2", 2),
        ("+Project = \"x\"\nMY.Other = 1\n+AnnexName = \"elsewhere\"\n+TargetAnnexName = \"elsewhere\"\nqueue", 1),
        ("requirements = (Memory > 1) || \\\n  (OpSys == \"WINDOWS\")\nqueue", 1),
        ("requirements = true || false\nqueue 2", 2),
        ("concurrency_limits = licence:1\nqueue 2", 2),
        ("jobset_name = set\nqueue", 1),
        ("rank = Memory\nnice_user = True\nqueue", 1),
        ("args = $(Process)\nqueue $INT(jobs)", 2),
    ] {
        let text = format!("arguments = \"-c true\"\njobs = 1 + 1\n{text}");
        machine.write("kind.sub", &format!("{COMMON}{text}\n"));
        let (told, code) = machine.asked("submit kind.sub --annex jobs --yes");
        assert_eq!((code, told["clusters"][0]["jobs"].as_u64()), (0, Some(jobs)), "{text}: {told}");
    }
    machine.until("all are done", || machine.must("condor_q -af ClusterId").is_empty());
    let bound = machine.must("condor_history -af TargetAnnexName HoistSubmission LastRemoteHost");
    let is_bound = |line: &str| ["jobs ", "out "].iter().any(|name| line.starts_with(name));
    assert!(bound.lines().all(is_bound), "{bound}");
    for (text, why) in [
        ("+Requirements = true\nqueue", "could run outside the annex"),
        ("universe = local\nqueue", "do not run in slots"),
        ("universe = grid\ngrid_resource = batch slurm\nqueue", "do not run in slots"),
        ("arguments = 1", "no queue statement"),
        ("use template : nothere\nqueue", "nothere"),
    ] {
        let (told, code) = submit(machine, text, "");
        assert!(code == 1 && told.contains(why), "{code}: {text}: {told}");
    }
}

fn an_interactive_job_is_a_shell_on_the_annex(machine: &Machine) {
    machine.write("shell.sub", "request_disk = 16\nrequest_memory = 16\nlog = job.log\nqueue\n");
    let ran = "echo exit | hoist annex submit shell.sub --annex jobs --yes -- -interactive";
    let output = machine.output(ran).unwrap();
    let told = said(&output);
    assert!(output.status.success() && told.contains("1 job submitted to annex jobs"), "{told}");
    // The queue keeps it for a moment after its shell has ended.
    let bound = "condor_history -limit 1 -constraint InteractiveJob -af TargetAnnexName InteractiveJob";
    machine.until("the job was the annex's", || machine.must(bound).trim() == "jobs true");
}

fn nodes_of_dags_are_bound(machine: &Machine) {
    let node = format!("{COMMON}arguments = \"-c 'echo $(word)'\"\noutput = $(JOB).out\n");
    machine.write("node.sub", &format!("{node}queue\n"));
    machine.write("beside.sub", "universe = local\nexecutable = /bin/true\nlog = beside.log\nqueue\n");
    machine.write("inner.dag", "JOB X node.sub\nVARS X word=\"inner\"\n");
    machine.write("spliced.dag", "JOB Y node.sub\nVARS Y word=\"spliced\"\n");
    // DAGMan knows no splice any more once it has included a file.
    machine.write("more.inc", "JOB Z node.sub\nVARS Z word=\"included\"\n");
    machine.write(
        "whole.dag",
        "JOB A node.sub\nVARS A word=\"first\"\nJOB L beside.sub\nSUBDAG EXTERNAL S inner.dag\nSPLICE P spliced.dag\n\
         PARENT A CHILD S P L\nINCLUDE more.inc\n",
    );
    let (told, code) = machine.asked("submit whole.dag --annex jobs --yes");
    assert_eq!((code, told["clusters"][0]["jobs"].as_u64()), (0, Some(1)), "{told}");
    machine.until("the DAG is done", || machine.must("condor_q -af ClusterId").is_empty());
    let nodes = "condor_history -constraint 'DAGNodeName =!= undefined && JobUniverse == 5' -af DAGNodeName TargetAnnexName ExitCode";
    let mut ran: Vec<String> = machine.must(nodes).lines().map(str::to_owned).collect();
    ran.sort();
    assert_eq!(ran, ["A jobs 0", "P+Y jobs 0", "X jobs 0", "Z jobs 0"]);
    machine.write("wrong.sub", &format!("{node}+Requirements = true\nqueue\n"));
    machine.write("wrong.dag", "JOB A node.sub\nJOB W wrong.sub\n");
    let output = machine.output("hoist annex submit wrong.dag --annex jobs --yes").unwrap();
    let told = said(&output);
    assert!(output.status.code() == Some(1) && told.contains("node W") && told.contains("outside the annex"), "{told}");
    machine.write("large.sub", &format!("{node}request_memory = 900GB\nqueue\n"));
    machine.write("large.dag", "JOB A large.sub\n");
    let output = machine.output("hoist annex submit large.dag --annex jobs --yes").unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert_eq!(machine.must("condor_q -af ClusterId"), "");
}
