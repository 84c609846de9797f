use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde_json::{Value, json};

use super::super::detail::Detail;
use super::super::event::Event;
use super::super::observations::Observations;
use super::super::scenario_view::ScenarioView;
use super::super::summary::{CoalitionSummary, Summary};
use super::super::trace::Trace;
use super::calls::Calls;
use super::fleet::Fleet;
use super::input::Submission;
use super::scenario::CoalitionScenario;
use super::server::Server;
use super::tally::{Counts, Tally};
use super::timeline::Entry;
use crate::elastic::engine::{CoalitionEngine, Protection, Seconds};

/// A simulated job server with its cloud workers.
pub(in super::super) struct CoalitionWorld<'a> {
    scenario: &'a CoalitionScenario,
    view: ScenarioView<'a>,
    server: Server,
    careful: bool,
    /// Time until which the server is down; none: it is up.
    down_until: Option<Seconds>,
    launch_down: Seconds,
    fleet: Fleet,
    /// Requests of workers to come.
    polls: BinaryHeap<Reverse<(Seconds, usize)>>,
    events: Vec<Event>,
    stops_that_found_nothing: u64,
    tally: Tally,
    detail: Detail,
    submissions: std::iter::Peekable<std::vec::IntoIter<&'a Submission>>,
    timeline: std::iter::Peekable<std::vec::IntoIter<&'a Entry>>,
}

impl<'a> CoalitionWorld<'a> {
    /// Makes a world at 0.
    pub(in super::super) fn new(
        scenario: &'a CoalitionScenario,
        view: ScenarioView<'a>,
        protection: &Protection,
        detail: Detail,
    ) -> CoalitionWorld<'a> {
        let engine = CoalitionEngine::new(scenario.config.engine(), protection.clone());
        let careful = protection.follow_machines;
        let mut submissions: Vec<&Submission> = scenario.workload.jobs.iter().collect();
        submissions.sort_by_key(|submission| submission.at);
        let mut timeline: Vec<&Entry> = scenario.timeline.iter().collect();
        timeline.sort_by_key(|entry| entry.at());
        CoalitionWorld {
            scenario,
            view,
            server: Server::new(engine, careful, detail.is_full()),
            careful,
            down_until: None,
            launch_down: 0,
            fleet: Fleet::default(),
            polls: BinaryHeap::new(),
            events: Vec::new(),
            stops_that_found_nothing: 0,
            tally: Tally::new(detail.is_full()),
            detail,
            submissions: submissions.into_iter().peekable(),
            timeline: timeline.into_iter().peekable(),
        }
    }

    /// Runs to the end and returns the trace.
    pub(in super::super) fn run(mut self) -> Trace {
        let mut now = 0;
        while now <= self.view.duration {
            self.tally.advance(now);
            self.settle(now);
            self.tally.settle(self.counts(now));
            now = self.next(now);
        }
        self.tally.advance(self.view.duration.saturating_add(1));
        self.trace()
    }

    fn ui_every(&self) -> Option<Seconds> {
        self.scenario.ui_every.filter(|every| *every > 0)
    }

    fn next(&mut self, now: Seconds) -> Seconds {
        let page = self.ui_every().map(|every| (now.div_euclid(every) + 1).saturating_mul(every));
        let stopped = self.fleet.recent().map(|(_, instance)| instance.stops);
        let stopped = stopped.filter(|stops| *stops > now).min();
        let due = [
            page,
            stopped,
            self.down_until,
            self.polls.peek().map(|Reverse((at, _))| *at),
            self.submissions.peek().map(|submission| submission.at),
            self.timeline.peek().map(|entry| entry.at()),
        ];
        due.into_iter().flatten().min().unwrap_or(Seconds::MAX).max(now + 1)
    }

    /// Settles one second, in the order of the format.
    fn settle(&mut self, now: Seconds) {
        while let Some(entry) = self.timeline.next_if(|entry| entry.at() <= now) {
            self.apply(entry, now);
        }
        if self.down_until.is_some_and(|until| until <= now) {
            self.down_until = None;
            self.events.push(Event::plain(now, "server_started"));
            self.server.restart(&mut self.fleet, now);
        }
        // What clients submit while the server is down, they submit when it is up again.
        while self.down_until.is_none()
            && let Some(submission) = self.submissions.next_if(|submission| submission.at <= now)
        {
            for _ in 0..submission.count {
                self.server.jobs.submit(submission);
                self.end_request(now);
            }
        }
        for number in self.due_polls(now) {
            self.poll(number, now);
        }
        if self.ui_every().is_some_and(|every| now % every == 0) {
            self.end_request(now);
        }
    }

    fn apply(&mut self, entry: &Entry, now: Seconds) {
        match entry {
            Entry::Preempt { which, count, .. } => {
                for number in self.fleet.choose(which, *count) {
                    self.fleet.end(number, 0, now);
                }
            }
            Entry::Restart { down, .. } => {
                self.events.push(Event::plain(now, "server_stopped"));
                self.down_until = Some(now.saturating_add(*down));
            }
            Entry::LaunchDown { at, r#for } => self.launch_down = at.saturating_add(*r#for),
            Entry::UiRequest { .. } => self.end_request(now),
        }
    }

    /// Returns the machines whose workers make a request at `now`, in launch order.
    fn due_polls(&mut self, now: Seconds) -> Vec<usize> {
        let mut due = Vec::new();
        while let Some(Reverse((at, number))) = self.polls.peek().copied() {
            if at > now {
                break;
            }
            self.polls.pop();
            due.push(number);
        }
        due.sort_unstable();
        due
    }

    /// Lets a worker make its request.
    fn poll(&mut self, number: usize, now: Seconds) {
        let instance = &mut self.fleet.instances[number];
        if instance.stops <= now {
            return;
        }
        instance.booted = true;
        let (worker, running) = (instance.worker, instance.running);
        self.polls.push(Reverse((now.saturating_add(self.scenario.cloud.poll.max(1)), number)));
        if self.down_until.is_some() {
            return;
        }
        Server::hear(&mut self.fleet, worker, now);
        if let Some((job, end)) = running {
            let goes_on = self.server.heartbeat(&mut self.fleet, worker, job);
            self.end_request(now);
            if !goes_on {
                self.fleet.instances[number].running = None;
                return;
            }
            if now < end {
                return;
            }
            self.server.finish(&mut self.fleet, worker, job, now);
            self.fleet.instances[number].running = None;
            self.end_request(now);
        }
        let taken = self.server.ask(&mut self.fleet, worker);
        self.fleet.instances[number].running = taken.map(|(job, run)| (job, now.saturating_add(run)));
        self.end_request(now);
    }

    /// Ends a request: the server decides if a round is due.
    fn end_request(&mut self, now: Seconds) {
        if self.down_until.is_some() {
            return;
        }
        let Some(pass) = self.server.round(&mut self.fleet, now) else { return };
        let mut calls = Calls {
            fleet: &mut self.fleet,
            events: &mut self.events,
            prefix: self.scenario.config.prefix(),
            per_launch: if self.careful { 1 } else { self.scenario.config.spot_count() },
            grace: self.scenario.cloud.grace,
            launches: now >= self.launch_down,
            careful: self.careful,
            stops_that_found_nothing: &mut self.stops_that_found_nothing,
        };
        let (outcome, started) = calls.carry_out(&pass.decisions, now);
        for number in started {
            if let Some(boot) = self.scenario.cloud.boot(number + 1) {
                self.polls.push(Reverse((now.saturating_add(boot), number)));
            }
        }
        self.server.settle(&outcome, pass.memory, &self.fleet);
    }

    fn counts(&self, now: Seconds) -> Counts {
        let waiting = i64::try_from(self.server.jobs.queued()).unwrap_or(i64::MAX);
        let mut counts = Counts { waiting, ..Counts::default() };
        for (_, instance) in self.fleet.recent().filter(|(_, instance)| instance.ended.is_none()) {
            match instance.booted {
                true => counts.running += 1,
                false => counts.pending += 1,
            }
            counts.busy += i64::from(instance.running.is_some_and(|(_, end)| now < end));
        }
        counts
    }

    fn trace(self) -> Trace {
        let count = |action: &str| {
            let events = self.events.iter().filter(|event| event.action == action);
            events.map(|event| u64::from(event.count.unwrap_or(0))).sum()
        };
        let summary = CoalitionSummary {
            jobs_done: self.server.jobs.done,
            last_job_done: self.server.jobs.last_done,
            machine_seconds: self.tally.machine,
            most_machines: u64::try_from(self.tally.most_machines).unwrap_or(0),
            starts: count("start"),
            stops: count("stop"),
            stops_that_found_nothing: self.stops_that_found_nothing,
        };
        let live = self.fleet.recent().filter(|(_, instance)| instance.ended.is_none());
        let live: Vec<&str> = live.map(|(_, instance)| instance.id.as_str()).collect();
        let workers: serde_json::Map<String, Value> =
            self.fleet.workers.iter().map(|worker| (worker.name.clone(), json!(worker.state))).collect();
        let end = json!({"live": live, "waiting": self.server.jobs.shown(), "workers": workers});
        Trace {
            schema: 1,
            engine: self.view.engine.into(),
            rules: "repaired",
            end,
            observations: Observations::Coalition(self.server.sightings),
            engine_state: Value::Null,
            notes: Value::Null,
            series: if self.detail.is_full() { json!(self.tally.series) } else { Value::Null },
            events: self.events,
            summary: Summary::Coalition(summary),
        }
    }
}
