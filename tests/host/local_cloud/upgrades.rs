//! The hoist binary is replaced while hoist works, as an upgrade does.

use std::path::Path;
use std::process::Command;

use hoist_test_support::call::Call;

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

fn succeeds(binary: &Path, state: &Path, words: &str) {
    let directory = state.parent().unwrap().parent().unwrap();
    let call = Call::new(directory, &[binary.into()]).words(words).env("HOME", directory).env("HOIST_STATE", state);
    // Nothing of hoist's own needs a temporary directory.
    call.env("TMPDIR", "/nowhere/to/be/found").exit(0);
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
        succeeds(&binary, &state, &format!("plan boot {plan} --launch by-level"));
        // And with another binary, which is what an upgrade leaves.
        succeeds(&init_program(), &state, "plan status upgraded");
        succeeds(&init_program(), &state, "plan terminate upgraded --yes");
        for left in ["local/instances", "local/reservations", "this-host"] {
            let left: Vec<_> = std::fs::read_dir(place.join("state").join(left)).unwrap().collect();
            assert!(left.is_empty(), "{left:?}");
        }
    }
}
