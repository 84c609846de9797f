//! Consoles and logs of instances: what they have stored, and what cannot be had.

use serde_json::{Value, json};

use crate::annex_cli::lab::Lab;
use hoist_test_support::aws::TestBucket;

/// A token as HTCondor makes them, signed by nobody.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjb25kb3JAbGFiIn0.c2lnbmF0dXJl";

fn bucket(lab: &Lab) -> TestBucket {
    let setup = lab.cloud().ask_service("cloudformation", "DescribeStacks", &[("StackName", "hoist-setup")]);
    let outputs = setup.items("DescribeStacksResult/Stacks/member/Outputs");
    let bucket = outputs.iter().find(|output| output.get("OutputKey") == "Bucket").unwrap();
    lab.cloud().bucket_named(bucket.get("OutputValue"))
}

/// The ids of the annex's instances, and the prefix of its logs in the bucket.
fn made(lab: &Lab) -> (Vec<String>, String) {
    lab.create("foo", "--count 2").exit(0);
    let status = lab.hoist("annex status foo --no-pool -o json").json();
    let ids = status["instances"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned());
    (ids.collect(), format!("annexes/{}/logs", status["tag"].as_str().unwrap()))
}

#[test]
fn what_an_instance_has_stored_is_shown_and_what_is_missing_is_told() {
    let Some(lab) = Lab::aws() else { return };
    let (ids, prefix) = made(&lab);
    let bucket = bucket(&lab);
    let refused =
        "12/01/26 19:43:24 SECMAN: FAILED: Received \"DENIED\" from server for user guest@lab using method IDTOKENS.";
    bucket.put(&format!("{prefix}/{}/StartLog", ids[0]), format!("{refused}\n{TOKEN}\n").as_bytes(), "instance");
    bucket.put(&format!("{prefix}/{}/report", ids[0]), b"hoist: not in the pool: strange\n", "instance");
    // One that has ended, which the cloud does not show any more.
    bucket.put(
        &format!("{prefix}/i-0123456789abcdef0/report"),
        b"hoist: not in the pool: its configuration failed: cannot fetch s3://b/k\n",
        "instance",
    );

    let shown = lab.hoist("annex logs foo -o json").exit(0).json();
    let of = |id: &str| -> Value {
        let all = shown["instances"].as_array().unwrap();
        all.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{shown}")).clone()
    };
    let first = of(&ids[0]);
    assert_eq!(first["join_failure"]["kind"], "not-allowed");
    assert_eq!(first["logs"][0]["name"], "StartLog");
    assert_eq!(first["logs"][0]["text"], format!("{refused}\n(a token)\n"));
    let second = of(&ids[1]);
    assert_eq!((&second["logs"], &second["join_failure"]), (&json!([]), &Value::Null));
    let missing = second["missing"].as_array().unwrap();
    let logs = missing.iter().find(|one| one["what"] == "logs").unwrap();
    assert!(logs["reason"].as_str().unwrap().contains("has stored none"), "{logs}");
    assert!(logs["hint"].as_str().unwrap().contains("while they have not joined"), "{logs}");

    let said = lab.hoist(&format!("annex logs foo --instance {}", ids[0])).exit(0);
    said.says_all(&["StartLog", "the pool does not let it in: SECMAN: FAILED"]).never_says(TOKEN);
    let ended = lab.hoist("annex logs foo --instance i-0123456789abcdef0").exit(0);
    ended.says_all(&["its configuration failed: cannot fetch s3://b/k", "no console"]);
    lab.hoist("annex logs foo --instance i-0fedcba9876543210").exit(1).says_all(&["no instance", "no logs of one"]);

    // They go with the annex.
    lab.hoist("annex delete foo --yes").exit(0);
    assert_eq!(bucket.keys(), Vec::<String>::new());
    lab.hoist("annex logs foo").exit(1).says_all(&["has ended"]);
}

#[test]
fn instances_may_store_logs_below_their_annex_and_nothing_else() {
    let Some(lab) = Lab::aws() else { return };
    let (_, prefix) = made(&lab);
    let found = lab.cloud().ask_service("cloudformation", "GetTemplate", &[("StackName", "hoist-annex-foo")]);
    let template: Value = serde_json::from_str(found.get("GetTemplateResult/TemplateBody")).unwrap();
    let role = &template["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    let writes = role.as_array().unwrap().iter().filter(|one| one["Action"].to_string().contains("Put"));
    let writes: Vec<&Value> = writes.collect();
    assert_eq!(writes.len(), 1, "{role}");
    assert_eq!(writes[0]["Action"], "s3:PutObject");
    let place = writes[0]["Resource"]["Fn::Sub"].as_str().unwrap();
    assert!(place.ends_with(&format!("/{prefix}/*")), "{place}");
    lab.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn a_shell_on_an_instance_without_an_address_of_ours_says_what_to_try() {
    let Some(lab) = Lab::aws() else { return };
    let (ids, _) = made(&lab);
    lab.hoist("annex ssh foo -- true").exit(64).says_all(&["2 instances of annex foo run", &ids[0], "--instance ID"]);
    lab.hoist("annex ssh foo --user a@b -- true").exit(64).says_all(&["no name of a user"]);
    lab.hoist("annex ssh foo --key /no/such/key -- true").exit(64).says_all(&["--key: there is no file /no/such/key"]);
    lab.hoist("annex ssh foo --instance i-0fedcba9876543210 -- true").exit(1).says_all(&["has no instance"]);
    // moto's instances show no host key, and without it nothing is sent to them.
    let said = lab.hoist(&format!("annex ssh foo --instance {} -- true", ids[0])).exit(1);
    said.says_all(&["host key"]);
    lab.hoist("annex delete foo --yes").exit(0);
}
