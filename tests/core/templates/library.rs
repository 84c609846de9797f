//! The set of templates: what the program carries, and what the user puts in its place.

use std::fs;
use std::path::Path;

use hoist::diagnostics::Place;
use hoist::template::{TemplateOrigin, Templates, Values};
use serde_json::json;

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn values() -> Values {
    json!({"name": "a b"}).as_object().unwrap().clone()
}

#[test]
fn a_users_template_takes_the_place_of_the_one_of_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let (user, explicit) = (directory.path().join("user"), directory.path().join("explicit"));
    write(&user, &[("mine.hbs", "user {{> partials/write-file}}"), ("only.hbs", "only"), ("notes.txt", "{{")]);
    write(
        &explicit,
        &[("mine.hbs", "explicit {{> partials/write-file}}"), ("partials/write-file.hbs", "own {{shell name}}")],
    );
    write(&explicit, &[("old.json.template", "{\"n\": \"$name\"}")]);
    let templates = Templates::open(Some(&explicit), Some(&user)).unwrap();
    let names: Vec<&str> = templates.names().collect();
    for name in ["mine", "old.json", "only", "partials/write-file"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("notes")));
    let render = |name: &str| templates.get(name).unwrap().render(&values()).unwrap();
    assert_eq!(render("mine"), "explicit own 'a b'");
    assert_eq!(render("only"), "only");
    assert_eq!(render("old.json"), "{\"n\": \"a b\"}");
    assert_eq!(templates.origin("only"), Some(&TemplateOrigin::File(user.join("only.hbs"))));
    assert!(matches!(Templates::built_in().origin("partials/write-file"), Some(TemplateOrigin::BuiltIn(_))));
}

#[test]
fn messages_name_the_file_that_the_mistake_is_in() {
    let directory = tempfile::tempdir().unwrap();
    let files = [
        ("outer.hbs", "a\n{{> inner x=name}}\n"),
        ("inner.hbs", "b\n\n{{json nmae}}"),
        ("bad.hbs", "\n{{jsn x}}"),
        ("worse.hbs", "{{> bad}}"),
    ];
    write(directory.path(), &files);
    let templates = Templates::open(Some(directory.path()), None).unwrap();
    let inner = directory.path().join("inner.hbs").display().to_string();
    let error = templates.get("outer").unwrap().render(&values()).unwrap_err().diagnostic;
    assert_eq!(error.place, Some(Place::new(inner, Some(3))));
    assert!(error.hints[0].starts_with("did you mean \"name\"? names: name"));
    let bad = directory.path().join("bad.hbs").display().to_string();
    let error = templates.get("worse").err().unwrap().diagnostic;
    assert_eq!(error.place, Some(Place::new(bad, Some(2))));
    let error = templates.get("outre").err().unwrap().to_string();
    assert!(
        error.starts_with(
            "template outre: there is no template of this name\n  did you mean \"outer\"? `hoist userdata"
        ),
        "{error}"
    );
}

#[test]
fn partials_that_include_each_other_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    write(
        directory.path(),
        &[
            ("a.hbs", "{{> b}}"),
            ("b.hbs", "x\n{{#if 1}}{{> c}}{{/if}}"),
            ("c.hbs", "\n\n{{> a}}"),
            ("d.hbs", "{{> d}}"),
        ],
    );
    write(directory.path(), &[("twice.hbs", "{{> e}}{{> e}}"), ("e.hbs", "e")]);
    let templates = Templates::open(Some(directory.path()), None).unwrap();
    let error = templates.get("a").err().unwrap().to_string();
    assert!(error.ends_with("c.hbs, line 3: partial \"a\" includes itself: a → b → c → a"), "{error}");
    assert!(templates.get("d").err().unwrap().to_string().contains("d → d"));
    assert_eq!(templates.get("twice").unwrap().render(&values()).unwrap(), "ee");
}

#[test]
fn a_directory_that_is_wrong_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    assert!(Templates::open(None, Some(&missing)).is_ok());
    let error = Templates::open(Some(&missing), None).unwrap_err().to_string();
    assert!(error.contains("missing: cannot read the directory"), "{error}");
    write(directory.path(), &[("a.hbs", ""), ("a.template", "")]);
    let error = Templates::open(Some(directory.path()), None).unwrap_err().to_string();
    assert!(error.contains("there are both a.hbs and a.template\n  remove one of them"), "{error}");
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("latin.hbs"), b"\xe9").unwrap();
    let error = Templates::open(Some(other.path()), None).unwrap().get("latin").err().unwrap().to_string();
    assert!(error.contains("latin.hbs: cannot be read"), "{error}");
}

#[test]
fn the_users_directory_follows_the_environment() {
    let directory = |config: Option<&str>, home: Option<&str>| {
        Templates::user_directory(|name| match name {
            "XDG_CONFIG_HOME" => config.map(Into::into),
            "HOME" => home.map(Into::into),
            _ => None,
        })
    };
    assert_eq!(directory(Some("/c"), Some("/h")).unwrap(), Path::new("/c/hoist/templates"));
    assert_eq!(directory(Some("relative"), Some("/h")).unwrap(), Path::new("/h/.config/hoist/templates"));
    assert_eq!(directory(None, None), None);
}
