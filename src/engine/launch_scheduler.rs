//! Announces launches: equal instances in one call, with offers that may have capacity.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::action::Action;
use super::capacity_cooldown::{CapacityCooldown, exhausted};
use super::driver_error::DriverError;
use super::event::{RunEvent, ServiceEvent};
use super::failure::{Failure, Stage};
use super::launch::LaunchTask;
use super::launch_request::{launch_request, launch_token, machine_of};
use super::phase::Phase;
use super::run::Run;
use super::task_result::TaskResult;
use super::turn::Turn;
use crate::provider::{Cloud, InstanceSpec, Offer};

/// The contents of a call: the cloud's name, the instance specification, and the offers.
type Kind = (String, InstanceSpec, Vec<Offer>);

/// The launches for one owner.
pub(super) struct LaunchScheduler {
    /// The value of the `hoist:owner` tag.
    owner: String,
    /// The state file in the instances' tags.
    state: Option<String>,
    cooling: CapacityCooldown,
}

impl LaunchScheduler {
    /// Creates a scheduler for this owner, without a state file to tag.
    pub(super) fn new(owner: String) -> Self {
        Self { owner, state: None, cooling: CapacityCooldown::default() }
    }

    /// Tags instances launched from here on with this state file, which records the run.
    pub(super) fn tag_state(&mut self, identity: String) {
        self.state = Some(identity);
    }

    /// Starts the cool-down of offers without capacity; must be called before `run` takes the result.
    pub(super) fn cool_down(&mut self, run: &Run, result: &TaskResult) {
        if let Some((position, _)) = result.changes.first()
            && let Some(instance) = &run.record(*position).instance
        {
            self.cooling.begin(&instance.cloud, &result.refusals);
        }
    }

    /// Joins equal launches into one call each; repeats a call that was announced before as it was.
    pub(super) fn schedule(&self, turn: &mut Turn<'_, '_>, positions: Vec<usize>) -> Result<(), DriverError> {
        let mut repeated: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut fresh: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
        for position in positions {
            if let Phase::Launching(intent) = &turn.run().record(position).phase {
                repeated.entry(intent.token.clone()).or_default().push(position);
                continue;
            }
            let machine = match machine_of(turn.run(), position) {
                Ok(machine) => machine,
                Err(failure) => {
                    turn.progress.block(Action::Launch(position), failure);
                    continue;
                }
            };
            match self.choose(turn, position, &machine) {
                Ok(offers) => {
                    let cloud = turn.run().service(position).cloud.clone();
                    fresh.entry((cloud, machine, offers)).or_default().push(position);
                }
                Err(failure) => turn.progress.change(position, ServiceEvent::Failed { failure })?,
            }
        }
        for positions in repeated.into_values() {
            if !turn.tasks.has_room() {
                return Ok(());
            }
            repeat_call(turn, &positions)?;
        }
        for (kind, positions) in fresh {
            if !self.schedule_fresh(turn, kind, &positions)? {
                break;
            }
        }
        Ok(())
    }

    /// Returns the offers that a launch of this machine tries; fails if its lease forbids a launch or no offer is left.
    fn choose(&self, turn: &Turn<'_, '_>, position: usize, machine: &InstanceSpec) -> Result<Vec<Offer>, Failure> {
        let now = turn.progress.clock().now();
        machine.lease.map_or(Ok(()), |lease| lease.check(now)).map_err(|problem| {
            Failure::new(Stage::Launch, problem.to_string())
                .hint(Some("`hoist plan reload PLAN --lease …` sets another"))
        })?;
        let (service, record) = (turn.run().service(position), turn.run().record(position));
        self.cooling.choose(&service.cloud, &machine.offers, &record.declined).map_err(|tried| exhausted(&tried))
    }

    /// Announces calls for these equal instances, as many as there is room for; returns whether there was room for all.
    fn schedule_fresh(
        &self,
        turn: &mut Turn<'_, '_>,
        (cloud_name, machine, offers): Kind,
        positions: &[usize],
    ) -> Result<bool, DriverError> {
        let cloud = match turn.clouds.cloud(&cloud_name) {
            Ok(cloud) => cloud,
            Err(error) => {
                turn.fail_all(positions, Stage::Launch, &error)?;
                return Ok(true);
            }
        };
        turn.clouds.poll_soon(&cloud_name);
        for batch in positions.chunks(cloud.capabilities().max_batch.max(1)) {
            if !turn.tasks.has_room() {
                return Ok(false);
            }
            let token = launch_token(turn.run(), batch);
            let services = batch.iter().map(|&position| turn.run().service(position).name.clone()).collect();
            let now = turn.progress.clock().now();
            turn.progress.record(RunEvent::LaunchIntended {
                token,
                cloud: cloud_name.clone(),
                services,
                owner: self.owner.clone(),
                offers: offers.clone(),
                expires_at: machine.lease.map(|lease| lease.end(now)),
                state: self.state.clone(),
            })?;
            begin_call(turn, cloud.clone(), batch, machine.clone(), false);
        }
        Ok(true)
    }
}

/// Repeats a call that an earlier process announced.
fn repeat_call(turn: &mut Turn<'_, '_>, positions: &[usize]) -> Result<(), DriverError> {
    let first = positions[0];
    let owned = turn.run().record(first).instance.as_ref();
    let cloud_name = owned.map(|owned| owned.cloud.clone()).unwrap_or_default();
    let prepared = turn.clouds.cloud(&cloud_name).map_err(|error| Failure::of(Stage::Launch, &error));
    match prepared.and_then(|cloud| Ok((cloud, machine_of(turn.run(), first)?))) {
        Ok((cloud, machine)) => {
            begin_call(turn, cloud, positions, machine, true);
            Ok(())
        }
        Err(failure) => fail_unanswered(turn, positions, &failure),
    }
}

/// Starts a call; `repeated` tells that an earlier process announced it, and may have made it.
fn begin_call(
    turn: &mut Turn<'_, '_>,
    cloud: Arc<dyn Cloud>,
    positions: &[usize],
    machine: InstanceSpec,
    repeated: bool,
) {
    let run = turn.progress.run();
    let intent_of = |position: usize| match &run.record(position).phase {
        Phase::Launching(intent) => Some(intent),
        _ => None,
    };
    let Some(intent) = intent_of(positions[0]) else { return };
    let Some(request) = launch_request(run, &intent.token, machine, repeated) else { return };
    let wanted = positions.iter().filter_map(|&position| Some((position, intent_of(position)?.slot))).collect();
    let id_of = |name: &String| Some(run.record(run.position(name)?).instance_id()?.to_owned());
    let kept = request.slots.iter().filter_map(id_of).collect();
    let launch = LaunchTask { cloud, request, wanted, kept, repeated };
    let actions = positions.iter().map(|&position| Action::Launch(position)).collect();
    turn.tasks.push(actions, launch.carry_out());
}

/// Fails launches that cannot be repeated now, with their intent: their instances may exist.
fn fail_unanswered(turn: &mut Turn<'_, '_>, positions: &[usize], failure: &Failure) -> Result<(), DriverError> {
    for &position in positions {
        let Phase::Launching(intent) = &turn.run().record(position).phase else { continue };
        let failure = Failure { unanswered: Some(Box::new(intent.clone())), ..failure.clone() };
        turn.progress.change(position, ServiceEvent::Failed { failure })?;
    }
    Ok(())
}
