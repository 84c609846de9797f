//! The message and hint for each class of error.

use super::call_error::CallError;
use super::error_class_of::ErrorClass;
use super::error_context::ErrorContext;
use crate::provider::CloudErrorKind;

/// Parts of a message to a person: the error's kind, the text in hoist's words, and a hint.
pub(super) struct ErrorText {
    pub(super) kind: CloudErrorKind,
    pub(super) what: String,
    pub(super) hint: Option<String>,
}

/// Start of the message about a missing permission.
pub(in crate::cloud) const NOT_ALLOWED: &str = "the credentials do not allow";

/// Tolerated clock difference in seconds: AWS accepts requests signed within five minutes of its own time.
const CLOCK_TOLERANCE_SECONDS: i64 = 240;

/// Returns the message and hint for a problem of this class.
pub(super) fn word(class: ErrorClass, problem: &CallError, scene: &ErrorContext) -> ErrorText {
    let (who, here) = (scene.who(), scene.here());
    let told = told(problem);
    let refused = |what: String, hint: &str| ErrorText {
        kind: CloudErrorKind::Rejected,
        what,
        hint: (!hint.is_empty()).then(|| hint.to_owned()),
    };
    let with = |kind, word: ErrorText| ErrorText { kind, ..word };
    let denied = |what: String, hint: &str| with(CloudErrorKind::Denied, refused(what, hint));
    match class {
        ErrorClass::Throttled => with(
            CloudErrorKind::Transient,
            refused(
                format!("{who} limits how often this account may call {}{told}", problem.operation),
                "others may be using the account; hoist slows down by itself; try again later",
            ),
        ),
        ErrorClass::Busy => with(
            CloudErrorKind::Transient,
            refused(
                format!("{who} has trouble of its own{told}"),
                "see https://health.aws.amazon.com, and try again later",
            ),
        ),
        ErrorClass::WrongCredentials | ErrorClass::Clock if clock_is_off(class, scene) => denied(
            format!("{who} refuses the request because of its time: {}{told}", scene.clock()),
            "set the clock (timedatectl set-ntp true, or chronyc makestep) and try again",
        ),
        ErrorClass::Clock => denied(
            format!("{who} says that the request has expired{told}"),
            // The code also stands for expired temporary credentials.
            &format!(
                "temporary credentials may be over: renew them ({}); else check this machine's clock (timedatectl)",
                scene.login()
            ),
        ),
        ErrorClass::WrongCredentials => denied(
            format!("{who} does not accept the credentials {}{told}", scene.credentials()),
            "check the access key and its secret (aws sts get-caller-identity; hoist doctor), whether the key is still \
             active, and whether the account has the region enabled",
        ),
        ErrorClass::ExpiredCredentials => denied(
            format!("the credentials {} have expired{told}", scene.credentials()),
            &format!("renew them: {}, or get a new session token", scene.login()),
        ),
        ErrorClass::NotPermitted => denied(
            format!("{NOT_ALLOWED} {}{}", action(problem), resource(problem)),
            &format!("have the permission {} added to the policy of the user or role", action(problem)),
        ),
        ErrorClass::NotSubscribed => refused(
            format!("the account has to accept an offer first{told}"),
            "open the link in the message, or the image's page in the AWS Marketplace, and subscribe",
        ),
        ErrorClass::Blocked => denied(format!("{who} holds the account back{told}"), "ask AWS support for the account"),
        ErrorClass::UnknownImage => refused(
            format!("{who} has no such image {here}{told}"),
            "image ids differ by region: `hoist image list` shows what there is; \
             resolve:ssm:/aws/service/… always names the newest",
        ),
        ErrorClass::UnknownKey => refused(
            format!("{who} has no such key pair {here}{told}"),
            "key pairs differ by region: aws ec2 describe-key-pairs lists them, import-key-pair adds one",
        ),
        ErrorClass::UnknownGroup => refused(
            format!("{who} has no such security group {here}{told}"),
            "a group must be in the VPC of the subnet: aws ec2 describe-security-groups lists them",
        ),
        ErrorClass::UnknownSubnet => {
            refused(format!("{who} has no such subnet {here}{told}"), "aws ec2 describe-subnets lists them")
        }
        ErrorClass::UnknownProfile => refused(
            format!("there is no such instance profile{told}"),
            "a profile is not a role of the same name: aws iam list-instance-profiles lists them",
        ),
        ErrorClass::UnknownBucket => refused(
            format!("there is no such bucket{told}"),
            &format!("correct `bucket`, or make it: aws s3 mb s3://NAME --region {}", scene.region),
        ),
        ErrorClass::OtherRegion => refused(
            format!("the bucket is in another region, not {here}{told}"),
            &format!("name a bucket {here}, where the machines are that fetch from it"),
        ),
        ErrorClass::UnknownInstance => refused(format!("{who} knows no such instance {here}{told}"), ""),
        ErrorClass::UnknownOther => refused(format!("{who} knows nothing of this name {here}{told}"), ""),
        ErrorClass::Quota => with(
            CloudErrorKind::NoCapacity,
            refused(
                format!("a quota of the account is used up {here}{told}"),
                "have it raised at Service Quotas (aws service-quotas request-service-quota-increase), \
                 or use another instance type or market",
            ),
        ),
        ErrorClass::NoCapacity => with(
            CloudErrorKind::NoCapacity,
            refused(format!("no capacity{told}"), "try later, or allow other instance types, zones or markets"),
        ),
        ErrorClass::NoSpotRole => with(
            CloudErrorKind::NoCapacity,
            refused(
                format!("the account lacks the role that buys spot capacity{told}"),
                "somebody who may make roles makes it once: \
                 aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
            ),
        ),
        ErrorClass::TokenMismatch => refused(
            format!("the launch was made before with other parameters{told}"),
            "`hoist plan resume` finds what it launched; restore what was changed since, or `hoist plan repair`",
        ),
        ErrorClass::TokenGone => with(
            CloudErrorKind::TokenUsed,
            refused(format!("what this launch made is gone again{told}"), "`hoist plan repair` launches anew"),
        ),
        ErrorClass::Protected => refused(
            format!("it is protected against termination{told}"),
            "lift that with aws ec2 modify-instance-attribute --no-disable-api-termination --instance-id ID, \
             then terminate again",
        ),
        ErrorClass::Exists => refused(format!("it exists already{told}"), ""),
        ErrorClass::WrongState => {
            refused(format!("it is in another state than this needs{told}"), "try again in a while")
        }
        ErrorClass::BadValue => refused(format!("{who} does not take a value of the request{told}"), ""),
        ErrorClass::Unsupported => refused(format!("{who} cannot do this{told}"), scene.compatible_hint()),
        ErrorClass::WouldWork => refused(format!("it was only rehearsed{told}"), ""),
        ErrorClass::Unknown => refused(
            format!("{who} refused it{told}{}", request_id(problem)),
            "the code is in the EC2 API reference under \"Error codes\"",
        ),
    }
}

/// Returns AWS's message and code, without the encoded part.
fn told(problem: &CallError) -> String {
    let code = problem.code().unwrap_or_default();
    let message = readable(problem.fault.message());
    if message.is_empty() { format!(" ({code})") } else { format!(": {message} ({code})") }
}

/// Returns AWS's message on one line, without its encoded part, which is long and unreadable for people.
fn readable(message: &str) -> String {
    let encoded = ["Encoded authorization failure message", "encoded authorization failure message"];
    let cut = encoded.iter().filter_map(|words| message.find(words)).min().unwrap_or(message.len());
    let line = message[..cut].split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches(['.', ' ']);
    /// In characters; longer messages repeat the request.
    const LONGEST: usize = 600;
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

/// Returns the denied action as policies write it.
fn action(problem: &CallError) -> String {
    let message = problem.fault.message();
    let named = ["is not authorized to perform: ", "not authorized to perform: "]
        .iter()
        .find_map(|words| Some(&message[message.find(words)? + words.len()..]))
        .and_then(|rest| rest.split([' ', ',', '\n']).next())
        .map(|action| action.trim_end_matches('.'))
        .filter(|action| action.contains(':'));
    // Some permissions have other names than their operations (Service Authorization Reference, Amazon S3).
    let operation = match problem.operation {
        "ListObjectsV2" | "HeadBucket" => "ListBucket",
        "HeadObject" => "GetObject",
        "DeleteObjects" => "DeleteObject",
        "GetPublicAccessBlock" => "GetBucketPublicAccessBlock",
        "GetBucketEncryption" => "GetEncryptionConfiguration",
        "GetBucketLifecycleConfiguration" => "GetLifecycleConfiguration",
        other => other,
    };
    named.map_or_else(|| format!("{}:{operation}", problem.service), str::to_owned)
}

/// Returns the resource of the denied action, where AWS names it.
fn resource(problem: &CallError) -> String {
    let message = problem.fault.message();
    let named = message.find(" on resource: ").map(|at| &message[at + " on resource: ".len()..]);
    match named.and_then(|rest| rest.split([' ', '\n']).next()).filter(|arn| arn.starts_with("arn:")) {
        Some(arn) => format!(" on {arn}"),
        None => String::new(),
    }
}

pub(super) fn request_id(problem: &CallError) -> String {
    problem.request_id.as_ref().map(|id| format!("; request {id}")).unwrap_or_default()
}

/// EC2 reports a wrong clock as wrong credentials.
fn clock_is_off(class: ErrorClass, scene: &ErrorContext) -> bool {
    let far = scene.skew.is_some_and(|skew| skew.as_secs().abs() > CLOCK_TOLERANCE_SECONDS);
    far && matches!(class, ErrorClass::Clock | ErrorClass::WrongCredentials)
}
