//! The subset of cloud-init's cloud-config that the local cloud supports.
//!
//! `write_files`, `bootcmd`, `runcmd` and `hostname` have cloud-init's meaning; `environment` maps variables for all
//! programs on the instance. As in cloud-init, the order is `bootcmd`, `write_files`, `runcmd`, and each list of
//! commands is one shell script whose last command decides.

use std::path::{Component, Path, PathBuf};

use crate::diagnostics::Diagnostic;
use crate::host::{FileToWrite, InstanceUserData, UserDataStep};
use crate::user_data::{DEFAULT_MODE, written_content, written_permissions};
use crate::yaml::{self, Node, YamlValue};

/// The supported keys, for messages.
const SUPPORTED: &str = "bootcmd, environment, hostname, runcmd and write_files";

/// The places where files may be written: the instance's private ones. All others belong to the user's machine.
const PRIVATE_PLACES: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// Parses a cloud-config with the linter's rules; an unsupported key is refused by name.
pub(super) fn parse(text: &str, isolated: bool) -> Result<InstanceUserData, Diagnostic> {
    let document = yaml::load(text)
        .map_err(|problem| Diagnostic::error(format!("cloud-config: line {}: {}", problem.line, problem.message)))?;
    let keys = match document.root.value {
        YamlValue::Null => Vec::new(),
        YamlValue::Map(keys) => keys,
        _ => return Err(Diagnostic::error("cloud-config: it is not a mapping of keys to values")),
    };
    let mut user_data = InstanceUserData::default();
    let (mut boot, mut files, mut run) = (None, Vec::new(), None);
    for (key, value) in &keys {
        let name = key.value.as_written().unwrap_or_default();
        match name.as_str() {
            "bootcmd" => boot = script("bootcmd", value)?,
            "runcmd" => run = script("runcmd", value)?,
            "write_files" => files = write_files(value, isolated)?,
            "hostname" => user_data.hostname = Some(hostname(value)?),
            "environment" => user_data.environment = environment(value)?,
            _ => {
                return Err(Diagnostic::error(format!(
                    "the cloud-config key {name:?} is not supported on the local cloud, which runs {SUPPORTED}"
                )));
            }
        }
    }
    if let Some(name) = user_data.hostname.as_ref().filter(|_| !isolated) {
        let text = format!("the host name {name} is not set: this instance shares that of this machine");
        user_data.steps.push(UserDataStep::Say(text));
    }
    user_data.steps.extend(boot.into_iter().chain(files).chain(run));
    Ok(user_data)
}

/// Converts a list of commands to one shell script: a string is a line of it, a list is a command and its arguments.
fn script(key: &str, value: &Node) -> Result<Option<UserDataStep>, Diagnostic> {
    let wrong =
        |index: usize| Diagnostic::error(format!("{key}: entry {} is neither a string nor a list of words", index + 1));
    let commands = match &value.value {
        YamlValue::Null => return Ok(None),
        YamlValue::List(commands) => commands,
        _ => return Err(Diagnostic::error(format!("{key}: it is not a list of commands"))),
    };
    let mut text = "#!/bin/sh\n".to_owned();
    for (index, command) in commands.iter().enumerate() {
        match &command.value {
            YamlValue::Null => {}
            YamlValue::Text { text: line, .. } => text.push_str(line),
            YamlValue::List(words) => {
                let quoted: Option<Vec<String>> = words
                    .iter()
                    .map(|word| shlex::try_quote(&word.value.as_written()?).ok().map(std::borrow::Cow::into_owned))
                    .collect();
                text.push_str(&quoted.ok_or_else(|| wrong(index))?.join(" "));
            }
            _ => return Err(wrong(index)),
        }
        text.push('\n');
    }
    Ok(Some(UserDataStep::Run { name: key.to_owned(), script: text.into_bytes() }))
}

fn write_files(value: &Node, isolated: bool) -> Result<Vec<UserDataStep>, Diagnostic> {
    let entries = match &value.value {
        YamlValue::Null => return Ok(Vec::new()),
        YamlValue::List(entries) => entries,
        _ => return Err(Diagnostic::error("write_files: it is not a list of files")),
    };
    let mut steps = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let YamlValue::Map(keys) = &entry.value else {
            return Err(Diagnostic::error(format!("write_files: entry {} is not a mapping", index + 1)));
        };
        let path = entry.get("path").and_then(Node::as_text);
        let path = path.ok_or_else(|| Diagnostic::error(format!("write_files: entry {} has no path", index + 1)))?;
        write_file(path, keys, isolated, &mut steps).map_err(|wrong| wrong.of(format!("write_files: {path}")))?;
    }
    Ok(steps)
}

fn write_file(
    path: &str,
    keys: &[(Node, Node)],
    isolated: bool,
    steps: &mut Vec<UserDataStep>,
) -> Result<(), Diagnostic> {
    check_place(path, isolated)?;
    let (mut content, mut encoding, mut mode, mut append, mut owner) = ("", "", DEFAULT_MODE, false, None);
    for (key, node) in keys {
        let name = key.value.as_written().unwrap_or_default();
        let text = || node.as_text().ok_or_else(|| Diagnostic::error(format!("{name} is not a string")));
        match name.as_str() {
            "path" => {}
            "content" => content = text()?,
            "encoding" => encoding = text()?,
            "permissions" => {
                mode = written_permissions(&node.value).map_err(|why| Diagnostic::error(why.to_string()))?
            }
            "owner" => owner = Some(text()?),
            "append" => append = node.value.is_true(),
            // All files are written before runcmd here, which satisfies this key.
            "defer" => {}
            _ => return Err(Diagnostic::error(format!("the key {name:?} is not supported on the local cloud"))),
        }
    }
    if let Some(owner) = owner {
        steps.push(UserDataStep::Say(format!(
            "write_files: {path}: the owner {owner} is not applied: files are the user's own"
        )));
    }
    let content = written_content(content, encoding).map_err(|why| Diagnostic::error(why.to_string()))?;
    steps.push(UserDataStep::Write(FileToWrite { path: PathBuf::from(path), content, mode, append }));
    Ok(())
}

/// Whether a file may be written there.
fn check_place(path: &str, isolated: bool) -> Result<(), Diagnostic> {
    let path = Path::new(path);
    let within = |place: &str| path.starts_with(place) && path != Path::new(place);
    if path.components().any(|part| part == Component::ParentDir) || !PRIVATE_PLACES.iter().any(|place| within(place)) {
        return Err(Diagnostic::error(format!(
            "it would be written on this machine itself; an instance of the local cloud has only {} of its own",
            PRIVATE_PLACES.join(", ")
        )));
    }
    if !isolated {
        return Err(Diagnostic::error(
            "without namespaces, which are not available here, this is not the instance's own",
        ));
    }
    Ok(())
}

fn hostname(value: &Node) -> Result<String, Diagnostic> {
    let name = value.as_text().unwrap_or_default();
    let valid = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    if name.is_empty() || name.len() > 63 || !valid {
        return Err(Diagnostic::error("hostname: it is not 1 to 63 letters, digits, hyphens and dots"));
    }
    Ok(name.to_owned())
}

fn environment(value: &Node) -> Result<Vec<(String, String)>, Diagnostic> {
    let YamlValue::Map(variables) = &value.value else {
        return Err(Diagnostic::error("environment: it is not a mapping of names to values"));
    };
    variables
        .iter()
        .map(|(name, value)| {
            let name = name.as_text().unwrap_or_default();
            let valid = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !valid || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(Diagnostic::error(format!("environment: {name:?} is not the name of a variable")));
            }
            // YAML's true becomes "true", not Python's "True".
            let text = match &value.value {
                YamlValue::Bool(truth) => Some(truth.to_string()),
                other => other.as_written(),
            };
            let text = text.filter(|text| !text.contains('\0'));
            Ok((
                name.to_owned(),
                text.ok_or_else(|| Diagnostic::error(format!("environment: {name} is not a plain value")))?,
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, isolated: bool) -> String {
        parse(&format!("#cloud-config\n{text}"), isolated).unwrap_err().message
    }

    #[test]
    fn the_order_is_commands_files_commands() {
        let text = "#cloud-config
hostname: db-1
environment: {GREETING: hello, COUNT: 3}
runcmd:
  - echo \"$GREETING\" > /tmp/out
  - [printf, '%s', \"it's\", 5]
write_files:
  - {path: /tmp/a, content: aGk=, encoding: b64, permissions: '0600'}
  - {path: /var/tmp/b, content: more, append: true, owner: 'root:root'}
bootcmd:
  - mkdir -p /tmp/x
";
        let read = parse(text, true).unwrap();
        assert_eq!(read.hostname.as_deref(), Some("db-1"));
        assert_eq!(read.environment, [("GREETING".into(), "hello".into()), ("COUNT".into(), "3".into())]);
        let [
            UserDataStep::Run { name: first, .. },
            UserDataStep::Write(a),
            UserDataStep::Say(said),
            UserDataStep::Write(b),
            UserDataStep::Run { script, .. },
        ] = &read.steps[..]
        else {
            panic!("{:?}", read.steps);
        };
        assert_eq!(first, "bootcmd");
        assert_eq!((a.content.as_slice(), a.mode, a.append), (&b"hi"[..], 0o600, false));
        assert_eq!((b.content.as_slice(), b.mode, b.append), (&b"more"[..], DEFAULT_MODE, true));
        assert!(said.contains("root:root"), "{said}");
        let script = String::from_utf8_lossy(script);
        assert!(script.contains("\necho \"$GREETING\" > /tmp/out\n") && script.contains("\"it's\" 5"), "{script}");
    }

    #[test]
    fn what_is_not_supported_is_named() {
        assert!(refused("packages: [nginx]\n", true).contains("packages"));
        assert!(refused("write_files: [{path: /tmp/x, source: {uri: 'http://x'}}]\n", true).contains("source"));
        assert!(refused("write_files: [{path: /tmp/x, encoding: rot13}]\n", true).contains("rot13"));
        assert!(refused("runcmd: [{a: b}]\n", true).contains("entry 1"));
        assert!(refused("runcmd: {a: b}\n", true).contains("not a list"));
        assert!(refused("hostname: 'a b'\n", true).contains("hostname"));
        assert!(refused("a: [\n", true).contains("line"));
    }

    #[test]
    fn files_stay_in_private_places() {
        for path in ["/etc/motd", "/tmp/../etc/motd", "relative", "/tmp", "/tmpfile", "/var/tmp/x/../../y"] {
            let message = refused(&format!("write_files: [{{path: '{path}', content: x}}]\n"), true);
            assert!(message.contains(path), "{message}");
        }
        assert!(refused("write_files: [{path: /tmp/x, content: x}]\n", false).contains("/tmp/x"));
    }
}
