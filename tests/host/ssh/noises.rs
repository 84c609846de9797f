//! Login shells of every kind: what they print is no answer of ours, and one that runs nothing is named.

use std::path::Path;
use std::time::{Duration, Instant};

use hoist::host::ssh::{SshHost, SshTarget};
use hoist::provider::{Host, HostError};

use crate::ssh::lab::{BASE, Lab, output};
use crate::ssh::stages::task;
use hoist_test_support::machine::Machine;

fn guest(lab: &Lab, machine: &Machine) -> SshHost {
    lab.host_of(SshTarget { user: Some("guest".to_owned()), service: "guests".to_owned(), ..lab.target(machine) })
}

/// Gives the guest this login shell.
async fn shell(lab: &Lab, machine: &Machine, number: usize, shell: &str) {
    let root = lab.host_of(lab.target(machine));
    let change = format!("sed 's|^\\(guest:.*:\\)[^:]*$|\\1{shell}|' /etc/passwd > /tmp/p && cat /tmp/p > /etc/passwd");
    output(&root, &format!("shell-{number}"), &change).await;
}

#[tokio::test]
async fn what_a_shell_prints_is_no_answer() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    lab.reached(&machine).await;
    for (number, (program, file, text)) in [
        ("/bin/bash", ".bashrc", "echo welcome\necho 'exit 0 1'\necho oops >&2\nprintf no-end"),
        ("/usr/bin/tcsh", ".tcshrc", "echo welcome\necho 'exit 0 1'\nset histchars\n"),
        ("/usr/bin/fish", ".config/fish/config.fish", "echo welcome\necho 'exit 0 1'\n"),
    ]
    .into_iter()
    .enumerate()
    {
        if !Path::new(program).exists() {
            hoist_test_support::skip::skip(&format!("there is no {program} (tcsh, fish)"));
            continue;
        }
        shell(&lab, &machine, number, program).await;
        let path = machine.file("/home/guest").join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        let host = guest(&lab, &machine);
        let began = Instant::now();
        host.reach().await.unwrap();
        let script = "echo \"it's $SHELL! \\\\ $HOME\"; echo {} > bootout.json";
        let mut asked = task("guests", &format!("k{number}"), script, 0o600);
        asked.result = Some(("bootout.json".to_owned(), 100));
        let done = host.carry_out(&asked).await.unwrap();
        assert_eq!(done.finished.output, format!("it's {program}! \\ /home/guest\n"));
        assert_eq!(done.result, Some(Ok(b"{}\n".to_vec())), "{program}");
        assert_eq!(host.download(Path::new("/none"), 1).await.unwrap(), None, "{program}");
        host.release().await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(60), "{program}: {:?}", began.elapsed());
    }
}

/// What users of bash have in their `.bashrc`, which sshd's bash reads for commands, too.
const START_UP_FILES: [&str; 14] = [
    "printf 'no end'",
    "(sleep 0.2; echo late; echo late >&2) &",
    "(while sleep 0.05; do printf beside; echo beside >&2; done) &",
    "sleep 61 &",
    "head -c 5000000 /dev/zero | tr '\\0' x; yes 'exit 0 1' | head -n 50000",
    "echo hoist:; echo 'w0rd ends 0'; cat /proc/self/cmdline; set -v",
    "read -r a; read -r b; read -rs -p 'Press enter' c",
    "exec bash --norc",
    "unset PATH HOME; cd /",
    "export PATH=/nowhere LC_ALL=xx CDPATH=/tmp:/etc TAR_OPTIONS=--no-such TMPDIR=/nowhere ENV=/nowhere BASH_ENV=/nowhere",
    "stty erase x; set -eufC; umask 077; exec 2>&1; export SHELLOPTS",
    "trap 'echo bye' EXIT; trap '' TERM HUP PIPE",
    "cat() { echo no; }; alias rm=false mkdir=false printf=false; export -f cat",
    "export SHELLOPTS; set -x",
];

#[tokio::test]
async fn whatever_start_up_files_do_programs_run() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    lab.reached(&machine).await;
    shell(&lab, &machine, 0, "/bin/bash").await;
    let bashrc = machine.file("/home/guest/.bashrc");
    let host = guest(&lab, &machine);
    for (number, text) in START_UP_FILES.into_iter().enumerate() {
        let began = Instant::now();
        std::fs::write(&bashrc, text).unwrap();
        host.reach().await.unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut asked = task("guests", &format!("k{number}"), "echo \"ran <$LC_ALL>\"; echo {} > bootout.json", 0o600);
        asked.result = Some(("bootout.json".to_owned(), 100));
        let done = host.carry_out(&asked).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        // Our own tools speak English, and programs what the user wants.
        let language = if text.contains("LC_ALL") { "xx" } else { "" };
        assert!(done.finished.output.ends_with(&format!("ran <{language}>\n")), "{text}: {done:?}");
        assert_eq!(done.result, Some(Ok(b"{}\n".to_vec())), "{text}");
        let result = machine.file(&format!("{BASE}/guests/bootout.json"));
        assert_eq!(
            host.download(Path::new(&format!("{BASE}/guests/bootout.json")), 9).await.unwrap(),
            std::fs::read(result).ok()
        );
        assert!(began.elapsed() < Duration::from_secs(30), "{text}: {:?}", began.elapsed());
    }
    host.release().await.unwrap();
    // Whoever is deaf to its end has ended none the less.
    let left = "for i in 1 2 3 4 5 6 7 8 9 10; do \
                left=$(for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep '[/]guests'; done); \
                [ -n \"$left\" ] || break; sleep 1; done; echo \"$left\"";
    assert_eq!(output(&lab.host_of(lab.target(&machine)), "left", left).await, "");
}

#[tokio::test]
async fn a_missing_tool_is_named() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    lab.reached(&machine).await;
    shell(&lab, &machine, 0, "/bin/bash").await;
    std::fs::write(machine.file("/home/guest/.bashrc"), "PATH=/run/few\n").unwrap();
    let few = machine.file("/run/few");
    std::fs::create_dir(&few).unwrap();
    for tool in "cat chmod dd head id ls mkdir mkfifo rm setsid sleep tail wc".split(' ') {
        std::os::unix::fs::symlink(format!("/usr/bin/{tool}"), few.join(tool)).unwrap();
    }
    let refused = guest(&lab, &machine).carry_out(&task("guests", "k", "true", 0o600)).await.unwrap_err();
    assert!(refused.to_string().contains("there is no program mv"), "{refused}");
    assert!(refused.complaint().hint.as_ref().is_some_and(|hint| hint.contains("coreutils")), "{refused:?}");
    assert!(!machine.file(&format!("{BASE}/guests")).exists());
}

#[tokio::test]
async fn a_login_that_never_comes_to_the_program_is_told_of() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    lab.reached(&machine).await;
    let host = guest(&lab, &machine);
    for (number, (profile, runs)) in [
        ("set -euCf; cd() { builtin cd \"$@\" && ls; }; read -r a || echo noise; trap '' TERM; PATH=/nowhere", true),
        ("echo before; exec 3>&1; echo beside >&3", true),
        ("head -c 300000 /dev/zero; yes noise | head -n 50000; yes noise & yes noise >&2 &", true),
        ("echo 'come back later'; exit 0", false),
        ("exec true", false),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(machine.file("/home/guest/.bash_profile"), profile).unwrap();
        let done = host.carry_out(&task("guests", &format!("k{number}"), "echo ran", 0o600)).await;
        if runs {
            assert_eq!(done.unwrap().finished.output, "ran\n", "{profile}");
            continue;
        }
        let error = done.unwrap_err();
        let hint = error.complaint().hint.clone().unwrap_or_default();
        assert!(error.to_string().contains("b.sh was not run: the login shell on guest@"), "{profile}: {error}");
        assert!(hint.contains("~/.bash_profile") && hint.contains("`ssh.login_shell = false`"), "{hint}");
        assert_eq!(error.to_string().contains("come back later"), profile.contains("later"), "{error}");
    }
}

#[tokio::test]
async fn a_user_who_may_run_nothing_is_told_of_at_once() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    lab.reached(&machine).await;
    for (number, (program, says)) in [
        ("/usr/sbin/nologin", "This account is currently not available"),
        ("/bin/false", "it said nothing and ended with code 1"),
        ("/bin/rbash", "exec: restricted"),
    ]
    .into_iter()
    .enumerate()
    {
        shell(&lab, &machine, number, program).await;
        let refused = guest(&lab, &machine).reach().await;
        assert!(
            matches!(&refused, Err(HostError::Failed(reason)) if reason.contains(says) && reason.contains("guest@") && reason.contains("`ssh.user`")),
            "{refused:?}"
        );
        lab.links.close().await;
    }
    shell(&lab, &machine, 9, "/bin/bash").await;
    std::fs::write(machine.file("/home/guest/.bashrc"), "exit 0\n").unwrap();
    let refused = guest(&lab, &machine).reach().await;
    assert!(matches!(&refused, Err(HostError::Failed(reason)) if reason.contains(".bashrc")), "{refused:?}");
    // ssh tells of its own failures by this code, too.
    std::fs::write(machine.file("/home/guest/.bashrc"), "echo no entry; exit 255\n").unwrap();
    let refused = guest(&lab, &machine).reach().await;
    assert!(
        matches!(&refused, Err(HostError::Unreachable(reason)) if reason.contains("\"no entry\" and ended with code 255")),
        "{refused:?}"
    );
    // As cloud images answer root: they take ten seconds to say so.
    let key = lab.authorized_key();
    let sent_away =
        "command=\"echo 'Please login as the user \\\"debian\\\" rather than the user \\\"root\\\".';sleep 300\"";
    std::fs::write(machine.file("/root/.ssh/authorized_keys"), format!("{sent_away} {key}")).unwrap();
    let began = Instant::now();
    lab.links.close().await;
    let refused = lab.host_of(lab.target(&machine)).reach().await;
    assert!(
        matches!(&refused, Err(HostError::Failed(reason)) if reason.contains("the user \"debian\"")),
        "{refused:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(100), "{:?}", began.elapsed());
}
