use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::first_seen::FirstSeen;
use super::job_ads::{groups_of, is_ads};
use super::part_reading::failed_reading;
use super::work_report::{REPORT_HINT, WorkReport};
use super::work_source::{SourceError, WorkReading, WorkSource};
use crate::elastic::engine::{Seconds, Wants};
use crate::plan::read_text_file;

/// The largest file in bytes: 100,000 whole ads of jobs.
const LARGEST: u64 = 1 << 30;

/// A file that tells how much work waits: a number, a report of work, or the ads of single jobs.
pub(super) struct FileSource {
    path: PathBuf,
    seen: FirstSeen,
}

impl FileSource {
    pub(super) fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), seen: FirstSeen::default() }
    }

    async fn report(&self, now: Seconds) -> Result<WorkReport, SourceError> {
        let path = self.path.clone();
        let shown = path.display().to_string();
        let error = |reason: String, hint: &str| SourceError {
            message: format!("cannot read the waiting jobs from {shown}: {reason}"),
            hint: Some(hint.to_owned()),
        };
        let work = move || {
            let text = read_text_file(&path, LARGEST).map_err(|error| error.to_string())?;
            if is_ads(&text) {
                return groups_of(&text, now).map(WorkReport::of_groups).map_err(|error| error.to_string());
            }
            WorkReport::parse(&text).map_err(|error| error.to_string())
        };
        // A large file takes seconds, in which others go on.
        let done =
            tokio::task::spawn_blocking(work).await.map_err(|failure| error(failure.to_string(), REPORT_HINT))?;
        let hint = format!("{REPORT_HINT}, or what condor_q -json prints; write it under another name and rename it");
        done.map_err(|reason| error(reason, &hint))
    }
}

#[async_trait]
impl WorkSource for FileSource {
    fn label(&self) -> String {
        format!("the file {}", self.path.display())
    }

    async fn read(&self, wants: Wants, now: Seconds) -> WorkReading {
        match self.report(now).await {
            Ok(report) => report.into_reading(wants, &self.seen, now),
            Err(error) => failed_reading(wants, &error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elastic::engine::{Demand, Reading};

    #[tokio::test]
    async fn what_is_missing_or_empty_is_failed_and_never_zero() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("waiting");
        let source = FileSource::new(&file);
        let wants = Wants { demand: true, groups: true, ..Wants::default() };
        let failure = async || match source.read(wants, 0).await.demand {
            Reading::Failed { reason } => reason,
            other => panic!("{other:?}"),
        };
        assert!(failure().await.contains("No such file"));
        for text in ["", "\n", "-3", "soon", "{}", "[{]"] {
            std::fs::write(&file, text).unwrap();
            let reason = failure().await;
            assert!(reason.contains("cannot read the waiting jobs from /"), "{reason}");
        }
        std::fs::write(&file, "0").unwrap();
        let demand = |waiting, unservable| Reading::Fresh { value: Demand { waiting, unservable } };
        assert_eq!(source.read(wants, 0).await.demand, demand(0, 0));
        std::fs::write(&file, "{\"waiting\": 4, \"unservable\": 1}").unwrap();
        assert_eq!(source.read(wants, 0).await.demand, demand(4, 1));
        std::fs::write(&file, "{\"JobStatus\": 1, \"QDate\": 5}\n{\"JobStatus\": 1}\n").unwrap();
        let ads = source.read(wants, 60).await;
        assert_eq!((ads.demand, ads.groups.fresh().map(Vec::len)), (demand(2, 0), Some(1)));
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert!(failure().await.contains("directory"));
    }
}
