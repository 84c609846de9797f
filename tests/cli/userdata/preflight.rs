//! A plan whose user data is wrong is refused before its cloud is asked.

use hoist_test_support::ran::Ran;

use serde_json::Value;

use crate::userdata::lab::hoist;

#[test]
fn a_plan_with_bad_user_data_is_not_booted() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(path("user-data"), "#cloud-config\npakages: [a]\npassword: hunter2xyz\n").unwrap();
    let plan = "name = \"p\"\n[defaults]\ncloud = \"ec2\"\n[[levels]]\nname = \"one\"\n[levels.services.web]\n\
                image = \"ami-1\"\ninstance_type = \"t3.small\"\nuser_data = \"user-data\"\n";
    std::fs::write(path("plan.toml"), plan).unwrap();
    let boot = |more: &[&str]| {
        // Nothing listens there, and nothing waits for it: what this machine can tell comes with what the cloud cannot.
        let (plan, state) = (path("plan.toml"), path("state.db"));
        let place = ["--endpoint-url", "http://127.0.0.1:9", "--region", "us-east-1"];
        let arguments = [&["plan", "boot", &plan, "--state", &state], place.as_slice(), more].concat();
        let output = hoist(&arguments, "");
        assert_eq!(output.code, Some(1), "{output}");
        output.raw_stderr.clone()
    };
    let said = boot(&[]);
    assert!(said.contains("user-data:2: error: the cloud-config: the key pakages is unknown"), "{said}");
    assert!(said.contains("user-data:3: error: ") && !said.contains("hunter2xyz"), "{said}");
    assert!(said.contains("nothing was launched"), "{said}");
    let said = boot(&["--allow-secret", "password:password"]);
    assert!(said.contains("user-data:2") && !said.contains("user-data:3"), "{said}");
}

/// A plan of one service on the local cloud with this user data, and what `arguments` make of it.
struct Local(tempfile::TempDir);

impl Local {
    fn new(user_data: &str, more: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("user-data"), user_data).unwrap();
        let plan = format!(
            "name = \"p\"\n[defaults]\ncloud = \"local\"\n{more}[[levels]]\nname = \"one\"\n[levels.services.web]\n\
             user_data = \"user-data\"\n"
        );
        std::fs::write(directory.path().join("plan.toml"), plan).unwrap();
        Self(directory)
    }

    fn hoist(&self, arguments: &[&str], more: &[&str]) -> Ran {
        let (plan, state) = (self.0.path().join("plan.toml"), self.0.path().join("state.db"));
        let (plan, state) = (plan.display().to_string(), state.display().to_string());
        hoist(&[arguments, &[plan.as_str(), "--state", &state], more].concat(), "")
    }

    /// How validation and the dry run end.
    fn codes(&self, more: &[&str]) -> [Option<i32>; 2] {
        let dry = self.hoist(&["plan", "boot", "--dry-run"], more).code;
        [self.hoist(&["plan", "validate"], more).code, dry]
    }
}

#[test]
fn validation_and_the_dry_run_look_at_user_data_of_local_services() {
    for (user_data, name, is_wrong) in [
        ("# cloud-config\nruncmd: [ls]\n", "no-header", true),
        ("#!/bin/sh\nif\n", "shell-syntax", true),
        ("#!/bin/sh\nexport DB_PASSWORD=hunter2xyz\n", "password:DB_PASSWORD", true),
        ("#cloud-config # mine\nruncmd: [ls]\n", "after-header", false),
    ] {
        let plan = Local::new(user_data, "");
        let code = Some(i32::from(is_wrong));
        assert_eq!(plan.codes(&[]), [code, code], "{user_data}");
        let said = plan.hoist(&["plan", "validate"], &["-o", "json"]);
        let document: Value = said.json();
        assert_eq!(document["valid"], !is_wrong);
        let problem = &document["problems"][0];
        assert_eq!(problem["severity"], if is_wrong { "error" } else { "warning" });
        assert!(problem["message"].as_str().unwrap().ends_with(&format!("[{name}]")), "{document}");
        assert!(problem["file"].as_str().unwrap().ends_with("user-data") && problem["line"].is_number(), "{document}");
        // The plan itself may say that it is meant to be there.
        if is_wrong && name != "no-header" {
            assert_eq!(plan.codes(&["--allow", name]), [Some(0), Some(0)], "{user_data}");
            let plan = Local::new(user_data, &format!("allow = [\"{name}\"]\n"));
            assert_eq!(plan.codes(&[]), [Some(0), Some(0)], "{user_data}");
        }
    }
    // What the local cloud does not run is no surprise at the launch either.
    let plan = Local::new("#cloud-config\npackages: [nginx]\n", "");
    assert_eq!(plan.codes(&[]), [Some(1), Some(1)]);
}

#[test]
fn names_that_no_finding_has_are_told() {
    let output = hoist(&["userdata", "lint", "-", "--allow", "unknown-kee"], "#!/bin/sh\n");
    let said = output.raw_stderr.clone();
    assert!(output.code == Some(64) && said.contains("did you mean \"unknown-key\"?"), "{said}");
    let plan = Local::new("#!/bin/sh\ntrue\n", "allow = [\"unknown-kee\"]\n");
    let said = plan.hoist(&["plan", "validate"], &[]);
    assert!(said.code == Some(0) && said.raw_stderr.contains("unknown-kee"), "{said}");
    let listed = hoist(&["userdata", "lint", "--checks", "-o", "json"], "");
    let document: Value = listed.json();
    assert!(document["checks"].as_array().unwrap().iter().any(|check| check["name"] == "unknown-key"), "{document}");
}
