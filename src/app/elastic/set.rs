//! Settings laid over a fleet's file.

use std::path::Path;

use jiff::Timestamp;

use super::find_fleet::FoundFleet;
use super::fleet_source::open_source;
use super::request::{Asked, ask};
use super::surplus::surplus;
use crate::app::{CommandError, Exit, Operation};
use crate::diagnostics::did_you_mean;
use crate::elastic::engine::{Reading, Wants};
use crate::elastic::fleet::{FleetEngine, FleetFile, QueueKind};
use crate::report::FleetBoundsView;
use crate::scaler::{Fleet, FleetName, FleetRequest, Overrides};

/// Settings to lay over a fleet's file.
#[derive(Clone, Debug)]
pub(crate) struct SetRequest {
    /// The fleet.
    pub(crate) name: FleetName,
    /// The settings; those that are none stay as they are.
    pub(crate) overrides: Overrides,
    /// Whether to pause or to go on.
    pub(crate) pause: Option<bool>,
    /// Whether earlier settings are dropped first.
    pub(crate) reset: bool,
    /// Whether to wait for the scaler's answer.
    pub(crate) wait: bool,
}

/// Leaves the request to lay settings over a fleet's file. Asks before that lowers the maximum below what lives; none:
/// the user declined.
///
/// # Errors
/// The settings contradict each other or the file, or the scaler refuses them.
pub(crate) async fn set(operation: Operation<'_>, request: SetRequest) -> Result<Option<Asked>, CommandError> {
    let found = FoundFleet::to_change(operation.workspace, &request.name)?;
    let file = found.file()?;
    let earlier = with_requests(&found)?;
    let merged = request.overrides.laid_over(&earlier, request.pause, request.reset);
    check(&request, &merged, &file, &found.row.record.path)?;
    check_source(operation, &request, &found.row.record, &file).await?;
    let (now, user) = (Timestamp::now(), operation.user);
    if let Some(raised) = raised(&request, &file, now) {
        user.note(&raised);
    }
    if let Some(surplus) = lowered(&found.row.record, &file, (&earlier, &merged), now) {
        user.tell(&surplus);
        if !user.confirm("Set them?")? {
            return Ok(None);
        }
    }
    let SetRequest { overrides, pause, reset, wait, .. } = request;
    ask(user, &found, &FleetRequest::Set { overrides, pause, reset }, wait).await.map(Some)
}

/// Says that a constant number that is above the maximum of the file holds all the same.
fn raised(request: &SetRequest, file: &FleetFile, now: Timestamp) -> Option<String> {
    let most = file.bounds(now).max;
    let count = request.overrides.count.filter(|count| *count > most)?;
    Some(format!(
        "{count} is above the maximum of {most} in the fleet's file, and holds in its place, until \
         `hoist elastic set {} --reset`",
        request.name
    ))
}

/// Returns the settings that hold once the requests are taken in that nobody has answered yet.
///
/// # Errors
/// The requests cannot be read.
fn with_requests(found: &FoundFleet) -> Result<Overrides, CommandError> {
    let record = &found.row.record;
    let mut overrides = record.overrides.clone();
    for (_, request) in found.state.open_fleet_requests(&record.id)? {
        if let FleetRequest::Set { overrides: set, pause, reset } = request {
            overrides = set.laid_over(&overrides, pause, reset);
        }
    }
    Ok(overrides)
}

/// Says what the maximum does to workers that live, where `after` lowers that of `before`, the settings that hold once
/// all earlier requests are taken in.
fn lowered(
    fleet: &Fleet,
    file: &FleetFile,
    (before, after): (&Overrides, &Overrides),
    now: Timestamp,
) -> Option<String> {
    let most = |overrides: &Overrides| FleetBoundsView::of(file, overrides, now).max;
    surplus(fleet, file, after, "these settings allow", now).filter(|_| most(after) < most(before))
}

fn check(request: &SetRequest, merged: &Overrides, file: &FleetFile, path: &Path) -> Result<(), CommandError> {
    let name = &request.name;
    let least = merged.min.unwrap_or(file.workers.min);
    let most = merged.max.unwrap_or(file.workers.max);
    let touches = request.overrides.min.is_some() || request.overrides.max.is_some();
    if touches && merged.count.is_none() && least > most {
        let origin = |of_set: Option<u32>| if of_set.is_some() { "`hoist elastic set`" } else { "its file" };
        let message = format!(
            "a minimum of {least} (by {}) is above the maximum of {most} (by {})",
            origin(merged.min),
            origin(merged.max)
        );
        let hint = match (request.overrides.min, request.overrides.max) {
            (Some(min), None) => format!("hoist elastic set {name} --min {min} --max {min}"),
            (None, Some(max)) => format!("hoist elastic set {name} --min {max} --max {max}"),
            _ => format!("hoist elastic set {name} --min {most} --max {least}"),
        };
        return Err(CommandError::with_exit(Exit::Usage, message).hint(hint));
    }
    request.overrides.engine.as_deref().map_or(Ok(()), |engine| check_engine(engine, merged, file, (name, path)))
}

/// Refuses the engine classad where the source answers and tells no slots of machines. A source that cannot be asked
/// from here is the scaler's to ask.
///
/// # Errors
/// The engine is refused.
async fn check_source(
    operation: Operation<'_>,
    request: &SetRequest,
    fleet: &Fleet,
    file: &FleetFile,
) -> Result<(), CommandError> {
    let is_set = request.overrides.engine.as_deref() == Some("classad") && file.engine.name() != "classad";
    let Some(queue) = file.queue.as_ref().filter(|queue| is_set && !queue.kind.has_pool()) else { return Ok(()) };
    let Ok(source) = open_source(queue, &fleet.path, operation.workspace, &fleet.cloud, "") else { return Ok(()) };
    let wants = Wants { demand: true, pool: true, groups: true, slots: true, ..Wants::default() };
    let reading = source.read(wants, Timestamp::now().as_second()).await;
    let answers = reading.demand.fresh().is_some() || reading.pool.fresh().is_some();
    if !answers || !matches!(reading.slots, Reading::Unread) {
        return Ok(());
    }
    let told = |engine: &str| engine != "classad" && (engine != "elastiq" || reading.pool.fresh().is_some());
    let hint = served(file, &fleet.path, told);
    let message = format!(
        "the engine classad needs a source that tells \"groups\" of jobs and \"slots\" of machines, and {} does not",
        source.label()
    );
    Err(CommandError::with_exit(Exit::Usage, message).hint(hint))
}

/// Names the engines that the fleet's queue can serve and `may` be taken, with what they need besides.
fn served(file: &FleetFile, path: &Path, may: impl Fn(&str) -> bool) -> String {
    let (mut by_option, mut by_file) = (Vec::new(), Vec::new());
    let queue = file.queue.as_ref().map(|queue| queue.kind);
    for engine in QueueKind::engines(queue).into_iter().filter(|engine| may(engine)) {
        match FleetEngine::needs(engine).filter(|_| engine != file.engine.name()) {
            None => by_option.push(engine.to_owned()),
            Some(_) if engine == "npreserving" => by_option.push(format!("{engine} with --count N")),
            Some(needs) => by_file.push(format!("{engine} with {needs}")),
        }
    }
    let served = format!("engines that it can serve: {}", by_option.join(", "));
    match by_file.as_slice() {
        [] => served,
        some => format!("{served}; once they stand in [engine] of {}: {}", path.display(), some.join(", ")),
    }
}

/// Refuses an engine that does not exist, or for which the file has no settings.
fn check_engine(
    engine: &str,
    merged: &Overrides,
    file: &FleetFile,
    (name, path): (&FleetName, &Path),
) -> Result<(), CommandError> {
    let hint = || served(file, path, |other| other != engine);
    let wrong = |message: &str| Err(CommandError::with_exit(Exit::Usage, message.to_owned()).hint(hint()));
    let engines = FleetEngine::names();
    if !engines.contains(&engine) {
        let near = did_you_mean(engine, engines).unwrap_or_else(hint);
        let message = format!("there is no engine \"{}\"", engine.escape_debug());
        return Err(CommandError::with_exit(Exit::Usage, message).hint(near));
    }
    if engine == file.engine.name() {
        return Ok(());
    }
    let queue = file.queue.as_ref().map(|queue| queue.kind);
    match engine {
        "queuelen" | "command" => {
            let (needs, lines) = match engine {
                "command" => ("a program", "name = \"command\" and program = [\"PROGRAM\"]"),
                _ => ("the marks \"high\" and \"low\"", "name = \"queuelen\", high = 10 and low = 2"),
            };
            let message = format!("the engine {engine} needs {needs}, which the fleet's file does not have");
            let hint = format!("write {lines} into [engine] of {}, then `hoist elastic reload {name}`", path.display());
            Err(CommandError::with_exit(Exit::Usage, message).hint(hint))
        }
        "npreserving" if merged.count.is_none() => {
            let message = "the engine npreserving needs the number of workers to keep".to_owned();
            let hint = format!("hoist elastic set {name} --engine npreserving --count N");
            Err(CommandError::with_exit(Exit::Usage, message).hint(hint))
        }
        "classad" if !queue.is_some_and(QueueKind::may_tell_groups) => {
            wrong("the engine classad needs a queue that tells groups of jobs: htcondor, command, file or http")
        }
        "coalition" if queue != Some(QueueKind::Coalition) => {
            wrong("the engine coalition needs a queue of kind coalition")
        }
        "elastiq" if queue.is_some_and(QueueKind::counts_alone) => {
            wrong("the engine elastiq must know which workers are busy, which the fleet's queue does not tell")
        }
        "elastiq" if queue.is_none() => wrong("the engine elastiq needs a [queue], and the fleet's file has none"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaler::{FleetId, Worker};

    const TEXT: &str = "[workers]\nmin = 1\nmax = 6\n[queue]\nkind = \"file\"\npath = \"/tmp/n\"\n[cloud]\n\
                        provider = \"local\"\n[machine]\n[engine]\nname = \"elastiq\"\n";

    const FILE: &str = "/etc/hoist/elastic.toml";

    fn request(overrides: Overrides) -> SetRequest {
        let name = "crunch".parse().unwrap();
        SetRequest { name, overrides, pause: None, reset: false, wait: true }
    }

    fn merged(earlier: &Overrides, request: &SetRequest) -> Overrides {
        request.overrides.laid_over(earlier, request.pause, request.reset)
    }

    fn checked(earlier: &Overrides, request: &SetRequest) -> Result<(), (String, Vec<String>)> {
        let file = FleetFile::parse(TEXT, Path::new(FILE)).unwrap();
        check(request, &merged(earlier, request), &file, Path::new(FILE)).map_err(|error| (error.message, error.hints))
    }

    #[test]
    fn a_minimum_above_the_files_maximum_is_refused_with_both_numbers() {
        let (message, hints) =
            checked(&Overrides::default(), &request(Overrides { min: Some(8), ..Overrides::default() })).unwrap_err();
        assert_eq!(message, "a minimum of 8 (by `hoist elastic set`) is above the maximum of 6 (by its file)");
        assert_eq!(hints, ["hoist elastic set crunch --min 8 --max 8"]);
    }

    #[test]
    fn an_earlier_setting_counts_until_it_is_reset() {
        let earlier = Overrides { max: Some(10), ..Overrides::default() };
        let mut min = request(Overrides { min: Some(8), ..Overrides::default() });
        assert_eq!(checked(&earlier, &min), Ok(()));
        min.reset = true;
        assert!(checked(&earlier, &min).is_err());
    }

    #[test]
    fn engines_are_refused_that_do_not_exist_or_lack_settings() {
        let hint = |engine: &str| {
            let overrides = Overrides { engine: Some(engine.to_owned()), ..Overrides::default() };
            checked(&Overrides::default(), &request(overrides))
        };
        assert_eq!(hint("elastic").unwrap_err().1, ["did you mean \"elastiq\"?"]);
        assert_eq!(hint("elastiq"), Ok(()));
        assert!(hint("queuelen").unwrap_err().0.contains("needs the marks"));
        let command = "write name = \"command\" and program = [\"PROGRAM\"] into [engine] of /etc/hoist/elastic.toml, then \
                       `hoist elastic reload crunch`";
        assert_eq!(hint("command").unwrap_err().1, [command]);
        assert!(hint("npreserving").unwrap_err().1[0].contains("--count N"));
        assert!(hint("coalition").unwrap_err().0.contains("kind coalition"));
        // A file may tell groups of jobs, and a queue of messages does not tell who is busy.
        assert_eq!(hint("classad"), Ok(()));
        let text = TEXT.replace("kind = \"file\"\npath = \"/tmp/n\"", "kind = \"sqs\"\nqueue = \"q\"");
        let text = text.replace("\"elastiq\"", "\"queuelen\"\nhigh = 2\nlow = 1");
        let file = FleetFile::parse(&text, Path::new(FILE)).unwrap();
        for engine in ["classad", "elastiq"] {
            let overrides = Overrides { engine: Some(engine.to_owned()), ..Overrides::default() };
            let request = request(overrides);
            let refused =
                check(&request, &merged(&Overrides::default(), &request), &file, Path::new(FILE)).unwrap_err();
            let served = "engines that it can serve: queuelen, npreserving with --count N; once they stand in [engine] of \
                          /etc/hoist/elastic.toml: command with program";
            assert_eq!(refused.hints, [served], "{engine}");
        }
    }

    #[test]
    fn a_constant_number_above_the_files_maximum_is_said_to_hold() {
        let file = FleetFile::parse(TEXT, Path::new(FILE)).unwrap();
        let of = |count| {
            let request = request(Overrides { count: Some(count), ..Overrides::default() });
            raised(&request, &file, Timestamp::UNIX_EPOCH)
        };
        let told = "9 is above the maximum of 6 in the fleet's file, and holds in its place, until `hoist elastic set \
                    crunch --reset`";
        assert_eq!((of(6), of(9).as_deref()), (None, Some(told)));
    }

    #[test]
    fn a_maximum_is_asked_for_that_lowers_the_one_of_requests_without_an_answer() {
        let file = FleetFile::parse(TEXT, Path::new(FILE)).unwrap();
        let id = FleetId { name: "crunch".parse().unwrap(), nonce: "0123456789ab".to_owned() };
        let mut fleet = Fleet::new(id, Timestamp::UNIX_EPOCH);
        for number in 0..5 {
            let worker = serde_json::json!({"id": format!("i-{number}"), "name": format!("crunch-{number}"),
                "kind": "machine", "token": "t", "phase": "serving", "launched_at": Timestamp::UNIX_EPOCH,
                "phase_since": Timestamp::UNIX_EPOCH, "expires_at": Timestamp::UNIX_EPOCH});
            let worker: Worker = serde_json::from_value(worker).unwrap();
            fleet.workers.insert(worker.id.clone(), worker);
        }
        let most = |max| Overrides { max: Some(max), ..Overrides::default() };
        let asks = |before, after| lowered(&fleet, &file, (&most(before), &most(after)), Timestamp::UNIX_EPOCH);
        let asked = asks(4, 3).unwrap();
        assert!(asked.starts_with("these settings allow 3 workers ("), "{asked}");
        assert_eq!(asks(2, 3), None, "an earlier request has lowered it further");
        assert_eq!(asks(6, 5), None, "none is too many");
    }
}
