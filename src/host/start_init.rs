//! Starting a host's init: recorded first, then started, in its own control group if it has no process namespace.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::init::StartReport;
use super::init_record::{InitRecord, boot};
use super::protocol::read_status;
use super::spawn_init::InitHandle;
use super::suspects::{now, reaper_of};
use crate::os::cgroup::Cgroup;

/// An init to start.
#[derive(Debug)]
pub(crate) struct Beginning<'a> {
    /// The host's id.
    pub(crate) id: &'a str,
    /// The hoist binary.
    pub(crate) program: &'a Path,
    /// The host's directory.
    pub(crate) directory: &'a Path,
    /// The path of the host's record.
    pub(crate) record: &'a Path,
}

impl Beginning<'_> {
    /// Records the init and starts it, with exactly this environment. `begun` is the record so far, without the control
    /// group.
    pub(crate) fn begin(&self, begun: InitRecord, environment: Vec<(OsString, OsString)>) -> io::Result<StartReport> {
        let mut begun = InitRecord { boot: boot(), served: false, ended: false, ..begun };
        if begun.since == 0 {
            begun.since = now();
        }
        let report = if begun.isolated {
            begun.write(self.record)?;
            InitHandle::begin(self.program, self.directory, environment, None)?.finish()
        } else {
            self.begin_plain(&mut begun, environment)?
        };
        if report == StartReport::Ready && read_status(self.directory).is_ok_and(|status| status.is_some()) {
            begun.served = true;
            // The init is running; a failure to write, as on a full disk, only loses this information.
            let _ = begun.write(self.record);
        }
        Ok(report)
    }

    /// Starts an init without a process namespace.
    fn begin_plain(&self, begun: &mut InitRecord, environment: Vec<(OsString, OsString)>) -> io::Result<StartReport> {
        let why = match Cgroup::make(self.id) {
            Ok(group) => {
                begun.cgroup = Some(group.path().to_owned());
                begun.write(self.record)?;
                match InitHandle::begin(self.program, self.directory, environment.clone(), Some(&group)) {
                    Ok(starting) => return Ok(starting.finish()),
                    // This user may not enter the group it made, or there is no program: the second attempt tells
                    // which.
                    Err(error) => {
                        // The group is empty, so leaving it does no harm.
                        let _ = std::fs::remove_dir(group.path());
                        format!("cannot enter a control group: {error}")
                    }
                }
            }
            Err(error) => error.to_string(),
        };
        (begun.cgroup, begun.without) = (None, Some(why));
        begun.write(self.record)?;
        let report = InitHandle::begin(self.program, self.directory, environment, None)?.finish();
        if report == StartReport::Ready
            && let Some(status) = read_status(self.directory).ok().flatten()
            && let Some(reaper) = reaper_of(status.process)
        {
            begun.reapers.push(reaper);
        }
        Ok(report)
    }
}
