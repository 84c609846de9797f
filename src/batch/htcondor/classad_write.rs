//! Writes ClassAds as text, in both of HTCondor's notations.
//!
//! The old notation (`condor_status -long`, `condor_advertise`) has a value per line and an empty line after each ad;
//! in its strings only the quote is escaped, and a backslash is literal (HTCondor's manual, "ClassAd Syntax", "Old
//! ClassAds in the HTCondor System"). The new one is `[ a = 1; b = "x" ]`, with the escapes of C.

use std::fmt::Write as _;

use super::classad::{ClassAd, ClassAdValue};

/// Returns the ads in the old notation, as `condor_status -ads`, `condor_advertise -multiple` and hoist's own reader
/// accept them.
///
/// The old notation cannot represent control characters such as line ends: they become spaces, so that a value cannot
/// inject another one.
pub fn old_ads(ads: &[ClassAd]) -> String {
    let mut text = String::new();
    for ad in ads {
        for (name, value) in ad.iter() {
            text.push_str(name);
            text.push_str(" = ");
            match value {
                ClassAdValue::Text(value) => write_old_text(value, false, &mut text),
                value => write(value, ClassAdSyntax::Old, &mut text),
            }
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

/// Returns the ads in the new notation, as a list.
pub fn new_ads(ads: &[ClassAd]) -> String {
    let mut text = "{\n".to_owned();
    for (index, ad) in ads.iter().enumerate() {
        text.push_str(if index > 0 { ",\n" } else { "" });
        write_ad(ad, ClassAdSyntax::New, &mut text);
    }
    text.push_str("\n}\n");
    text
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ClassAdSyntax {
    Old,
    New,
}

fn write(value: &ClassAdValue, notation: ClassAdSyntax, out: &mut String) {
    match value {
        ClassAdValue::Undefined => out.push_str("undefined"),
        ClassAdValue::Error => out.push_str("error"),
        ClassAdValue::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        // Writing to a string cannot fail.
        ClassAdValue::Int(number) => drop(write!(out, "{number}")),
        ClassAdValue::Real(number) if number.is_nan() => out.push_str("real(\"NaN\")"),
        ClassAdValue::Real(number) if number.is_infinite() => {
            out.push_str(if *number > 0.0 { "real(\"INF\")" } else { "real(\"-INF\")" });
        }
        ClassAdValue::Real(number) => drop(write!(out, "{number:?}")),
        ClassAdValue::Text(text) if notation == ClassAdSyntax::Old => write_old_text(text, true, out),
        ClassAdValue::Text(text) => write_new_text(text, out),
        ClassAdValue::List(values) => {
            out.push_str("{ ");
            for (index, value) in values.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(value, notation, out);
            }
            out.push_str(" }");
        }
        ClassAdValue::Ad(ad) => write_ad(ad, notation, out),
        ClassAdValue::Expression(text) => out.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c })),
    }
}

fn write_ad(ad: &ClassAd, notation: ClassAdSyntax, out: &mut String) {
    out.push_str("[ ");
    for (name, value) in ad.iter() {
        out.push_str(name);
        out.push_str(" = ");
        write(value, notation, out);
        out.push_str("; ");
    }
    out.push(']');
}

/// Writes a string in the old notation. A backslash before the closing quote would escape it, except at the end of the
/// line; within a list or an ad a space is added after it.
fn write_old_text(text: &str, nested: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    if nested && text.ends_with('\\') {
        out.push(' ');
    }
    out.push('"');
}

fn write_new_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            // HTCondor's strings cannot contain it.
            '\0' => out.push(' '),
            c if c.is_ascii_control() => drop(write!(out, "\\{:03o}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
