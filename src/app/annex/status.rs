//! Status of annexes, once or repeatedly.

use std::time::Duration;

use super::advertise::{Advertised, advertise};
use super::annex_jobs::jobs_of;
use super::health::{caught_up, health, unfinished, worse};
use super::join_failures::find_failures;
use super::locked_annex::pool_of;
use super::observe::{AnnexObservation, observe};
use super::session::AnnexSession;
use crate::annex::{Annex, AnnexJobs, AnnexLeftover, AnnexName, AnnexPhase, AnnexStatus};
use crate::app::{CommandError, CommandResult, Exit, Operation};
use crate::batch::htcondor::Schedd;

/// Request for the status of annexes.
pub(crate) struct StatusRequest {
    /// Name of the annex; none: all living ones.
    pub(crate) name: Option<AnnexName>,
    /// Whether to ask the pool as well.
    pub(crate) asks_pool: bool,
    /// Whether to put the annex ad into the pool's collector.
    pub(crate) advertises: bool,
    /// The queue whose jobs are counted; none: that of HTCondor's configuration here.
    pub(crate) schedd: Option<Schedd>,
    /// Interval of repetition; none: ask once.
    pub(crate) every: Option<Duration>,
}

/// Status of an annex.
pub(crate) struct AnnexReport {
    /// Record of the annex.
    pub(crate) record: Annex,
    /// Status from the cloud and the pool; none if the cloud has nothing of the annex.
    pub(crate) status: Option<AnnexStatus>,
    /// What carries the annex's tag although the cloud shows no annex.
    pub(crate) remains: Vec<AnnexLeftover>,
    /// Unfinished change of an earlier command, and how to continue it.
    pub(crate) unfinished: Option<String>,
    /// Jobs of the annex in the queue; none if it joins no pool, or the queue was not asked or did not answer.
    pub(crate) jobs: Option<AnnexJobs>,
}

/// Receiver of the status of each annex.
pub(crate) trait StatusObserver {
    /// Reports the status of an annex.
    fn seen(&mut self, report: &AnnexReport) -> Result<(), CommandError>;

    /// Reports an annex that could not be asked; the others are still reported.
    fn failed(&mut self, record: &Annex, error: &CommandError);

    /// Marks the end of one round over all annexes.
    fn looked(&mut self) -> Result<(), CommandError>;
}

/// Reports the status of annexes; returns the worst health: done, changed (degraded) or failed.
///
/// # Errors
/// There is no such annex, or the only one cannot be asked.
pub(crate) async fn status(
    operation: Operation<'_>,
    request: StatusRequest,
    observer: &mut dyn StatusObserver,
) -> CommandResult {
    let session = AnnexSession::new(operation)?;
    let records = match &request.name {
        Some(name) => vec![session.find(name)?],
        None => session.active()?,
    };
    if records.is_empty() && !session.user.wants_document() {
        session.user.tell("no annex lives; `hoist annex list --all` lists those that have ended");
    }
    match request.every {
        None => look(&session, &request, &records, observer).await,
        Some(pause) => repeat(&session, &request, records, pause, observer).await,
    }
}

/// Repeats the round until a stop is requested or no annex is left.
async fn repeat(
    session: &AnnexSession<'_>,
    request: &StatusRequest,
    mut left: Vec<Annex>,
    pause: Duration,
    observer: &mut dyn StatusObserver,
) -> CommandResult {
    let mut stops = session.user.stops(None)?;
    let mut worst = Exit::Done;
    loop {
        let looked = async {
            worst = look(session, request, &left, observer).await?;
            let known = session.active()?;
            left.retain(|record| known.iter().any(|living| living.id == record.id));
            Ok::<_, CommandError>(())
        };
        tokio::select! {
            looked = looked => looked?,
            // The ad stays until the collector expires it, since the annex lives on.
            () = stops.wished() => return Ok(stops.exit()),
        }
        if left.is_empty() || worst == Exit::Failed {
            return Ok(worst);
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stops.wished() => return Ok(stops.exit()),
        }
    }
}

async fn look(
    session: &AnnexSession<'_>,
    request: &StatusRequest,
    records: &[Annex],
    observer: &mut dyn StatusObserver,
) -> CommandResult {
    let mut worst = Exit::Done;
    for record in records {
        match look_at(session, request, record, observer).await {
            Ok(exit) => worst = worse(worst, exit),
            Err(error) if records.len() > 1 => {
                observer.failed(record, &error);
                worst = worse(worst, error.exit);
            }
            Err(error) => return Err(error),
        }
    }
    observer.looked()?;
    Ok(worst)
}

async fn look_at(
    session: &AnnexSession<'_>,
    request: &StatusRequest,
    record: &Annex,
    observer: &mut dyn StatusObserver,
) -> CommandResult {
    let user = session.user;
    let record = caught_up(session, record).await.unwrap_or_else(|| record.clone());
    let pool = if request.asks_pool { pool_of(&record) } else { None };
    let mut remains = Vec::new();
    let AnnexObservation { status, pool_error } = if record.stage == AnnexPhase::Ended {
        AnnexObservation { status: None, pool_error: None }
    } else {
        let cloud = session.clouds.annexes(&record.place)?;
        let mut observed = observe(&*cloud, &record, pool.as_ref()).await?;
        if let Some(status) = &mut observed.status {
            if status.is_pool_known {
                status.late_unasked = find_failures(&cloud, &record.id, &mut status.rows, status.now).await;
            }
            if let Some(spec) = &record.spec {
                let disks = cloud.disk_prices(spec).await.unwrap_or_default();
                status.add_prices(|pool| spec.list_price(pool), &disks);
            }
        }
        if observed.status.is_none() && record.stage != AnnexPhase::New {
            remains = cloud.remains(&record.id, record.cloud_id.as_deref()).await?;
        }
        observed
    };
    if let Some(error) = &pool_error {
        user.warn(&error.to_string());
        user.tell("  try: --no-pool asks the cloud only");
    }
    let jobs = match &pool {
        Some(pool) => match jobs_of(&record, pool, request.schedd.as_ref()).await {
            Ok(jobs) => Some(jobs),
            Err(error) => {
                user.tell(&format!("the annex's jobs are not counted: {error}"));
                None
            }
        },
        None => None,
    };
    if let Some(pool) = pool.filter(|_| request.advertises) {
        let name = &record.id.name;
        match advertise(&pool, &record, status.as_ref()).await? {
            Advertised::There => user.tell(&format!("the ad of annex {name} is in the collector")),
            Advertised::Withdrawn => user.tell(&format!("annex {name} is gone; its ad is out of the collector")),
        }
    }
    let unfinished = status.as_ref().and_then(|status| unfinished(&record, status));
    let report = AnnexReport { record, status, remains, unfinished, jobs };
    observer.seen(&report)?;
    let Some(status) = &report.status else { return Ok(Exit::Failed) };
    let health = health(&report.record, status);
    Ok(if pool_error.is_some() { worse(health, Exit::Changed) } else { health })
}
