//! The hoist binary is replaced while hoist works, as an upgrade does.

use std::path::Path;
use std::process::{Command, Output};

use crate::local_cloud::support::{init_program, write_program};

const PLAN: &str = "
name = 'upgraded'
[[levels]]
name = 'first'
[levels.services.upgrade]
run_on = 'this-host'
boot = { program = 'upgrade.sh', args = ['BINARY'] }
[[levels]]
name = 'second'
[levels.services.web]
boot = { program = 'works.sh' }
[levels.services.here]
run_on = 'this-host'
boot = { program = 'works.sh' }
";

fn hoist(binary: &Path, state: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary);
    // Nothing of hoist's own needs a temporary directory.
    command.args(arguments).env("HOIST_STATE", state).env("TMPDIR", "/nowhere/to/be/found");
    command.output().unwrap()
}

fn assert_success(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

#[test]
fn a_boot_goes_on_when_its_binary_is_replaced_or_removed() {
    for upgrade in ["rm \"$1\"", "rm \"$1\"; echo '#!/bin/false' > \"$1\"; chmod 755 \"$1\""] {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path();
        let binary = place.join("hoist");
        // Not by this process, see `write_program`.
        assert!(Command::new("cp").arg(init_program()).arg(&binary).status().unwrap().success());
        let plan = place.join("plan.toml");
        std::fs::write(&plan, PLAN.replace("BINARY", binary.to_str().unwrap())).unwrap();
        for (program, script) in [("upgrade.sh", upgrade), ("works.sh", "true")] {
            write_program(&place.join(program), &format!("#!/bin/sh\n{script}\n"));
        }
        let state = place.join("state/hoist.db");
        let plan = plan.to_str().unwrap();
        assert_success(&hoist(&binary, &state, &["plan", "boot", plan, "--launch", "by-level"]));
        // And with another binary, which is what an upgrade leaves.
        assert_success(&hoist(&init_program(), &state, &["plan", "status", "upgraded"]));
        assert_success(&hoist(&init_program(), &state, &["plan", "terminate", "upgraded", "--yes"]));
        for left in ["local/instances", "local/reservations", "this-host"] {
            let left: Vec<_> = std::fs::read_dir(place.join("state").join(left)).unwrap().collect();
            assert!(left.is_empty(), "{left:?}");
        }
    }
}
