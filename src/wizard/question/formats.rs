//! Formats of names, ids and addresses.

use crate::diagnostics::{Diagnostic, shown};

/// Quotes a text for display: control characters are escaped, and very long texts are cut.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", shown(text))
}

/// Whether this is an id such as `ami-0abc1234`: a prefix, and at least eight hexadecimal digits.
pub(super) fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|digits| (8..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether this is a name of one word: no white space, no control characters, at most `longest` long.
pub(super) fn is_word(text: &str, longest: usize) -> bool {
    text.len() <= longest && text.chars().all(|c| c.is_ascii_graphic()) && !text.starts_with('-')
}

/// Whether this is a name that may contain spaces: of a key pair or a security group (EC2 API reference: up to 255
/// ASCII characters).
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= 255 && text.chars().all(|c| c.is_ascii_graphic() || c == ' ') && !text.starts_with('-')
}

/// Checks the name of a bucket, a slash, and a key (S3 user guide, "Bucket naming rules" and "Object key names").
pub(super) fn check_s3(text: &str) -> Result<(), Diagnostic> {
    let wrong = |why: &str| Err(Diagnostic::error(format!("{} {why}", quoted(text))).hint("write s3://BUCKET/KEY"));
    let Some((bucket, key)) = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) else {
        return wrong("names no object in a bucket");
    };
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_letter) {
        return wrong("names a bucket that there cannot be");
    }
    if key.is_empty() || key.ends_with('/') || key.len() > 1024 || key.chars().any(|c| !c.is_ascii_graphic()) {
        return wrong("names no object in its bucket");
    }
    Ok(())
}

/// Whether this is the name of a parameter of AWS Systems Manager (API reference, PutParameter).
pub(super) fn is_parameter(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    (1..=1011).contains(&name.len()) && name.chars().all(is_letter) && !name.ends_with('/')
}

/// Checks an address: it has one of these schemes, a host, and no credentials.
pub(super) fn check_url(text: &str, schemes: &[&str]) -> Result<(), Diagnostic> {
    let wrong = |why: &str| Err(Diagnostic::error(format!("{} {why}", quoted(&without_credentials(text)))));
    let Some((scheme, rest)) = text.split_once("://") else {
        return wrong("is no address").map_err(|wrong| wrong.hint(format!("did you mean https://{text}?")));
    };
    if !schemes.contains(&scheme) {
        return wrong("is no address that is used here").map_err(|wrong| {
            let schemes: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://")).collect();
            wrong.hint(format!("write an address that begins with {}", schemes.join(" or ")))
        });
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || !c.is_ascii()) {
        return wrong("has white space or other characters that no address has");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return wrong("has credentials in it, which would be written into files");
    }
    if authority.is_empty() || authority.starts_with(':') {
        return wrong("names no host");
    }
    Ok(())
}

/// Returns the address without the part before an `@`, which may be a password.
fn without_credentials(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((_, host)) => format!("{scheme}://…@{host}"),
            None => text.to_owned(),
        },
        None => text.to_owned(),
    }
}
