use serde_json::{Value, json};

use super::super::detail::Detail;
use super::super::event::Event;
use super::super::observations::Observations;
use super::super::scenario_view::ScenarioView;
use super::super::summary::{EpuSummary, Summary};
use super::super::trace::Trace;
use super::calls::{Calls, Outages};
use super::controller::{Controller, Phase};
use super::iaas_state::IaasState;
use super::machines::{Machines, Message};
use super::pulse::{Record, prepare, pulse};
use super::scenario::EpuScenario;
use super::settings::Settings;
use super::timeline::Entry;
use crate::elastic::engine::{Health, Memory, Protection, Seconds};

/// A simulated provisioner and a controller.
pub(in super::super) struct EpuWorld<'a> {
    view: ScenarioView<'a>,
    settings: Settings,
    machines: Machines<'a>,
    controller: Controller,
    outages: Outages,
    events: Vec<Event>,
    record: Record,
    destroy_calls: u64,
    machine_seconds: i64,
    detail: Detail,
    timeline: std::iter::Peekable<std::vec::IntoIter<&'a Entry>>,
    sensor: std::iter::Peekable<std::vec::IntoIter<(Seconds, u64)>>,
}

impl<'a> EpuWorld<'a> {
    /// Makes a world at 0.
    pub(in super::super) fn new(
        scenario: &'a EpuScenario,
        view: ScenarioView<'a>,
        protection: &Protection,
        detail: Detail,
    ) -> EpuWorld<'a> {
        let settings = Settings::read(&scenario.config);
        let mut timeline: Vec<&Entry> = scenario.timeline.iter().collect();
        timeline.sort_by_key(|entry| entry.at());
        let mut sensor = scenario.sensor.clone();
        sensor.sort_by_key(|(at, _)| *at);
        EpuWorld {
            machines: Machines::new(&scenario.cloud, settings.health.is_some()),
            controller: Controller::new(view.engine, &scenario.config, protection),
            view,
            settings,
            outages: Outages::default(),
            events: Vec::new(),
            record: Record { recorded: detail.is_full(), ..Record::default() },
            destroy_calls: 0,
            machine_seconds: 0,
            detail,
            timeline: timeline.into_iter().peekable(),
            sensor: sensor.into_iter().peekable(),
        }
    }

    /// Runs to the end and returns the trace.
    pub(in super::super) fn run(mut self) -> Trace {
        let mut now = 0;
        while now <= self.view.duration {
            self.settle(now);
            let next = self.next(now);
            let length = next.min(self.view.duration.saturating_add(1)) - now;
            self.machine_seconds += self.machines.live() * length;
            now = next;
        }
        self.trace()
    }

    fn next(&mut self, now: Seconds) -> Seconds {
        let due = [
            self.controller.next(),
            self.machines.next(),
            self.timeline.peek().map(|entry| entry.at()),
            self.sensor.peek().map(|(at, _)| *at),
        ];
        due.into_iter().flatten().min().unwrap_or(Seconds::MAX).max(now + 1)
    }

    /// Settles one second, in the order of the format.
    fn settle(&mut self, now: Seconds) {
        while let Some(entry) = self.timeline.next_if(|entry| entry.at() <= now) {
            self.apply(entry, now);
        }
        if matches!(self.controller.phase, Phase::Down(until) if until <= now) {
            self.events.push(Event::plain(now, "controller_started"));
            self.controller.start(&self.machines, now);
        }
        while let Some((number, message)) = self.machines.due(now) {
            self.deliver(number, message, now);
        }
        while let Some(reading) = self.sensor.next_if(|(at, _)| *at <= now) {
            if self.controller.listens() {
                self.controller.queue = Some(reading);
            }
        }
        match self.controller.phase {
            Phase::Initializing(at) if at <= now => {
                if let Err(error) = self.controller.initialize(now) {
                    self.events.push(Event { error: Some(error), ..Event::plain(now, "start_failed") });
                }
            }
            Phase::Pulsing(at) if at <= now => {
                self.pulse(now);
                self.controller.pulsed(now);
            }
            _ => {}
        }
    }

    fn deliver(&mut self, number: usize, message: Message, now: Seconds) {
        if !self.controller.listens() {
            return;
        }
        let unhealthy = self.machines.all().get(number).is_some_and(|instance| instance.unhealthy);
        if let Some(belief) = self.controller.belief(number) {
            match message {
                Message::State(state) => belief.hear_state(state, now),
                Message::Heartbeat => belief.hear_heartbeat(unhealthy, now),
            }
        }
    }

    fn apply(&mut self, entry: &Entry, now: Seconds) {
        match entry {
            Entry::Reconfigure { conf, .. } => match self.controller.reconfigure(conf) {
                Some(Ok(())) => {
                    self.settings.has_variables |= conf.contains_key("provisioner_vars");
                    self.events.push(Event::plain(now, "reconfigured"));
                }
                Some(Err(error)) => {
                    self.events.push(Event { error: Some(error), ..Event::plain(now, "reconfigure_refused") });
                }
                None => {}
            },
            Entry::State { which, count, r#in, state, .. } => {
                for number in self.machines.choose(which, *count, *r#in) {
                    if self.machines.set_state(number, *state, now) {
                        self.deliver(number, Message::State(*state), now);
                    }
                }
            }
            Entry::Mute { which, count, r#in, .. } => {
                let chosen = self.machines.choose(which, *count, *r#in);
                chosen.into_iter().for_each(|number| self.machines.mute(number));
            }
            Entry::Unhealthy { which, count, r#in, .. } => {
                let chosen = self.machines.choose(which, *count, *r#in);
                chosen.into_iter().for_each(|number| self.machines.sicken(number));
            }
            Entry::KillController { down, lose_store, .. } => {
                self.events.push(Event::plain(now, "controller_stopped"));
                self.controller.stop(now.saturating_add(*down), *lose_store);
            }
            Entry::ProvisionDown { at, r#for } => self.outages.provision = at.saturating_add(*r#for),
            Entry::TerminateDown { at, r#for } => self.outages.terminate = at.saturating_add(*r#for),
        }
    }

    fn pulse(&mut self, now: Seconds) {
        let health = self.settings.health.as_ref();
        let machines = prepare(&mut self.controller, health, now);
        let mut calls = Calls {
            controller: &mut self.controller,
            machines: &mut self.machines,
            outages: self.outages,
            has_variables: self.settings.has_variables,
            events: &mut self.events,
            destroy_calls: &mut self.destroy_calls,
        };
        pulse(&mut calls, &machines, health, &mut self.record, now);
    }

    fn trace(self) -> Trace {
        let count = |action: &str| {
            let events = self.events.iter().filter(|event| event.action == action);
            events.map(|event| u64::from(event.count.unwrap_or(0))).sum()
        };
        let summary = EpuSummary {
            destroy_calls: self.destroy_calls,
            destroys: count("destroy"),
            launches: count("launch"),
            machine_seconds: self.machine_seconds,
        };
        let live = |state: Option<IaasState>| -> Vec<&str> {
            let live = self.machines.all().iter().filter(|instance| instance.is_live());
            let chosen = live.filter(|instance| state.is_none_or(|state| instance.state == state));
            chosen.map(|instance| instance.id.as_str()).collect()
        };
        let mut end = json!({"not_destroyed": live(None), "running": live(Some(IaasState::Running))});
        if self.view.engine == "npreserving" {
            let valid = self.controller.beliefs().filter(|belief| belief.state < IaasState::Terminating);
            let healthy = valid.filter(|belief| matches!(belief.health, Health::Ok | Health::Unknown));
            end["believed_valid"] = healthy.count().into();
            end["uniques"] = match &self.controller.memory {
                Some(Memory::Npreserving(memory)) => {
                    memory.slots().map(|(slot, machine)| (slot.to_owned(), json!(machine))).collect()
                }
                _ => json!({}),
            };
        }
        let full = self.detail.is_full();
        Trace {
            schema: 1,
            engine: self.view.engine.into(),
            rules: "repaired",
            end,
            observations: Observations::Epu(self.record.sightings),
            engine_state: if full { json!(self.record.states) } else { Value::Null },
            notes: Value::Null,
            series: Value::Null,
            events: self.events,
            summary: Summary::Epu(summary),
        }
    }
}
