//! Secrets of a plan: they reach the program that needs them, and nothing else.

use std::collections::BTreeSet;
use std::fs;

use crate::lab::Lab;
use hoist_test_support::tree;

const PASSWORD: &str = "correct-horse \"battery\" staple";

fn lab() -> Lab {
    let lab = Lab::with_plan(
        "name = \"demo\"\n[[levels]]\n[levels.services.db]\nattributes = { password = { secret = \"env:DB_PASSWORD\" } }\n\
         boot = { program = \"boot.sh\", config = \"db.txt\" }\nready = { program = \"ready.sh\", retries = 0 }\n",
    );
    lab.file("db.txt", "$password");
    // Programs that do everything wrong.
    lab.program("boot.sh", "cat bootconf.json; cp bootconf.json \"$HOME/seen\"; printf '{\"echo\": \"correct-horse \\\\\"battery\\\\\" staple\"}' > bootout.json");
    lab.program("ready.sh", "echo \"it is $(cat \"$HOME/seen\")\" >&2; exit 3");
    lab
}

/// Everything below the lab that holds the password, but what is on the instance itself.
fn leaks(lab: &Lab) -> Vec<String> {
    let holds = |path: &std::path::PathBuf| {
        let content = fs::read(path).unwrap_or_default();
        content.windows(13).any(|window| window == b"correct-horse")
    };
    let files = tree::files(lab.root()).into_iter().filter(|path| !path.starts_with(lab.path("state/local")));
    files.filter(holds).filter(|path| !path.ends_with("boot.sh")).map(|path| path.display().to_string()).collect()
}

#[test]
fn a_secret_reaches_its_program_and_is_recorded_nowhere() {
    let lab = lab();
    let ran = lab.hoist("plan boot demo.toml -v").env("DB_PASSWORD", PASSWORD).exit(1);
    let instance = fs::read_dir(lab.path("state/local")).is_ok();
    assert!(instance, "there is an instance, on which the secret may be");
    assert!(ran.stdout.contains("it is [secret]"), "{}", ran.stdout);
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains("correct-horse"), "{text}");
    }
    let logs = lab.hoist("plan logs demo").exit(0);
    assert!(logs.stdout.contains("[secret]") && !logs.stdout.contains("correct-horse"), "{}", logs.stdout);
    for words in
        ["plan show demo -o json", "plan show demo.toml -o json", "plan history demo", "plan status demo --cached"]
    {
        let ran = lab.hoist(words).run();
        assert!(!ran.stdout.contains("correct-horse") && !ran.stderr.contains("correct-horse"), "{words}");
    }
    assert_eq!(leaks(&lab), Vec::<String>::new());
    lab.hoist("plan terminate demo --yes").env("DB_PASSWORD", PASSWORD).exit(0);
    assert_eq!(leaks(&lab), Vec::<String>::new());
}

#[test]
fn a_secret_that_is_not_there_stops_the_boot_before_anything_is_launched() {
    let lab = lab();
    let ran = lab.hoist("plan boot demo.toml").exit(1);
    assert!(
        ran.stderr.contains("the environment variable DB_PASSWORD, which holds a secret, is not set"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("nothing was launched"), "{}", ran.stderr);
    let ran = lab.hoist("plan boot demo.toml").env("DB_PASSWORD", "short").exit(1);
    assert!(ran.stderr.contains("less than 6 characters"), "{}", ran.stderr);
    lab.hoist("plan validate demo.toml").exit(0);
}

#[test]
fn a_run_is_terminated_without_its_secrets() {
    let lab = lab();
    lab.hoist("plan boot demo.toml").env("DB_PASSWORD", PASSWORD).exit(1);
    lab.hoist("plan terminate demo --yes").exit(0);
}

/// A lab whose boot program does `script` with a secret in `bootconf.json`, and the secret's file.
fn printing(secret: &str, script: &str) -> Lab {
    let lab = Lab::with_plan(
        "name = \"demo\"\n[[levels]]\n[levels.services.db]\nattributes = { pw = { secret = \"file:pw.txt\" }, note = 'x $HOME `id` q' }\n\
         boot = { program = \"boot.sh\", config = \"db.json\" }\n",
    );
    lab.file("db.json", "{ \"pw\": \"$pw\", \"note\": \"$note\" }").file("pw.txt", format!("{secret}\n"));
    lab.program("boot.sh", script);
    lab
}

/// Everything that commands say of the run, and every file that is kept of it.
#[track_caller]
fn shows_nothing(lab: &Lab, booted: &str, hidden: &[&str]) {
    let mut told = booted.to_owned();
    for words in [
        "plan logs demo",
        "plan logs demo -o json",
        "plan show demo -o json",
        "plan history demo",
        "plan status demo --cached",
        "plan status demo -o json",
    ] {
        let ran = lab.hoist(words).run();
        told.push_str(&format!("{words}\n{}{}\n", ran.stdout, ran.stderr));
    }
    for hidden in hidden {
        assert!(!told.contains(hidden), "{hidden} in:\n{told}");
        for file in
            tree::files(&lab.path("state")).into_iter().filter(|path| !path.starts_with(lab.path("state/local")))
        {
            let content = fs::read(&file).unwrap_or_default();
            let holds = content.windows(hidden.len()).any(|window| window == hidden.as_bytes());
            assert!(!holds, "{hidden} is in {}", file.display());
        }
    }
}

#[test]
fn what_hoist_itself_quoted_is_masked() {
    let lab = printing(
        "hunter22$HOME`id`",
        "cat bootenv.sh bootconf.json; . ./bootenv.sh; printf '%s\\n' \"$note\"; printf %s \"$pw\" | base64; printf '%s' \"$pw\" | od -An -tx1 | tr -d ' \\n'",
    );
    let ran = lab.hoist("plan boot demo.toml -v").exit(0);
    shows_nothing(
        &lab,
        &format!("{}{}", ran.stdout, ran.stderr),
        &["hunter22", "aHVudGVyMjIkSE9NRWBpZGA", "68756e7465723232"],
    );
    let logs = lab.hoist("plan logs demo --program boot").exit(0).stdout;
    assert!(logs.contains("[secret]") && logs.contains("x $HOME `id` q"), "{logs}");
}

#[test]
fn a_secret_as_an_output_of_any_kind_is_masked() {
    const SECRET: &str = "20260930123456";
    for (name, script, is_wrong) in [
        ("a string", "printf '\"20260930123456\"' > bootout.json", true),
        ("a number", "printf 20260930123456 > bootout.json", true),
        ("a list", "printf '[\"x\", 20260930123456]' > bootout.json", true),
        ("no JSON", "printf '20260930123456x{' > bootout.json", true),
        ("keys", "printf '{\"20260930123456\": \"v\", \"user:20260930123456\": 20260930123456}' > bootout.json", false),
        ("nested", "printf '{\"a\": {\"b\": [\"x20260930123456\"], \"20260930123456\": 1}}' > bootout.json", false),
    ] {
        let lab = printing(SECRET, script);
        let ran = lab.hoist("plan boot demo.toml -v").exit(i32::from(is_wrong));
        shows_nothing(&lab, &format!("{}{}", ran.stdout, ran.stderr), &[SECRET]);
        if is_wrong {
            assert!(ran.stdout.contains("bootout.json that is not a JSON object: "), "{name}: {}", ran.stdout);
        } else {
            let show = lab.hoist("plan show demo -o json").exit(0).stdout;
            assert!(show.contains("[secret]"), "{name}: {show}");
        }
    }
}

#[test]
fn a_value_too_short_for_a_secret_is_an_error_with_its_line() {
    let lab = printing("p\u{e4}ss1", "exit 0");
    for words in ["plan validate demo.toml", "plan boot demo.toml"] {
        let ran = lab.hoist(words).exit(1);
        let expected = "demo.toml:4: secret \"pw\" of service \"db\": the secret from file:";
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("less than 6 characters (5)") && !ran.stderr.contains("p\u{e4}ss1"),
            "{}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains("try: give it a longer value") || ran.stderr.contains("longer value"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn names_and_arguments_reach_a_terminal_as_text() {
    let lab = Lab::with_plan(
        "name = \"demo\"\n[[levels]]\n[levels.services.web]\nrun_on = \"this-host\"\n\
         boot = { program = \"b\\u001B]0;t\\u0007oot.sh\", args = [\"a\\u001B[2Jb\\u009Bc\"], retries = 0 }\n",
    );
    lab.program("b\u{1b}]0;t\u{7}oot.sh", "printf 'x\\033[2Jy\\n'; exit 3");
    for words in [
        "plan validate demo.toml",
        "plan show demo.toml",
        "plan boot demo.toml -v",
        "plan show demo",
        "plan status demo",
        "plan logs demo",
    ] {
        let ran = lab.hoist(words).run();
        for text in [&ran.stdout, &ran.stderr] {
            let acts = |c: char| c.is_control() && c != '\n' && c != '\t';
            assert!(!text.contains(acts), "{words}: {text:?}");
        }
    }
    let shown = lab.hoist("plan show demo.toml").exit(0).stdout;
    assert!(shown.contains("\\u{1b}]0;t\\u{7}oot.sh") && shown.contains("\\u{1b}[2Jb\\u{9b}c"), "{shown}");
}

#[test]
fn programs_on_this_host_are_given_no_secret_of_another_service() {
    let service = |name: &str| {
        format!(
            "[levels.services.{name}]\nrun_on = \"this-host\"\n\
             attributes = {{ pw = {{ secret = \"env:PASSWORD_OF_{name}\" }}, both = {{ secret = \"env:PASSWORD_OF_BOTH\" }} }}\n\
             boot = {{ program = \"given.sh\", args = [\"{name}\"] }}\n"
        )
    };
    let other = service("b").replace(", both = { secret = \"env:PASSWORD_OF_BOTH\" }", "");
    let lab = Lab::with_plan(&format!("[[levels]]\n{}{other}", service("a")));
    lab.program("given.sh", "{ env; tr '\\0' '\\n' < /proc/$PPID/environ; } > \"$HOME/env-$1\"");
    let passwords = [("PASSWORD_OF_a", "correct-1"), ("PASSWORD_OF_b", "correct-2"), ("PASSWORD_OF_BOTH", "correct-3")];
    let variables = passwords.into_iter().chain([("OTHER", "correct-4")]);
    variables.fold(lab.hoist("plan boot demo.toml"), |call, (name, value)| call.env(name, value)).exit(0);
    for (name, expected) in
        [("a", ["OTHER", "PASSWORD_OF_BOTH", "PASSWORD_OF_a"].as_slice()), ("b", &["OTHER", "PASSWORD_OF_b"])]
    {
        let environment = fs::read_to_string(lab.path(&format!("home/env-{name}"))).unwrap();
        let given: BTreeSet<&str> =
            environment.lines().filter_map(|line| line.split_once("=correct-")).map(|it| it.0).collect();
        assert_eq!(given.into_iter().collect::<Vec<_>>(), expected, "{name}: {environment}");
    }
}
