//! Parser of the user's own tags.

use std::collections::BTreeMap;

/// Maximum number of tags: AWS allows 50, of which hoist and CloudFormation need some.
const MOST_TAGS: usize = 40;

/// Maximum lengths of the key and the value of a tag (EC2, "Tag restrictions").
const LONGEST_TAG: (usize, usize) = (128, 256);

/// Returns the valid tags, and the errors in the others.
pub(super) fn read_tags(texts: &[String]) -> (BTreeMap<String, String>, Vec<String>) {
    let (mut tags, mut wrong) = (BTreeMap::new(), Vec::new());
    for text in texts {
        let read = parse_tag(text).and_then(|(key, value)| match tags.insert(key.clone(), value) {
            None => Ok(()),
            Some(_) => Err(format!("the key {key} stands there twice")),
        });
        wrong.extend(read.err());
    }
    if tags.len() > MOST_TAGS {
        wrong.push(format!("there may be {MOST_TAGS} tags, not {}", tags.len()));
    }
    (tags, wrong)
}

fn parse_tag(text: &str) -> Result<(String, String), String> {
    let shown = text.escape_debug();
    let (key, value) = text.split_once('=').ok_or_else(|| format!("\"{shown}\" is no tag; write KEY=VALUE"))?;
    let (key, value) = (key.trim(), value.trim());
    if key.is_empty() {
        return Err(format!("\"{shown}\" has no key; write KEY=VALUE"));
    }
    if key.chars().count() > LONGEST_TAG.0 || value.chars().count() > LONGEST_TAG.1 {
        return Err(format!("a key has at most {} characters, a value {}", LONGEST_TAG.0, LONGEST_TAG.1));
    }
    let lower = key.to_lowercase();
    if let Some(whose) =
        [("aws:", "AWS's own"), ("hoist:", "hoist's own")].iter().find(|(begin, _)| lower.starts_with(begin))
    {
        return Err(format!("\"{key}\": keys that begin with {} are {}", whose.0, whose.1));
    }
    if key == "Name" {
        return Err("the instances' Name is their annex's".to_owned());
    }
    let odd = |c: char| !(c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c));
    if let Some(odd) = key.chars().chain(value.chars()).find(|c| odd(*c)) {
        return Err(format!("\"{shown}\" has the character {odd:?}, which no tag may hold"));
    }
    Ok((key.to_owned(), value.to_owned()))
}
