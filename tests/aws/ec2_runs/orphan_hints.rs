//! What `hoist orphans` offers and hints at ends what it says.

use std::fs;

use crate::ec2_runs::lab::Lab;
use crate::ec2_runs::orphans::{EVE, disk, machine, me, three};
use hoist_test_support::aws::{Effect, Faults, REGION};

/// A thing that a cloud may show, and what ends it.
struct Thing {
    what: &'static str,
    /// Whether it is a disk, and no machine.
    is_disk: bool,
    tags: Vec<(&'static str, String)>,
    /// The flags of the command that ends it.
    ends: &'static str,
}

/// The commands that are offered or hinted at, without what is said of them.
fn offered(stderr: &str) -> Vec<String> {
    let commands = stderr.lines().filter_map(|line| line.trim_start().trim_start_matches("try: ").split("  ").next());
    commands.filter(|line| line.starts_with("hoist orphans")).map(str::to_owned).collect()
}

#[test]
fn every_hint_ends_what_it_says() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let (me, mine) = (me(&lab), lab.cloud.instances()[0].tags["hoist:state"].clone());
    let run = lab.cloud.instances()[0].tags["hoist:run"].clone();
    lab.hoist("plan terminate demo").exit(0);
    let (owner, state, over) = ("hoist:owner", "hoist:state", "2026-01-01T00:00:00Z");
    let of = |whose: &str| (owner, whose.to_owned());
    let in_run = |run: &str| ("hoist:run", run.to_owned());
    let ends = |end: &str| ("hoist:expires-at", end.to_owned());
    let thing = |what, tags: &[(&'static str, String)], ends| Thing { what, is_disk: false, tags: tags.to_vec(), ends };
    let disk_of = |what, tags: &[(&'static str, String)], ends| Thing { is_disk: true, ..thing(what, tags, ends) };
    let (ours, others, all) = ("--terminate", "--terminate --other-states", "--terminate --all-owners");
    let things = [
        thing("of a run that is over", &[in_run(&run), of(&me)], ours),
        thing("forgotten by this state file", &[in_run("lost.1"), of(&me), (state, mine.clone())], ours),
        thing("of another state file", &[in_run("lost.2"), of(&me), (state, "f".repeat(32))], others),
        thing("of no state file", &[in_run("lost.3"), of(&me)], others),
        thing("another user's, leased", &[in_run("hers.1"), of(EVE), ends("2999-01-01T00:00:00Z")], all),
        thing("another user's, past its lease", &[in_run("hers.2"), of(EVE), ends(over)], ours),
        thing("nobody's", &[in_run("lost.4")], all),
        disk_of("a disk of a run that is over, whoever made it", &[in_run(&run), of(EVE)], ours),
        disk_of("a disk of another state file", &[in_run("lost.5"), of(&me)], others),
        disk_of("another user's disk", &[in_run("hers.3"), of(EVE)], all),
        disk_of("another user's disk, past its lease", &[in_run("hers.4"), of(EVE), ends(over)], ours),
    ];
    let make = |Thing { is_disk, tags, .. }: &Thing| {
        let tags: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (*key, value.as_str())).collect();
        if *is_disk { disk(&lab, &tags) } else { machine(&lab, REGION, &tags) }
    };
    // None of them is there yet.
    lab.hoist("orphans").exit(0);
    for thing in &things {
        let Thing { what, ends, .. } = thing;
        let id = make(thing);
        let command = format!("hoist orphans {ends}");
        let looked = lab.hoist("orphans").exit(2);
        assert!(looked.raw_stdout.contains(&id), "{what}: {}", looked.raw_stdout);
        assert_eq!(offered(&looked.raw_stderr), [command.as_str()], "{what}: {}", looked.raw_stderr);
        // What a flag does not end, it does not say that it ends; what it would end, it asks for.
        for flags in [ours, others, all].into_iter().filter(|flags| *flags != *ends && *ends != ours) {
            let ran = lab.hoist(&format!("orphans {flags} --yes")).exit(3);
            assert_eq!(offered(&ran.raw_stderr), [command.as_str()], "{what}, {flags}: {}", ran.raw_stderr);
            assert!(ran.raw_stderr.contains(&id), "{what}, {flags}: {}", ran.raw_stderr);
        }
        lab.hoist(&format!("orphans {ends}")).exit(64).says_all(&["There is nobody to ask", "--yes answers with yes"]);
        lab.hoist(&format!("{} --yes", &command["hoist ".len()..])).exit(0).says_all(&[&id]);
    }
    lab.hoist("orphans").exit(0);
    // All at once: each hint leaves what the others are for. A disk is not told of while a machine of its run is there.
    things.iter().filter(|thing| !thing.is_disk || thing.tags[0].1 != run).for_each(|thing| drop(make(thing)));
    let [ours, others, all] = [ours, others, all].map(|flags| format!("hoist orphans {flags}"));
    let looked = lab.hoist("orphans").exit(2);
    assert_eq!(offered(&looked.raw_stderr), [ours.as_str(), &others, &all], "{}", looked.raw_stderr);
    let counts = ["3 machines and 1 other thing", "2 machines and 1 other thing"];
    lab.hoist("orphans").exit(2).says_all(&counts);
    let ran = lab.hoist("orphans --terminate --yes").exit(3);
    assert_eq!(offered(&ran.raw_stderr), [others.as_str(), &all], "{}", ran.raw_stderr);
    let ran = lab.hoist("orphans --terminate --other-states --yes").exit(3);
    assert_eq!(offered(&ran.raw_stderr), [all.as_str()], "{}", ran.raw_stderr);
    lab.hoist("orphans --terminate --all-owners --yes").exit(0);
    lab.hoist("orphans").exit(0);
}

#[test]
fn what_could_not_be_ended_or_asked_is_tried_again_with_the_same_flags() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let kept = lab.service("demo", "web")["instance_id"].as_str().unwrap().to_owned();
    let protect = |value| {
        let parameters = [("InstanceId", kept.as_str()), ("DisableApiTermination.Value", value)];
        lab.somebody_asks(REGION, "ModifyInstanceAttribute", &parameters);
    };
    protect("true");
    fs::remove_dir_all(lab.path("state")).unwrap();
    let refused = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeVolumes", refused));
    let ran = lab.hoist("orphans --terminate --other-states --yes --region us-east-1").exit(3);
    let again = "hoist orphans --terminate --other-states --region us-east-1";
    assert_eq!(offered(&ran.raw_stderr), [again, again], "{}", ran.raw_stderr);
    ran.says_all(&[&kept, "1 thing still there; 1 place could not be asked", "ec2:DescribeVolumes"]);
    lab.cloud.change(|faults| *faults = Faults::default());
    protect("false");
    lab.hoist(&format!("{} --yes", &again["hoist ".len()..])).exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}
