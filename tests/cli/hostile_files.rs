//! What blocks, never ends or is no file, in every place where a file is named: it is refused at once, by what it is.

use std::fs::{self, File};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::lab::Lab;

/// What is refused has not been read.
const AT_ONCE: Duration = Duration::from_secs(10);

/// More memory than any of these commands takes, and less than the largest of these files, in KiB.
const MEMORY: &str = "ulimit -v 4000000";

/// Where a file is named: what the place is called, the plan that names it as `@`, and the command.
const PLACES: &[(&str, &str, &str)] = &[
    ("plan", "", "plan validate @"),
    ("plan to boot", "", "plan boot @"),
    ("plan to import", "", "plan import @ --to -"),
    ("plan to show", "", "plan show @"),
    ("file of a level", "[runlevels]\nlevel1: @\n", "plan validate top.conf"),
    ("file of variables", "", "plan validate demo.toml -G @"),
    ("boot program", "boot = \"@\"", "plan validate top.toml"),
    ("tarball", "boot = \"@.tar.gz\"", "plan validate top.toml"),
    ("terminate program", "terminate = \"@\"", "plan validate top.toml"),
    ("config", "boot = { program = \"true.sh\", config = \"@\" }", "plan validate top.toml"),
    ("user data", "user_data = \"@\"", "plan validate top.toml"),
    ("SSH key", "address = \"127.0.0.9\"\nboot = \"true.sh\"\nssh = { key = \"@\" }", "plan boot top.toml"),
    ("secret", "boot = \"true.sh\"\nattributes = { p = { secret = \"file:@\" } }", "plan boot top.toml"),
    ("secret, dry", "boot = \"true.sh\"\nattributes = { p = { secret = \"file:@\" } }", "plan boot top.toml --dry-run"),
    ("faults", "", "plan boot demo.toml --rehearse @"),
    ("state file", "", "plan list --state @"),
    ("state file of orphans", "", "orphans --state @"),
    ("state file of annexes", "", "annex list --state @"),
    ("answers", "", "wizard --no-input --answers @"),
    ("ecm.conf", "", "wizard --no-input --ecm-conf @"),
    ("user data to lint", "", "userdata lint @"),
    ("template", "", "userdata render @"),
    ("values", "", "userdata render true.sh --var-file @"),
    ("password", "", "annex create a --cloud local --count 1 --lease 1h --password-file @ --yes"),
];

/// The words for what is there, of which each place says one.
const WORDS: &[(&str, &[&str])] = &[
    ("pipe", &["is not a regular file", "is a pipe, not a file", "is no file"]),
    ("socket", &["is not a regular file", "is a socket, not a file", "is no file"]),
    ("directory", &["is a directory, not a file", "is no file"]),
    (
        "huge",
        &[
            "has 10737418240 bytes; the limit is ",
            "has 10737418240 bytes; there may be ",
            "it is no SQLite database",
            "holds no private key",
        ],
    ),
    ("/dev/zero", &["is not a regular file", "is a device, not a file", "is no file"]),
];

#[test]
fn what_is_no_file_is_refused_at_once_wherever_one_is_named() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nboot = \"true.sh\"\n");
    let _listens = kinds(&lab, "");
    let _more = kinds(&lab, ".tar.gz");
    for (place, plan, words) in PLACES {
        for (kind, told) in WORDS {
            let is_device = kind.starts_with('/');
            if is_device && *place == "tarball" {
                continue;
            }
            let path = if is_device { PathBuf::from(kind) } else { lab.path(kind) };
            let path = path.display().to_string();
            let plan = plan.replace('@', &path);
            match plan.starts_with('[') {
                true => lab.file("top.conf", plan),
                false => lab.file("top.toml", format!("[[levels]]\n[levels.services.web]\n{plan}\n")),
            };
            let began = Instant::now();
            let ran = lab.hoist_after(MEMORY, &words.replace('@', &path)).run();
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(matches!(ran.code, Some(1 | 3 | 64)), "{place}: {kind}: {ran}");
            assert!(began.elapsed() < AT_ONCE, "{place}: {kind}: {:?}", began.elapsed());
            assert!(told.iter().any(|told| said.contains(told)), "{place}: {kind}: {ran}");
            assert!(!said.contains("os error"), "{place}: {kind}: {ran}");
        }
    }
    assert_eq!(lab.instances(), Vec::<PathBuf>::new(), "nothing was launched");
}

/// One of each kind, by its name and this ending; the socket is there as long as what is given.
fn kinds(lab: &Lab, ending: &str) -> UnixListener {
    let path = |name: &str| lab.path(&format!("{name}{ending}"));
    nix::unistd::mkfifo(&path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::create_dir(path("directory")).unwrap();
    let huge = File::create(path("huge")).unwrap();
    huge.set_len(10 << 30).unwrap();
    fs::set_permissions(path("huge"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    UnixListener::bind(path("socket")).unwrap()
}

#[test]
fn a_level_that_cannot_be_read_is_the_only_problem() {
    let lab = Lab::new();
    lab.file("top.conf", "[runlevels]\nlevel1: none.conf\n");
    let ran = lab.hoist("plan validate top.conf").exit(1);
    assert!(ran.stderr.contains("none.conf: the file does not exist"), "{ran}");
    assert!(!ran.stderr.contains("no levels") && ran.stderr.contains("the plan has an error;"), "{ran}");
}

#[test]
fn a_dry_run_says_what_is_missing_here() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nboot = \"true.sh\"\nattributes = { p = { secret = \"file:gone\" }, q = { secret = \"file:lost\" } }\n",
    );
    let ran = lab.hoist("plan boot demo.toml --dry-run").exit(1);
    let both = ["cannot read the secret in gone", "cannot read the secret in lost"];
    assert!(both.iter().all(|problem| ran.stderr.contains(problem)), "{ran}");
    assert!(ran.stderr.contains("set it, and call this again") && !ran.stderr.contains("resume"), "{ran}");
    let document = lab.hoist("plan boot demo.toml --dry-run -o json").exit(1).json();
    assert_eq!(document["blocked"][0]["service"], "web", "{document:#}");
}
