//! The live view on a terminal.

use crate::lab::{Lab, eventually};
use hoist_test_support::terminal::OnTerminal;

const PLAN: &str = "
[[levels]]
name = \"data\"
[levels.services.database]
boot = \"wait.sh\"
[[levels]]
name = \"web\"
[levels.services.web]
replicas = 2
";

fn lab() -> Lab {
    let lab = Lab::with_plan(PLAN);
    lab.gated_program("wait.sh", "exit 0");
    lab
}

#[test]
fn a_terminal_shows_a_bar_a_level_and_a_line_a_service() {
    let lab = lab();
    let boot = OnTerminal::start(lab.hoist("plan boot demo.toml"));
    let gate = lab.await_gate("database");
    for part in ["1 data", "2 web", "0/1", "0/2", "──────", "database", "booting"] {
        eventually(&format!("{part:?} is shown"), || boot.screen().contains(part).then_some(()));
    }
    gate.open();
    let seen = boot.wait();
    assert_eq!(seen.code, Some(0), "{}", seen.screen);
    assert!(seen.is_painted());
    let lines = seen.lines();
    let bar = "━".repeat(24);
    let shown = [
        format!("  1 data {bar}    1/1    up"),
        "      ✓ database             ready".to_owned(),
        format!("  2 web  {bar}    2/2    up"),
        "      ✓ web-0                ready".to_owned(),
        "      ✓ web-1                ready".to_owned(),
        "demo is up: 3 services ready".to_owned(),
    ];
    let position = |start: &String| {
        let found = lines.iter().position(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no line begins with {start:?}: {lines:#?}"))
    };
    let at: Vec<usize> = shown.iter().map(position).collect();
    assert!(at.windows(2).all(|pair| pair[1] == pair[0] + 1), "they stand in the plan's order: {lines:#?}");

    let ended = OnTerminal::start(lab.hoist("plan terminate demo --yes")).wait();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    let lines = ended.lines();
    assert!(lines.iter().any(|line| line.starts_with("  1 data ") && line.contains("1 going or gone")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("demo is gone: 3 services, nothing is left")), "{lines:#?}");
}

#[test]
fn colours_are_left_out_where_they_are_not_wanted() {
    let lab = lab();
    lab.program("wait.sh", "exit 0");
    let on_terminal = |words: &str, name: &str, value: &str| {
        let seen = OnTerminal::start(lab.hoist(words).env(name, value)).wait();
        assert_eq!(seen.code, Some(0), "{}", seen.screen);
        seen
    };
    let plain = on_terminal("plan boot demo.toml", "NO_COLOR", "1");
    assert!(!plain.is_painted(), "{:?}", plain.screen);
    assert!(plain.screen.contains("2 web"), "the view is there, only without colours");
    assert!(on_terminal("plan status demo", "NO_COLOR", "").is_painted(), "an empty variable says nothing");
    assert!(on_terminal("plan status demo --color always", "NO_COLOR", "1").is_painted());
    let never = on_terminal("plan reboot demo --yes --color never", "TERM", "xterm");
    assert!(!never.is_painted() && never.screen.contains('━'), "{:?}", never.screen);
    let dumb = on_terminal("plan reboot demo --yes --color never", "TERM", "dumb");
    assert!(!dumb.screen.contains('\x1b') && dumb.screen.contains("] level 1 data is up"), "{:?}", dumb.screen);
    let told = on_terminal("plan reboot demo --yes -v", "TERM", "xterm");
    assert!(told.screen.contains("runs its boot program"), "who asks for more gets lines: {:?}", told.screen);
}

#[test]
fn ctrl_c_on_the_keyboard_stops_the_view_and_leaves_the_terminal_sane() {
    let lab = lab();
    let mut boot = OnTerminal::start(lab.hoist("plan boot demo.toml"));
    let gate = lab.await_gate("database");
    boot.type_in("\x03");
    let seen = boot.wait();
    assert_eq!(seen.code, Some(130), "{}", seen.screen);
    assert!(seen.screen.contains("stopping: calls under way are finished"), "{}", seen.screen);
    assert!(seen.screen.contains("hoist plan resume demo"), "{}", seen.screen);
    drop(gate);
}

#[test]
fn a_failure_stands_below_the_view() {
    let lab = lab();
    lab.program("wait.sh", "echo no room; exit 4");
    let seen = OnTerminal::start(lab.hoist("plan boot demo.toml")).wait();
    assert_eq!(seen.code, Some(1), "{}", seen.screen);
    let lines = seen.lines();
    let at = |part: &str| {
        let found = lines.iter().position(|line| line.contains(part));
        found.unwrap_or_else(|| panic!("no line has {part:?}: {lines:#?}"))
    };
    assert!(at("  1 data ") < at("✗ database ") && at("✗ database ") < at("  2 web "), "{lines:#?}");
    assert!(at("  2 web ") < at("demo failed: 1 of 3 services"), "{lines:#?}");
    assert!(at("│ no room") < at("hoist plan terminate demo"), "{lines:#?}");
}

#[test]
fn a_question_is_asked_where_there_is_somebody_to_ask() {
    let lab = Lab::new();
    lab.file("demo.conf", "[runlevels]\nlevel1: level.conf\n[defaults]\niaas: local\nimage: any\n");
    lab.file("level.conf", "[svc-web]\n").file("demo.toml", "precious = 1\n");
    let mut import = OnTerminal::start(lab.hoist("plan import demo.conf"));
    eventually("it asks", || import.screen().contains("demo.toml exists. Overwrite it? [y/N]").then_some(()));
    import.type_in("n\n");
    assert_eq!(import.wait().code, Some(1));
    assert_eq!(std::fs::read_to_string(lab.path("demo.toml")).unwrap(), "precious = 1\n");
    let mut import = OnTerminal::start(lab.hoist("plan import demo.conf"));
    eventually("it asks", || import.screen().contains("[y/N]").then_some(()));
    import.type_in("y\n");
    assert_eq!(import.wait().code, Some(0));
    assert!(!std::fs::read_to_string(lab.path("demo.toml")).unwrap().contains("precious"));
}
