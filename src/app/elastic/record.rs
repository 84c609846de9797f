//! Readings of a fleet's own sources, kept for `hoist elastic simulate`.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use nix::libc::O_NONBLOCK;
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
    let Opened { mut file, cut } = open(&recording.output)?;
    if cut > 0 {
        let shown = recording.output.display();
        user.warn(&format!(
            "the last line of {shown} was cut short, as by a crash or a full disk: its {cut} bytes are gone"
        ));
    }
    let unwritable = |error: std::io::Error| {
        CommandError::new(format!("cannot write {}: {error}", recording.output.display()))
            .hint("what was recorded before is whole; the same command goes on")
    };
    let mut stops = user.stops(Some("Ending after the reading under way."))?;
    let end = recording.length.map(|length| Instant::now() + length);
    let mut ticks = interval(recording.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut recorded = Recorded::default();
    let (mut last_failure, mut useful) = (None, None);
    loop {
        tokio::select! {
            biased;
            () = stops.wished() => return Ok(recorded),
            () = at(end), if recorded.readings > 0 => return Ok(recorded),
            _ = ticks.tick() => {}
        }
        let reading = read(source).await;
        let line = serde_json::to_string(&reading).map_err(|error| unwritable(error.into()))?;
        append(&mut file, &format!("{line}\n")).map_err(unwritable)?;
        recorded.readings += 1;
        let now_useful = use_of(&reading);
        if recorded.readings == 1 || useful.is_none() && now_useful.is_some() {
            user.tell(now_useful.unwrap_or(NO_USE));
        }
        useful = useful.or(now_useful);
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
            Reading::Stale { .. } => Some("its last answer is kept, and called stale".to_owned()),
            Reading::Fresh { .. } | Reading::Unread => None,
        }
    }
    let RecordedReading { demand, pool, groups, slots, .. } = reading;
    of(groups).or_else(|| of(demand)).or_else(|| of(slots)).or_else(|| of(pool))
}

/// Waits until then; without a time, for ever.
async fn at(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// What is told while no reading has a number of jobs.
const NO_USE: &str =
    "no reading has a number of jobs yet; without one, `hoist elastic simulate` finds no jobs in the file";

/// Says what a recording of such readings is good for. None: for nothing.
fn use_of(reading: &RecordedReading) -> Option<&'static str> {
    let has_groups = reading.groups.fresh().is_some();
    reading.demand.fresh().filter(|_| !has_groups).map_or(
        has_groups.then_some("the jobs have needs: `hoist elastic simulate` replays them with classad, elastiq, oracle and fixed:N"),
        |_| {
            Some(
                "the source tells the number of waiting jobs alone: `hoist elastic simulate` replays them with classad, \
                 elastiq, oracle and fixed:N, each as a job of one processor",
            )
        },
    )
}

/// Appends a line. If it cannot be written whole, nothing of it stays.
fn append(file: &mut File, line: &str) -> std::io::Result<()> {
    let length = file.metadata()?.len();
    file.write_all(line.as_bytes()).and_then(|()| file.flush()).inspect_err(|_| {
        // The error of the write is the one to tell; a cut line is cut off by the next start.
        let _ = file.set_len(length);
    })
}

/// A recording that can be continued.
#[derive(Debug)]
struct Opened {
    file: File,
    /// Number of bytes of a cut last line, which were taken off.
    cut: u64,
}

/// Opens the file to append to it; a new one is for its owner alone, since job ads name users and programs.
fn open(path: &Path) -> Result<Opened, CommandError> {
    let failed = |error: std::io::Error| CommandError::new(format!("cannot open {}: {error}", path.display()));
    let mut options = OpenOptions::new();
    // A pipe without a reader would be waited for.
    options.read(true).append(true).create(true).mode(0o600).custom_flags(O_NONBLOCK);
    let mut file = options.open(path).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    let other = |what: &str| {
        CommandError::with_exit(Exit::Usage, format!("{} {what}", path.display())).hint("name another file with --to")
    };
    if !found.is_file() {
        return Err(other("is no file but a pipe or a device; a recording is read again when it is continued"));
    }
    let mut begin = [0; BEGIN.len()];
    let length = usize::try_from(found.len()).unwrap_or(usize::MAX).min(begin.len());
    let begin = begin.get_mut(..length).unwrap_or_default();
    file.read_exact(begin).map_err(failed)?;
    if !begin.is_empty() && *begin != *BEGIN {
        return Err(other("has something else in it than readings; it is left as it is"));
    }
    let cut = end_last_line(&mut file, found.len()).map_err(failed)?;
    Ok(Opened { file, cut })
}

/// Gives the last line its end if it is whole, and takes it off if it is cut; returns the number of bytes taken off.
fn end_last_line(file: &mut File, length: u64) -> std::io::Result<u64> {
    let mut last = Vec::new();
    let mut start = length;
    // Read backwards, by pieces, to the end of the line before.
    while start > 0 {
        let from = start.saturating_sub(PIECE);
        let mut piece = vec![0; usize::try_from(start - from).unwrap_or_default()];
        file.read_exact_at(&mut piece, from)?;
        if let Some(end) = piece.iter().rposition(|byte| *byte == b'\n') {
            last.splice(..0, piece.drain(end + 1..));
            break;
        }
        last.splice(..0, piece);
        start = from;
    }
    if last.is_empty() {
        return Ok(0);
    }
    if serde_json::from_slice::<RecordedReading>(&last).is_ok() {
        file.write_all(b"\n")?;
        return Ok(0);
    }
    let cut = last.len() as u64;
    file.set_len(length.saturating_sub(cut))?;
    Ok(cut)
}

/// Number of bytes that are read at once.
const PIECE: u64 = 64 << 10;

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
        let pipe = directory.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let error = open(&pipe).unwrap_err();
        assert!(error.message.contains("a pipe or a device"), "{}", error.message);
    }

    #[test]
    fn a_cut_last_line_is_taken_off_and_a_whole_one_gets_its_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("recording");
        let unread = "{\"reading\":\"unread\"}";
        let line = format!(
            "{{\"recorded\":1,\"source\":\"{}\",\"at\":1,\"demand\":{unread},\"pool\":{unread},\"groups\":{unread},\
             \"slots\":{unread}}}",
            "s".repeat(100_000)
        );
        serde_json::from_str::<RecordedReading>(&line).unwrap();
        let cut = &line[..line.len() - 9];
        let opened = |text: String| {
            std::fs::write(&path, text).unwrap();
            let cut = open(&path).unwrap().cut;
            (cut, std::fs::read_to_string(&path).unwrap())
        };
        assert_eq!(opened(format!("{line}\n{line}\n")), (0, format!("{line}\n{line}\n")));
        assert_eq!(opened(format!("{line}\n{line}")), (0, format!("{line}\n{line}\n")));
        assert_eq!(opened(format!("{line}\n{cut}")), (cut.len() as u64, format!("{line}\n")));
        assert_eq!(opened(cut.to_owned()), (cut.len() as u64, String::new()));
    }
}
