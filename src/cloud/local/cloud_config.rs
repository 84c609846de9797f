//! The part of cloud-init's cloud-config that the local cloud runs.
//!
//! `write_files`, `bootcmd`, `runcmd` and `hostname` mean what cloud-init says they mean; `environment` is a mapping of
//! variables for everything that runs on the instance. Commands before files before more commands: `bootcmd`,
//! `write_files`, `runcmd`, each list of commands as one shell script whose last command decides, as there.

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use yaml_serde::{Mapping, Value};

use super::base64;
use crate::host::{FileToWrite, Step, UserData};

/// What is supported, for messages.
const SUPPORTED: &str = "bootcmd, environment, hostname, runcmd and write_files";

/// Where files may be written: what is the instance's own. Anything else belongs to the machine of the user.
const PRIVATE_PLACES: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// The most that one compressed file may unpack to.
const FILE_LIMIT: u64 = 10 * 1024 * 1024;

/// What cloud-init gives files that say nothing of their permissions.
const DEFAULT_MODE: u32 = 0o644;

/// Reads a cloud-config; everything that is not supported here is refused by name.
pub(super) fn parse(text: &str, isolated: bool) -> Result<UserData, String> {
    let document: Value = yaml_serde::from_str(text).map_err(|error| format!("cloud-config: {error}"))?;
    let keys = match document {
        Value::Null => Mapping::new(),
        Value::Mapping(keys) => keys,
        _ => return Err("cloud-config: it is not a mapping of keys to values".to_owned()),
    };
    let mut user_data = UserData::default();
    let (mut boot, mut files, mut run) = (None, Vec::new(), None);
    for (key, value) in keys {
        let key = key.as_str().map_or_else(|| format!("{key:?}"), ToOwned::to_owned);
        match key.as_str() {
            "bootcmd" => boot = script("bootcmd", &value)?,
            "runcmd" => run = script("runcmd", &value)?,
            "write_files" => files = write_files(&value, isolated)?,
            "hostname" => user_data.hostname = Some(hostname(&value)?),
            "environment" => user_data.environment = environment(&value)?,
            _ => {
                return Err(format!(
                    "the cloud-config key {key:?} is not supported on the local cloud, which runs {SUPPORTED}"
                ));
            }
        }
    }
    if let Some(name) = user_data.hostname.as_ref().filter(|_| !isolated) {
        let text = format!("the host name {name} is not set: this instance shares that of this machine");
        user_data.steps.push(Step::Say(text));
    }
    user_data.steps.extend(boot.into_iter().chain(files).chain(run));
    Ok(user_data)
}

/// A list of commands as one shell script: a string is a line of it, a list is a command and its arguments.
fn script(key: &str, value: &Value) -> Result<Option<Step>, String> {
    let wrong = |index: usize| format!("{key}: entry {} is neither a string nor a list of words", index + 1);
    let commands = match value {
        Value::Null => return Ok(None),
        Value::Sequence(commands) => commands,
        _ => return Err(format!("{key}: it is not a list of commands")),
    };
    let mut text = "#!/bin/sh\n".to_owned();
    for (index, command) in commands.iter().enumerate() {
        match command {
            Value::Null => {}
            Value::String(line) => text.push_str(line),
            Value::Sequence(words) => {
                let quoted: Option<Vec<String>> = words
                    .iter()
                    .map(|word| shlex::try_quote(&scalar(word)?).ok().map(std::borrow::Cow::into_owned))
                    .collect();
                text.push_str(&quoted.ok_or_else(|| wrong(index))?.join(" "));
            }
            _ => return Err(wrong(index)),
        }
        text.push('\n');
    }
    Ok(Some(Step::Run { name: key.to_owned(), script: text.into_bytes() }))
}

fn write_files(value: &Value, isolated: bool) -> Result<Vec<Step>, String> {
    let entries = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Sequence(entries) => entries,
        _ => return Err("write_files: it is not a list of files".to_owned()),
    };
    let mut steps = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let Value::Mapping(entry) = entry else {
            return Err(format!("write_files: entry {} is not a mapping", index + 1));
        };
        write_file(entry, index, isolated, &mut steps)?;
    }
    Ok(steps)
}

fn write_file(entry: &Mapping, index: usize, isolated: bool, steps: &mut Vec<Step>) -> Result<(), String> {
    let path = entry.get("path").and_then(Value::as_str);
    let path = path.ok_or_else(|| format!("write_files: entry {} has no path", index + 1))?;
    let about = |message: &str| format!("write_files: {path}: {message}");
    check_place(path, isolated).map_err(|message| about(&message))?;
    let (mut content, mut encoding, mut mode, mut append, mut owner) = ("", "", DEFAULT_MODE, false, None);
    for (key, value) in entry {
        let text = || value.as_str().ok_or_else(|| about(&format!("{} is not a string", key.as_str().unwrap_or("?"))));
        match key.as_str() {
            Some("path") => {}
            Some("content") => content = text()?,
            Some("encoding") => encoding = text()?,
            Some("permissions") => mode = permissions(text()?).map_err(|message| about(&message))?,
            Some("owner") => owner = Some(text()?),
            Some("append") => append = value.as_bool().ok_or_else(|| about("append is neither true nor false"))?,
            // All files are written before runcmd here, which is as late as this asks for.
            Some("defer") => {}
            _ => return Err(about(&format!("the key {key:?} is not supported on the local cloud"))),
        }
    }
    if let Some(owner) = owner {
        steps.push(Step::Say(format!(
            "write_files: {path}: the owner {owner} is not applied: files are the user's own"
        )));
    }
    let content = decode(content, encoding).map_err(|message| about(&message))?;
    steps.push(Step::Write(FileToWrite { path: PathBuf::from(path), content, mode, append }));
    Ok(())
}

/// Whether a file may be written there.
fn check_place(path: &str, isolated: bool) -> Result<(), String> {
    let path = Path::new(path);
    let within = |place: &str| path.starts_with(place) && path != Path::new(place);
    if path.components().any(|part| part == Component::ParentDir) || !PRIVATE_PLACES.iter().any(|place| within(place)) {
        return Err(format!(
            "it would be written on this machine itself; an instance of the local cloud has only {} of its own",
            PRIVATE_PLACES.join(", ")
        ));
    }
    if !isolated {
        return Err("without namespaces, which are not to be had here, this is not the instance's own".to_owned());
    }
    Ok(())
}

fn permissions(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    match u32::from_str_radix(digits, 8) {
        Ok(mode) if mode <= 0o7777 => Ok(mode),
        _ => Err(format!("the permissions {text:?} are not octal digits like \"0644\"")),
    }
}

fn decode(content: &str, encoding: &str) -> Result<Vec<u8>, String> {
    let from_base64 = || base64::decode(content).ok_or_else(|| "its content is not base64".to_owned());
    match encoding {
        "" | "text/plain" => Ok(content.as_bytes().to_vec()),
        "b64" | "base64" => from_base64(),
        "gz+b64" | "gz+base64" | "gzip+b64" | "gzip+base64" => {
            let packed = from_base64()?;
            let mut unpacked = Vec::new();
            let mut reader = flate2::read::MultiGzDecoder::new(&packed[..]).take(FILE_LIMIT + 1);
            reader.read_to_end(&mut unpacked).map_err(|error| format!("its content is not gzip: {error}"))?;
            if unpacked.len() as u64 > FILE_LIMIT {
                return Err(format!("it unpacks to more than {FILE_LIMIT} bytes"));
            }
            Ok(unpacked)
        }
        other => Err(format!("the encoding {other:?} is not supported on the local cloud")),
    }
}

fn hostname(value: &Value) -> Result<String, String> {
    let name = value.as_str().unwrap_or_default();
    let valid = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    if name.is_empty() || name.len() > 63 || !valid {
        return Err("hostname: it is not 1 to 63 letters, digits, hyphens and dots".to_owned());
    }
    Ok(name.to_owned())
}

fn environment(value: &Value) -> Result<Vec<(String, String)>, String> {
    let Value::Mapping(variables) = value else {
        return Err("environment: it is not a mapping of names to values".to_owned());
    };
    variables
        .iter()
        .map(|(name, value)| {
            let name = name.as_str().unwrap_or_default();
            let valid = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !valid || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(format!("environment: {name:?} is not the name of a variable"));
            }
            let value = scalar(value).filter(|value| !value.contains('\0'));
            Ok((name.to_owned(), value.ok_or_else(|| format!("environment: {name} is not a plain value"))?))
        })
        .collect()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, isolated: bool) -> String {
        parse(&format!("#cloud-config\n{text}"), isolated).unwrap_err()
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
        let [Step::Run { name: first, .. }, Step::Write(a), Step::Say(said), Step::Write(b), Step::Run { script, .. }] =
            &read.steps[..]
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
