//! A queue elsewhere.

use std::fmt;
use std::str::FromStr;

/// A queue elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedd {
    /// Its name, as `condor_status -schedd` lists it.
    pub name: String,
    /// The collector of the pool that it is in; by default that of HTCondor's configuration here.
    pub pool: Option<String>,
}

/// A text that names no queue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{}\" is no NAME or NAME@POOL; `condor_status -schedd` lists names, and one with an @ is followed by its pool", .0.escape_debug())]
pub struct NoSchedd(String);

impl FromStr for Schedd {
    type Err = NoSchedd;

    /// Parses `NAME` or `NAME@POOL`; the last `@` is the one before the pool.
    fn from_str(text: &str) -> Result<Self, NoSchedd> {
        let (name, pool) = match text.rsplit_once('@') {
            Some((name, pool)) => (name, Some(pool)),
            None => (text, None),
        };
        // HTCondor's programs would take a word that begins with a dash for an option.
        let is_word = |word: &str| {
            !word.is_empty()
                && !word.starts_with('-')
                && word.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'\\,;<>".contains(&byte))
        };
        if !is_word(name) || !pool.is_none_or(is_word) {
            return Err(NoSchedd(text.to_owned()));
        }
        Ok(Self { name: name.to_owned(), pool: pool.map(str::to_owned) })
    }
}

impl fmt::Display for Schedd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pool {
            Some(pool) => write!(f, "{} of {pool}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Schedd {
    /// Returns the arguments by which HTCondor's programs find it; the first names the option for its name.
    pub fn arguments(&self, option: &str) -> Vec<String> {
        let pool = self.pool.iter().flat_map(|pool| ["-pool".to_owned(), pool.clone()]);
        [option.to_owned(), self.name.clone()].into_iter().chain(pool).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_a_name_and_perhaps_a_pool() {
        for (text, name, pool) in [
            ("submit.example.org", "submit.example.org", None),
            ("submit@cm.example.org:9620", "submit", Some("cm.example.org:9620")),
            ("jobs@submit@cm", "jobs@submit", Some("cm")),
        ] {
            let read: Schedd = text.parse().unwrap();
            assert_eq!((read.name.as_str(), read.pool.as_deref()), (name, pool), "{text}");
        }
        for wrong in ["", "@", "a@", "@b", "a b", "-name", "a@-pool", "a\n", "a;b", "é"] {
            assert!(wrong.parse::<Schedd>().is_err(), "{wrong}");
        }
    }
}
