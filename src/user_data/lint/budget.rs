//! The budget for one piece of user data, which keeps the work in proportion to its size, whatever its content is.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::shell::{self, Answer};
use crate::user_data::part_kind;

/// The total size of unpacked and decoded data permitted for any user data, in bytes: far more than a machine is ever
/// given.
const LEAST_BYTES: usize = 2 * 1024 * 1024;

/// The size permitted beyond that, as a multiple of the user data's own size: base64 within base64 stays below it.
const TIMES: usize = 4;

/// The maximum number of scripts checked by a shell: each costs a process.
const SCRIPTS: usize = 100;

/// The time limit of all shells together.
const SHELL_TIME: Duration = Duration::from_secs(5);

/// The remaining budget, and the record of finished work.
pub(super) struct Budget {
    bytes: usize,
    limit: usize,
    scripts: usize,
    shell_time: Duration,
    /// The digests of the contents examined so far.
    seen: HashSet<[u8; 32]>,
    /// The shells' answers by script.
    answers: HashMap<[u8; 32], Answer>,
    /// The number of contents skipped because they unpack to too much.
    pub(super) left_out: usize,
    /// The number of scripts that no shell checked.
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

    /// Returns the limit of unpacked data in bytes.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Returns whether this content is seen for the first time.
    pub(super) fn is_news(&mut self, content: &[u8]) -> bool {
        self.seen.insert(Sha256::digest(content).into())
    }

    /// Subtracts decoded bytes from the budget. Returns whether it sufficed.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let is_enough = bytes <= self.bytes;
        self.bytes = self.bytes.saturating_sub(bytes);
        self.left_out += usize::from(!is_enough);
        is_enough
    }

    /// Unpacks compressed data within the budget. Returns `None` if that is too small, and `Some(None)` for damaged
    /// data.
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

    /// Returns a shell's answer about a script, or `None` if the budget is exhausted.
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
