//! `hoist elastic run`

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::fleet_session::{FleetSession, task};
use super::given_parent::GivenParent;
use super::open_fleet::{OpenFleet, open_fleets};
use crate::app::coalition::is_coalition_file;
use crate::app::{CommandError, CommandResult, Exit, Operation};
use crate::daemon::{DaemonEnd, DaemonSignal, FleetDaemon, FleetEnd, Listener, Notice, Signals};
use crate::diagnostics::Diagnostics;
use crate::provider::Clock;

/// Request to serve fleets.
pub(crate) struct ServeRequest<'a> {
    /// The fleet files; at least one.
    pub(crate) configs: &'a [PathBuf],
    /// Where metrics and health are asked for.
    pub(crate) listen: Option<SocketAddr>,
    /// The run that the fleets belong to.
    pub(crate) parent: Option<&'a GivenParent>,
    /// Takes the notices.
    pub(crate) tell: Arc<dyn Fn(&Notice) + Send + Sync>,
}

/// Serves fleets until all have ended or a signal ends the process; workers stay then.
///
/// # Errors
/// A file is refused, another process holds a fleet, or the address cannot be listened at; then nothing was started.
pub(crate) async fn serve(op: Operation<'_>, request: ServeRequest<'_>) -> CommandResult {
    // From here on a signal ends nothing half-way.
    let signals =
        Signals::listen().map_err(|error| CommandError::new(format!("cannot listen for signals: {error}")))?;
    let opened = open(op, request.configs).await?;
    let listener = match request.listen {
        Some(address) => Some(listen(op, address).await?),
        None => None,
    };
    let state = op.workspace.state()?;
    let sessions = opened
        .into_iter()
        .map(|fleet| FleetSession::hold(&state, fleet, request.parent))
        .collect::<Result<Vec<_>, _>>()?;
    op.workspace.warn_of_no_reserve(&state, op.user);
    let clock = Clock::wall();
    let mut fleets = Vec::new();
    for session in sessions {
        let (scaler, opened, lock) = session.start(op.workspace, &state, clock, request.parent).await?;
        fleets.push(task(op.workspace, scaler, &opened, lock));
    }
    let end = FleetDaemon { fleets, listener, tell: request.tell, clock }.run(signals).await;
    Ok(exit(&end))
}

/// Opens fleet files; shows all their problems, or their remarks.
///
/// # Errors
/// A file is refused.
pub(super) async fn open(op: Operation<'_>, configs: &[PathBuf]) -> Result<Vec<OpenFleet>, CommandError> {
    match open_fleets(op.workspace, configs).await {
        Ok(opened) => {
            opened.iter().flat_map(|fleet| &fleet.notes).for_each(|note| op.user.note(note));
            opened.iter().filter(|fleet| is_coalition_file(&fleet.path)).for_each(|fleet| tell_same(op, fleet));
            Ok(opened)
        }
        Err(problems) => Err(refused(op, &problems)),
    }
}

/// Tells the fleet file that says the same as one of coalition's.
fn tell_same(op: Operation<'_>, fleet: &OpenFleet) {
    let path = fleet.path.display();
    op.user.tell(&format!(
        "{path} says the same as this fleet file, whose user data is the template worker-cloud-init with the settings \
         of [storage] and [coalition]:\n\n{}",
        fleet.text
    ));
}

fn refused(op: Operation<'_>, problems: &Diagnostics) -> CommandError {
    problems.0.iter().for_each(|problem| op.user.say(&problem.to_string()));
    CommandError::new(match problems.error_count() {
        1 => "a fleet file has an error; nothing was started".to_owned(),
        count => format!("the fleet files have {count} errors; nothing was started"),
    })
}

async fn listen(op: Operation<'_>, address: SocketAddr) -> Result<Listener, CommandError> {
    let listener = Listener::bind(address).await;
    let listener = listener.map_err(|error| {
        CommandError::new(format!("cannot listen at {address}: {error}")).hint(listen_hint(&error, address))
    })?;
    // The port may have been left to the system.
    let at = listener.address().unwrap_or(address);
    op.user.tell(&format!("metrics at http://{at}/metrics, health at http://{at}/healthz"));
    Ok(listener)
}

fn listen_hint(error: &std::io::Error, address: SocketAddr) -> String {
    let (ip, port) = (address.ip(), address.port());
    match error.kind() {
        ErrorKind::AddrInUse => format!(
            "choose another port (0: any that is free), or end what listens there: ss -ltnp 'sport = :{port}' shows it"
        ),
        ErrorKind::AddrNotAvailable => {
            format!("{ip} is no address of this machine (ip address lists them); 127.0.0.1:{port} is for it alone")
        }
        ErrorKind::PermissionDenied => "ports below 1024 are root's; choose a higher one".to_owned(),
        _ => "choose another address".to_owned(),
    }
}

fn exit(end: &DaemonEnd) -> Exit {
    let lost = end.fleets.iter().filter_map(|(_, end)| match end {
        FleetEnd::Lost { held, .. } => Some(*held),
        FleetEnd::Over | FleetEnd::Left => None,
    });
    let lost: Vec<bool> = lost.collect();
    if lost.iter().any(|held| !held) {
        return Exit::Failed;
    }
    if !lost.is_empty() {
        return Exit::Held;
    }
    match end.signal {
        Some(DaemonSignal::Interrupt) => Exit::Interrupted,
        Some(_) => Exit::Terminated,
        None => Exit::Done,
    }
}
