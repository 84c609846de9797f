//! No value breaks out of where it stands: what real parsers and shells read is what was put in, byte for byte.
//!
//! A quick look by default; `HOIST_FUZZ_CASES=10000 cargo test --test core breaking_out` takes a long one.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use hoist::template::{DollarForm, Template, Templates, Values};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use hoist_test_support::skip::skip;

/// Cases of each kind when nothing else is asked for.
const QUICK: u32 = 60;

/// Pieces that mean something somewhere.
const TOKENS: &[&str] = &[
    "'",
    "\"",
    "'\\''",
    "\n",
    "\r\n",
    "\r",
    "#",
    " #",
    ": ",
    ":",
    "{{",
    "}}",
    "{{{x}}}",
    "{%",
    "{#",
    "$(",
    ")",
    "$(touch pwned)",
    "`touch pwned`",
    "${IFS}",
    "$x",
    "$$",
    "\\",
    "\\n",
    "\\'",
    "\\\\\"",
    "\0",
    "\t",
    " ",
    "  ",
    "- ",
    "---",
    "...",
    "%YAML 1.1",
    "&a",
    "*a",
    "!!python/object",
    "|",
    ">",
    "?",
    "[",
    "]",
    "{",
    "}",
    ",",
    "~",
    "null",
    "yes",
    "0x1",
    "1e3",
    "=",
    "<<",
    "EOF",
    ";",
    "&&",
    "|| touch pwned",
    "!",
    "!!",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{1f600}",
    "\u{10ffff}",
    "\u{1}",
    "\u{1b}[2J",
    "é",
    "日本",
    "a",
    "word",
    "</script>",
    "-n",
    "-e",
    "\\c",
    "%s%n",
    "\u{8}",
];

fn wicked() -> impl Strategy<Value = String> {
    let tokens = prop::collection::vec(select(TOKENS), 0..12).prop_map(|tokens| tokens.concat());
    // Escaped ten times, the longest of them stays below what a template may render to.
    let huge = (select(TOKENS), 300_000_usize..300_100).prop_map(|(token, size)| token.repeat(size / token.len()));
    prop_oneof![30 => tokens, 5 => any::<String>(), 1 => huge]
}

fn check<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases = std::env::var("HOIST_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(QUICK);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&strategy, test).unwrap_or_else(|error| panic!("{error}"));
}

fn template(text: &str) -> Template {
    Template::handlebars("t", text, &Templates::built_in()).unwrap_or_else(|error| panic!("{error}"))
}

fn values(value: Value) -> Values {
    value.as_object().unwrap().clone()
}

fn all_of(text: &str) -> Values {
    values(json!({"v": text, "list": [text, "", text], "map": {text: [text, {"k": text}], "other": 1e300}}))
}

fn unpacked(text: &str) -> String {
    let mut unpacked = String::new();
    GzDecoder::new(STANDARD.decode(text).unwrap().as_slice()).read_to_string(&mut unpacked).unwrap();
    unpacked
}

const YAML: &str = "\
first: {{yaml v}}
commented: {{yaml v}} # a comment
{{yaml v}} : key
list: [{{yaml v}}, {{yaml list}}, 1]
map: {{yaml map}}
nested:
  - a: {{yaml v}}
    b: {{yaml (base64 v)}}
    c: {{gzip_base64 v}}
  - {{json (base64 v)}}
run:
  - {{yaml (json v)}}
last: 1
";

/// What [`YAML`] must read as; the key stands apart, since it may be as long as no key can be, or be one of the others.
fn expected_yaml(text: &str) -> Value {
    let values = all_of(text);
    json!({
        "first": text,
        "commented": text,
        "list": [text, values["list"], 1],
        "map": values["map"],
        "nested": [{"a": text, "b": STANDARD.encode(text)}, STANDARD.encode(text)],
        "last": 1,
    })
}

fn same_as_yaml(mut read: Value, text: &str) {
    let packed = read["nested"][0].as_object_mut().unwrap().remove("c").unwrap();
    assert_eq!(unpacked(packed.as_str().unwrap()), text);
    let run = read.as_object_mut().unwrap().remove("run").unwrap();
    assert_eq!(serde_json::from_str::<String>(run[0].as_str().unwrap()).unwrap(), text);
    assert!(read == expected_yaml(text), "{text:?} reads as {read}");
}

#[test]
fn yaml_reads_what_was_put_in() {
    let whole = template(&YAML.replace("{{yaml v}} : key\n", ""));
    let keyed = template(YAML);
    check(wicked(), |text| {
        let rendered = whole.render(&all_of(&text)).unwrap();
        same_as_yaml(yaml_serde::from_str(&rendered).unwrap_or_else(|error| panic!("{text:?}: {error}")), &text);
        prop_assert_eq!(rendered.lines().count(), YAML.lines().count() - 1, "a value makes no line");
        if text.len() < 100 && expected_yaml("").get(&text).is_none() && text != "run" {
            let read: Value = yaml_serde::from_str(&keyed.render(&all_of(&text)).unwrap()).unwrap();
            prop_assert_eq!(read.get(&text), Some(&json!("key")));
        }
        Ok(())
    });
}

/// PyYAML is what cloud-init reads user data with, by YAML 1.1.
#[test]
fn pyyaml_reads_what_was_put_in() {
    const READER: &str =
        "import json, sys, yaml\nfor t in json.load(sys.stdin): json.dump(yaml.safe_load(t), sys.stdout); print()\n";
    // The system's own is the one that packages of the system are for.
    let has_yaml = |python: &&str| {
        let status = Command::new(python).args(["-c", "import yaml"]).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let Some(python) = ["/usr/bin/python3", "python3"].into_iter().find(has_yaml) else {
        return skip("python3 with PyYAML (Debian: python3-yaml)");
    };
    let whole = template(&YAML.replace("{{yaml v}} : key\n", ""));
    // One interpreter for all: it takes longer to start than to read.
    check(prop::collection::vec(wicked(), 1..20).no_shrink(), |texts| {
        let texts: Vec<String> = texts.into_iter().filter(|text| text.len() < 100_000).collect();
        let documents: Vec<String> = texts.iter().map(|text| whole.render(&all_of(text)).unwrap()).collect();
        let output = fed(python, &["-c", READER], json!(documents).to_string().as_bytes());
        for (line, text) in output.lines().zip(&texts) {
            same_as_yaml(serde_json::from_str(line).unwrap(), text);
        }
        prop_assert_eq!(output.lines().count(), texts.len());
        Ok(())
    });
}

#[test]
fn json_reads_what_was_put_in() {
    let handlebars = template("{\"v\": {{json v}}, \"list\": {{json list}}, {{json v}}: 1, \"map\": {{json map}}}\n");
    let dollar = Template::dollar("t", "{\"a\\\\\\\"\": \"$v\", \"b\": \"x${v}\\\\$v\"}", DollarForm::Json).unwrap();
    check(wicked(), |text| {
        prop_assume!(!["v", "list", "map"].contains(&text.as_str()));
        let given = all_of(&text);
        let read: Value = serde_json::from_str(&handlebars.render(&given).unwrap()).unwrap();
        let expected = json!({"v": text, "list": given["list"], &text: 1, "map": given["map"]});
        prop_assert!(read == expected, "{}", read);
        let read: Value = serde_json::from_str(&dollar.render(&given).unwrap()).unwrap();
        let expected = json!({"a\\\"": text, "b": format!("x{text}\\{text}")});
        prop_assert!(read == expected, "{}", read);
        Ok(())
    });
}

#[test]
fn a_block_holds_every_line_or_refuses() {
    let block = template(
        "{{#if (default none true)}}\nblock: |\n{{indent 4 v}}\n{{/if}}\nnested:\n  - c: |-\n{{indent 6 v}}\nlast: 1\n",
    );
    check(wicked(), |text| {
        let Ok(rendered) = block.render(&all_of(&text)) else { return Ok(()) };
        let read: Value = yaml_serde::from_str(&rendered).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let lines = text.strip_suffix('\n').unwrap_or(&text);
        let ended = if lines.is_empty() { String::new() } else { format!("{lines}\n") };
        prop_assert!(
            read == json!({"block": ended, "nested": [{"c": lines}], "last": 1}),
            "{:?} reads as {}",
            text,
            read
        );
        Ok(())
    });
}

const SCRIPT: &str = "\
set -eu
cd \"$1\"
printf %s {{shell v}} > word
x={{shell v}}; printf %s \"$x\" > variable
f() { printf '%s|' \"$@\"; }
f {{shell list}} > list
if [ x{{shell v}} = \"x$x\" ]; then printf %s a{{shell v}}b > joined; fi
case {{shell v}} in \"$x\") printf %s \"$(printf %s {{base64 v}} | base64 -d; printf .)\" > decoded ;; esac
printf %s {{gzip_base64 v}} | base64 -d | gzip -d > unpacked
f {{shell v}} end > last # {{base64 v}}
";

#[test]
fn shells_run_with_what_was_put_in() {
    let script = template(SCRIPT);
    let shells: Vec<&[&str]> = [&["dash"][..], &["bash"], &["bash", "--posix"], &["busybox", "sh"]]
        .into_iter()
        .filter(|shell| {
            let there = Command::new(shell[0]).args(&shell[1..]).args(["-c", ":"]).stderr(Stdio::null()).status();
            there.is_ok_and(|status| status.success()) || {
                skip(&format!("{} is not here", shell[0]));
                false
            }
        })
        .collect();
    assert!(!shells.is_empty(), "there is no shell at all");
    check((wicked(), select(shells)), |(text, shell)| {
        if text.contains('\0') {
            let error = script.render(&all_of(&text)).unwrap_err().to_string();
            prop_assert!(error.contains("NUL"), "{}", error);
            return Ok(());
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("script");
        let into = directory.path().join("into");
        std::fs::create_dir(&into).unwrap();
        std::fs::write(&path, script.render(&all_of(&text)).unwrap()).unwrap();
        for check in [true, false] {
            let mut command = Command::new(shell[0]);
            command.args(&shell[1..]).args(check.then_some("-n")).arg(&path).arg(&into);
            let output = command.stdin(Stdio::null()).output().unwrap();
            prop_assert!(output.status.success(), "{:?}: {}", shell, String::from_utf8_lossy(&output.stderr));
        }
        holds(&into, "word", &text)?;
        holds(&into, "variable", &text)?;
        holds(&into, "list", &format!("{text}||{text}|"))?;
        holds(&into, "joined", &format!("a{text}b"))?;
        holds(&into, "decoded", &format!("{text}."))?;
        holds(&into, "unpacked", &text)?;
        holds(&into, "last", &format!("{text}|end|"))?;
        prop_assert_eq!(std::fs::read_dir(&into).unwrap().count(), 7, "a value made a file");
        Ok(())
    });
}

#[test]
fn the_same_values_give_the_same_bytes() {
    let template = template("{{gzip_base64 v}} {{json map}} {{> partials/write-file path=v content=v}}");
    check(wicked(), |text| {
        let once = template.render(&all_of(&text)).unwrap();
        prop_assert!(once == template.render(&all_of(&text)).unwrap());
        Ok(())
    });
}

fn holds(directory: &Path, file: &str, expected: &str) -> Result<(), TestCaseError> {
    let held = std::fs::read(directory.join(file)).unwrap();
    prop_assert!(held == expected.as_bytes(), "{} holds {:?}", file, String::from_utf8_lossy(&held));
    Ok(())
}

/// What a program writes when it is given `input`.
fn fed(program: &str, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it was there before");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
