//! Inputs that block or never end are refused, with what is wrong with them, wherever a file is named.

use std::path::Path;
use std::time::Duration;

use hoist_test_support::call::Call;

/// What blocks does so for ever.
const LONGEST: Duration = Duration::from_secs(60);

/// What hoist says of a command line; it must end by itself.
fn hoist(directory: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let call = Call::hoist(directory).args(arguments).env("HOIST_STATE", directory.join("state.db"));
    let ran = call.env("XDG_CONFIG_HOME", directory).env("HOME", directory).within(LONGEST).run();
    (ran.code, ran.all())
}

#[test]
fn pipes_devices_and_directories_are_refused_everywhere() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    nix::unistd::mkfifo(&directory.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    std::fs::create_dir(directory.path().join("folder")).unwrap();
    std::fs::write(path("worker.hbs"), "#!/bin/sh\n").unwrap();
    std::fs::write(path("boot.sh"), "#!/bin/sh\n").unwrap();
    let plan = |more: &str| {
        let text = format!("name = \"p\"\n[[levels]]\nname = \"one\"\n[levels.services.web]\n{more}\n");
        std::fs::write(path("plan.toml"), text).unwrap();
        path("plan.toml")
    };
    for (input, word) in
        [(path("pipe"), "regular file"), ("/dev/zero".to_owned(), "regular file"), (path("folder"), "directory")]
    {
        let refused = |arguments: &[&str]| {
            let (code, said) = hoist(directory.path(), arguments);
            assert!(matches!(code, Some(1 | 64)) && said.contains(word), "{arguments:?}: {code:?} {said}");
        };
        refused(&["userdata", "lint", &input]);
        refused(&["userdata", "render", &input]);
        refused(&["userdata", "render", &path("worker.hbs"), "--var-file", &format!("{input}.yaml")].map(|word| {
            // A file of values is told by the end of its name, which a device does not have.
            if word.ends_with(".yaml") { input.as_str() } else { word }
        }));
        refused(&["plan", "validate", &input]);
        let valid = plan("boot = \"boot.sh\"");
        refused(&["plan", "validate", &valid, "--var-file", &input]);
        for key in [
            format!("user_data = \"{input}\""),
            format!("boot = \"{input}\""),
            format!("ready = {{ program = \"{input}\" }}"),
            format!("boot = {{ program = \"boot.sh\", config = \"{input}\" }}"),
        ] {
            refused(&["plan", "validate", &plan(&key)]);
        }
        let valid = plan("boot = \"boot.sh\"");
        refused(&["plan", "boot", &valid, "--rehearse", &input]);
    }
}

#[test]
fn templates_that_double_their_output_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("t0.hbs", &"0123456789abcdef\n".repeat(64));
    for number in 1..40 {
        let inner = number - 1;
        write(&format!("t{number}.hbs"), &format!("{{{{> t{inner}}}}}{{{{> t{inner}}}}}"));
    }
    let (code, said) =
        hoist(directory.path(), &["userdata", "render", "t39", "--templates", &directory.path().display().to_string()]);
    assert!(code == Some(1) && said.contains("renders to more than 16777216 bytes"), "{code:?} {said}");
}
