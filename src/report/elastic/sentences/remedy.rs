use std::sync::Arc;

use super::fleet_place::FleetPlace;
use super::words::{system, time};
use crate::elastic::engine::Limit;
use crate::elastic::fleet::{MOST_WORKERS, QueueKind};

/// Says what lifts a limit: a command, a setting with its place, or a time to wait for.
///
/// `kind` is the kind of machines that was held back, `missing` the number of them.
pub fn remedy(limit: &Limit, kind: Option<&Arc<str>>, missing: u64, place: &FleetPlace<'_>) -> String {
    let name = place.name;
    let reload = format!("then `hoist elastic reload {name}`");
    let section = kind.map_or_else(
        || "machine".to_owned(),
        |kind| match &**kind {
            "machine" => "machine".to_owned(),
            named => format!("machines.{named}"),
        },
    );
    match limit {
        Limit::Maximum { maximum, .. } if u64::try_from(*maximum).unwrap_or(0) >= MOST_WORKERS => {
            format!(
                "a fleet has at most {MOST_WORKERS} workers; a second one, with another name, may serve the same queue"
            )
        }
        Limit::Maximum { maximum, .. } => {
            let enough = u64::try_from(*maximum).unwrap_or(0).saturating_add(missing.max(1)).min(MOST_WORKERS);
            let option = if place.overrides.count.is_some() { "count" } else { "max" };
            format!("`hoist elastic set {name} --{option} {enough}`")
        }
        Limit::MaximumOfKind { .. } => format!("raise {}, {reload}", place.setting(&section, "max")),
        Limit::Breaker { until: Some(until), .. } => format!(
            "find out why workers do not join (`hoist elastic why {name} --machine ID`, the machine's console); one is \
             tried at {}",
            time(*until)
        ),
        Limit::Breaker { until: None, .. } => {
            format!("wait for the one that is tried (`hoist elastic status {name}`); when it joins, launches go on")
        }
        // `hoist doctor` looks at HTCondor and the cloud, and at no other queue.
        Limit::FailedReading { source } | Limit::StaleReading { source, .. } if source == "demand" => {
            format!("bring back the queue of [queue] ({}); the scaler goes on by itself", place.file.display())
        }
        Limit::FailedReading { source: name } | Limit::StaleReading { source: name, .. } => {
            format!("bring {} back (`hoist doctor` looks at what it needs); the scaler goes on by itself", system(name))
        }
        Limit::Starting { .. } => "wait until they have joined or failed; nothing needs to be done".to_owned(),
        Limit::Cooldown { until } => format!("wait until {}; nothing needs to be done", time(*until)),
        Limit::HourlyBudget { .. } => format!("raise {}, {reload}", place.setting("limits", "budget_per_hour")),
        Limit::Budget { .. } => format!("raise {}, {reload}", place.setting("limits", "budget")),
        Limit::NoPrice => format!("give {}, {reload}", place.setting(&section, "price")),
        Limit::LaunchRate { .. } => {
            format!("wait a minute, or raise {}, {reload}", place.setting("limits", "launches_per_minute"))
        }
        Limit::Refused { until, .. } => format!(
            "wait until {}, or let the cloud give more: another `instance_type` of [{section}] ({}), or a higher quota",
            time(*until),
            place.file.display()
        ),
        Limit::Paused => format!("`hoist elastic set {name} --resume`"),
        Limit::MayHaveJobs { until } => format!(
            "wait: it leaves when its work is done, at the latest at {}, and earlier where the source tells that it has \
             none",
            time(*until)
        ),
        Limit::Claimed { .. } => "wait until its jobs have ended; it is ended then".to_owned(),
        Limit::DrainUnseen => {
            let awaited = match place.queue_kind() {
                Some(QueueKind::Htcondor) => "the pool's next update of it (UPDATE_INTERVAL)",
                _ => "its next look at its lease",
            };
            format!("wait for {awaited}; nothing needs to be done")
        }
        Limit::PersonsDrain => {
            let cancel = match place.queue_kind() {
                Some(QueueKind::Htcondor) => " (`condor_drain -cancel HOST`)",
                _ => "",
            };
            format!("let it work again{cancel}, or take it out: `hoist elastic drain {name} --machine ID`")
        }
        Limit::NotOwn => format!("name a machine of `hoist elastic status {name}`"),
        Limit::UnknownKind { .. } => {
            format!("name a kind of {}: [machine] is \"machine\", [machines.NAME] is NAME", place.file.display())
        }
        Limit::Minimum { minimum, .. } => {
            let fewer = minimum.saturating_sub(1).max(0);
            format!("`hoist elastic set {name} --min {fewer}` lets one more go")
        }
        Limit::NoOffer { until } => format!(
            "wait until {}, or add instance types or zones to [{section}] ({})",
            time(*until),
            place.file.display()
        ),
        Limit::NoCapacity { until } => format!("wait until {}; nothing needs to be done", time(*until)),
        Limit::ProgramFailed { .. } => {
            format!("mend the program of [engine] ({}); it is asked again in the next pass", place.file.display())
        }
        Limit::Fall { until, .. } => format!(
            "look at {}; if the slots left on purpose, wait until {}, or raise {}",
            if place.queue_kind() == Some(QueueKind::Htcondor) { "the collector" } else { "what tells of the hosts" },
            time(*until),
            place.setting("limits", "freeze_fall")
        ),
    }
}
