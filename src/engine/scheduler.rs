//! Announces the driver's next actions: records the journal lines that must precede them, and prepares the tasks.

use super::action::Action;
use super::connect::connect;
use super::driver_error::DriverError;
use super::event::ServiceEvent;
use super::failure::Stage;
use super::launch_scheduler::LaunchScheduler;
use super::open_clouds::OpenClouds;
use super::placement::{host_of, is_only_launched};
use super::poll_instances::{InstancePoll, PendingInstance};
use super::program_scheduler::schedule_program;
use super::progress::{Decided, Progress};
use super::recheck::clouds_of;
use super::run::Run;
use super::scheduled_tasks::ScheduledTask;
use super::stop::unless_stopped;
use super::task_pool::TaskPool;
use super::task_result::TaskResult;
use super::termination_scheduler::schedule_terminations;
use super::turn::Turn;
use super::verify_gone::verify_gone;
use crate::plan::ProgramKind;

/// Records the decisions that need no action, then the announcements of actions; returns the tasks, to be started once
/// that is committed.
pub(super) fn schedule_turn(
    progress: &mut Progress<'_>,
    clouds: &mut OpenClouds,
    launches: &LaunchScheduler,
    pool: &TaskPool,
) -> Result<Vec<ScheduledTask>, DriverError> {
    let Decided { actions, new_plan } = progress.decide(pool.under_way())?;
    if let Some(plan) = new_plan {
        clouds.adopt(&plan);
    }
    let mut turn = Turn { progress, clouds, tasks: pool.schedule() };
    for action in actions {
        match action {
            Action::Observe(cloud) => schedule_poll(&mut turn, cloud),
            Action::ProveGone if turn.progress.report().remains().is_empty() => schedule_verification(&mut turn),
            _ => {}
        }
    }
    // Instances first: they take longest.
    if turn.tasks.has_room() {
        let positions = turn.progress.agenda().launches();
        launches.schedule(&mut turn, positions)?;
        let positions = turn.progress.agenda().removals();
        schedule_terminations(&mut turn, positions)?;
    }
    while turn.tasks.has_room()
        && let Some(action) = turn.progress.agenda().next()
    {
        match action {
            Action::Reach(position) => schedule_connect(&mut turn, position)?,
            Action::Boot(position) => schedule_program(&mut turn, position, ProgramKind::Boot)?,
            Action::Check(position) => schedule_program(&mut turn, position, ProgramKind::Ready)?,
            Action::RunTerminateProgram(position) => schedule_program(&mut turn, position, ProgramKind::Terminate)?,
            Action::Launch(_) | Action::Remove(_) | Action::Observe(_) | Action::ProveGone => {}
        }
    }
    let Turn { progress, tasks, .. } = turn;
    tasks.actions().for_each(|action| progress.agenda().begun(action));
    Ok(tasks.into_tasks())
}

/// Schedules one poll of all instances of this cloud that are coming up.
fn schedule_poll(turn: &mut Turn<'_, '_>, cloud_name: String) {
    // A cloud that could launch is available.
    let Ok(cloud) = turn.clouds.cloud(&cloud_name) else { return };
    let run = turn.progress.run();
    let waiting = run.tally().waiting(&cloud_name).filter_map(|position| pending_instance(run, position)).collect();
    let pause = turn.clouds.poll_pause(&cloud_name, cloud.as_ref());
    let poll = InstancePoll { cloud, run_id: run.id.clone(), pause, clock: turn.progress.clock(), waiting };
    turn.tasks.push(vec![Action::Observe(cloud_name)], async {
        TaskResult { changes: poll.carry_out().await, ..TaskResult::default() }
    });
}

fn pending_instance(run: &Run, position: usize) -> Option<PendingInstance> {
    let record = run.record(position);
    Some(PendingInstance {
        position,
        instance_id: record.instance_id()?.to_owned(),
        launched_at: record.since,
        timeout: run.service(position).timeout,
    })
}

/// Schedules the wait for the host of a service, if anyone needs access to it.
fn schedule_connect(turn: &mut Turn<'_, '_>, position: usize) -> Result<(), DriverError> {
    let run = turn.progress.run();
    match host_of(run, position, Stage::Reach, turn.clouds) {
        Ok((_, address)) if is_only_launched(run, position, turn.clouds) => {
            turn.progress.change(position, ServiceEvent::Reachable { address })
        }
        Ok((host, address)) => {
            let (timeout, teller) = (run.service(position).timeout, turn.teller(position));
            turn.tasks.push(vec![Action::Reach(position)], connect(teller, host, address, timeout));
            Ok(())
        }
        Err(failure) => {
            turn.progress.block(Action::Reach(position), failure);
            Ok(())
        }
    }
}

/// Schedules the verification that nothing of the run is left on any cloud that the plan launches on.
fn schedule_verification(turn: &mut Turn<'_, '_>) {
    let run_id = turn.run().id.clone();
    let clouds: Vec<_> =
        clouds_of(turn.progress.run()).into_iter().map(|name| (turn.clouds.cloud(&name), name)).collect();
    let mut stopping = turn.tasks.stopping();
    turn.tasks.push(vec![Action::ProveGone], async move {
        // The next verification asks again about what was removed and who answered.
        unless_stopped(&mut stopping, verify_gone(clouds, run_id)).await.unwrap_or_default()
    });
}
