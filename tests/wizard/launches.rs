//! The master is launched right away through hoist: recorded, leased and listed.

use crate::hand::Hand;
use crate::lab::{ALLOW, Lab, SHA256, SOURCE, Written};

fn options(image: &str) -> String {
    format!(
        "--os debian-12 --image {image} --worker-type t3.large --max-workers 2 --key-name ann --binary-source {SOURCE} \
         --binary-sha256 {SHA256} --lease 12h {ALLOW}"
    )
}

#[test]
fn what_is_launched_is_a_run_like_any_other() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    let ran = lab.hoist(&format!("wizard --no-input --launch -o json {}", options(&image))).exit(0);
    let document = ran.json();
    assert_eq!((&document["launched"], &document["outcome"]), (&true.into(), &"up".into()), "{document}");
    let run = document["run"].as_str().unwrap();
    assert_eq!(run, lab.written().run);
    let listed = lab.hoist("plan list -o json").exit(0).json();
    assert_eq!(listed["runs"][0]["name"], run);
    let shown = lab.hoist(&format!("plan show {run} -o json")).exit(0).json();
    let service = &shown["levels"][0]["services"][0];
    assert!(service["expires_at"].is_string(), "it is leased: {service}");
    assert_eq!(service["image"], image.as_str());
    let group = document["security_groups"][0]["id"].as_str().unwrap();
    let instances = format!("{:?}", lab.cloud.ask("DescribeInstances", &[]));
    assert!(instances.contains(group), "the master is in its group");
    lab.hoist(&format!("plan terminate {run} --yes")).exit(0);
}

#[test]
fn it_is_offered_and_launched_as_the_plan_would_be() {
    let Some(lab) = Lab::new() else { return };
    let image = lab.image("Debian 12 of mine");
    let known = "--cloud ec2 --region us-east-1 --master-type t3.large --min-workers 0 --jobs-per-worker 1 --idle-seconds 60 \
                 --key-file none --subnet none --master-group new --worker-group new --pool p --master-profile none \
                 --worker-profile none --password-file p --docker=false --scaler hoist";
    let mut hand = Hand::start(lab.hoist(&format!("wizard {known} {}", options(&image))));
    hand.answers("Is this right?", "yes").sees("Launch the master now?").types("y");
    hand.sees("is up: 1 service ready");
    hand.ends(0);
    let Written { name, run, .. } = lab.written();
    lab.hoist(&format!("plan status {run}")).exit(0);
    // Launched by its plan, it is the same machine but for the end of its lease, which is in the user data.
    let launches = || -> Vec<Vec<(String, String)>> {
        let calls = lab.cloud.calls();
        let launches = calls.iter().filter(|call| matches!(call.action.as_str(), "RunInstances" | "CreateFleet"));
        let real = launches.filter(|call| call.parameters.get("DryRun") != Some("true"));
        let told = ["ImageId", "InstanceType", "KeyName", "SecurityGroup.1", "InstanceInitiatedShutdownBehavior"];
        real.map(|call| {
            told.map(|name| (name.to_owned(), call.parameters.get(name).unwrap_or_default().to_owned())).into()
        })
        .collect()
    };
    let by_wizard = launches();
    assert!(by_wizard[0].iter().all(|(_, value)| !value.is_empty()), "{by_wizard:?}");
    assert_eq!(by_wizard.len(), 1);
    lab.hoist(&format!("plan boot {name}.toml -n again {ALLOW}")).exit(0);
    assert_eq!(launches()[1..], by_wizard);
    // Side by side, since each waits for workers that its master may have launched last.
    let ends = [run.as_str(), "again"].map(|run| lab.hoist(&format!("plan terminate {run} --yes")).spawn());
    for end in ends {
        end.wait().exit(0);
    }
}
