//! Ads as text that HTCondor's programs and our own reader take.

use super::display::{exact_text, old_text};
use super::expression::ClassAd;

/// Writes ads in the old notation, as `condor_status -ads` and `condor_advertise -multiple` take them: an attribute a
/// line, and an empty line after each ad.
///
/// In its texts only the quote is escaped, and a backslash is one (HTCondor's manual, "ClassAd Syntax", "Old ClassAds
/// in the HTCondor System"). It cannot hold control characters such as line ends: they become spaces, so that a value
/// cannot begin another attribute.
#[must_use]
pub fn old_ads(ads: &[ClassAd]) -> String {
    let mut text = String::new();
    for ad in ads {
        for (name, expression) in ad.iter() {
            text.push_str(name.as_str());
            text.push_str(" = ");
            text.push_str(&old_text(expression));
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

/// Writes ads in the new notation, as a list.
#[must_use]
pub fn new_ads(ads: &[ClassAd]) -> String {
    let ads: Vec<String> = ads.iter().map(exact_text).collect();
    format!("{{\n{}\n}}\n", ads.join(",\n"))
}

#[cfg(test)]
mod tests;
