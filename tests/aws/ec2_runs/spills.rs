//! User data that is too large for a machine: stored in a bucket, fetched and checked by the machine, and removed with
//! the run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Effect, Faults, Moment, REGION, TestBucket};
use hoist_test_support::machine::CloudInit;

/// Bytes that do not compress, the same for the same seed.
fn noise(seed: u32, length: usize) -> Vec<u8> {
    let blocks = (0_u32..).flat_map(|number| Sha256::digest([seed.to_be_bytes(), number.to_be_bytes()].concat()));
    blocks.take(length).collect()
}

/// User data of all kinds, in which each notes in /var/tmp/order that it was run, and with this in a file.
fn of_all_kinds(content: &[u8]) -> String {
    let encoded = base64::prelude::BASE64_STANDARD.encode(content);
    let parts = [
        (
            "text/x-shellscript",
            "#!/bin/sh\necho script >> /var/tmp/order\nsha256sum < /var/tmp/large > /var/tmp/seen\n".to_owned(),
        ),
        (
            "text/cloud-config",
            format!(
                "#cloud-config\nbootcmd:\n- echo bootcmd >> /var/tmp/order\nwrite_files:\n- path: /var/tmp/large\n  permissions: '0640'\n  \
                 encoding: b64\n  content: {encoded}\nruncmd:\n- echo runcmd >> /var/tmp/order\n"
            ),
        ),
        ("text/cloud-boothook", "#cloud-boothook\n#!/bin/sh\necho boothook >> /var/tmp/order\n".to_owned()),
        (
            "text/cloud-config",
            "#cloud-config\nmerge_how: list(append)+dict(recurse_array)\nruncmd:\n- echo \"second\" >> /var/tmp/order\n"
                .to_owned(),
        ),
    ];
    let mut message = "Content-Type: multipart/mixed; boundary=\"mine\"\nMIME-Version: 1.0\n\n".to_owned();
    for (kind, content) in parts {
        message.push_str(&format!("--mine\nContent-Type: {kind}; charset=\"utf-8\"\n\n{content}\n"));
    }
    message + "--mine--\n"
}

/// A plan whose services have this user data, on a cloud with a bucket.
fn plan(lab: &Lab, user_data: &[(&str, &[u8])], programs: &str) -> TestBucket {
    let bucket = lab.cloud.bucket();
    let mut levels = format!("[clouds.ec2]\nbucket = \"s3://{}/of/ours\"\n[[levels]]\n", bucket.name);
    for (service, content) in user_data {
        lab.file(&format!("{service}.data"), content);
        levels.push_str(&format!("[levels.services.{service}]\nuser_data = \"{service}.data\"\n{programs}"));
    }
    lab.plan("demo", &levels);
    bucket
}

fn large_script() -> Vec<u8> {
    let digits = base64::prelude::BASE64_STANDARD.encode(noise(1, 40_000));
    format!("#!/bin/sh\n# {digits}\n").into_bytes()
}

/// Token and user data of each call that launches.
fn launched_with(lab: &Lab) -> Vec<[String; 2]> {
    let calls = lab.cloud.calls().into_iter();
    calls
        .filter(|call| call.action == "RunInstances" && call.parameters.get("DryRun") != Some("true"))
        .map(|call| ["ClientToken", "UserData"].map(|name| call.parameters.get(name).unwrap_or_default().to_owned()))
        .collect()
}

#[test]
fn what_is_too_large_arrives_whole_and_is_run_by_the_real_cloud_init() {
    let Some(lab) = Lab::new(Faults::default(), CloudInit::Real) else { return };
    let contents = [("small", noise(1, 700)), ("large", noise(2, 75_000)), ("huge", noise(3, 750_000))];
    let user_data = contents.each_ref().map(|(name, content)| (*name, of_all_kinds(content)));
    assert!(user_data[1].1.len() > 100_000 && user_data[2].1.len() > 1_000_000);
    lab.program("ready.sh", "test -e /var/tmp/seen");
    let bucket = plan(
        &lab,
        &user_data.each_ref().map(|(name, data)| (*name, data.as_bytes())),
        "ready = { program = \"ready.sh\" }\n",
    );
    lab.hoist("plan boot demo.toml --lease 2h").exit(0);
    assert_eq!(bucket.keys().len(), 2, "what fits is not stored");
    for (service, content) in &contents {
        let id = lab.service("demo", service)["instance_id"].as_str().unwrap().to_owned();
        let (written, seen, order, mode) = lab.yard.with(&id, |machine| {
            let read = |path| fs::read(machine.file(path)).unwrap();
            let mode = machine.file("/var/tmp/large").metadata().unwrap().permissions().mode() & 0o777;
            (read("/var/tmp/large"), read("/var/tmp/seen"), read("/var/tmp/order"), mode)
        });
        assert!(written == *content, "{service}: {} bytes", written.len());
        assert_eq!(mode, 0o640);
        assert!(!seen.is_empty());
        // As it is without a bucket: what fits was not stored.
        assert_eq!(String::from_utf8(order).unwrap(), "boothook\nbootcmd\nscript\nruncmd\nsecond\n", "{service}");
        let given = lab.cloud.user_data(REGION, &id);
        assert!(given.len() <= 16_384, "{service}: {}", given.len());
    }
    lab.hoist("plan status demo").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0).says_all(&["nothing is left"]);
    assert_eq!(bucket.keys(), Vec::<String>::new());
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn of_what_was_replaced_nothing_is_run() {
    let Some(lab) = Lab::new(Faults::default(), CloudInit::Real) else { return };
    lab.program("ready.sh", "true");
    let data = of_all_kinds(&noise(2, 50_000));
    let bucket = plan(&lab, &[("web", data.as_bytes())], "ready = { program = \"ready.sh\" }\n");
    let evil = bucket.clone();
    lab.cloud.watch(move |call, moment| {
        if call.action == "RunInstances" && moment == Moment::Come {
            evil.replace_all(b"#!/bin/sh\necho evil >> /var/tmp/order\n");
        }
    });
    let boot = lab.hoist("plan boot demo.toml").exit(1);
    boot.says_all(&["is not what was launched", "nothing of it was run", &bucket.name]);
    let id = lab.service("demo", "web")["instance_id"].as_str().unwrap().to_owned();
    lab.yard.with(&id, |machine| {
        assert!(
            !machine.file("/var/tmp/order").exists() && !machine.file("/var/tmp/large").exists(),
            "something was run"
        );
        // A signed address is a secret: root's files have it, and no log.
        for log in ["/var/log/cloud-init.log", "/var/log/cloud-init-output.log"] {
            let log = fs::read_to_string(machine.file(log)).unwrap();
            assert!(log.contains("is not what was launched") && !log.contains("X-Amz-Signature"), "{log}");
        }
    });
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(bucket.keys(), Vec::<String>::new());
}

/// Boots the plan, and kills hoist at the first launch, before that takes effect.
fn killed_at_the_launch(lab: &Lab) {
    let (came, launch) = channel();
    let (go_on, killed) = channel::<()>();
    let killed = Mutex::new(killed);
    lab.cloud.watch(move |call, moment| {
        let is_launch = call.action == "RunInstances" && call.parameters.get("DryRun") != Some("true");
        if is_launch && moment == Moment::Come && came.send(()).is_ok() {
            let _ = killed.lock().unwrap().recv_timeout(Duration::from_secs(60));
        }
    });
    let hoist = lab.command("plan boot demo.toml").spawn();
    launch.recv_timeout(Duration::from_secs(120)).unwrap();
    assert!(hoist.kill());
    drop((launch, go_on));
}

#[test]
fn a_kill_between_storing_and_launching_costs_one_command() {
    // The first call is a rehearsal, the second is lost with the process that made it.
    let Some(lab) = Lab::without_machines(Faults::default().script("RunInstances", 1, 1, Effect::LostBefore)) else {
        return;
    };
    let bucket = plan(&lab, &[("web", &large_script())], "");
    killed_at_the_launch(&lab);
    let stored = bucket.keys();
    assert_eq!(stored.len(), 1);

    let addresses: Vec<_> = lab
        .files()
        .into_iter()
        .filter(|file| file.parent().is_some_and(|parent| parent.ends_with("addresses")))
        .collect();
    assert_eq!(addresses.len(), 1);
    assert_eq!(addresses[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);

    lab.hoist("plan resume demo").exit(0);
    assert_eq!(bucket.keys(), stored, "no second object");
    let launches = launched_with(&lab);
    assert_eq!(launches.len(), 2);
    assert!(launches[0] == launches[1] && !launches[0][1].is_empty(), "the same call, with the same user data");
    assert_eq!(lab.alive().len(), 1);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!((bucket.keys(), lab.alive()), (Vec::new(), Vec::new()));
    assert!(!addresses[0].exists());
}

#[test]
fn an_expired_address_is_not_launched_with() {
    let Some(lab) = Lab::without_machines(Faults::default().script("RunInstances", 1, 1, Effect::LostBefore)) else {
        return;
    };
    let bucket = plan(&lab, &[("web", &large_script())], "");
    killed_at_the_launch(&lab);
    let is_address = |file: &std::path::PathBuf| file.parent().is_some_and(|parent| parent.ends_with("addresses"));
    let kept = lab.files().into_iter().find(is_address).unwrap();
    let text = fs::read_to_string(&kept).unwrap();
    let url = text.lines().nth(1).unwrap();
    fs::write(&kept, format!("2026-01-01T00:00:00Z\n{url}\n")).unwrap();

    lab.hoist("plan resume demo").exit(0);
    assert_eq!(lab.alive().len(), 1);
    let launches = launched_with(&lab);
    // With another token, and so with an address of its own.
    assert_eq!(launches.len(), 2);
    assert_ne!(launches[0][0], launches[1][0]);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!((bucket.keys(), lab.alive()), (Vec::new(), Vec::new()));
}

#[test]
fn lost_replies_and_errors_of_the_store_leave_one_object_and_no_secret() {
    let busy =
        Effect::Error { status: 503, code: "SlowDown".to_owned(), message: "Please reduce your rate.".to_owned() };
    let faults = Faults::default()
        .script("PutObject", 0, 1, Effect::LostAfter)
        .script("PutObject", 2, 1, busy)
        .script("PutObject", 3, 1, Effect::Page(500))
        .script("PutObject", 4, 1, Effect::LostAfter)
        .first(1, "GetObject", Effect::CutShort)
        .first(1, "DeleteObject", Effect::LostAfter)
        .script("ListObjectsV2", 1, 1, Effect::Page(503));
    let Some(lab) = Lab::without_machines(faults) else { return };
    let bucket = plan(&lab, &[("web", &large_script()), ("db", &large_script())], "");
    let boot = lab.hoist("plan boot demo.toml -vv").exit(0);
    // The same for both, and named after what is in it.
    let [key] = bucket.keys().try_into().unwrap();
    let digest: String = Sha256::digest(bucket.content(&key)).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(key.starts_with("of/ours/hoist/runs/demo") && key.ends_with(&format!("/{digest}")), "{key}");

    assert!(boot.raw_stderr.contains("s3 PutObject"), "{}", boot.raw_stderr);
    let said = boot.raw_stdout + &boot.raw_stderr + &lab.hoist("plan show demo -o json").exit(0).raw_stdout;
    assert!(!said.contains("X-Amz-Signature"), "{said}");
    for file in lab.files() {
        let holds = fs::read(&file).unwrap().windows(15).any(|window| window == b"X-Amz-Signature");
        let is_kept = file.parent().is_some_and(|parent| parent.ends_with("addresses"));
        assert_eq!(holds, is_kept, "{}", file.display());
    }
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!((bucket.keys(), lab.alive()), (Vec::new(), Vec::new()));
}

#[test]
fn what_is_wrong_with_a_bucket_is_told_before_anything_is_launched() {
    let denied = |action: &str| {
        let message =
            format!("User: arn:aws:iam::1:user/ann is not authorized to perform: s3:{action} on resource: \"arn\"");
        Effect::Error { status: 403, code: "AccessDenied".to_owned(), message }
    };
    let moved = Effect::Error {
        status: 301,
        code: "PermanentRedirect".to_owned(),
        message: "The bucket you are attempting to access must be addressed using the specified endpoint.".to_owned(),
    };
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(12);
    let ends = ("AWS_CREDENTIAL_EXPIRATION", soon.to_string());
    for (faults, ends, words) in [
        (Faults::default().always("PutObject", denied("PutObject")), None, ["do not allow s3:PutObject", "policy"]),
        (Faults::default().always("GetObject", denied("GetObject")), None, ["do not allow s3:GetObject", "policy"]),
        (
            Faults::default().always("DeleteObject", denied("DeleteObject")),
            None,
            ["do not allow s3:DeleteObject", "policy"],
        ),
        (
            Faults::default().always("ListObjectsV2", denied("ListBucket")),
            None,
            ["do not allow s3:ListBucket", "policy"],
        ),
        (Faults::default().always("ListObjectsV2", moved), None, ["another region", "in us-east-1"]),
        (Faults::default(), Some(&ends), ["the credentials end at", "renew"]),
    ] {
        let Some(lab) = Lab::without_machines(faults) else { return };
        plan(&lab, &[("web", &large_script())], "");
        let environment: Vec<(&str, Option<&str>)> =
            ends.iter().map(|(name, value)| (*name, Some(value.as_str()))).collect();
        let boot = lab.hoist_with(&environment, "plan boot demo.toml").exit(1);
        boot.says_all(&words).says_all(&["service web", "nothing was launched"]);
        assert_eq!(lab.launches(), 0);
    }
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    plan(&lab, &[("web", &large_script())], "");
    let text = fs::read_to_string(lab.path("plan/demo.toml")).unwrap();
    fs::write(lab.path("plan/demo.toml"), text.replace("s3://spill-", "s3://no-such-spill-")).unwrap();
    lab.hoist("plan boot demo.toml").exit(1).says_all(&["there is no such bucket", "aws s3 mb"]);
    fs::write(lab.path("plan/demo.toml"), text.replace("s3://spill-", "http://spill-")).unwrap();
    lab.hoist("plan boot demo.toml").exit(1).says_all(&["demo.toml:9: ", "s3://BUCKET/PREFIX"]);
    let without = text.lines().filter(|line| !line.starts_with("bucket")).collect::<Vec<_>>().join("\n");
    fs::write(lab.path("plan/demo.toml"), without).unwrap();
    lab.hoist("plan boot demo.toml").exit(1).says_all(&["16384", "name a bucket"]);
    assert_eq!(lab.launches(), 0);
}

#[test]
fn what_no_record_owns_is_found_in_the_bucket() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let bucket = plan(&lab, &[("web", &large_script())], "");
    lab.hoist("plan boot demo.toml").exit(0);
    let me = lab.cloud.instances()[0].tags["hoist:owner"].clone();
    bucket.put("of/ours/hoist/runs/forgotten.1/abc", b"x", &me);
    bucket.put("of/ours/hoist/runs/others.1/abc", b"x", "eve@elsewhere");
    bucket.put("of/ours/hoist/rendered", b"not of a run", &me);
    bucket.put("of/somebody", b"not ours", &me);
    let found = lab.hoist("orphans").exit(2);
    assert!(
        found.raw_stdout.contains("stored user data") && found.raw_stdout.contains("forgotten.1"),
        "{}",
        found.raw_stdout
    );
    assert!(!found.raw_stdout.contains("runs/demo") && !found.raw_stdout.contains("rendered"), "{}", found.raw_stdout);
    // What others stored stays, and is told of; what this user stored for a run that is not recorded here, too, unless
    // that is said.
    lab.hoist("orphans --terminate --yes").exit(3).says_all(&["others.1", "forgotten.1"]);
    assert_eq!(bucket.keys().len(), 5);
    lab.hoist("orphans --terminate --other-states --yes").exit(3).says_all(&["others.1"]);
    let keys = bucket.keys();
    assert!(keys.len() == 4 && !keys.iter().any(|key| key.contains("forgotten")), "{keys:?}");
    lab.hoist("orphans --terminate --all-owners --yes").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(bucket.keys(), ["of/ours/hoist/rendered", "of/somebody"]);
}

#[test]
fn what_is_rendered_is_stored_where_it_is_too_large() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let bucket = lab.cloud.bucket();
    lab.file("large", large_script());
    lab.file("small", "#!/bin/sh\ntrue\n");
    let render = |rest: &str| lab.hoist(&format!("userdata render {rest} --bucket s3://{}", bucket.name));
    assert_eq!(render("small").exit(0).raw_stdout, "#!/bin/sh\ntrue\n");
    assert_eq!(bucket.keys(), Vec::<String>::new());
    let rendered = render("small large").exit(0);
    let [key] = bucket.keys().try_into().unwrap();
    assert!(key.starts_with("hoist/") && rendered.raw_stderr.contains(&key), "{key}: {}", rendered.raw_stderr);
    assert!(rendered.raw_stdout.len() < 16_384 && rendered.raw_stdout.contains("X-Amz-Expires=604800"));
    assert!(!rendered.raw_stderr.contains("X-Amz"), "{}", rendered.raw_stderr);
    lab.file("first-stage", &rendered.raw_stdout);
    lab.hoist("userdata lint first-stage").exit(0).says_all(&["checked by their SHA-256"]);
    lab.hoist("userdata render large").exit(1).says_all(&["16384", "--bucket"]);
}
