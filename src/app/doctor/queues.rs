//! The queues of the fleets of the state file: whether they answer, and how much waits.

use jiff::Timestamp;

use crate::app::Workspace;
use crate::app::elastic::open_source;
use crate::elastic::engine::{Reading, Wants};
use crate::elastic::fleet::FleetFile;
use crate::provider::DoctorFinding;
use crate::report::count;
use crate::scaler::{Fleet, FleetPhase};
use crate::state::FleetRow;

/// Reads the queue of each of these fleets that runs. A fleet file that cannot be read is told by the fleet's own
/// finding; then the queue is that of the file as it was taken in.
pub(super) async fn queues(workspace: &Workspace, living: &[FleetRow]) -> Vec<DoctorFinding> {
    let running = living.iter().map(|row| &row.record).filter(|fleet| fleet.phase == FleetPhase::Running);
    let mut findings = Vec::new();
    for fleet in running {
        findings.extend(queue(workspace, fleet).await);
    }
    findings
}

async fn queue(workspace: &Workspace, fleet: &Fleet) -> Option<DoctorFinding> {
    let file = FleetFile::load_with_text(&fleet.path).map(|(file, _)| file);
    let file = file.or_else(|_| FleetFile::parse(&fleet.text, &fleet.path)).ok()?;
    let queue = file.queue.as_ref()?;
    let (name, kind) = (&fleet.id.name, queue.kind.as_str());
    let wrong = |why: &str, remedy| DoctorFinding::wrong("queue", format!("{name}: {kind}: {why}"), Some(remedy));
    let source = match open_source(queue, &fleet.path, workspace, &fleet.cloud, &fleet.id.tag()) {
        Ok(source) => source,
        Err(error) => return Some(wrong(&error.message, error.hint.unwrap_or_default())),
    };
    let wants = Wants { demand: true, ..Wants::default() };
    Some(match source.read(wants, Timestamp::now().as_second()).await.demand {
        Reading::Fresh { value } => {
            DoctorFinding::ok("queue", format!("{name}: {kind}, {} waiting", count(value.waiting, "job")))
        }
        Reading::Failed { reason } => {
            wrong(&reason, "until it answers, nothing is launched for its jobs, and no worker is ended".to_owned())
        }
        Reading::Stale { .. } | Reading::Unread => return None,
    })
}
