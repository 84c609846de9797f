//! Input that is refused before anything starts.

use std::os::unix::fs::PermissionsExt as _;

use crate::station::{FLEET, Station};

#[test]
fn every_problem_is_told_at_once_with_its_line() {
    let fleet =
        FLEET.replace("[machine]", "[machine]\nuser_data = \"worker.yaml\"\n[machines.big]\nuser_data = \"none\"");
    let fleet = fleet.replace("kind = \"command\"\nprogram = [\"./pool\"]", QUEUE);
    let station = Station::new(&fleet);
    std::fs::set_permissions(station.path("elastic.toml"), std::fs::Permissions::from_mode(0o600)).unwrap();
    station.file("worker.yaml", "#cloud-config\nruncmd:\n  - [true\n").file("password", "very secret");
    std::fs::set_permissions(station.path("password"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = station.hoist("elastic run").exit(1);
    for problem in [
        "elastic.toml:13: the secret in",
        "may be read or changed by others (mode 0644)",
        "worker.yaml:",
        "elastic.toml:19: the user data",
        "errors; nothing was started",
    ] {
        assert!(refused.raw_stderr.contains(problem), "{problem}: {refused}");
    }
    assert!(!refused.raw_stderr.contains("very secret"));
    assert!(!station.path("state").exists(), "nothing was started");
}

const QUEUE: &str = "kind = \"http\"\nurl = \"http://127.0.0.1:9/\"\npassword = { secret = \"file:password\" }";

#[test]
fn two_fleets_of_one_name_are_told_apart_by_their_files() {
    let station = Station::new(FLEET);
    station.file("second.toml", FLEET);
    let refused = station.hoist("elastic run --config elastic.toml --config second.toml").exit(1);
    let problem = "second.toml:2: this is the second fleet named crunch; the first is elastic.toml";
    assert!(refused.raw_stderr.contains(problem), "{refused}");
    assert!(!station.path("state").exists(), "nothing was started");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for (from, to, problem) in [
        ("min = 1", "min = 9", "\"min\" of [workers] is 9, more than \"max\", 3"),
        ("max = 3", "max = -1", "max"),
        ("idle = \"2s\"", "idle = \"0s\"", "idle"),
        ("name = \"elastiq\"", "name = \"elastic\"", "elastiq"),
        ("provider = \"local\"", "provider = \"moon\"", "provider"),
        ("[machine]", "[machine]\nmarkt = \"spot\"", "market"),
    ] {
        let station = Station::new(&FLEET.replace(from, to));
        let refused = station.hoist("elastic run").exit(1);
        assert!(refused.raw_stderr.contains("elastic.toml:") && refused.raw_stderr.contains(problem), "{refused}");
    }
}
