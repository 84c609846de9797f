//! A plan whose user data is wrong is refused before its cloud is asked.

use crate::lab::hoist;

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
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = boot(&[]);
    assert!(said.contains("user-data:2: error: the cloud-config: the key pakages is unknown"), "{said}");
    assert!(said.contains("user-data:3: error: ") && !said.contains("hunter2xyz"), "{said}");
    assert!(said.contains("nothing was launched"), "{said}");
    let said = boot(&["--allow-secret", "password:password"]);
    assert!(said.contains("user-data:2") && !said.contains("user-data:3"), "{said}");
}
