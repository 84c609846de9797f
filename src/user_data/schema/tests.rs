use super::validator::KEY_WORDS;
use super::*;
use crate::yaml::load;

fn found(text: &str) -> Vec<Violation> {
    check(&load(text).unwrap().root)
}

/// Returns line, place, and message with hint of the only violation.
fn only(text: &str) -> (u32, String, String) {
    let found = found(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    let hint = found[0].hint.clone().unwrap_or_default();
    (found[0].line, found[0].place(), format!("{}; {hint}", found[0].message))
}

#[test]
fn every_key_word_of_the_schema_is_known_and_every_pattern_is_read() {
    fn walk(schema: &Json, of_names: bool) {
        match schema {
            Json::Object(entries) => {
                for (word, part) in entries {
                    assert!(of_names || KEY_WORDS.contains(&word.as_str()), "{word}");
                    let is_pattern = word == "pattern" && part.is_string();
                    if is_pattern {
                        regex_lite::Regex::new(part.as_str().unwrap()).unwrap();
                    }
                    if word == "patternProperties" {
                        part.as_object().unwrap().keys().for_each(|key| drop(regex_lite::Regex::new(key).unwrap()));
                    }
                    let names = matches!(word.as_str(), "properties" | "patternProperties" | "$defs") && !of_names;
                    if !matches!(word.as_str(), "enum" | "default" | "prefixItems") || of_names {
                        walk(part, names);
                    }
                }
            }
            Json::Array(parts) => parts.iter().for_each(|part| walk(part, false)),
            _ => {}
        }
    }
    walk(&SCHEMA, false);
}

#[test]
fn what_is_right_passes() {
    for text in [
        "#cloud-config\npackages: [a, [b, '1.0']]\npackage_update: yes\n",
        "#cloud-config\nruncmd:\n- [ls, -l]\n- echo hello\nusers:\n- default\n- {name: me, sudo: 'ALL=(ALL) NOPASSWD:ALL'}\n",
        "#cloud-config\nwrite_files:\n- {path: /x, content: a, permissions: '0644', encoding: b64}\n",
        "#cloud-config\nssh_keys: {ed25519_private: x}\nlocale: en_US\n",
    ] {
        let found = found(text);
        assert!(found.iter().all(|violation| violation.deprecated), "{text}: {found:?}");
    }
}

#[test]
fn what_is_wrong_has_its_line_and_what_is_allowed() {
    let (line, place, message) = only("#cloud-config\nruncmd: []\npakages: [a]\n".replace("runcmd: []\n", "").as_str());
    assert_eq!((line, place.as_str()), (2, "the cloud-config"));
    assert!(message.contains("pakages") && message.contains("did you mean \"packages\"?"), "{message}");

    let (line, place, message) = only("#cloud-config\nwrite_files:\n- path: /x\n  permissions: 0644\n");
    assert_eq!((line, place.as_str()), (4, "write_files.1.permissions"));
    assert!(message.contains("a whole number") && message.contains("a string"), "{message}");

    let (line, place, message) = only("#cloud-config\nwrite_files:\n- path: /x\n  encoding: rot13\n");
    assert_eq!((line, place.as_str()), (4, "write_files.1.encoding"));
    assert!(message.contains("b64") && !message.contains("rot13"), "{message}");

    let (_, place, message) = only("#cloud-config\nwrite_files:\n- content: x\n");
    assert!(place == "write_files.1" && message.contains("path is missing"), "{place} {message}");

    let (line, place, message) = only("#cloud-config\npackages: yes please\n");
    assert_eq!((line, place.as_str()), (2, "packages"));
    assert!(message.contains("a string") && message.contains("a list"), "{message}");

    let (_, place, message) = only("#cloud-config\nruncmd:\n- {a: b}\n");
    assert!(place == "runcmd.1" && message.contains("a mapping") && message.contains("a list"), "{place} {message}");
    let (_, _, message) = only("#cloud-config\nruncmd:\n- ls\n- [a, {b: c}]\n");
    assert!(message.contains("a mapping"), "{message}");
}

#[test]
fn what_is_deprecated_is_told_apart() {
    let found = found("#cloud-config\napt_update: true\nchef: {server_url: x}\n");
    assert!(found.iter().any(|violation| violation.deprecated && violation.path == ["apt_update"]), "{found:?}");
}
