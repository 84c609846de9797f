use super::super::detail::Detail;
use super::super::event::Event;
use super::super::observations::Observations;
use super::super::summary::{ElastiqSummary, Summary};
use super::super::trace::Trace;
use super::daemon::Daemon;
use super::input::JobBatch;
use super::pass::pass;
use super::scenario::ElastiqScenario;
use super::state::State;
use super::tally::Tally;
use super::timeline::Entry;
use crate::elastic::engine::{Engine, MachineState, Memory, Protection, Seconds};

/// A simulated cloud with an HTCondor pool, and a daemon that runs an engine on them.
pub struct ElastiqWorld<'a> {
    state: State<'a>,
    engine: &'a dyn Engine,
    daemon: Daemon,
    tally: Tally,
    duration: Seconds,
    detail: Detail,
    /// Whether the engine's memory and the fleet's tags outlive the daemon.
    durable: bool,
    arrivals: std::iter::Peekable<std::vec::IntoIter<&'a JobBatch>>,
    timeline: std::iter::Peekable<std::vec::IntoIter<&'a Entry>>,
}

impl<'a> ElastiqWorld<'a> {
    /// Makes a world at 0 in which `engine` decides. The protections say whether its memory outlives the daemon.
    pub fn new(
        scenario: &'a ElastiqScenario,
        duration: Seconds,
        engine: &'a dyn Engine,
        protection: &Protection,
        detail: Detail,
    ) -> ElastiqWorld<'a> {
        let state = State::new(scenario, detail);
        let mut arrivals: Vec<&JobBatch> = scenario.workload.jobs.iter().collect();
        arrivals.sort_by_key(|batch| batch.at);
        let mut timeline: Vec<&Entry> = scenario.timeline.iter().collect();
        timeline.sort_by_key(|entry| entry.at());
        ElastiqWorld {
            daemon: Daemon::Asleep { until: 0, memory: engine.start(0, &state.account.owned()) },
            state,
            engine,
            tally: Tally::new(detail.is_full()),
            duration,
            detail,
            durable: protection.follow_machines,
            arrivals: arrivals.into_iter().peekable(),
            timeline: timeline.into_iter().peekable(),
        }
    }

    /// Runs to the end and returns the trace, which names `engine`.
    pub fn run(mut self, engine: &str) -> Trace {
        let mut now = 0;
        while now <= self.duration {
            self.tally.advance(now);
            self.settle(now);
            self.tally.settle(self.state.counts());
            now = self.next(now);
        }
        self.tally.advance(self.duration.saturating_add(1));
        self.trace(engine)
    }

    /// Returns the next second in which something is due.
    fn next(&mut self, now: Seconds) -> Seconds {
        let due = [
            Some(self.daemon.wakes()),
            self.state.lifecycle.next(),
            self.state.pool.next_end(),
            self.arrivals.peek().map(|batch| batch.at),
            self.timeline.peek().map(|entry| entry.at()),
        ];
        // Jobs that came back in a pass are placed in the next second.
        let unplaced = (self.state.pool.waiting.ready() > 0 && self.state.pool.has_free()).then_some(now + 1);
        due.into_iter().chain([unplaced]).flatten().min().unwrap_or(Seconds::MAX).max(now + 1)
    }

    /// Settles one second, in the order of the format.
    fn settle(&mut self, now: Seconds) {
        while let Some(entry) = self.timeline.next_if(|entry| entry.at() <= now) {
            self.apply(entry, now);
        }
        self.state.settle_machines(now);
        self.state.pool.end_jobs(now);
        while let Some(batch) = self.arrivals.next_if(|batch| batch.at <= now) {
            if batch.runnable {
                self.state.pool.waiting.arrive(batch.run.max(0), batch.count);
            } else {
                self.state.pool.waiting.arrive_hopeless(batch.count);
            }
        }
        self.state.pool.place_jobs(now);
        self.tally.sample(now, self.state.counts());
        if self.daemon.wakes() <= now {
            self.wake(now);
        }
    }

    fn apply(&mut self, entry: &Entry, now: Seconds) {
        self.state.outages.apply(entry);
        match entry {
            Entry::Restart { down, lose_state, .. } => self.stop(now, *down, *lose_state),
            Entry::Lose { which, count, .. } => {
                for number in self.choose(which, *count) {
                    self.state.die(number, now);
                }
            }
            Entry::Error { which, count, .. } => {
                for number in self.choose(which, *count) {
                    self.state.fail(number, now);
                }
            }
            Entry::RemoveJobs { count, .. } => self.state.pool.waiting.remove(*count),
            _ => {}
        }
    }

    /// Returns the machines that a scripted event means: one by its name, or own ones at work by age.
    fn choose(&self, which: &str, count: usize) -> Vec<usize> {
        let account = &self.state.account;
        let at_work = account.numbered().filter(|(number, machine)| {
            machine.own && machine.state == MachineState::Running && self.state.pool.has_joined(*number)
        });
        match which {
            "oldest" => at_work.map(|(number, _)| number).take(count).collect(),
            "newest" => at_work.map(|(number, _)| number).rev().take(count).collect(),
            name => {
                let named = account.numbered().filter(|(_, machine)| machine.id.as_str() == name);
                named.map(|(number, _)| number).collect()
            }
        }
    }

    /// Stops the daemon until `down` seconds later.
    fn stop(&mut self, now: Seconds, down: Seconds, lose_state: bool) {
        self.state.events.push(Event::plain(now, "daemon_stopped"));
        if lose_state && !self.durable {
            self.state.account.lose_state();
        }
        let stopped = Daemon::Down { until: now.saturating_add(down), memory: None };
        let memory = std::mem::replace(&mut self.daemon, stopped).into_memory();
        if self.durable && !lose_state {
            self.daemon = Daemon::Down { until: now.saturating_add(down), memory };
        }
    }

    fn wake(&mut self, now: Seconds) {
        let placeholder = Daemon::Down { until: Seconds::MAX, memory: None };
        let (asking, memory) = match std::mem::replace(&mut self.daemon, placeholder) {
            Daemon::Down { memory, .. } => {
                self.state.events.push(Event::plain(now, "daemon_started"));
                self.state.sightings.restart();
                (None, memory.unwrap_or_else(|| self.start(now)))
            }
            Daemon::Asleep { memory, .. } => (None, memory),
            Daemon::Asking { began, tries, memory, .. } => (Some((began, tries)), memory),
        };
        let sleep = self.state.scenario.config.sleep();
        self.daemon = pass(&mut self.state, self.engine, sleep, now, asking, memory);
    }

    fn start(&self, now: Seconds) -> Memory {
        self.engine.start(now, &self.state.account.owned())
    }

    fn trace(self, engine: &str) -> Trace {
        let terminated = self.state.events.iter().filter(|event| event.action == "terminate").count();
        let booted = self.state.events.iter().filter(|event| event.action == "boot");
        let summary = ElastiqSummary {
            boots: booted.map(|event| u64::from(event.count.unwrap_or(0))).sum(),
            busy_slot_seconds: self.tally.busy,
            job_wait_seconds: self.tally.job_wait,
            jobs_done: self.state.pool.jobs_done,
            jobs_requeued: self.state.pool.jobs_requeued,
            last_job_done: self.state.pool.last_job_done,
            machine_seconds: self.tally.machine,
            most_machines: u64::try_from(self.tally.most_machines).unwrap_or(0),
            repeated_terminates: 0,
            terminates: u64::try_from(terminated).unwrap_or(u64::MAX),
        };
        let full = self.detail.is_full();
        Trace {
            schema: 1,
            engine: engine.into(),
            rules: "repaired",
            end: self.state.end(),
            observations: Observations::Elastiq(self.state.sightings),
            engine_state: serde_json::Value::Null,
            notes: if full { self.state.notes.into() } else { serde_json::Value::Null },
            series: if full { serde_json::json!(self.tally.series) } else { serde_json::Value::Null },
            events: self.state.events,
            summary: Summary::Elastiq(summary),
        }
    }
}
