//! Labels, by which instances are found, and metadata, which hold their tags as they are.

use std::collections::{BTreeMap, HashMap};

use super::names::digest;
use crate::annex::TAG_ANNEX;
use crate::provider::{TAG_EXPIRES, TAG_FLEET, TAG_INTENT, TAG_OWNER, TAG_POOL, TAG_RUN, TAG_STATE};

/// The key of the metadata with all tags, as a JSON object.
pub(super) const TAGS_KEY: &str = "hoist-tags";

/// The key of the metadata with the end of the lease.
pub(super) const EXPIRES_KEY: &str = "hoist-expires-at";

/// The tags that instances are found by, and those that bills are split by.
const LABELLED: [&str; 7] = [TAG_RUN, TAG_INTENT, TAG_OWNER, TAG_STATE, TAG_FLEET, TAG_POOL, TAG_ANNEX];

/// The most characters of a label's value ("Requirements for labels").
const LONGEST: usize = 63;

/// The hash of a value that does not fit, in hexadecimal digits.
const HASH: usize = 16;

/// Returns the name of the label of one of hoist's tags: `hoist-run`.
pub(super) fn label_of(tag: &str) -> String {
    tag.replace(':', "-")
}

/// Returns the value of a label: the text itself where Google takes it, else what is readable of it and a hash, so that
/// different texts stay different.
pub(super) fn label_value(text: &str) -> String {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if text.len() <= LONGEST && text.chars().all(fits) {
        return text.to_owned();
    }
    let lower = text.chars().map(|c| c.to_ascii_lowercase()).map(|c| if fits(c) { c } else { '-' });
    let readable: String = lower.take(LONGEST - HASH - 1).collect();
    format!("{readable}-{}", &digest(&[text])[..HASH])
}

/// Returns the labels of what has these tags.
pub(super) fn labels(tags: &BTreeMap<String, String>) -> HashMap<String, String> {
    let labelled = LABELLED.iter().filter_map(|tag| Some((label_of(tag), label_value(tags.get(*tag)?))));
    labelled.collect()
}

/// Returns the filter of lists for one value of a tag.
pub(super) fn filter(tag: &str, value: &str) -> String {
    format!("labels.{}=\"{}\"", label_of(tag), label_value(value))
}

/// Returns the filter of lists for everything of hoist's.
pub(super) fn filter_all() -> String {
    format!("labels.{}:*", label_of(TAG_INTENT))
}

/// Returns the metadata of what has these tags.
pub(super) fn metadata(tags: &BTreeMap<String, String>) -> Vec<(String, String)> {
    // A map of texts is always JSON.
    let all = serde_json::to_string(tags).unwrap_or_default();
    let end = tags.get(TAG_EXPIRES).map(|end| (EXPIRES_KEY.to_owned(), end.clone()));
    std::iter::once((TAGS_KEY.to_owned(), all)).chain(end).collect()
}

/// Returns the description of a disk that was made for what has these tags: those by which it is judged.
pub(super) fn disk_description(tags: &BTreeMap<String, String>) -> String {
    let judged = |tag: &str| LABELLED.contains(&tag) || tag == TAG_EXPIRES;
    let kept: BTreeMap<&String, &String> = tags.iter().filter(|(tag, _)| judged(tag)).collect();
    // A map of texts is always JSON.
    serde_json::to_string(&kept).unwrap_or_default()
}

/// Returns the tags in a text of JSON, else those that the labels tell.
pub(super) fn told(text: &str, labels: &HashMap<String, String>) -> BTreeMap<String, String> {
    serde_json::from_str(text).unwrap_or_else(|_| {
        let labelled = |tag: &&str| Some(((*tag).to_owned(), labels.get(&label_of(tag))?.clone()));
        LABELLED.iter().filter_map(labelled).collect()
    })
}

/// Returns the tags in metadata; without them those that the labels tell.
pub(super) fn tags(metadata: &HashMap<String, String>, labels: &HashMap<String, String>) -> BTreeMap<String, String> {
    let mut tags = told(metadata.get(TAGS_KEY).map_or("", String::as_str), labels);
    // It is moved when the lease is.
    tags.extend(metadata.get(EXPIRES_KEY).map(|end| (TAG_EXPIRES.to_owned(), end.clone())));
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_and_differ() {
        assert_eq!(label_value("web-1_x"), "web-1_x");
        let values = ["Web", "web", "WEB", "we b", &"x".repeat(70), &"x".repeat(71), "ü"].map(label_value);
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        assert!(values.iter().all(|value| value.len() <= 63 && value.chars().all(fits)), "{values:?}");
        let different: std::collections::BTreeSet<_> = values.iter().collect();
        assert_eq!(different.len(), values.len(), "{values:?}");
    }

    #[test]
    fn tags_come_back_as_they_were() {
        let given = BTreeMap::from([(TAG_RUN, "Run/1"), ("Own Key", "ü \"x\""), (TAG_EXPIRES, "2026-01-01T00:00:00Z")]);
        let given: BTreeMap<String, String> = given.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let stored: HashMap<String, String> = metadata(&given).into_iter().collect();
        assert_eq!(tags(&stored, &HashMap::new()), given);
        let moved = HashMap::from([(EXPIRES_KEY.to_owned(), "2026-02-02T00:00:00Z".to_owned())]);
        let labelled = tags(&moved, &HashMap::from([("hoist-run".to_owned(), "r".to_owned())]));
        assert_eq!(labelled[TAG_RUN], "r");
        assert_eq!(labelled[TAG_EXPIRES], "2026-02-02T00:00:00Z");
    }
}
