//! What all lives share: how long commands take, and how often each was killed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts of the whole test.
pub(crate) struct Tally {
    wanted: u64,
    kills: AtomicU64,
    commands: Mutex<BTreeMap<&'static str, Command>>,
}

#[derive(Clone, Copy, Default)]
struct Command {
    kills: u64,
    whole: u64,
    took: Duration,
}

impl Tally {
    /// Until there were this many kills.
    pub(crate) fn new(wanted: u64) -> Self {
        Self { wanted, kills: AtomicU64::new(0), commands: Mutex::default() }
    }

    /// Whether no further life is needed.
    pub(crate) fn is_enough(&self) -> bool {
        self.kills.load(Ordering::Relaxed) >= self.wanted
    }

    /// A command was killed in the middle of its work.
    pub(crate) fn killed(&self, command: &'static str) {
        self.kills.fetch_add(1, Ordering::Relaxed);
        self.commands.lock().unwrap().entry(command).or_default().kills += 1;
    }

    /// A command went to its end.
    pub(crate) fn ended(&self, command: &'static str, took: Duration) {
        let mut commands = self.commands.lock().unwrap();
        let command = commands.entry(command).or_default();
        command.whole += 1;
        command.took = took;
    }

    /// How long the command takes, as it was last seen.
    pub(crate) fn takes(&self, command: &'static str) -> Duration {
        let commands = self.commands.lock().unwrap();
        commands.get(command).map_or(Duration::from_millis(500), |command| command.took)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kills", self.kills.load(Ordering::Relaxed))?;
        for (name, command) in self.commands.lock().unwrap().iter() {
            write!(f, ", {name} {} of {}", command.kills, command.kills + command.whole)?;
        }
        Ok(())
    }
}
