//! `hoist worker start`

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::from_spec::lay_over;
use super::launch::{Before, launch};
use super::plan_fleet::plan_fleet;
use super::surroundings::{problems, server};
use crate::app::coalition::UserDataChoice;
use crate::app::elastic::{LoadedFleet, OpenFleet, open_loaded};
use crate::app::{CommandError, Exit, Operation};
use crate::diagnostics::{Diagnostics, agreeing, counted};
use crate::provider::WorkNeeds;
use crate::report::{StartedWorker, WorkersOffer};
use crate::scaler::{FleetName, FleetRequest, KindSpec};

/// Workers to start.
#[derive(Clone, Debug)]
pub(crate) struct StartWorkers<'a> {
    /// One of coalition's files, a fleet file, or a plan.
    pub(crate) config: &'a Path,
    /// A service whose machine workers have, of the plan that `config` is.
    pub(crate) service: Option<&'a str>,
    /// Number of workers.
    pub(crate) count: u32,
    /// Their kind, of a fleet file with several.
    pub(crate) kind: Option<&'a str>,
    /// How long they live at the most, unless a scaler renews their leases.
    pub(crate) lease: SignedDuration,
    /// Begin of their names. None: as the file has it.
    pub(crate) name_prefix: Option<&'a str>,
    /// Their user data, of one of coalition's files.
    pub(crate) user_data: UserDataChoice,
    /// A launch specification that is laid over the file.
    pub(crate) from_spec: Option<&'a Path>,
    /// Whether server, bucket and network are looked at first.
    pub(crate) check: bool,
    /// Whether nothing is to be launched.
    pub(crate) dry_run: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    /// The user declined.
    Declined(FleetName),
    /// So many would be launched.
    Would(FleetName, u32),
    /// The cloud has answered.
    Answered(FleetName, Vec<StartedWorker>),
}

impl Start {
    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Declined(_) => Exit::Failed,
            Self::Would(..) => Exit::Changed,
            Self::Answered(_, workers) if workers.iter().all(|worker| worker.launched.is_ok()) => Exit::Done,
            Self::Answered(_, workers) if workers.iter().all(|worker| worker.launched.is_err()) => Exit::Failed,
            Self::Answered(..) => Exit::Remains,
        }
    }
}

/// Starts workers of a fleet, which is recorded if it is new: the request, then each launch before its call. An earlier
/// start that was cut off is gone on with, and nothing more is launched then.
///
/// # Errors
/// Every problem of the file, told each by itself; a limit does not allow so many, nobody can be asked, or nothing can
/// be recorded.
pub(crate) async fn start(operation: Operation<'_>, request: &StartWorkers<'_>) -> Result<Start, CommandError> {
    let user = operation.user;
    let refuse = |problems: &Diagnostics| refused(operation, request.config, problems);
    let loaded = read(operation, request).await.map_err(|problems| refuse(&problems))?;
    let needs = WorkNeeds { bucket: loaded.bucket.clone(), server: server(&loaded.file) };
    let opened = open_loaded(operation.workspace, request.config, loaded).await;
    let opened = opened.map_err(|problems| refuse(&problems))?;
    opened.notes.iter().for_each(|note| user.note(note));
    let name = opened.name.clone();
    let before = Before::read(operation.workspace.state_to_read()?.as_ref(), &name)?;
    let now = Timestamp::now();
    let until = now.saturating_add(request.lease).unwrap_or(Timestamp::MAX);
    let count = match before.open {
        0 => request.count,
        open => {
            user.note(&format!(
                "an earlier start of {} of fleet {name} was cut off: this command goes on with {}, and starts no more",
                counted(open, "worker"),
                agreeing(open, "it", "them")
            ));
            open
        }
    };
    let (kind, spec) = kind(&opened, request)?;
    let server = opened.source(operation.workspace, "").ok().flatten();
    if request.check {
        let problems = problems(operation, request.config, &opened, server.as_deref(), &spec.machine, &needs).await?;
        if !problems.is_empty() {
            return Err(refuse(&Diagnostics(problems)).hint("--no-check starts them without looking for this"));
        }
    }
    let server = server.map(|source| source.label());
    let (fleet, place, server) = (&name, opened.place.as_str(), server.as_deref());
    user.tell(&WorkersOffer { fleet, place, count, spec, until, server }.sentence(now));
    if request.dry_run {
        return Ok(Start::Would(name, count));
    }
    if !user.confirm(&format!("Start {}?", counted(count, "worker")))? {
        return Ok(Start::Declined(name));
    }
    let new = FleetRequest::Launch { count, until, kind: Some(kind.to_owned()) };
    let started = launch(operation, opened, (before.open == 0).then_some(&new), &before).await?;
    Ok(Start::Answered(name, started))
}

/// Reads the file, with the launch specification that is laid over it.
pub(super) async fn read(operation: Operation<'_>, request: &StartWorkers<'_>) -> Result<LoadedFleet, Diagnostics> {
    let mut loaded = match request.service {
        Some(service) => plan_fleet(operation.workspace, request.config, service, request.user_data.allow_secret)?,
        None => LoadedFleet::read_with(operation.workspace, request.config, &request.user_data).await?,
    };
    if let Some(prefix) = request.name_prefix {
        loaded.rename(prefix)?;
    }
    if let Some(specification) = request.from_spec {
        lay_over(&mut loaded, specification, &request.user_data)?;
    }
    Ok(loaded)
}

/// Shows all problems of a file, and returns the error of the command.
pub(super) fn refused(operation: Operation<'_>, config: &Path, problems: &Diagnostics) -> CommandError {
    problems.0.iter().for_each(|problem| operation.user.say(&problem.to_string()));
    let errors = counted(problems.error_count(), "error");
    CommandError::new(format!("{}: {errors}; nothing was started", config.display()))
}

/// Returns the kind of the workers.
///
/// # Errors
/// The file has no such kind, or several and none is named.
fn kind<'a>(opened: &'a OpenFleet, request: &StartWorkers<'_>) -> Result<(&'a str, &'a KindSpec), CommandError> {
    let kinds = &opened.machines;
    let names = || kinds.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let found = match request.kind {
        Some(named) => kinds.get_key_value(named),
        None => kinds.iter().next().filter(|_| kinds.len() == 1),
    };
    let found = found.map(|(name, spec)| (name.as_str(), spec));
    found.ok_or_else(|| {
        let message = match request.kind {
            Some(named) => format!("the file has no kind \"{}\"", named.escape_debug()),
            None => "the file has several kinds of machines".to_owned(),
        };
        CommandError::with_exit(Exit::Usage, message).hint(format!("--kind names one of {}", names()))
    })
}
