//! The logs that a machine of an annex keeps where its owner reads them, against moto, which checks its role's policy.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::PoisonError;

use serde_json::json;

use crate::builtins::rendered::{render, values, written};
use crate::builtins::secret::{LOOKS, call, metadata, role_with};
use hoist_test_support::aws::{Moto, MotoAccount};
use hoist_test_support::judges::said;
use hoist_test_support::skip::skip;

/// A token as HTCondor makes them, signed by nobody.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjb25kb3JAbGFiIn0.c2lnbmF0dXJl";

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn stored(account: &MotoAccount, key: &str) -> String {
    call(account, "s3", "GET", &format!("/annex-logs/{key}"), "")
}

#[test]
fn a_machine_that_is_not_configured_keeps_its_logs_below_its_annex_and_no_token() {
    let moto = match Moto::apart() {
        Ok(moto) => moto,
        Err(why) => return skip(why),
    };
    let _looks = LOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    let account = moto.account();
    call(&account, "s3", "PUT", "/annex-logs", "");
    let logs = "annexes/a/0123456789ab/logs/";
    let statement = |action: &str, place: String| json!({"Effect": "Allow", "Action": action, "Resource": place});
    let role = role_with(
        &account,
        &json!([
            statement("s3:GetObject", "arn:aws:s3:::annex-logs/annexes/a/0123456789ab/*".to_owned()),
            statement("s3:PutObject", format!("arn:aws:s3:::annex-logs/{logs}*")),
        ]),
    );
    let given = json!({
        "os": "debian-13", "pool": "p", "manager": "m", "token_from": "s3://annex-logs/t", "annex": "a",
        "annex_tag": "a/0123456789ab", "logs_to": format!("s3://annex-logs/{logs}")
    });
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let here = place.path().display().to_string();
    for (file, content) in written(&render("annex-worker", &values(&[&given]))) {
        let Some(name) = file.strip_prefix("/var/lib/hoist/") else { continue };
        let content = content
            .replace("/var/lib/hoist", &here)
            .replace("/var/log", &here)
            .replace("/dev/console", &format!("{here}/console"))
            .replace("PATIENCE = 900", "PATIENCE = 0")
            .replace("PATH=/usr/local", &format!("PATH={here}:/usr/local"));
        executable(&path(name), &content);
    }
    executable(&path("condor_config_val"), &format!("#!/bin/sh\n[ \"$1\" = STARTD_LOG ] && echo {here}/StartLog\n"));
    for program in ["condor_master", "condor_version"] {
        executable(&path(program), "#!/bin/sh\n");
    }
    fs::write(path("StartLog"), format!("a line\nread {TOKEN} of a file\n")).unwrap();
    // Of a long log the end is kept, which here begins within a token.
    let long = format!("{TOKEN}\n{}\n", "x".repeat(200_000 - TOKEN.len() / 2));
    fs::write(path("cloud-init-output.log"), &long).unwrap();
    let metadata = metadata(&role, "i-0123456789abcdef0");
    let run = |program: &str, arguments: &[&str], input: &str| -> Output {
        fs::write(path("input"), input).unwrap();
        Command::new("timeout")
            .args(["60", program])
            .args(arguments)
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata)
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", moto.port()))
            .stdin(fs::File::open(path("input")).unwrap())
            .output()
            .unwrap()
    };
    account.exchange("POST", "/moto-api/reset-auth", &[], b"0").unwrap();
    let report = run("bash", &[path("annex-report.sh").to_str().unwrap(), "cannot fetch s3://annex-logs/k"], "");
    let program = path("secret.py");
    let elsewhere =
        run("python3", &[program.to_str().unwrap(), "put", "s3://annex-logs/annexes/a/0123456789ab/token"], "x");
    let report_of_it = format!("{logs}i-0123456789abcdef0/report");
    account.exchange("POST", "/moto-api/reset-auth", &[], b"1000000000").unwrap();
    assert_eq!(stored(&account, &report_of_it), String::from_utf8_lossy(&report.stdout));

    // The script that configures the machine tells and keeps by itself why it did not come to its end.
    account.exchange("POST", "/moto-api/reset-auth", &[], b"0").unwrap();
    let configured = run("bash", &[path("htcondor.sh").to_str().unwrap(), "worker", "p", ""], "");
    account.exchange("POST", "/moto-api/reset-auth", &[], b"1000000000").unwrap();
    assert_eq!(configured.status.code(), Some(1), "{}", said(&configured));
    let why = "hoist: not in the pool: its configuration failed: cannot fetch this machine's token\n";
    assert_eq!(fs::read_to_string(path("console")).unwrap(), why);
    assert_eq!(stored(&account, &report_of_it), why);
    assert!(report.status.success(), "{}", said(&report));
    let line = "hoist: not in the pool: its configuration failed: cannot fetch s3://annex-logs/k\n";
    assert_eq!(String::from_utf8_lossy(&report.stdout), line);
    let its = |name: &str| stored(&account, &format!("{logs}i-0123456789abcdef0/{name}"));
    assert_eq!(its("StartLog"), "a line\nread (a token) of a file\n");
    let kept = its("cloud-init-output.log");
    assert_eq!(kept.trim_end_matches(['x', '\n']), "(a token)");
    let why = said(&elsewhere);
    assert!(!elsewhere.status.success() && why.contains("cannot keep what this machine logs"), "{why}");
    assert!(!why.contains("Traceback"), "{why}");
}
