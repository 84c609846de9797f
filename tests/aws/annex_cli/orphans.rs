//! Annexes that no record is of.

use serde_json::json;

use crate::annex_cli::lab::Lab;

#[test]
fn an_annex_of_a_forgotten_state_file_is_found_and_deleted() {
    let Some(lab) = Lab::aws() else { return };
    lab.create("kept", "").exit(0);
    lab.hoist("orphans -o json").exit(0);
    let made = lab.create("lost", "-o json").exit(0).json();
    let state = lab.path("state");
    std::fs::rename(&state, lab.path("old")).unwrap();
    let found = lab.hoist("orphans -o json").exit(2).json();
    let tags: Vec<&str> =
        found["annexes"].as_array().unwrap().iter().map(|annex| annex["tag"].as_str().unwrap()).collect();
    assert_eq!(tags.len(), 2, "{found:#}");
    assert!(tags.contains(&made["tag"].as_str().unwrap()) && found["annexes"][0]["mine"] == json!(true));
    assert_eq!((&found["orphans"], &found["leftovers"]), (&json!([]), &json!([])), "its machines are its own");
    lab.hoist("orphans").exit(2).says_all(&[
        "ANNEX",
        "yours, of another state file as far as can be seen",
        "2 annexes",
        "hoist orphans --terminate --other-states",
    ]);
    // What another state file knows is not taken from it unasked.
    lab.hoist("orphans --terminate --yes").exit(3).says_all(&["--other-states terminates it too"]);
    lab.hoist("orphans --terminate --other-states")
        .exit(64)
        .says_all(&["Remove 2 annexes (2 that this state file does not know, though another may)?"]);
    let removed = lab.hoist("orphans --terminate --other-states --yes -o json").exit(0).json();
    assert_eq!(removed["removed"].as_array().unwrap().len(), 2, "{removed:#}");
    lab.hoist("orphans").exit(0);
    assert!(!state.exists(), "looking makes nothing");
    std::fs::rename(lab.path("old"), &state).unwrap();
    lab.hoist("annex status lost").exit(1).says_all(&["lost is gone"]);
    lab.hoist("annex delete lost kept --yes").exit(0);
}
