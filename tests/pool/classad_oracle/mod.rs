//! Expressions evaluated by hoist and by HTCondor's own library, which must agree in kind and exact value.
//!
//! `HOIST_CLASSAD_COUNT` says how many expressions (100,000), half of them like those that people write, and
//! `HOIST_CLASSAD_SEED` which.

mod ads;
mod choice;
mod generator;
mod requirements;
mod words;

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use hoist::classad::{ClassAd, Scope, Value, evaluate, parse_expression};
use hoist_test_support::debian::debian;
use hoist_test_support::skip::skip;
use serde_json::{Value as Json, json};

use generator::{Question, questions};

const ORACLE: &str = include_str!("oracle.py");

#[test]
fn expressions_have_the_values_that_htcondor_gives_them() {
    match debian() {
        Ok(root) => {
            let report = compare(root);
            writeln!(std::io::stderr(), "{}", report.summary()).unwrap();
            report.verify();
        }
        Err(why) => skip(why),
    }
}

/// What hoist says of an expression.
enum Answer {
    /// A kind, HTCondor's text of the value, and the bits of a real.
    Known(&'static str, String, Option<u64>),
    /// A value that hoist says it cannot know, and why.
    Unknown(String),
}

/// What came out of a comparison.
#[derive(Default)]
struct Report {
    /// HTCondor's version.
    version: String,
    /// Expressions that were compared.
    compared: usize,
    /// Expressions like those that people write, and how many of them hoist did not know.
    realistic: (usize, usize),
    /// Other expressions, and how many of them hoist did not know.
    random: (usize, usize),
    /// Expressions that are left out, by the rule that says why.
    excluded: BTreeMap<&'static str, usize>,
    /// How many expressions had each kind of value.
    kinds: BTreeMap<String, usize>,
    /// Expressions with different values.
    mismatches: Vec<String>,
    /// Some of the reasons for what hoist did not know.
    unknown: BTreeMap<String, usize>,
}

/// A number of seconds as HTCondor takes it from a span of time: 32 bits, the lowest number if it does not fit.
fn whole(seconds: f64) -> f64 {
    if seconds.abs() < 2_147_483_648.0 { seconds.trunc() } else { -2_147_483_648.0 }
}

impl Report {
    /// Says in a line what was compared with which version of HTCondor.
    fn summary(&self) -> String {
        let Self { version, compared, realistic, random, excluded, mismatches, .. } = self;
        format!(
            "HTCondor {version}: {compared} expressions compared, {} different, unknown {} of {} realistic and {} of \
            {} random, left out {excluded:?}",
            mismatches.len(),
            realistic.1,
            realistic.0,
            random.1,
            random.0,
        )
    }

    /// Requires that no value is different, that hoist knows 98 in 100 of the expressions that people write, and that
    /// few expressions are left out.
    fn verify(&self) {
        let shown: Vec<_> = self.mismatches.iter().take(20).map(String::as_str).collect();
        assert!(shown.is_empty(), "{}\n{}", self.summary(), shown.join("\n"));
        assert!(self.realistic.1 * 100 < self.realistic.0 * 2, "{}\n{:?}", self.summary(), self.unknown);
        let excluded: usize = self.excluded.values().sum();
        assert!(excluded * 100 < self.compared, "{}", self.summary());
    }
}

fn hoist_says(question: &Question, ads: &BTreeMap<String, ClassAd>, now: i64) -> Answer {
    let Ok(expression) = parse_expression(&question.expression) else {
        return Answer::Known("parse", String::new(), None);
    };
    let scope = Scope::new(&ads[&question.my], Some(&ads[&question.target]), now).with_zone(0);
    let evaluation = evaluate(&expression, scope);
    if let Some(unknown) = evaluation.unknown {
        return Answer::Unknown(unknown.to_string());
    }
    // HTCondor's bindings drop the fraction of a span of time.
    let value = match evaluation.value {
        Value::RelTime(seconds) => Value::RelTime(whole(seconds)),
        value => value,
    };
    let bits = if let Value::Real(value) = value { Some(value.to_bits()) } else { None };
    Answer::Known(value.kind(), value.to_string(), bits)
}

/// Asks HTCondor's library in a directory that holds a Debian with it.
fn htcondor_says(root: &Path, ads: &BTreeMap<String, String>, questions: &[Question]) -> (String, Vec<Json>) {
    let mut input = String::new();
    for (name, text) in ads {
        input.push_str(&json!({"ad": name, "text": text}).to_string());
        input.push('\n');
    }
    for Question { expression, my, target, .. } in questions {
        input.push_str(&json!({"expr": expression, "my": my, "target": target}).to_string());
        input.push('\n');
    }
    let mut child = Command::new("chroot")
        .arg(root)
        .args(["python3", "-c", ORACLE])
        .env("TZ", "UTC")
        .env("PYTHONIOENCODING", "utf-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("chroot starts");
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().map(|line| serde_json::from_str::<Json>(&line.unwrap()).unwrap());
    let version = next().expect("HTCondor's bindings for Python say their version");
    let answers: Vec<Json> = std::iter::from_fn(next).collect();
    writer.join().unwrap().unwrap();
    assert!(child.wait().unwrap().success());
    (version["version"].as_str().unwrap().to_owned(), answers)
}

/// The rule by which two different values of an expression are no fault of hoist's, if any.
fn exclusion(expression: &str, theirs: &str, ours: &str) -> Option<&'static str> {
    let lower = expression.to_ascii_lowercase();
    let contains = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    match (theirs, ours) {
        ("crash", _) => Some("HTCondor's library crashes"),
        ("garbage", "parse") => Some("HTCondor ignores what follows a condition"),
        // Its parser takes "condition ? middle : no" for "condition ?: no" if it cannot read the middle.
        (_, "parse") if theirs != "parse" && contains(&["?"]) => {
            Some("HTCondor reads a condition whose middle it cannot read")
        }
        // Version 23 evaluates a default that it does not need, and the value before it twice. 24 does not.
        ("failed", _) if contains(&["?:"]) => Some("HTCondor 23 evaluates a default that it does not need"),
        // The second time in another ad, as these functions go on in the one where they looked a name up.
        _ if contains(&["?:"]) && contains(&["unresolved(", "evalineachcontext(", "countmatches("]) => {
            Some("HTCondor 23 evaluates the value before a default twice")
        }
        // What it needs a time zone for stays as it was written.
        ("list" | "ad" | "string", _) if contains(&["abstime(\""]) => {
            Some("a constant time without a zone is printed as it was written")
        }
        _ if contains(&["split", "context(", "argstolist("]) && contains(&[")."]) => {
            Some("HTCondor reads a list that it has freed")
        }
        ("string" | "bytes" | "list" | "integer", _) if !expression.is_ascii() => Some("the value is no UTF-8"),
        _ => None,
    }
}

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Compares generated expressions, with HTCondor's library in a directory that holds a Debian with it.
fn compare(root: &Path) -> Report {
    let count = setting("HOIST_CLASSAD_COUNT", 100_000);
    let seed = setting("HOIST_CLASSAD_SEED", 20_260_101);
    let texts = ads::ads();
    let parsed = texts.iter().map(|(name, text)| (name.clone(), ClassAd::from_new_text(text).unwrap()));
    let parsed: BTreeMap<String, ClassAd> = parsed.collect();
    let questions = questions(seed, count);
    let (version, answers) = htcondor_says(root, &texts, &questions);
    assert_eq!(answers.len(), questions.len());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap();
    let mut report = Report { version, ..Report::default() };
    for (question, theirs) in questions.iter().zip(answers) {
        let ours = hoist_says(question, &parsed, now);
        let half = if question.realistic { &mut report.realistic } else { &mut report.random };
        half.0 += 1;
        let (kind, text, bits) = match ours {
            Answer::Known(kind, text, bits) => (kind, text, bits),
            Answer::Unknown(why) => {
                half.1 += 1;
                *report.unknown.entry(why).or_default() += 1;
                continue;
            }
        };
        let their_kind = theirs["kind"].as_str().unwrap();
        let their_text = theirs["text"].as_str().unwrap();
        let their_bits = theirs["bits"].as_str().map(|bits| u64::from_str_radix(bits, 16).unwrap());
        let is_nan = |bits: Option<u64>| bits.is_some_and(|bits| f64::from_bits(bits).is_nan());
        let same_text = text == their_text || matches!(kind, "error" | "parse");
        let same_bits = bits == their_bits || (is_nan(bits) && is_nan(their_bits));
        // HTCondor gives up where hoist says that the value is an error.
        let same_kind = kind == their_kind || (kind == "error" && their_kind == "failed");
        if !same_kind || !same_text || !same_bits {
            let Question { expression, my, target, .. } = question;
            if let Some(rule) = exclusion(expression, their_kind, kind) {
                *report.excluded.entry(rule).or_default() += 1;
                continue;
            }
            report.mismatches.push(format!(
                "{expression}\n    MY = {my}, TARGET = {target}\n    HTCondor: {their_kind} {their_text}\n    \
                hoist:    {kind} {text}"
            ));
        }
        report.compared += 1;
        *report.kinds.entry(their_kind.to_owned()).or_default() += 1;
    }
    report
}
