use super::super::event::Event;
use super::super::limits::within_limit;
use super::controller::Controller;
use super::machines::Machines;
use crate::elastic::engine::{Decision, Launch, Launched, MachineId, Outcome, Seconds};

/// The messages that cannot be sent, each until a time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outages {
    pub(super) provision: Seconds,
    pub(super) terminate: Seconds,
}

/// Sends decisions to the provisioner.
pub(super) struct Calls<'a, 'b> {
    pub(super) controller: &'a mut Controller,
    pub(super) machines: &'a mut Machines<'b>,
    pub(super) outages: Outages,
    pub(super) has_variables: bool,
    pub(super) events: &'a mut Vec<Event>,
    pub(super) destroy_calls: &'a mut u64,
}

impl Calls<'_, '_> {
    /// Carries decisions out. The original gives up the rest at the first message that cannot be sent, and counts a
    /// launch that was not sent.
    pub(super) fn carry_out(&mut self, decisions: &[Decision], now: Seconds) -> Outcome {
        let mut outcome = Outcome::nothing(now);
        let protected = self.controller.protection.follow_machines;
        for (index, decision) in decisions.iter().enumerate() {
            let sent = match decision {
                Decision::Launch(launch) => self.launch(index, launch, &mut outcome),
                Decision::Terminate(termination) if now >= self.outages.terminate => {
                    let mut ids = Vec::new();
                    for id in &termination.machines {
                        let number = self.controller.number(id);
                        if number.is_some_and(|number| self.machines.destroy(number, now)) {
                            ids.push(id.to_string());
                        }
                        *self.destroy_calls += 1;
                        outcome.terminated.push(id.clone());
                    }
                    if !ids.is_empty() {
                        self.events.push(Event::machines(now, "destroy", termination.reason.word(), ids));
                    }
                    true
                }
                Decision::Terminate(termination) => {
                    outcome.unterminated.extend(termination.machines.iter().cloned());
                    false
                }
                Decision::Drain(_) | Decision::CancelDrain(_) => true,
            };
            if !sent && !protected {
                let error = Some("a message could not be sent".to_owned());
                self.events.push(Event { error, ..Event::plain(now, "decide_failed") });
                break;
            }
        }
        outcome
    }

    /// Launches machines. Tells whether all launches could be sent.
    fn launch(&mut self, decision: usize, launch: &Launch, outcome: &mut Outcome) -> bool {
        let now = outcome.now;
        let protected = self.controller.protection.follow_machines;
        if now < self.outages.provision || !(self.has_variables || protected) {
            let lost = if protected { launch.count } else { 1 };
            outcome.refused += lost;
            let event = Event::machines(now, "launch_failed", launch.reason.word(), vec!["?".into()]);
            self.events.push(event);
            if !protected {
                self.controller.believe_in_nothing(self.machines.all().len(), now);
            }
            return false;
        }
        let mut ids = Vec::new();
        let (count, refused) = within_limit(launch.count, self.machines.live());
        outcome.refused = outcome.refused.saturating_add(refused);
        for _ in 0..count {
            let number = self.machines.launch(launch.slot.clone(), now);
            if let Some(instance) = self.machines.all().get(number) {
                ids.push(instance.id.clone());
                let machine = MachineId::new(instance.id.as_str());
                outcome.launched.push(Launched { decision, machine });
                self.controller.believe(number, instance);
            }
        }
        self.record(launch, ids, now);
        true
    }

    /// Records launches; those of one reason and second in one event.
    fn record(&mut self, launch: &Launch, ids: Vec<String>, now: Seconds) {
        let by_slot = self.controller.brain.as_ref().is_some_and(super::brain::Brain::has_slots);
        let variables = serde_json::json!(launch.variables);
        let mut event = Event::machines(now, "launch", launch.reason.word(), ids);
        if !by_slot {
            self.events.push(Event { vars: Some(variables), ..event });
            return;
        }
        let count = event.ids.as_ref().map_or(0, Vec::len);
        let uniques = vec![launch.slot.as_ref().map(|slot| slot.to_string()); count];
        let list = vec![variables; count];
        match self.events.last_mut() {
            Some(Event {
                t,
                action: "launch",
                reason,
                uniques: Some(slots),
                vars: Some(vars),
                ids,
                count: total,
                ..
            }) if *t == now && *reason == event.reason => {
                slots.extend(uniques);
                if let (Some(vars), Some(ids)) = (vars.as_array_mut(), ids.as_mut()) {
                    vars.extend(list);
                    ids.extend(event.ids.take().unwrap_or_default());
                    *total = u32::try_from(ids.len()).ok();
                }
            }
            _ => self.events.push(Event { uniques: Some(uniques), vars: Some(list.into()), ..event }),
        }
    }
}
