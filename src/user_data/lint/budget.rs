//! How much is done for one piece of user data: whatever lies in it, the work stays in proportion to its size.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::shell::{self, Answer};
use crate::user_data::part_kind;

/// What may be unpacked and decoded altogether, whatever the size of the user data: far more than a machine is ever
/// given.
const LEAST_BYTES: usize = 2 * 1024 * 1024;

/// How often the user data's own size may be unpacked and decoded beyond that: base64 within base64 stays below it.
const TIMES: usize = 4;

/// The most scripts that are given to a shell: each costs a process.
const SCRIPTS: usize = 100;

/// How long shells may take altogether.
const SHELL_TIME: Duration = Duration::from_secs(5);

/// What is left to be done, and what was done already.
pub(super) struct Budget {
    bytes: usize,
    limit: usize,
    scripts: usize,
    shell_time: Duration,
    /// Contents that were looked at.
    seen: HashSet<[u8; 32]>,
    /// What shells said of scripts.
    answers: HashMap<[u8; 32], Answer>,
    /// How many things were left out because they unpack to too much.
    pub(super) left_out: usize,
    /// How many scripts no shell was asked about.
    pub(super) unasked: usize,
}

impl Budget {
    pub(super) fn of(bytes: usize) -> Self {
        let limit = LEAST_BYTES.saturating_add(bytes.saturating_mul(TIMES));
        Self {
            bytes: limit,
            limit,
            scripts: SCRIPTS,
            shell_time: SHELL_TIME,
            seen: HashSet::new(),
            answers: HashMap::new(),
            left_out: 0,
            unasked: 0,
        }
    }

    /// What may be unpacked altogether, in bytes.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether this content comes for the first time.
    pub(super) fn is_news(&mut self, content: &[u8]) -> bool {
        self.seen.insert(Sha256::digest(content).into())
    }

    /// Takes what was decoded from what is left; whether there was enough.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let is_enough = bytes <= self.bytes;
        self.bytes = self.bytes.saturating_sub(bytes);
        self.left_out += usize::from(!is_enough);
        is_enough
    }

    /// What compressed data unpacks to. Damaged data is `Some(None)`; nothing is unpacked beyond what is left.
    pub(super) fn unpack(&mut self, data: &[u8]) -> Option<Option<Vec<u8>>> {
        match part_kind::unpack_up_to(data, self.bytes) {
            Ok(unpacked) if self.take(unpacked.len()) => Some(Some(unpacked)),
            Ok(_) => None,
            Err(part_kind::NotUnpacked::TooLarge) => {
                self.take(usize::MAX);
                None
            }
            Err(part_kind::NotUnpacked::Damaged) => Some(None),
        }
    }

    /// What a shell says of a script; nothing where no shell may be asked any more.
    pub(super) fn ask(&mut self, name: &str, script: &str) -> Option<Answer> {
        let mut hash = Sha256::new();
        hash.update(name);
        hash.update([0]);
        hash.update(script);
        let digest = hash.finalize().into();
        if let Some(answer) = self.answers.get(&digest) {
            return Some(answer.clone());
        }
        if self.scripts == 0 || self.shell_time.is_zero() {
            self.unasked += 1;
            return None;
        }
        self.scripts -= 1;
        let begun = Instant::now();
        let answer = shell::check(name, script, self.shell_time);
        self.shell_time = self.shell_time.saturating_sub(begun.elapsed());
        if answer == Answer::TooSlow {
            self.unasked += 1;
            return None;
        }
        self.answers.insert(digest, answer.clone());
        Some(answer)
    }
}
