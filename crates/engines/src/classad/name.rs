//! Attribute names, compared without regard to case and without allocation.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock, RwLock};

/// Names that are kept for the whole process, so that ads share them. Further names are made anew each time.
const POOLED_NAMES: usize = 20_000;

/// Names with a meaning of their own in a lookup (`LookupInScope` of HTCondor's ClassAd library).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    /// A common name.
    No,
    /// `MY` and `SELF`: the ad itself.
    Own,
    /// `TARGET` and `OTHER`: the ad on the other side of a match.
    Other,
    /// `AD`: in a match the ad itself, wherever in it the name stands.
    Ad,
    /// `PARENT`: the ad around the ad.
    Parent,
    /// `ROOT` and `TOPLEVEL`: the outermost ad.
    Root,
    /// `CurrentTime`: the old spelling of `time()`.
    CurrentTime,
}

struct NameData {
    text: Box<str>,
    lower: Box<str>,
    hash: u64,
    special: Special,
}

/// The name of an attribute, as it was written. Two names are equal if they differ in the case of ASCII letters at
/// most.
#[derive(Clone)]
pub struct Name(Arc<NameData>);

/// A name in the pool, told apart by its exact text.
struct Spelling(Name);

impl PartialEq for Spelling {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Spelling {}

impl Hash for Spelling {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl Borrow<str> for Spelling {
    fn borrow(&self) -> &str {
        self.0.as_str()
    }
}

fn pool() -> &'static RwLock<HashSet<Spelling>> {
    static POOL: OnceLock<RwLock<HashSet<Spelling>>> = OnceLock::new();
    POOL.get_or_init(RwLock::default)
}

/// FNV-1a, 64 bits.
fn hash_of(lower: &str) -> u64 {
    lower.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Name {
    /// Makes a name of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if let Ok(pool) = pool().read()
            && let Some(Spelling(name)) = pool.get(text)
        {
            return name.clone();
        }
        let lower = text.to_ascii_lowercase();
        let special = match lower.as_str() {
            "my" | "self" => Special::Own,
            "target" | "other" => Special::Other,
            "ad" => Special::Ad,
            "parent" => Special::Parent,
            "root" | "toplevel" => Special::Root,
            "currenttime" => Special::CurrentTime,
            _ => Special::No,
        };
        let hash = hash_of(&lower);
        let name = Self(Arc::new(NameData { text: text.into(), lower: lower.into(), hash, special }));
        if let Ok(mut pool) = pool().write()
            && pool.len() < POOLED_NAMES
        {
            pool.insert(Spelling(name.clone()));
        }
        name
    }

    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The name in lower case.
    #[must_use]
    pub fn lower(&self) -> &str {
        &self.0.lower
    }

    pub(super) fn special(&self) -> Special {
        self.0.special
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.hash == other.0.hash && self.0.lower == other.0.lower)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Takes a name's own hash as it is.
#[derive(Clone, Copy, Default)]
pub(super) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(5) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn case_does_not_tell_names_apart_but_is_kept() {
        assert_eq!(Name::new("RequestMemory"), Name::new("requestmemory"));
        assert_ne!(Name::new("RequestMemory"), Name::new("RequestMemor"));
        assert_eq!(Name::new("RequestMEMORY").as_str(), "RequestMEMORY");
    }
}
