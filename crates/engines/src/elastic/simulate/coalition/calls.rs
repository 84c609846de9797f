use super::super::event::Event;
use super::super::limits::within_limit;
use super::fleet::Fleet;
use super::worker_state::WorkerState;
use crate::elastic::engine::{Decision, Launch, Launched, Market, Outcome, Seconds, Termination};

/// The commands by which the server starts and stops machines.
pub(super) struct Calls<'a> {
    pub(super) fleet: &'a mut Fleet,
    pub(super) events: &'a mut Vec<Event>,
    pub(super) prefix: &'a str,
    /// Number of machines that one launch starts.
    pub(super) per_launch: u32,
    pub(super) grace: Seconds,
    /// Whether the launch command works.
    pub(super) launches: bool,
    /// Whether the server reads the result of a launch and stops machines by their identity.
    pub(super) careful: bool,
    pub(super) stops_that_found_nothing: &'a mut u64,
}

impl Calls<'_> {
    /// Carries decisions out. Returns the outcome and the numbers of the machines launched.
    pub(super) fn carry_out(&mut self, decisions: &[Decision], now: Seconds) -> (Outcome, Vec<usize>) {
        let mut outcome = Outcome::nothing(now);
        let mut started = Vec::new();
        for (index, decision) in decisions.iter().enumerate() {
            match decision {
                Decision::Launch(launch) => self.launch(index, launch, &mut outcome, &mut started),
                Decision::Terminate(termination) => self.stop(termination, &mut outcome),
                Decision::Drain(_) | Decision::CancelDrain(_) => {}
            }
        }
        (outcome, started)
    }

    fn launch(&mut self, decision: usize, launch: &Launch, outcome: &mut Outcome, started: &mut Vec<usize>) {
        let now = outcome.now;
        let market = match launch.market {
            Market::OnDemand => "on-demand",
            Market::Spot | Market::AsDescribed => "spot",
        };
        let wanted = launch.count.saturating_mul(self.per_launch);
        let (count, refused) = within_limit(wanted, self.fleet.live());
        outcome.refused = outcome.refused.saturating_add(refused);
        for _ in 0..count {
            let name = self.name(now);
            if !self.launches {
                outcome.refused += 1;
                let event = Event { worker: Some(name.clone()), ..Event::plain(now, "launch_failed") };
                self.events.push(event);
                if !self.careful {
                    self.fleet.start(name, false, now);
                }
                continue;
            }
            let Some(number) = self.fleet.start(name.clone(), true, now) else { continue };
            let id = self.fleet.instances[number].id.clone();
            let event = Event::machines(now, "start", None, vec![id.to_string()]);
            self.events.push(Event { market: Some(market), worker: Some(name), ..event });
            outcome.launched.push(Launched { decision, machine: id });
            started.push(number);
        }
    }

    /// Returns a name that no worker has.
    fn name(&self, now: Seconds) -> String {
        let base = format!("{}{now}", self.prefix);
        let same = self.fleet.workers.iter().rev().take_while(|worker| worker.started == now);
        match same.filter(|worker| worker.name.starts_with(&base)).count() {
            0 => base,
            others => format!("{base}-{}", others + 1),
        }
    }

    fn stop(&mut self, termination: &Termination, outcome: &mut Outcome) {
        let now = outcome.now;
        for id in &termination.machines {
            let Some(number) = self.fleet.worker_of(id) else { continue };
            let worker = &mut self.fleet.workers[number];
            worker.state = WorkerState::Terminated;
            let name = worker.name.clone();
            let machine = worker.machine;
            outcome.terminated.push(id.clone());
            let live = machine.and_then(|number| Some((number, self.fleet.instances.get(number)?)));
            // The original finds a machine by the name that its own worker gives it.
            let found = match live {
                Some((number, instance)) if instance.ended.is_none() && (self.careful || instance.booted) => {
                    Some(number)
                }
                Some((_, instance)) if instance.ended.is_some() => continue,
                _ => None,
            };
            let ids = found.map(|_| id.to_string()).into_iter().collect();
            let event = Event::machines(now, "stop", termination.reason.word(), ids);
            self.events.push(Event { count: Some(1), worker: Some(name), ..event });
            match found {
                Some(number) => self.fleet.end(number, self.grace, now),
                None => *self.stops_that_found_nothing += 1,
            }
        }
    }
}
