//! Names of instances and ids of requests, which follow from what is launched.

use sha2::{Digest, Sha256};

use crate::provider::LaunchRequest;

/// How much of a slot's name is in the name of its instance: with the hash and a number it stays below 63 characters
/// (RFC 1035, which names of instances follow).
const READABLE: usize = 30;

/// The hash in a name, in hexadecimal digits: 64 bits.
const HASH: usize = 16;

/// Returns the name of the instance of a slot: `web-1-5f3a09c1d2e4b687-0`. The hash is of the launch's token, the last
/// number is the slot's position, so no two are alike.
pub(super) fn instance_name(request: &LaunchRequest, slot: usize) -> String {
    let service = request.slots.get(slot).map_or("machine", String::as_str);
    let mut readable: String = service.chars().map(lower).collect();
    readable.truncate(READABLE);
    let readable = readable.trim_matches('-');
    let begins = readable.starts_with(|c: char| c.is_ascii_lowercase());
    let readable = if begins { readable.to_owned() } else { format!("m-{readable}").trim_matches('-').to_owned() };
    format!("{readable}-{}-{slot}", &digest(&[&request.token])[..HASH])
}

fn lower(c: char) -> char {
    let lower = c.to_ascii_lowercase();
    if lower.is_ascii_lowercase() || lower.is_ascii_digit() { lower } else { '-' }
}

/// Returns the slot in the name of an instance.
pub(super) fn slot_of(name: &str) -> usize {
    name.rsplit('-').next().and_then(|slot| slot.parse().ok()).unwrap_or_default()
}

/// Returns an instance's id: name and zone, which together are unique in a project.
pub(super) fn instance_id(name: &str, zone: &str) -> String {
    format!("{name}.{zone}")
}

/// Returns the name and zone in an instance's id.
pub(super) fn parts_of(id: &str) -> Option<(&str, &str)> {
    id.split_once('.').filter(|(name, zone)| !name.is_empty() && !zone.is_empty())
}

/// Returns the request id of a call that has these properties: the same whenever it is repeated. It has the form of a
/// random UUID (RFC 9562, version 8), which Google wants.
pub(super) fn request_id(properties: &[&str]) -> String {
    let hash = digest(properties);
    let variant = &hash[17..20];
    format!("{}-{}-8{}-a{variant}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[20..32])
}

/// Returns the hash of these texts, in hexadecimal digits; each text counts for itself.
pub(super) fn digest(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hex::encode(hash.finalize())
}

/// Returns the last part of a link or path.
pub(super) fn last(link: &str) -> &str {
    link.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(slots: &[&str], slot: usize) -> String {
        let slots = slots.iter().map(|slot| (*slot).to_owned()).collect();
        let name = instance_name(&LaunchRequest { token: "token".to_owned(), slots, ..LaunchRequest::default() }, slot);
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(
            name.len() <= 63 && name.chars().all(fits) && name.starts_with(|c: char| c.is_ascii_lowercase()),
            "{name}"
        );
        name
    }

    #[test]
    fn names_are_google_s_and_no_two_are_alike() {
        assert!(named(&["web-1"], 0).starts_with("web-1-"));
        assert!(named(&["1_Ünder"], 0).starts_with("m-1--nder-"));
        assert!(named(&["___"], 0).starts_with("m-"));
        let long = "x".repeat(100);
        let long = [long.as_str(), long.as_str()];
        assert_ne!(named(&long, 0), named(&long, 1));
        assert_eq!(slot_of(&named(&long, 1)), 1);
        assert_eq!(parts_of(&instance_id("a-1", "us-central1-a")), Some(("a-1", "us-central1-a")));
        assert_eq!(parts_of("i-123"), None);
    }

    #[test]
    fn the_same_request_has_the_same_id() {
        let id = request_id(&["token", "zone"]);
        assert_eq!(id, request_id(&["token", "zone"]));
        assert_ne!(id, request_id(&["tokenz", "one"]));
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
    }
}
