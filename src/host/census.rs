//! A scan of this machine's processes: which processes carry the mark of which host.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::init::ARGUMENT;
use super::init_record::RecordedInstance;
use super::process_mark::{MARK_VARIABLE, ProcessMark};
use super::protocol::InstanceLayout;
use crate::os::processes::all;
use crate::provider::{RUN_VARIABLE, TAG_RUN};

/// The environment variable that describes a marked process's host, in JSON: a [`RecordedInstance`].
pub(crate) const DESCRIPTION: &str = "HOIST_DESCRIPTION";

/// A marked process.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    /// The process id.
    pub(crate) process: i32,
    /// Whether it was started as an init.
    pub(crate) is_init: bool,
    /// The description in the process's environment, if any.
    pub(crate) described: Option<RecordedInstance>,
}

/// The marked processes, and the unmarked ones whose output goes to a host's files.
#[derive(Debug, Default)]
pub(crate) struct Census {
    marked: BTreeMap<String, Vec<Sighting>>,
    printing: BTreeMap<PathBuf, Vec<i32>>,
}

/// The latest census, and the time at which its scan began.
static LAST: Mutex<Option<(Instant, Arc<Census>)>> = Mutex::new(None);

impl Census {
    /// Returns a census whose scan began after this call. Concurrent callers share one scan.
    pub(crate) fn fresh() -> Arc<Self> {
        let asked = Instant::now();
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((began, census)) = last.as_ref()
            && *began >= asked
        {
            return Arc::clone(census);
        }
        let began = Instant::now();
        let census = Arc::new(Self::take());
        *last = Some((began, Arc::clone(&census)));
        census
    }

    fn take() -> Self {
        let own = std::process::id().cast_signed();
        let mut census = Self::default();
        for process in all().filter(|&process| process != own) {
            census.look_at(process);
        }
        census
    }

    fn look_at(&mut self, process: i32) {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let variables = || environment.split(|&byte| byte == 0);
        let value =
            |name: &'static str| variables().filter_map(move |it| it.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        let mut is_marked = false;
        for id in value(MARK_VARIABLE).filter_map(|id| std::str::from_utf8(id).ok()) {
            is_marked = true;
            let sighting = Sighting { process, is_init: is_init(process), described: described(id, value) };
            self.marked.entry(id.to_owned()).or_default().push(sighting);
        }
        if is_marked {
            return;
        }
        for descriptor in [1, 2] {
            let Ok(target) = fs::read_link(format!("/proc/{process}/fd/{descriptor}")) else { continue };
            let Some(place) = target.parent().filter(|place| place.ends_with(InstanceLayout::RUNS)) else { continue };
            self.printing.entry(place.to_owned()).or_default().push(process);
        }
    }

    /// Returns the ids of the processes that carry `mark`, sorted.
    pub(crate) fn of(&self, mark: &ProcessMark) -> Vec<i32> {
        let marked = self.marked(&mark.id).iter().map(|sighting| sighting.process);
        let printing = mark.outputs.iter().filter_map(|place| self.printing.get(place)).flatten().copied();
        let mut found: Vec<i32> = marked.chain(printing).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns the processes that have this host's mark in their environment.
    pub(crate) fn marked(&self, id: &str) -> &[Sighting] {
        self.marked.get(id).map_or(&[], Vec::as_slice)
    }

    /// Returns the ids of all hosts that have marked processes.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.marked.keys().map(String::as_str)
    }
}

/// Returns whether a process was started as a host's init.
pub(crate) fn is_init(process: i32) -> bool {
    let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    line.split(|&byte| byte == 0).nth(1) == Some(ARGUMENT.as_bytes())
}

/// Returns the description of a process's host. For processes of an earlier hoist it is derived from the variables that
/// that hoist set.
fn described<'a, I: Iterator<Item = &'a [u8]>>(
    id: &str,
    value: impl Fn(&'static str) -> I,
) -> Option<RecordedInstance> {
    if let Some(described) = value(DESCRIPTION).find_map(|text| serde_json::from_slice(text).ok()) {
        return Some(described);
    }
    let home = value("HOME").map(|home| Path::new(OsStr::from_bytes(home))).next()?;
    // The path is the cloud's directory, `instances`, the instance's directory, `home`.
    let root = home.ends_with(Path::new(id).join(InstanceLayout::HOME)).then(|| home.ancestors().nth(3)).flatten()?;
    let run = value(RUN_VARIABLE).next().and_then(|run| String::from_utf8(run.to_vec()).ok());
    let tags = run.map(|run| (TAG_RUN.to_owned(), run)).into_iter().collect();
    Some(RecordedInstance { root: root.to_owned(), tags, ..RecordedInstance::default() })
}
