//! Converts text from any origin to the value of an answer, with one function per question.

use std::ops::RangeInclusive;

use super::formats::{check_s3, check_url, is_id, is_name, is_parameter, is_word, quoted};
use super::value::AnswerValue;
use super::{CloudKind, NEW_GROUP, OWN_PROGRAM, Question};
use crate::diagnostics::{Diagnostic, did_you_mean_word};
use crate::plan::{Bucket, Lease, LeaseError, NAME_RULE, is_valid_name};
use crate::wizard::draft::DraftEnvironment;
use crate::wizard::os::{Called, Os, SYSTEMS};

/// The most workers, by the capacity of one HTCondor master and one cloud account; a larger number is taken for a
/// typing error.
const MOST_WORKERS: u32 = 10_000;

/// The most concurrent jobs of a worker: four for each processor of the largest machines.
const MOST_JOBS: u32 = 1024;

/// The longest time to keep an idle worker, in seconds: a month.
const LONGEST_IDLE: u32 = 31 * 24 * 3600;

/// The hint for the place of a password.
const KEPT_PASSWORD: &str = "write s3://BUCKET/KEY, or ssm:NAME for a parameter of Systems Manager";

/// Parses a text as the answer to a question.
///
/// # Errors
/// The error, with a hint.
pub(in crate::wizard) fn check(
    question: Question,
    text: &str,
    here: &DraftEnvironment,
) -> Result<AnswerValue, Diagnostic> {
    let text = text.trim();
    if question.is_none(text) {
        return Ok(AnswerValue::Nothing);
    }
    if text.is_empty() {
        return Err(Diagnostic::error("an answer is needed"));
    }
    let fits = |fits: bool, what: &str, hint: &str| match fits {
        true => Ok(AnswerValue::Text(text.to_owned())),
        false => Err(Diagnostic::error(format!("{} is {what}", quoted(text))).hint(hint)),
    };
    match question {
        Question::Cloud => word(text, &CloudKind::WORDS, "cloud"),
        Question::Scaler => word(text, question.choices(), "scaler"),
        Question::Os => read_os(text).map(|os| AnswerValue::Text(os.word.to_owned())),
        Question::Region => {
            fits(is_word(text, 64), "not the name of a region", "regions are called like us-east-1 or eu-central-1")
        }
        Question::Endpoint => check_url(text, &["https", "http"]).map(|()| AnswerValue::Text(text.to_owned())),
        Question::Image => fits(
            is_id(text, "ami-") || text.strip_prefix("resolve:ssm:").is_some_and(is_parameter),
            "not the id of an image",
            "an id such as ami-0123456789abcdef0, or resolve:ssm:NAME; `hoist image list` shows images",
        ),
        Question::WorkerType | Question::MasterType => {
            fits(is_word(text, 128), "not the name of an instance type", "types are called like t3.small")
        }
        Question::MinWorkers => number(text, 0..=MOST_WORKERS),
        Question::MaxWorkers => number(text, 1..=MOST_WORKERS),
        Question::JobsPerWorker => number(text, 1..=MOST_JOBS),
        Question::IdleSeconds => number(text, 1..=LONGEST_IDLE),
        Question::KeyName => key_name(text),
        Question::KeyFile | Question::PasswordFile => path(text, here),
        Question::Subnet => {
            fits(is_id(text, "subnet-"), "not the id of a subnet", "an id such as subnet-0123456789abcdef0")
        }
        Question::MasterGroup | Question::WorkerGroup => fits(
            is_name(text),
            "not the name of a security group",
            &format!("its id (sg-…), its name, or {NEW_GROUP} to have one made"),
        ),
        Question::Pool => fits(is_valid_name(text), "not the name of a pool", NAME_RULE),
        Question::MasterProfile | Question::WorkerProfile => {
            // Source: IAM API reference, InstanceProfileName. Or its ARN.
            let is_letter = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
            let is_arn = text.starts_with("arn:") && text.contains(":instance-profile/") && is_word(text, 2048);
            let is_name = text.len() <= 128 && text.chars().all(is_letter);
            fits(is_arn || is_name, "not the name of an instance profile", "its name, or its ARN")
        }
        Question::PasswordFrom => match text.strip_prefix("ssm:") {
            Some(name) => fits(is_parameter(name), "not the name of a parameter", "ssm:/NAME, such as ssm:/hoist/pool"),
            None => check_s3(text)
                .map(|()| AnswerValue::Text(text.to_owned()))
                .map_err(|wrong| Diagnostic { hints: vec![KEPT_PASSWORD.to_owned()], ..wrong }),
        },
        Question::Docker => flag(text),
        Question::BinarySource => source(text),
        Question::BinaryBucket => match text.parse::<Bucket>() {
            Ok(bucket) => Ok(AnswerValue::Text(bucket.to_string())),
            Err(error) => Err(Diagnostic::error(format!("{}: {error}", quoted(text))).hint("write s3://BUCKET/PREFIX")),
        },
        Question::BinarySha256 => {
            let is_digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            fits(is_digest, "not a SHA-256: it has 64 hexadecimal digits", "`sha256sum hoist` tells it")
                .map(|_| AnswerValue::Text(text.to_ascii_lowercase()))
        }
        Question::Lease => {
            let unfit = |error: LeaseError| Diagnostic::error(error.to_string());
            let lease: Lease = text.parse().map_err(unfit)?;
            lease.check(here.now).map_err(unfit)?;
            Ok(AnswerValue::Text(text.to_owned()))
        }
    }
}

fn word(text: &str, words: &[&str], what: &str) -> Result<AnswerValue, Diagnostic> {
    let lower = text.to_ascii_lowercase();
    if words.contains(&lower.as_str()) {
        return Ok(AnswerValue::Text(lower));
    }
    let wrong = Diagnostic::error(format!("there is no {what} {}; there are {}", quoted(text), words.join(", ")));
    Err(wrong.hints(did_you_mean_word(&lower, words.iter().copied())))
}

/// Parses the name of an operating system.
///
/// # Errors
/// The name is unknown, or that of an unsupported system; then with a replacement.
pub fn read_os(text: &str) -> Result<Os, Diagnostic> {
    let words = SYSTEMS.map(|os| os.word);
    let unknown =
        || Diagnostic::error(format!("{} is no system that hoist knows; those are {}", quoted(text), words.join(", ")));
    match Called::of(text) {
        Called::Known(os) => Ok(os),
        Called::Retired(retired) => {
            Err(Diagnostic::error(format!("{}: {retired}", quoted(text))).hint(retired.instead))
        }
        Called::Family(newest) => Err(unknown().hint(format!("did you mean {}?", newest.word))),
        Called::Nothing => Err(unknown().hints(did_you_mean_word(text, words))),
    }
}

fn number(text: &str, limits: RangeInclusive<u32>) -> Result<AnswerValue, Diagnostic> {
    let (least, most) = (limits.start(), limits.end());
    let wrong = |what: &str| {
        Diagnostic::error(format!("{} is {what}", quoted(text))).hint(format!("write a number from {least} to {most}"))
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("not a number"));
    }
    match text.parse::<u32>() {
        Ok(number) if limits.contains(&number) => Ok(AnswerValue::Number(number)),
        Ok(number) if number < *least => Err(wrong("too small")),
        Err(_) if text.starts_with('-') => Err(wrong("too small")),
        _ => Err(wrong("too large")),
    }
}

fn flag(text: &str) -> Result<AnswerValue, Diagnostic> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" => Ok(AnswerValue::Flag(true)),
        "false" | "no" | "n" => Ok(AnswerValue::Flag(false)),
        _ => Err(Diagnostic::error(format!("{} is neither yes nor no", quoted(text))).hint("write true or false")),
    }
}

fn key_name(text: &str) -> Result<AnswerValue, Diagnostic> {
    if let Some(name) = text.strip_suffix(".pem") {
        let name = name.rsplit('/').next().unwrap_or(name);
        return Err(Diagnostic::error(format!(
            "{} is the name of a file: key pairs are named without .pem",
            quoted(text)
        ))
        .hint(format!("write {name}")));
    }
    if is_name(text) {
        return Ok(AnswerValue::Text(text.to_owned()));
    }
    Err(Diagnostic::error(format!("{} is not the name of a key pair", quoted(text)))
        .hint("the name that the cloud shows"))
}

/// Returns a path that is absolute or relative to the user's home, so that its meaning does not depend on the
/// directory.
fn path(text: &str, here: &DraftEnvironment) -> Result<AnswerValue, Diagnostic> {
    if text.contains(char::is_control) {
        return Err(Diagnostic::error(format!("{} is not the name of a file", quoted(text))));
    }
    if text.ends_with('/') || matches!(text, "~" | "." | "..") {
        return Err(Diagnostic::error(format!("{} is a directory; a file is needed", quoted(text))));
    }
    if text.starts_with("~/") {
        return Ok(AnswerValue::Text(text.to_owned()));
    }
    // Lossless: a path made of text stays text.
    Ok(AnswerValue::Text(here.directory.join(text).to_string_lossy().into_owned()))
}

/// Parses the address from which a program is fetched.
fn source(text: &str) -> Result<AnswerValue, Diagnostic> {
    if text.eq_ignore_ascii_case(OWN_PROGRAM) {
        return Ok(AnswerValue::Text(OWN_PROGRAM.to_owned()));
    }
    if text.starts_with("s3://") {
        return check_s3(text).map(|()| AnswerValue::Text(text.to_owned()));
    }
    if text.starts_with("http://") {
        let wrong = "is fetched without encryption, so that anyone on the way can put another program in its place";
        return Err(Diagnostic::error(format!("{} {wrong}", quoted(text)))
            .hint("an address that begins with https:// or s3://"));
    }
    check_url(text, &["https", "s3"])?;
    let lower = text.to_ascii_lowercase();
    if ["x-amz-signature=", "x-amz-security-token=", "signature="].iter().any(|part| lower.contains(part)) {
        let message = "the address is signed: it ends soon, and whoever reads it in the user data may use it";
        return Err(Diagnostic::error(message)
            .hint("name the object itself, s3://BUCKET/KEY, and let the master's role read it"));
    }
    Ok(AnswerValue::Text(text.to_owned()))
}
