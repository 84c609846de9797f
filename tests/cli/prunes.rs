//! Forgetting what has ended.

use std::fs;

use crate::lab::Lab;

const PLAN: &str = "name = \"demo\"\n[[levels]]\n[levels.services.web]\nrun_on = \"this-host\"\nboot = \"true.sh\"\n";

/// A lab with a run that has ended, `old`, and one that is up, `demo`.
fn lab() -> Lab {
    let lab = Lab::with_plan(PLAN);
    lab.hoist("plan boot demo.toml --name old").exit(0);
    lab.hoist("plan terminate old").exit(0);
    lab.hoist("plan boot demo.toml").exit(0);
    lab
}

fn names(lab: &Lab) -> Vec<String> {
    let listed = lab.hoist("plan list --all -o json").exit(0).json();
    let mut names: Vec<String> =
        listed["runs"].as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn ended_runs_are_shown_and_forgotten_and_others_never() {
    let lab = lab();
    let shown = lab.hoist("plan prune --dry-run").exit(2);
    assert!(shown.stdout.contains("old") && !shown.stdout.contains("demo."), "{}", shown.stdout);
    assert!(shown.stderr.contains("1 run would be forgotten"), "{}", shown.stderr);
    // Nobody is there to be asked.
    let refused = lab.hoist("plan prune").exit(64);
    assert!(refused.stdout.contains("old") && refused.stderr.contains("--yes"), "{}", refused.stderr);
    assert_eq!(names(&lab), ["demo", "old"]);

    // What may be left of it on this machine goes with it.
    let tag = lab.hoist("plan prune --dry-run -o json").exit(2).json()["pruned"][0]["tag"].as_str().unwrap().to_owned();
    let left =
        [lab.path(&format!("state/ssh/{tag}/known_hosts")), lab.path(&format!("state/this-host/{tag}.web/file"))];
    for file in &left {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }
    let pruned = lab.hoist("plan prune --yes -o json").exit(0).json();
    assert_eq!((pruned["schema"].as_i64(), pruned["forgotten"].as_bool()), (Some(1), Some(true)));
    assert_eq!((&pruned["pruned"][0]["run"], pruned["pruned"].as_array().unwrap().len()), (&"old".into(), 1));
    assert_eq!(names(&lab), ["demo"]);
    assert!(left.iter().all(|file| !file.parent().unwrap().exists()));
    lab.hoist("plan history old").exit(1);
    lab.hoist("plan status demo").exit(0);
    lab.hoist("plan prune --yes").exit(0).stdout("");
}

#[test]
fn only_what_is_old_enough_is_forgotten() {
    let lab = lab();
    let kept = lab.hoist("plan prune --yes --older-than 90d").exit(0);
    assert!(kept.stderr.contains("there is nothing to forget"), "{}", kept.stderr);
    assert_eq!(names(&lab), ["demo", "old"]);
    lab.hoist("plan prune --yes --older-than 0d").exit(0);
    assert_eq!(names(&lab), ["demo"]);
    assert!(lab.hoist("plan prune --older-than soon").exit(64).stderr.contains("no duration"));
    // Where nothing was ever recorded.
    let empty = Lab::new();
    empty.hoist("plan prune --yes").exit(0);
    empty.hoist("annex prune --yes").exit(0);
    assert!(!empty.state().exists());
}
