//! `hoist userdata templates`, and variables that a template does not know.

use serde_json::Value;

use crate::userdata::lab::hoist;

#[test]
fn a_variable_that_no_template_takes_is_refused() {
    let base = ["userdata", "render", "htcondor-worker", "--var", "os=debian-12", "--var", "pool=p.example.org"];
    let more = ["--var", "manager=m.example.org", "--var", "pool_password_from=ssm:pool"];
    let known = [&base[..], &more].concat();
    let output = hoist(&known, "");
    assert_eq!(output.code, Some(0), "{output}");
    // Nothing would miss it: it has a default.
    let output = hoist(&[&known[..], &["--var", "slot=4"]].concat(), "");
    let said = output.raw_stderr.clone();
    assert_eq!((output.code, output.raw_stdout.is_empty()), (Some(1), true), "{said}");
    assert!(said.contains("template htcondor-worker: it takes no variable \"slot\""), "{said}");
    assert!(said.contains("did you mean \"slots\"?") && said.contains("network_interface"), "{said}");
}

#[test]
fn of_several_templates_one_must_take_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(directory.path().join(name), text).unwrap();
        directory.path().join(name).display().to_string()
    };
    let a = file("a.hbs", "#cloud-config\nhostname: {{yaml one}}\n");
    let b = file("b.template", "#!/bin/sh\necho $two\n");
    let render = |more: &[&str]| hoist(&[&["userdata", "render", &a, &b], more].concat(), "");
    let output = render(&["--var", "one=1", "--var", "two=2"]);
    assert_eq!(output.code, Some(0), "{output}");
    let output = render(&["--var", "one=1", "--var", "two=2", "--var", "three=3"]);
    let said = output.raw_stderr.clone();
    assert!(output.code == Some(1) && said.contains("none of them takes a variable \"three\""), "{said}");
    assert!(said.contains("variables: one, two"), "{said}");
}

#[test]
fn templates_and_what_they_take_are_listed() {
    let output = hoist(&["userdata", "templates"], "");
    let text = output.raw_stdout.clone();
    assert!(text.lines().any(|line| line.starts_with("htcondor-worker  ")), "{text}");
    assert!(!text.contains("partials/"), "{text}");
    let output = hoist(&["userdata", "templates", "htcondor-worker"], "");
    let text = output.raw_stdout.clone();
    assert!(text.starts_with("htcondor-worker: User data of a worker of an HTCondor pool"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("  slots ") && line.contains("how many jobs")), "{text}");
    let output = hoist(&["userdata", "templates", "htcondor-worker", "-o", "json"], "");
    let document: Value = output.json();
    let names: Vec<&str> =
        document["variables"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(&names[..3], ["os", "pool", "manager"]);
    let output = hoist(&["userdata", "templates", "htcondor-workr"], "");
    let said = output.raw_stderr.clone();
    assert!(output.code == Some(1) && said.contains("did you mean \"htcondor-worker\"?"), "{said}");
}

/// What `hoist userdata render` says that refuses it.
fn refused(args: &[&str]) -> String {
    let output = hoist(&[&["userdata", "render"], args].concat(), "");
    let said = output.raw_stderr.clone();
    assert_eq!((output.code, output.raw_stdout.is_empty()), (Some(1), true), "{said}");
    said
}

#[test]
fn all_missing_values_are_named_at_once() {
    let said = refused(&["docker-worker"]);
    assert!(said.contains("template docker-worker has no value for os, container_image\n"), "{said}");
    assert!(said.contains("hoist userdata templates docker-worker"), "{said}");
    // Where there is no place for the password it is needed itself.
    let said = refused(&["htcondor-worker", "docker-worker", "--var", "os=debian-13"]);
    let both = "htcondor-worker has no value for pool, pool_password; template docker-worker has no value for container_image\n";
    assert!(said.contains(both), "{said}");
    // What is to be a list, too.
    let said = refused(&["annex-setup.json"]);
    for word in ["vpc", "sources", "expire_days"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[test]
fn a_list_on_the_command_line_is_told_where_lists_stand() {
    let image =
        ["docker-worker", "--var", "os=debian13", "--var", "container_image=x", "--var", r#"command=["a","b"]"#];
    let said = refused(&image);
    assert!(said.contains("neither a list nor an object") && said.contains("--var-file"), "{said}");
    // The system is called as the wizard may call it.
    let output = hoist(&[&["userdata", "render"], &image[..5]].concat(), "");
    let text = output.raw_stdout.clone();
    assert!(text.contains("# For debian-13."), "{text}\n{}", output.raw_stderr);
    let said = refused(&["docker-worker", "--var", "os=plan9", "--var", "container_image=x"]);
    assert!(said.contains("\"os\" must be one of debian-12, debian-13"), "{said}");
}

#[test]
fn an_unknown_template_is_told_the_nearest_and_where_all_are_listed() {
    let said = refused(&["dockerworker"]);
    assert!(said.contains("did you mean \"docker-worker\"?") && said.contains("`hoist userdata templates`"), "{said}");
    assert!(!said.contains("partials/"), "{said}");
}
