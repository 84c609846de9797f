//! The running tasks of a driver, and their events.

use std::collections::{HashMap, HashSet};

use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::action::Action;
use super::scheduled_tasks::{ScheduledTask, ScheduledTasks};
use super::stop::StopRequest;
use super::task_result::TaskResult;

/// An event of a task.
pub(super) enum TaskEvent {
    /// A report of a running task.
    Told(TaskResult),
    /// These actions are not under way any more; the result is empty if the task was aborted.
    Ended(Vec<Action>, TaskResult),
    /// The task died, for this reason.
    Died(String),
}

/// Concurrent tasks, each with the actions that it carries out.
pub(super) struct TaskPool {
    /// The most programs and calls at once; polls of instances that come up do not count.
    limit: usize,
    running: JoinSet<TaskResult>,
    /// The number of running tasks that count towards the limit.
    busy: usize,
    handles: HashMap<Id, (Vec<Action>, AbortHandle)>,
    under_way: HashSet<Action>,
    /// Since when no launch call of this run has been under way: this process holds the run, and made none since.
    quiet_since: Instant,
    told: mpsc::UnboundedSender<TaskResult>,
    tellings: mpsc::UnboundedReceiver<TaskResult>,
    /// Passes stop requests to running tasks.
    stopping: watch::Sender<StopRequest>,
}

impl TaskPool {
    /// Creates an empty pool for at most `limit` counted tasks at once.
    pub(super) fn new(limit: usize) -> Self {
        let (told, tellings) = mpsc::unbounded_channel();
        Self {
            limit,
            running: JoinSet::new(),
            busy: 0,
            handles: HashMap::new(),
            under_way: HashSet::new(),
            quiet_since: Instant::now(),
            told,
            tellings,
            stopping: watch::Sender::new(StopRequest::None),
        }
    }

    /// Returns an empty schedule, with room for the tasks that may run beside the present ones.
    pub(super) fn schedule(&self) -> ScheduledTasks {
        let room = self.limit.saturating_sub(self.busy);
        ScheduledTasks::new(room, self.quiet_since, self.told.clone(), self.stopping.subscribe())
    }

    /// Returns the actions under way.
    pub(super) fn under_way(&self) -> &HashSet<Action> {
        &self.under_way
    }

    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Starts a scheduled task.
    pub(super) fn start(&mut self, (actions, work): ScheduledTask) {
        self.under_way.extend(actions.iter().cloned());
        self.busy += usize::from(actions.iter().any(Action::is_counted));
        let handle = self.running.spawn(work);
        self.handles.insert(handle.id(), (actions, handle));
    }

    /// Waits for the next event; returns all events so far, in order. Nothing is lost if the wait is cut short.
    pub(super) async fn next(&mut self) -> Vec<TaskEvent> {
        let mut events = Vec::new();
        tokio::select! {
            Some(told) = self.tellings.recv() => events.push(TaskEvent::Told(told)),
            Some(joined) = self.running.join_next_with_id() => self.take_ended(joined, &mut events),
        }
        self.take_told(&mut events);
        while let Some(joined) = self.running.try_join_next_with_id() {
            self.take_ended(joined, &mut events);
        }
        events
    }

    fn take_told(&mut self, events: &mut Vec<TaskEvent>) {
        while let Ok(told) = self.tellings.try_recv() {
            events.push(TaskEvent::Told(told));
        }
    }

    fn take_ended(&mut self, joined: Result<(Id, TaskResult), JoinError>, events: &mut Vec<TaskEvent>) {
        // A task's reports come before its end.
        self.take_told(events);
        let (id, result) = match joined {
            Ok(ended) => ended,
            Err(error) if error.is_cancelled() => (error.id(), TaskResult::default()),
            Err(error) => return events.push(TaskEvent::Died(error.to_string())),
        };
        let actions = self.handles.remove(&id).map(|(actions, _)| actions).unwrap_or_default();
        if actions.iter().any(|action| matches!(action, Action::Launch(_))) {
            self.quiet_since = Instant::now();
        }
        self.busy -= usize::from(actions.iter().any(Action::is_counted));
        for action in &actions {
            self.under_way.remove(action);
        }
        events.push(TaskEvent::Ended(actions, result));
    }

    /// Ends all tasks that only wait, and passes the request to the others.
    pub(super) fn stop(&mut self, request: StopRequest) {
        self.abandon_programs();
        self.stopping.send_replace(request);
    }

    /// Aborts all tasks that neither create nor destroy. Programs go on where they run; a resumed run finds them.
    pub(super) fn abandon_programs(&mut self) {
        for (actions, handle) in self.handles.values() {
            let settles = actions
                .iter()
                .any(|action| matches!(action, Action::Launch(_) | Action::Remove(_) | Action::ProveGone));
            if !settles {
                handle.abort();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use tokio::time::sleep;

    use super::super::event::ServiceEvent;
    use super::*;

    fn lost(position: usize) -> TaskResult {
        TaskResult::of(position, ServiceEvent::Lost { reason: "gone".to_owned() })
    }

    /// Returns short names of the events.
    fn names(events: &[TaskEvent]) -> Vec<String> {
        let name = |event: &TaskEvent| match event {
            TaskEvent::Told(result) => format!("told {}", result.changes.len()),
            TaskEvent::Ended(actions, result) => format!("ended {actions:?} with {}", result.changes.len()),
            TaskEvent::Died(_) => "died".to_owned(),
        };
        events.iter().map(name).collect()
    }

    #[tokio::test]
    async fn what_a_task_tells_comes_before_its_end() {
        let mut pool = TaskPool::new(1);
        let mut tasks = pool.schedule();
        let told = tasks.told();
        let work = async move {
            for _ in 0..2 {
                told.send(lost(0)).unwrap();
            }
            lost(0)
        };
        tasks.push(vec![Action::Boot(0)], work);
        assert!(!tasks.has_room());
        tasks.into_tasks().into_iter().for_each(|task| pool.start(task));
        assert!(pool.under_way().contains(&Action::Boot(0)) && !pool.schedule().has_room());
        let mut events = Vec::new();
        while !pool.is_idle() {
            events.extend(pool.next().await);
        }
        assert_eq!(names(&events), ["told 1", "told 1", "ended [Boot(0)] with 1"]);
        assert!(pool.under_way().is_empty() && pool.schedule().has_room());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_lets_go_of_what_only_waits_and_waits_for_what_creates() {
        let mut pool = TaskPool::new(8);
        let mut tasks = pool.schedule();
        tasks.push(vec![Action::Check(1)], pending());
        tasks.push(vec![Action::Observe("sim".to_owned())], pending());
        tasks.push(vec![Action::Launch(2), Action::Launch(3)], async {
            sleep(Duration::from_secs(9)).await;
            lost(2)
        });
        tasks.into_tasks().into_iter().for_each(|task| pool.start(task));
        let began = Instant::now();
        pool.stop(StopRequest::Graceful);
        let mut events = Vec::new();
        while !pool.is_idle() {
            events.extend(pool.next().await);
        }
        let mut told = names(&events);
        assert_eq!(told.pop().unwrap(), "ended [Launch(2), Launch(3)] with 1");
        told.sort();
        assert_eq!(told, ["ended [Check(1)] with 0", "ended [Observe(\"sim\")] with 0"]);
        assert_eq!(pool.schedule().quiet_for(), Duration::ZERO);
        assert_eq!(began.elapsed(), Duration::from_secs(9));
    }

    #[tokio::test]
    async fn a_look_at_machines_takes_no_room_and_a_death_is_told() {
        let mut pool = TaskPool::new(1);
        let mut tasks = pool.schedule();
        tasks.push(vec![Action::Observe("sim".to_owned())], async { panic!("by a test") });
        assert!(tasks.has_room());
        tasks.into_tasks().into_iter().for_each(|task| pool.start(task));
        assert_eq!(names(&pool.next().await), ["died"]);
    }
}
