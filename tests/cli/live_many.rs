//! The live view where there is more than fits.

use crate::lab::{Lab, eventually};
use hoist_test_support::terminal::OnTerminal;

/// Twenty services at work, of which one fails while the others go on.
fn lab() -> Lab {
    let lab = Lab::with_plan(
        "[[levels]]\nname = \"a-level-whose-name-is-longer-than-fits\"\n\
         [levels.services.node]\nrun_on = \"this-host\"\nreplicas = 20\nboot = { program = \"many.sh\", args = [\"${.name}\"] }\n",
    );
    let go = lab.path("go");
    let wait = |what: &str| format!("until [ -e {}.{what} ]; do sleep 0.1; done", go.display());
    lab.program(
        "many.sh",
        &format!(
            "touch {}.$1; if [ $1 = node-17 ]; then {}; echo disk full; exit 1; fi; {}",
            go.display(),
            wait("one"),
            wait("all")
        ),
    );
    lab
}

#[test]
fn a_failure_is_shown_at_once_and_first_and_what_has_no_line_is_counted() {
    for (width, height, others) in [(80, 24, 6), (60, 12, 11)] {
        let lab = lab();
        let boot = OnTerminal::start_on(lab.hoist("plan boot demo.toml"), width, height);
        let counted = format!("… and {others} more at work");
        eventually("the others are counted", || boot.screen().contains(&counted).then_some(()));
        eventually("it is at work", || lab.path("go.node-17").exists().then_some(()));
        lab.file("go.one", "");
        eventually("the failure is shown while the others are at work", || {
            let screen = boot.screen();
            let at = screen.find("✗")?;
            (screen[at..].contains("node-17") && screen[at..].contains("failed")).then_some(())
        });
        eventually("its level counts it", || boot.screen().contains("1 failed").then_some(()));
        lab.file("go.all", "");
        let seen = boot.wait();
        assert_eq!(seen.code, Some(1), "{}", seen.screen);
        let lines = seen.lines();
        let bar = lines.iter().position(|line| line.contains('━')).unwrap();
        assert!(lines[bar].contains("1 failed") && lines[bar].contains("19/20"), "{lines:#?}");
        assert!(lines[bar].chars().count() <= usize::from(width), "{lines:#?}");
        assert!(lines[bar + 1].starts_with("      ✗ node-17              failed"), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.contains("more at work")), "{lines:#?}");
    }
}
