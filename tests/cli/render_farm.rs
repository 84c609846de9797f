//! The plan `render-farm`: its fleet renders frames, and ends before the machine of its scaler does.

use hoist_test_support::tree;

use crate::examples::copy;
use crate::lab::{Lab, eventually};

#[test]
fn a_render_farm_renders_frames_and_is_torn_down_with_its_workers() {
    let lab = Lab::new();
    copy(&lab);
    let booted = lab.hoist("plan boot launch-plans/render-farm/render-farm.toml").exit(0);
    assert!(booted.stdout.starts_with("render-farm is up: 2 services ready, TIME\n"), "{booted}");
    let farm = lab.service("render-farm", "farm");
    let home = lab.path("state/local/instances").join(farm["instance_id"].as_str().unwrap());
    // Its ready program asked for four frames, and saw them in the bucket: workers were launched.
    let logs = lab.hoist("plan logs render-farm farm").exit(0).stdout;
    for frame in 1..=4 {
        assert!(logs.contains(&format!("frame {frame} by INSTANCE")), "{logs}");
    }
    // Each check has others rendered.
    lab.hoist("plan status render-farm").exit(0);
    let workers = || tree::files(&home).iter().filter(|file| file.ends_with("worker.py")).count();
    assert!((1..=2).contains(&workers()), "{}", workers());
    let ended = lab.hoist("plan terminate render-farm").exit(0);
    assert!(ended.stdout.starts_with("render-farm is gone: 2 services, nothing is left of them, TIME\n"), "{ended}");
    eventually("nothing runs", || (!home.exists()).then_some(()));
    lab.assert_nothing_runs();
}
