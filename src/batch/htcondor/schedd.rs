//! The queue that is asked: HTCondor's own here, or one elsewhere.

use std::fmt;
use std::str::FromStr;

use super::command::CondorCommand;
use super::error::HTCondorError;
use super::pool::HTCondor;
use super::submit::RIGHT;

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
    fn arguments(&self, option: &str) -> Vec<String> {
        let pool = self.pool.iter().flat_map(|pool| ["-pool".to_owned(), pool.clone()]);
        [option.to_owned(), self.name.clone()].into_iter().chain(pool).collect()
    }
}

impl HTCondor {
    /// Asks this queue instead of the one in HTCondor's configuration here; none: that one.
    #[must_use]
    pub fn with_schedd(mut self, schedd: Option<&Schedd>) -> Self {
        self.schedd = schedd.cloned();
        self
    }

    /// Returns the user as whom this user's jobs are in the queue, who may submit there.
    ///
    /// # Errors
    /// `condor_ping` is missing, reaches no queue, or the queue lets this user submit nothing.
    pub async fn user_in_queue(&self) -> Result<String, HTCondorError> {
        let asked = ["-type", "SCHEDD", "-verbose", "WRITE"].map(str::to_owned);
        let doing = match &self.schedd {
            Some(schedd) => format!("ask {schedd} for the right to submit"),
            None => "ask the queue for the right to submit".to_owned(),
        };
        let mut call = CondorCommand::new("condor_ping", doing, self.queue_arguments().into_iter().chain(asked));
        call.right = RIGHT;
        let ended = call.end(self.search_path()).await?;
        if !ended.status.success() {
            return Err(call.failure(&ended));
        }
        let mapped = ended.output.lines().find_map(|line| line.trim().strip_prefix("Remote Mapping:"));
        let user = mapped.and_then(|mapped| mapped.trim().split('@').next()).filter(|user| !user.is_empty());
        user.map(str::to_owned).ok_or_else(|| call.unreadable("it tells no \"Remote Mapping\""))
    }

    /// Returns the arguments with which programs that read or change a queue find it.
    pub(super) fn queue_arguments(&self) -> Vec<String> {
        self.schedd.as_ref().map(|schedd| schedd.arguments("-name")).unwrap_or_default()
    }

    /// Returns the arguments with which `condor_submit` hands jobs and their files over to a queue elsewhere.
    pub(super) fn remote_arguments(&self) -> Vec<String> {
        self.schedd.as_ref().map(|schedd| schedd.arguments("-remote")).unwrap_or_default()
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
