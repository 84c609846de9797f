//! What is installed from where, system by system: the rendered functions run, with package managers that only say what
//! they are asked for.

use std::process::Command;

use hoist::template::SYSTEMS;
use serde_json::json;

use crate::builtins::rendered::{render, values, written};
use hoist_test_support::judges::said;

/// In the place of package managers and of files in `/etc`. The repositories are those of Red Hat in AWS and by
/// subscription.
const STUBS: &str = r#"
dnf() {
    case "$*" in
    '-q repolist --all')
        printf '%s\n' 'repo id  repo name' "codeready-builder-for-rhel-$release-rhui-debug-rpms  x" \
            "codeready-builder-for-rhel-$release-$kind  x" "codeready-builder-for-rhel-$release-rhui-source-rpms  x" \
            'codeready-builder-for-rhel-7-rhui-rpms  x' ;;
    *) echo "dnf $*" ;;
    esac
}
yum() { echo "yum $*"; }
apt-get() { echo "apt-get ${*: -1}"; }
rpm() { echo "rpm $*"; }
repository() { echo "repository $*"; }
"#;

/// What the functions of a worker of this system print when `call` is made of them.
fn run(os: &str, kind: &str, call: &str) -> String {
    let given = json!({"os": os, "pool": "p", "manager": "m", "pool_password_from": "ssm:/p", "docker": true});
    functions_of(os, kind, call, &render("htcondor-worker", &values(&[&given])))
}

/// The same of a machine of an annex.
fn run_annex(os: &str, call: &str) -> String {
    let given = json!({
        "os": os, "annex": "a", "annex_tag": "a/0123456789ab", "pool": "p", "manager": "m", "apptainer": true,
        "pool_password_from": "s3://b/k"
    });
    functions_of(os, "rhui-rpms", call, &render("annex-worker", given.as_object().unwrap()))
}

fn functions_of(os: &str, kind: &str, call: &str, rendered: &str) -> String {
    let files = written(rendered);
    let script = &files["/var/lib/hoist/htcondor.sh"];
    let (functions, _) = script.split_once("\nif lacks condor_master").unwrap();
    let release = os.rsplit('-').next().unwrap();
    let text = format!("set -- worker p ssm:/p\n{functions}\nrelease={release} kind={kind}\n{STUBS}\n{call}\n");
    let output = Command::new("bash").args(["-c", &text]).output().unwrap();
    assert!(output.status.success(), "{os}: {}", said(&output));
    said(&output)
}

#[test]
fn htcondor_comes_from_where_there_are_packages_of_it() {
    const SITE: &str = "https://htcss-downloads.chtc.wisc.edu/repo";
    for os in SYSTEMS {
        let printed = run(os, "rhui-rpms", "lacks() { return 1; }\ninstall_htcondor");
        let last = printed.lines().last().unwrap_or_default();
        let first = printed.lines().next().unwrap_or_default();
        let repository = match os {
            "debian-13" | "ubuntu-24.04" => {
                assert_eq!(last, "apt-get htcondor");
                continue;
            }
            "ucernvm" => {
                assert_eq!(printed, "");
                continue;
            }
            "fedora" => {
                assert_eq!(printed, "dnf -q -y --setopt=install_weak_deps=False install condor\n");
                continue;
            }
            "centos-7" => {
                let own =
                    format!("repository hoist-htcondor {SITE}/23.0/el7/x86_64/release {SITE}/keys/HTCondor-23.0-Key\n");
                assert!(printed.starts_with(&own) && last.ends_with("install condor"), "{printed}");
                continue;
            }
            "debian-12" => "debian/25.0".to_owned(),
            "ubuntu-22.04" | "ubuntu-26.04" => "ubuntu/25.0".to_owned(),
            "amazon-2023" => "25.0/amzn2023/$basearch/release".to_owned(),
            other => format!("25.0/el{}/$basearch/release", other.rsplit('-').next().unwrap()),
        };
        assert_eq!(first, format!("repository htcondor {SITE}/{repository} {SITE}/keys/HTCondor-25.0-Key"), "{os}");
        assert!(last.ends_with(" condor"), "{os}: {printed}");
        let has_extra = ["almalinux", "rocky", "rhel"].iter().any(|family| os.starts_with(family));
        assert_eq!(printed.contains("epel-release"), has_extra, "{os}: {printed}");
    }
}

#[test]
fn red_hats_builder_is_found_under_each_of_its_names() {
    for (release, kind) in [("8", "rhui-rpms"), ("9", "x86_64-rpms"), ("10", "rhui-rpms"), ("10", "aarch64-rpms")] {
        let printed = run(&format!("rhel-{release}"), kind, "extra_packages");
        let builder = format!("codeready-builder-for-rhel-{release}-{kind}");
        let dnf = "dnf -q -y --setopt=install_weak_deps=False install";
        let epel = "https://dl.fedoraproject.org/pub/epel";
        assert_eq!(
            printed.lines().collect::<Vec<_>>(),
            [
                &format!("{dnf} dnf-command(config-manager)"),
                &format!("dnf -q -y config-manager --set-enabled {builder}"),
                &format!("rpm --import {epel}/RPM-GPG-KEY-EPEL-{release}"),
                &format!("{dnf} --setopt=localpkg_gpgcheck=True {epel}/epel-release-latest-{release}.noarch.rpm"),
            ]
        );
    }
    let printed = run("rhel-9", "eus-rpms-none", "(extra_packages) || true");
    assert!(printed.contains("is this machine registered?") && !printed.contains("epel"), "{printed}");
}

#[test]
fn apptainer_is_installed_from_epel_where_it_is_not_the_systems_own() {
    for os in ["almalinux-9", "rocky-8", "rhel-10", "fedora"] {
        let printed = run_annex(os, "install_apptainer");
        assert!(printed.ends_with("install apptainer\n"), "{os}: {printed}");
        assert_eq!(printed.contains("epel-release"), os != "fedora", "{os}: {printed}");
        assert_eq!(run_annex(os, "lacks() { false; }\ninstall_apptainer"), "", "an image that has it");
    }
    assert!(run_annex("debian-13", "(install_apptainer) || true").contains("in none of this system's packages"));
}

#[test]
fn the_builder_of_others_and_docker_are_those_of_their_release() {
    for (os, builder) in
        [("almalinux-8", "powertools"), ("rocky-9", "crb"), ("almalinux-10", "crb"), ("rocky-10", "crb")]
    {
        let printed = run(os, "", "extra_packages");
        assert!(printed.contains(&format!("config-manager --set-enabled {builder}\n")), "{os}: {printed}");
    }
    for (os, docker) in [
        ("rhel-10", "repository docker-ce https://download.docker.com/linux/rhel/10/$basearch/stable "),
        ("rocky-9", "repository docker-ce https://download.docker.com/linux/rhel/9/$basearch/stable "),
        ("amazon-2023", "install docker\n"),
        ("ubuntu-26.04", "apt-get docker.io\n"),
        ("fedora", "install moby-engine\n"),
    ] {
        let printed = run(os, "", "lacks() { [ \"$1\" = docker ]; }\ndocker() { :; }\ninstall_docker");
        assert!(printed.contains(docker), "{os}: {printed}");
    }
}
