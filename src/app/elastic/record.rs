//! Readings of a fleet's own sources, kept for `hoist elastic simulate`.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::app::{CommandError, Exit, Interaction};
use crate::batch::WorkSource;
use crate::elastic::engine::{Reading, Wants};
use crate::elastic::simulate::RecordedReading;

/// What is to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    /// The file, to which readings are appended.
    pub(crate) output: PathBuf,
    /// The time after which it ends. None: when it is interrupted.
    pub(crate) length: Option<Duration>,
    /// Time between two readings.
    pub(crate) every: Duration,
}

/// What was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Number of readings.
    pub(crate) readings: u64,
    /// Number of them in which a part failed.
    pub(crate) failed: u64,
}

/// Reads a source again and again, and appends each reading to a file, as a line. A reading that fails is kept as such.
///
/// # Errors
/// The file cannot be written, or is no recording.
pub(crate) async fn record(
    user: &dyn Interaction,
    source: &dyn WorkSource,
    recording: &Recording,
) -> Result<Recorded, CommandError> {
    let mut file = open(&recording.output)?;
    let unwritable = |error: std::io::Error| {
        CommandError::new(format!("cannot write {}: {error}", recording.output.display()))
            .hint("what was recorded before is whole; the same command goes on")
    };
    let mut stops = user.stops(Some("Ending after the reading under way."))?;
    let end = recording.length.map(|length| Instant::now() + length);
    let mut ticks = interval(recording.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut recorded = Recorded::default();
    let mut last_failure = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stops.wished() => return Ok(recorded),
        }
        if end.is_some_and(|end| recorded.readings > 0 && Instant::now() >= end) {
            return Ok(recorded);
        }
        let reading = read(source).await;
        let line = serde_json::to_string(&reading).map_err(|error| unwritable(error.into()))?;
        // In one call, so that a reading is either whole or the cut end.
        file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.flush()).map_err(unwritable)?;
        recorded.readings += 1;
        let failure = failure(&reading);
        recorded.failed += u64::from(failure.is_some());
        if failure != last_failure {
            match &failure {
                Some(why) => user.warn(&format!("{} did not answer: {why}", source.label())),
                None => user.tell(&format!("{} answers again", source.label())),
            }
            last_failure = failure;
        }
    }
}

async fn read(source: &dyn WorkSource) -> RecordedReading {
    let at = Timestamp::now().as_second();
    let wants = Wants { demand: true, pool: true, groups: true, slots: true, ..Wants::default() };
    let reading = source.read(wants, at).await;
    RecordedReading {
        recorded: RecordedReading::VERSION,
        source: source.label(),
        at,
        demand: reading.demand,
        pool: reading.pool,
        groups: reading.groups,
        slots: reading.slots,
    }
}

/// Returns the error of the first part that failed.
fn failure(reading: &RecordedReading) -> Option<String> {
    fn of<T>(reading: &Reading<T>) -> Option<String> {
        match reading {
            Reading::Failed { reason } => Some(reason.clone()),
            Reading::Fresh { .. } | Reading::Stale { .. } | Reading::Unread => None,
        }
    }
    let RecordedReading { demand, pool, groups, slots, .. } = reading;
    of(groups).or_else(|| of(demand)).or_else(|| of(slots)).or_else(|| of(pool))
}

/// Opens the file to append to it; a new one is for its owner alone, since job ads name users and programs.
fn open(path: &Path) -> Result<File, CommandError> {
    let failed = |error: std::io::Error| CommandError::new(format!("cannot open {}: {error}", path.display()));
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(failed)?;
    let mut begin = [0; BEGIN.len()];
    let length = usize::try_from(file.metadata().map_err(failed)?.len()).unwrap_or(usize::MAX).min(begin.len());
    let begin = begin.get_mut(..length).unwrap_or_default();
    file.read_exact(begin).map_err(failed)?;
    if !begin.is_empty() && *begin != *BEGIN {
        let message = format!("{} has something else in it than readings; it is left as it is", path.display());
        return Err(CommandError::with_exit(Exit::Usage, message).hint("name another file with --to"));
    }
    Ok(file)
}

/// The begin of every recording.
const BEGIN: &[u8] = b"{\"recorded\":";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reading_begins_as_a_recording() {
        let reading = RecordedReading {
            recorded: RecordedReading::VERSION,
            source: "s".to_owned(),
            at: 1,
            demand: Reading::Unread,
            pool: Reading::Unread,
            groups: Reading::Unread,
            slots: Reading::Unread,
        };
        assert!(serde_json::to_string(&reading).unwrap().as_bytes().starts_with(BEGIN));
    }

    #[test]
    fn other_files_are_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jobs");
        std::fs::write(&path, "{\"at\": 0}\n").unwrap();
        let error = open(&path).unwrap_err();
        assert!(error.message.contains("something else in it"), "{}", error.message);
        assert_eq!(std::fs::read(&path).unwrap(), b"{\"at\": 0}\n");
        std::fs::write(&path, "{\"rec").unwrap();
        assert!(open(&path).is_err());
        std::fs::write(&path, "").unwrap();
        assert!(open(&path).is_ok());
    }
}
