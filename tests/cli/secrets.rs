//! Secrets of a plan: they reach the program that needs them, and nothing else.

use std::fs;

use crate::lab::Lab;
use crate::tree;

const PASSWORD: &str = "correct-horse \"battery\" staple";

fn lab() -> Lab {
    let lab = Lab::with_plan(
        "name = \"demo\"\n[[levels]]\n[levels.services.db]\nattributes = { password = { secret = \"env:DB_PASSWORD\" } }\n\
         boot = { program = \"boot.sh\", config = \"db.json\" }\nready = { program = \"ready.sh\", retries = 0 }\n",
    );
    lab.file("db.json", "$password");
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
