//! What programs find on hosts: agent, login, place.

use hoist::plan::{ForwardAgent, LoginShell, diff, import};

use crate::plans::fixture::{Fixture, service};

const HEAD: &str = "[[levels]]\n[levels.services.web]\naddress = \"10.0.0.1\"\n";

fn with(ssh: &str) -> Fixture {
    Fixture::toml(&format!("{HEAD}ssh = {{ {ssh} }}\n"))
}

#[test]
fn a_plan_says_what_programs_find() {
    for (ssh, agent, login) in [
        ("", ForwardAgent::Users, LoginShell::Always),
        ("forward_agent = true, login_shell = true", ForwardAgent::Always, LoginShell::Always),
        ("forward_agent = false, login_shell = false", ForwardAgent::Never, LoginShell::Never),
        ("forward_agent = \"boot\", login_shell = \"checks\"", ForwardAgent::Boot, LoginShell::Checks),
    ] {
        let plan = with(ssh).plan();
        let web = &service(&plan, "web").ssh;
        assert_eq!((web.forward_agent, web.login_shell), (agent, login), "{ssh}");
        // What is recorded is read again, and what is not said is not recorded.
        let written = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<hoist::plan::Plan>(&written).unwrap(), plan);
        assert_eq!(written.contains("forward_agent"), !ssh.is_empty(), "{written}");
    }
    let plan = with("stage = \"/srv/hoist/\"").plan();
    assert_eq!(service(&plan, "web").ssh.stage.as_deref(), Some(std::path::Path::new("/srv/hoist")));
}

#[test]
fn defaults_give_them_too() {
    let ssh = "ssh = { forward_agent = true, login_shell = false, stage = \"/srv\" }";
    let plan = Fixture::toml(&format!("[defaults]\n{ssh}\n{HEAD}ssh = {{ login_shell = true }}\n")).plan();
    let web = &service(&plan, "web").ssh;
    assert_eq!((web.forward_agent, web.login_shell), (ForwardAgent::Always, LoginShell::Always));
    assert!(web.stage.is_some());
}

#[test]
fn what_makes_no_sense_is_an_error_with_its_line() {
    let place = "must be the absolute path of a directory on the host";
    for (ssh, expected) in [
        ("forward_agent = \"yes\"", "must be true, false or \"boot\", not \"yes\""),
        ("forward_agent = 1", "must be true or false, not an integer"),
        ("login_shell = \"boot\"", "must be true, false or \"checks\", not \"boot\""),
        ("login_shel = true", "unknown key \"login_shel\""),
        ("stage = \"srv/hoist\"", place),
        ("stage = \"/\"", place),
        ("stage = \"/srv/../etc\"", place),
        ("stage = \"/srv/\\n\"", place),
    ] {
        let problems = with(ssh).problems();
        let found = problems.iter().any(|problem| problem.starts_with("plan.toml:4:") && problem.contains(expected));
        assert!(found, "{ssh}: {problems:?}");
    }
}

#[test]
fn a_reload_sees_each_of_them() {
    let before = with("").plan();
    for ssh in ["forward_agent = true", "login_shell = false", "stage = \"/srv\""] {
        let changes = diff(&before, &with(ssh).plan());
        assert_eq!((changes.updated.len(), changes.rebooted.len()), (1, 0), "{ssh}: {changes:?}");
    }
}

#[test]
fn plan_show_tells_what_is_not_as_usual() {
    let program =
        |ssh: &str| Fixture::toml(&format!("{HEAD}ssh = {{ {ssh} }}\nboot = \"b.sh\"\n")).file("b.sh", "#!/bin/sh\n");
    let plan = program("forward_agent = true, login_shell = \"checks\", stage = \"/srv\"").plan();
    let shown = hoist::report::plan::show_human(&plan);
    let expected = "agent forwarded to all programs login all but the boot program have its environment stage /srv";
    assert!(shown.split_whitespace().collect::<Vec<_>>().join(" ").contains(expected), "{shown}");
    let json = serde_json::to_value(hoist::report::plan::PlanDocument::of(&plan)).unwrap();
    let web = &json["levels"][0]["services"][0];
    assert_eq!(
        (&web["forward_agent"], &web["login_shell"], &web["stage"]),
        (&true.into(), &"checks".into(), &"/srv".into())
    );
    let plan = program("").plan();
    let usual = serde_json::to_value(hoist::report::plan::PlanDocument::of(&plan)).unwrap();
    assert!(usual["levels"][0]["services"][0].get("forward_agent").is_none());
}

#[test]
fn cloudinitds_notation_has_what_is_usual_there_and_so_has_what_becomes_of_it() {
    let level = "[svc-a]\nhostname: 10.0.0.1\nbootpgm: b.sh\n[svc-b]\nhostname: 10.0.0.1\nreadypgm: b.sh\n\
                 [svc-c]\nlocal_exe: true\nhostname: 10.0.0.1\nbootpgm: b.sh\n";
    let fixture = Fixture::conf("", level).file("b.sh", "#!/bin/sh\n");
    let plan = fixture.plan();
    let of = |name: &str| (service(&plan, name).ssh.forward_agent, service(&plan, name).ssh.login_shell);
    assert_eq!(of("a"), (ForwardAgent::Boot, LoginShell::Checks));
    // Without a boot program, all programs have the login.
    assert_eq!(of("b"), (ForwardAgent::Users, LoginShell::Always));
    assert_eq!(of("c"), (ForwardAgent::Users, LoginShell::Always));
    let imported = import(&fixture.path("top.conf"), &fixture.options, &fixture.path("")).unwrap();
    assert!(
        imported.toml.contains("ssh = { forward_agent = \"boot\", login_shell = \"checks\" }"),
        "{}",
        imported.toml
    );
}
