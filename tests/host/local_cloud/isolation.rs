//! What instances keep to themselves.

use std::sync::Arc;

use hoist::provider::{Cloud as _, CloudErrorKind, Host, HostError, Selector};

use crate::local_cloud::support::{Lab, output, request, with_user_data};

use hoist_test_support::itself::itself;

#[tokio::test]
async fn files_processes_and_names_are_an_instances_own() {
    let Some(lab) = Lab::isolated() else { return };
    let instances = lab.cloud.launch(&request("token", &["web-0", "data_base"])).await.unwrap().instances;
    let hosts: Vec<Arc<dyn Host>> = instances.iter().map(|one| lab.cloud.host("", one).unwrap()).collect();
    for host in &hosts {
        host.reach().await.unwrap();
    }
    let marker = format!("hoist-test-{}", std::process::id());
    for place in ["/tmp", "/var/tmp", "/dev/shm", "$HOME"] {
        let path = format!("\"{place}/{marker}\"");
        output(&hosts[0], &format!("write {place}"), &format!("echo mine > {path}")).await;
        assert_eq!(output(&hosts[0], &format!("read {place}"), &format!("cat {path}")).await, "mine");
        assert_eq!(
            output(&hosts[1], &format!("read {place}"), &format!("cat {path} 2>&1 || true")).await.find("mine"),
            None
        );
        assert!(!std::path::Path::new(path.trim_matches('"')).exists(), "{path}");
    }
    assert_eq!(output(&hosts[0], "name", "uname -n").await, "web-0");
    assert_eq!(output(&hosts[1], "name", "uname -n").await, "data-base");
    let address = instances[0].address.clone().unwrap();
    let known = output(&hosts[0], "hosts", "getent hosts web-0 | cut -d' ' -f1").await;
    assert_eq!(known, address);
    // Its init, the shell, and what the shell runs.
    let processes = output(&hosts[0], "processes", "ls -d /proc/[0-9]* | wc -l").await;
    assert!(processes.parse::<u32>().unwrap() <= 5, "{processes}");
    assert_eq!(output(&hosts[0], "init", "tr '\\0' ' ' < /proc/1/cmdline | cut -d' ' -f2").await, "__init");
    // The programs are the user that they are outside.
    assert_eq!(output(&hosts[0], "user", "id -u").await, nix::unistd::getuid().to_string());
    lab.terminate_all().await;
}

#[tokio::test]
async fn what_is_not_given_to_instances_does_not_reach_them() {
    // The variable is set for a child process of this test, which does the launching.
    for lab in Lab::both() {
        let (_, host) = lab.one("token").await;
        let environment = output(&host, "env", "env | cut -d= -f1 | sort").await;
        let names: Vec<&str> = environment.lines().collect();
        for allowed in ["PATH", "HOME", "HOIST_INSTANCE", "HOIST_ADDRESS", "HOIST_RUN", "HOIST_SERVICE"] {
            assert!(names.contains(&allowed), "{allowed} is missing in {names:?}");
        }
        // The test harness itself has many variables that begin with CARGO, as good as any secret.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let known = [
            "_",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "TMPDIR",
            "PATH",
            "HOME",
            "LANG",
            "LANGUAGE",
            "TZ",
            "TERM",
            "USER",
            "LOGNAME",
            "SHELL",
            "COLORTERM",
        ];
        let foreign: Vec<&&str> = names
            .iter()
            .filter(|name| !known.contains(name) && !name.starts_with("LC_") && !name.starts_with("HOIST_"))
            .collect();
        assert!(foreign.is_empty(), "{foreign:?}");
        // Nor does the init itself keep it, where others of the same user could read it.
        let init = crate::local_cloud::support::init_process(&lab.instance_directory(&lab.ours().await[0].id));
        let of_init = std::fs::read_to_string(format!("/proc/{init}/environ")).unwrap();
        assert!(!of_init.contains("CARGO"), "{of_init}");
        lab.terminate_all().await;
    }
}

#[tokio::test]
async fn open_files_of_the_caller_stay_with_the_caller() {
    use std::os::fd::AsRawFd as _;
    for lab in Lab::both() {
        let file = tempfile::tempfile().unwrap();
        // As a careless caller leaves it: open in every program that it runs.
        nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty())).unwrap();
        assert!(file.as_raw_fd() > 2);
        let (instance, host) = lab.one("token").await;
        let inside = output(&host, "open", "ls -l /proc/self/fd | grep -c deleted || true").await;
        assert_eq!(inside, "0");
        let init = crate::local_cloud::support::init_process(&lab.instance_directory(&instance.id));
        for entry in std::fs::read_dir(format!("/proc/{init}/fd")).unwrap() {
            let target = std::fs::read_link(entry.unwrap().path()).unwrap_or_default();
            assert!(!target.to_string_lossy().contains("deleted"), "{target:?}");
        }
        lab.terminate_all().await;
    }
}

#[tokio::test]
async fn user_data_runs_before_the_host_is_handed_over() {
    let Some(lab) = Lab::isolated() else { return };
    let text = "#cloud-config
hostname: renamed
environment: {GREETING: hello}
bootcmd:
  - sleep 0.2; echo \"boot $GREETING\" > \"$HOME/log\"
write_files:
  - {path: /tmp/deep/file, content: written, permissions: '0640'}
runcmd:
  - [sh, -c, 'stat -c %a /tmp/deep/file >> \"$HOME/log\"']
  - cat /tmp/deep/file >> \"$HOME/log\"
  - echo on the console
";
    let instance = lab.cloud.launch(&with_user_data("token", text)).await.unwrap().instances.remove(0);
    let host = lab.cloud.host("", &instance).unwrap();
    host.reach().await.unwrap();
    assert_eq!(output(&host, "log", "cat \"$HOME/log\"").await, "boot hello\n640\nwritten");
    assert_eq!(output(&host, "name", "uname -n; echo $GREETING").await, "renamed\nhello");
    assert!(lab.cloud.console(&instance.id).await.unwrap().contains("on the console"));
    lab.terminate_all().await;
}

#[tokio::test]
async fn user_data_that_fails_is_told_with_its_last_words() {
    for lab in Lab::both() {
        let script = "#!/bin/sh\necho on its way\necho it broke >&2\nexit 7\n";
        let instance = lab.cloud.launch(&with_user_data("token", script)).await.unwrap().instances.remove(0);
        let error = lab.cloud.host("", &instance).unwrap().reach().await.unwrap_err();
        let HostError::Failed(message) = error else { panic!("{error:?}") };
        for part in ["exit code 7", "it broke", &instance.id] {
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        }
        lab.terminate_all().await;
    }
}

#[tokio::test]
async fn user_data_that_cannot_run_here_is_refused_before_anything_is_launched() {
    for lab in Lab::both() {
        let error = lab.cloud.launch(&with_user_data("t", "#cloud-config\npackages: [x]\n")).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Rejected);
        assert!(error.message.contains("packages") && error.message.contains("runcmd"), "{}", error.message);
        let outside = "#cloud-config\nwrite_files: [{path: /etc/hoist-was-here, content: x}]\n";
        let error = lab.cloud.launch(&with_user_data("t", outside)).await.unwrap_err();
        assert!(error.message.contains("/etc/hoist-was-here"), "{}", error.message);
        assert!(lab.cloud.describe(&Selector::ManagedByHoist).await.unwrap().is_empty());
        lab.assert_no_directories();
    }
}

#[tokio::test]
async fn without_namespaces_the_user_is_told_what_that_means() {
    let lab = Lab::new(false);
    let lacks = lab.cloud.capabilities().lacks.join("\n");
    assert!(lacks.contains("/tmp") && lacks.contains("host name"), "{lacks}");
    let (instance, host) = lab.one("token").await;
    let directory = lab.instance_directory(&instance.id);
    assert!(host.stage_base().starts_with(&directory));
    let places = output(&host, "places", "echo $HOME; echo $TMPDIR; mktemp").await;
    assert!(places.lines().all(|place| std::path::Path::new(place).starts_with(&directory)), "{places}");
    lab.terminate_all().await;
}

/// Not a test: what the next one runs where the kernel gives no namespaces.
#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn without_namespaces_helper() {
    let lab = Lab::new(true);
    assert!(!lab.isolated, "the helper is run where there are namespaces");
    assert!(lab.cloud.capabilities().lacks[0].contains("limit"), "{:?}", lab.cloud.capabilities().lacks);
    let (_, host) = lab.one("token").await;
    assert_eq!(output(&host, "plain", "echo works").await, "works");
    lab.terminate_all().await;
}

#[test]
fn where_the_kernel_gives_no_namespaces_instances_are_plain() {
    // In a user namespace of its own, the limit can be set to none and the right to do without one be dropped.
    let refuse =
        "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin -- \"$0\" \"$@\"";
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--", "sh", "-c", refuse])
        .args(itself(module_path!(), "without_namespaces_helper"))
        .output();
    match output {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            if text.contains("unshare failed") || text.contains("not found") || text.contains("max_user_namespaces:") {
                hoist_test_support::skip::skip(&text);
            } else {
                assert!(output.status.success() && text.contains("1 passed"), "{text}");
            }
        }
        Err(error) => hoist_test_support::skip::skip(&format!("unshare: {error}")),
    }
}
