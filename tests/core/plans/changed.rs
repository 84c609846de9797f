//! What a new plan changes, and how that is told.

use std::fs;
use std::path::Path;

use hoist::plan::{Changes, Plan, diff, differences};

use crate::plans::fixture::Fixture;

const HEAD: &str = "[[levels]]\n[levels.services.web]\ncloud = \"ec2\"\nimage = \"ami-1\"\nuser_data = \"data\"\n\
                    boot = { program = \"run.sh\", config = \"run.json\" }\nready = \"run.sh\"\n";

fn plan(line: &str) -> Plan {
    written(line).plan()
}

fn written(line: &str) -> Fixture {
    let files = Fixture::toml(&format!("{HEAD}{line}\n"));
    files.file("data", "#!/bin/sh\nexit 0\n").file("run.json", "{\"name\": \"$name\"}").file("key", "").file("more", "")
}

/// The keys that are told as different, with both values.
fn told(before: &Plan, after: &Plan) -> Vec<(String, String, String)> {
    let side = |side: Option<String>| side.unwrap_or_else(|| "-".to_owned());
    let all = differences(before, after).remove("web").unwrap_or_default();
    all.into_iter().map(|one| (one.what, side(one.before), side(one.after))).collect()
}

#[test]
fn every_setting_is_told_with_both_values() {
    let before = plan("");
    for (line, what, then, now) in [
        ("instance_type = [\"a\", \"b\"]", "instance_type", "-", "a, b"),
        ("market = \"spot\"", "market", "-", "spot"),
        ("market = \"spot\"\nmax_price = \"0.1\"", "max_price", "-", "0.1"),
        ("key_name = \"mine\"", "key_name", "-", "mine"),
        ("security_groups = [\"a\"]", "security_groups", "-", "a"),
        ("zone = \"z\"", "zone", "-", "z"),
        ("subnet = \"subnet-1\"", "subnet", "-", "subnet-1"),
        ("instance_profile = \"p\"", "instance_profile", "-", "p"),
        ("tags = { a = \"b\" }", "tag a", "-", "b"),
        ("lease = \"2h\"", "lease", "-", "7200 s"),
        ("disk = { size = 50, encrypted = true }", "disk.size", "-", "50"),
        ("disk = { size = 50, encrypted = true }", "disk.encrypted", "-", "true"),
        ("metadata_hop_limit = 2", "metadata_hop_limit", "-", "2"),
        ("capacity_reservation = \"cr-1\"", "capacity_reservation", "-", "cr-1"),
        ("placement_group = \"near\"", "placement_group", "-", "near"),
        ("tenancy = \"dedicated\"", "tenancy", "-", "dedicated"),
        ("allow = [\"plain-http\"]", "allow", "-", "plain-http"),
        ("ssh = { user = \"ann\" }", "ssh.user", "-", "ann"),
        ("ssh = { port = 2222 }", "ssh.port", "-", "2222"),
        ("ssh = { host_key = \"accept-new\" }", "ssh.host_key", "strict", "accept-new"),
        ("ssh = { forward_agent = \"boot\" }", "ssh.forward_agent", "-", "boot"),
        ("ssh = { login_shell = \"checks\" }", "ssh.login_shell", "-", "checks"),
        ("ssh = { stage = \"/srv\" }", "ssh.stage", "-", "/srv"),
        ("ssh = { address = \"private\" }", "ssh.address", "-", "private"),
        ("timeout = 60", "timeout", "1200 s", "60 s"),
    ] {
        let all = told(&before, &plan(line));
        let one = |(key, ..): &&(String, String, String)| key == what;
        let found = all.iter().find(one).unwrap_or_else(|| panic!("{line}: {what} is not told: {all:?}"));
        assert_eq!((found.1.as_str(), found.2.as_str()), (then, now), "{line}: {what}");
    }
}

#[test]
fn files_that_were_moved_replace_nothing_and_files_that_say_something_else_do() {
    let (here, there) = (written(""), written(""));
    let rebooted = |files: &Fixture| {
        let Changes { rebooted, .. } = diff(&here.plan(), &files.plan());
        rebooted.into_iter().map(|(service, why)| format!("{service}: {why}")).collect::<Vec<_>>()
    };
    assert_ne!(here.path("."), there.path("."));
    assert_eq!(rebooted(&there), [""; 0]);
    let change = |file: &str, content: &str| {
        let path = there.path(file);
        let before = fs::read(&path).unwrap();
        fs::write(&path, content).unwrap();
        let told = rebooted(&there);
        fs::write(&path, before).unwrap();
        told
    };
    assert_eq!(change("data", "#!/bin/sh\nexit 1\n"), ["web: what is launched changed"]);
    assert_eq!(change("run.sh", "#!/bin/sh\necho\n"), ["web: its boot program changed"]);
    assert_eq!(change("run.json", "{\"n\": \"$name\"}"), ["web: its boot program changed"]);
    // The same template, filled in by another rule.
    fs::copy(there.path("run.json"), there.path("run.conf")).unwrap();
    let text = fs::read_to_string(there.path("plan.toml")).unwrap().replace("run.json", "run.conf");
    fs::write(Path::new(&there.path("plan.toml")), text).unwrap();
    assert_eq!(rebooted(&there), ["web: its boot program changed"]);
}
