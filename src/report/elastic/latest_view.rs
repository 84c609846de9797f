use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::fleet_standing::FleetStanding;
use super::pass_view::ObstacleView;
use super::sentences::FleetPlace;
use crate::scaler::{Asked, PassRecord};

/// The latest that is known from each source. A pass asks what is due by the clocks of the fleet's engine.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LatestView<'a> {
    /// By the last pass that asked the queue. Null: none did lately.
    queue: Option<LatestQueueView>,
    /// By the last pass that asked the pool. Null: none did lately.
    pool: Option<LatestPoolView>,
    /// By the last pass that asked the cloud. Null: none did lately.
    cloud: Option<LatestCloudView<'a>>,
    /// What kept the last pass that was kept from anything from more. Null: nothing did.
    obstacle: Option<LatestObstacleView>,
}

/// What is known of the queue.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LatestQueueView {
    /// When it was asked.
    at: Timestamp,
    /// Number of waiting jobs that a worker could serve. Null: it did not answer.
    waiting: Option<u64>,
    /// Number of waiting jobs that no worker can serve.
    unservable: Option<u64>,
    /// Number of jobs that appear only when the waiting ones have started. Null: not told.
    hidden: Option<u64>,
    /// Number of held jobs. Null: not told.
    held: Option<u64>,
}

/// What is known of the pool.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LatestPoolView {
    /// When it was asked.
    at: Timestamp,
    /// Number of hosts. Null: it did not answer.
    hosts: Option<u64>,
    /// Number of hosts with a claim.
    busy: Option<u64>,
    /// Number of slots. Null: not told.
    slots: Option<u64>,
}

/// What is known of the fleet's machines.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LatestCloudView<'a> {
    /// When the cloud was asked.
    at: Timestamp,
    /// Number of own machines by state, as the cloud shows them.
    machines: &'a BTreeMap<String, u64>,
}

/// What kept a pass from more.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LatestObstacleView {
    /// The time of the pass.
    at: Timestamp,
    #[serde(flatten)]
    obstacle: ObstacleView,
}

impl<'a> LatestView<'a> {
    /// Creates the view of what is known of a fleet.
    pub fn of(standing: &'a FleetStanding, place: &FleetPlace<'_>) -> Self {
        let last = |asked: fn(Asked) -> bool| standing.last_passes().find(|pass| asked(pass.seen.asked()));
        Self {
            queue: last(|asked| asked.queue).map(LatestQueueView::of),
            pool: last(|asked| asked.pool).map(LatestPoolView::of),
            cloud: last(|asked| asked.cloud)
                .map(|pass| LatestCloudView { at: pass.end(), machines: &pass.seen.machines }),
            obstacle: standing
                .last_obstacle(place)
                .map(|(pass, obstacle)| LatestObstacleView { at: pass.end(), obstacle: ObstacleView::of(obstacle) }),
        }
    }
}

impl LatestQueueView {
    fn of(pass: &PassRecord) -> Self {
        let seen = &pass.seen;
        Self {
            at: pass.end(),
            waiting: seen.waiting,
            unservable: seen.unservable,
            hidden: seen.hidden,
            held: seen.held,
        }
    }
}

impl LatestPoolView {
    fn of(pass: &PassRecord) -> Self {
        Self { at: pass.end(), hosts: pass.seen.hosts, busy: pass.seen.busy, slots: pass.seen.slots }
    }
}
