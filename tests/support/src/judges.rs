//! The real programs that judge what was rendered.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output, Stdio};

use sha2::{Digest as _, Sha256};

use crate::place;
use crate::skip::skip;

/// Whether a program is here; says loudly where it is not.
#[track_caller]
pub fn there_is(program: &str, package: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        skip(&format!("there is no {program} (package {package})"));
    }
    found
}

/// Judges all documents in one interpreter, since starting one takes longer than judging; `cloud-init schema` does the
/// same.
const SCHEMA: &str = r##"
import pathlib, sys
from cloudinit.config.schema import get_schema, validate_cloudconfig_schema
from cloudinit import safeyaml
schema, wrong = get_schema(), 0
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    text = path.read_text()
    try:
        if not text.startswith("#cloud-config\n"):
            raise ValueError("does not begin with #cloud-config")
        validate_cloudconfig_schema(safeyaml.load(text), schema, strict=True, strict_metaschema=False, log_deprecations=False)
    except Exception as error:
        wrong += 1
        print(path.name, error)
sys.exit(1 if wrong else 0)
"##;

/// cloud-init takes each of these documents without a complaint, and so does the command that users have with these of
/// them.
pub fn cloud_init_accepts(documents: &BTreeMap<String, String>, by_command: &[&str]) {
    if !there_is("cloud-init", "cloud-init") {
        return;
    }
    let directory = put(documents);
    let judged = python_of_cloud_init().args(["-c", SCHEMA]).arg(directory.path()).output().unwrap();
    assert!(judged.status.success(), "{}", said(&judged));
    for name in by_command {
        let file = directory.path().join(name);
        let judged = Command::new("cloud-init").args(["schema", "--config-file"]).arg(&file).output().unwrap();
        assert!(
            judged.status.success() && !said(&judged).to_lowercase().contains("deprecat"),
            "{name}: {}",
            said(&judged)
        );
    }
}

/// The Python that the installed cloud-init runs on.
fn python_of_cloud_init() -> Command {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|directory| directory.join("cloud-init")).find(|file| file.is_file());
    let text = fs::read_to_string(found.unwrap()).unwrap();
    Command::new(text.lines().next().unwrap().strip_prefix("#!").unwrap().trim())
}

/// What shellcheck is told; another text of it judges everything anew.
const SHELLCHECK: [&str; 2] = ["--norc", "--format=gcc"];

/// `bash -n` and shellcheck accept each of these scripts. What they have accepted once is not judged again, in no test
/// and no run: a file of its digest says so.
pub fn lint_shells(scripts: &BTreeMap<String, String>) {
    let has_shellcheck = there_is("shellcheck", "shellcheck");
    let versions = if has_shellcheck {
        said(&Command::new("shellcheck").arg("--version").output().unwrap())
    } else {
        String::new()
    };
    let accepted = place::scratch().join("accepted-scripts");
    fs::create_dir_all(&accepted).unwrap();
    let record = |script: &str| {
        let judged = [&versions, &SHELLCHECK.join(" "), script].join("\n");
        accepted.join(Sha256::digest(judged).iter().fold(String::new(), |digest, byte| format!("{digest}{byte:02x}")))
    };
    let distinct: BTreeMap<&String, &String> = scripts.iter().map(|(name, script)| (script, name)).collect();
    let new: BTreeMap<&String, &String> = distinct.into_iter().filter(|(script, _)| !record(script).exists()).collect();
    if new.is_empty() {
        return;
    }
    let directory = put(&new.iter().map(|(script, name)| ((*name).clone(), (*script).clone())).collect());
    let files: Vec<_> = new.values().map(|name| directory.path().join(name)).collect();
    for file in &files {
        let judged = Command::new("bash").arg("-n").arg(file).output().unwrap();
        assert!(judged.status.success(), "{}", said(&judged));
    }
    if has_shellcheck {
        let judged = Command::new("shellcheck").args(SHELLCHECK).args(files).output().unwrap();
        assert!(judged.status.success(), "{}", said(&judged));
        new.keys().for_each(|script| fs::write(record(script), "").unwrap());
    }
}

/// Python reads this program.
pub fn python_compiles(program: &str) {
    let directory = put(&BTreeMap::from([("program.py".to_owned(), program.to_owned())]));
    let judged = Command::new("python3")
        .args(["-W", "error::SyntaxWarning", "-m", "py_compile"])
        .arg(directory.path().join("program.py"))
        .output()
        .unwrap();
    assert!(judged.status.success(), "{}", said(&judged));
}

/// A directory with these files.
pub fn put(files: &BTreeMap<String, String>) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

/// All that a program printed.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A password as HTCondor keeps it in a file, and what it keeps as the password: the same scrambles and unscrambles.
pub fn scrambled(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().zip([0xde, 0xad, 0xbe, 0xef].into_iter().cycle()).map(|(byte, key): (_, u8)| byte ^ key).collect()
}

/// A password as HTCondor keeps it in a file, written for a shell's `printf`.
pub fn kept_by_htcondor(password: &str) -> String {
    scrambled(password.as_bytes()).into_iter().map(|byte| format!("\\{byte:03o}")).collect()
}
