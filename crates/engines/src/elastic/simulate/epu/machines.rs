use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::iaas_state::IaasState;
use super::input::{Cloud, Heartbeat};
use crate::elastic::engine::Seconds;

/// A machine as it is, whatever the controller believes.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) launched: Seconds,
    pub(super) state: IaasState,
    pub(super) since: Seconds,
    pub(super) destroyed: bool,
    pub(super) slot: Option<Arc<str>>,
    pub(super) unhealthy: bool,
    muted: bool,
    running_since: Seconds,
}

impl Instance {
    /// Tells whether the machine runs or is coming up, and nobody has asked for its end.
    pub(super) fn is_live(&self) -> bool {
        !self.destroyed && self.state < IaasState::Terminating
    }
}

/// A message of a machine that is due. Of one second, states come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Message {
    State(IaasState),
    Heartbeat,
}

/// The machines, in launch order, and their messages to come.
#[derive(Debug)]
pub(super) struct Machines<'a> {
    cloud: &'a Cloud,
    /// None: heartbeats are not listened to.
    heartbeat: Option<Heartbeat>,
    instances: Vec<Instance>,
    messages: BinaryHeap<Reverse<(Seconds, bool, usize, Message)>>,
    live: i64,
}

impl<'a> Machines<'a> {
    pub(super) fn new(cloud: &'a Cloud, monitored: bool) -> Machines<'a> {
        let heartbeat = cloud.heartbeat.filter(|_| monitored);
        Machines { cloud, heartbeat, instances: Vec::new(), messages: BinaryHeap::new(), live: 0 }
    }

    pub(super) fn all(&self) -> &[Instance] {
        &self.instances
    }

    /// Returns the number of live machines.
    pub(super) fn live(&self) -> i64 {
        self.live
    }

    /// Launches a machine and returns its number.
    pub(super) fn launch(&mut self, slot: Option<Arc<str>>, now: Seconds) -> usize {
        let number = self.instances.len();
        self.instances.push(Instance {
            id: format!("m{}", number + 1),
            launched: now,
            state: IaasState::Requesting,
            since: now,
            destroyed: false,
            slot,
            unhealthy: false,
            muted: false,
            running_since: now,
        });
        self.live += 1;
        for (after, state) in self.cloud.states(number + 1) {
            self.send(now.saturating_add(*after), number, Message::State(*state));
        }
        number
    }

    /// Takes a destroy call. Tells whether the machine was live.
    pub(super) fn destroy(&mut self, number: usize, now: Seconds) -> bool {
        let cloud = self.cloud;
        let Some(instance) = self.instances.get_mut(number).filter(|instance| instance.is_live()) else {
            return false;
        };
        instance.destroyed = true;
        self.live -= 1;
        for (after, state) in cloud.terminate(number + 1) {
            self.send(now.saturating_add(*after), number, Message::State(*state));
        }
        true
    }

    fn send(&mut self, at: Seconds, number: usize, message: Message) {
        self.messages.push(Reverse((at, message == Message::Heartbeat, number, message)));
    }

    /// Brings a machine into a state, if that is later than its own. Tells whether it was.
    pub(super) fn set_state(&mut self, number: usize, state: IaasState, now: Seconds) -> bool {
        let heartbeat = self.heartbeat;
        let Some(instance) = self.instances.get_mut(number).filter(|instance| instance.state < state) else {
            return false;
        };
        let was_live = instance.is_live();
        (instance.state, instance.since) = (state, now);
        if was_live && !instance.is_live() {
            self.live -= 1;
        }
        if state == IaasState::Running {
            instance.running_since = now;
            if let Some(heartbeat) = heartbeat {
                self.send(now.saturating_add(heartbeat.first), number, Message::Heartbeat);
            }
        }
        true
    }

    pub(super) fn mute(&mut self, number: usize) {
        if let Some(instance) = self.instances.get_mut(number) {
            instance.muted = true;
        }
    }

    pub(super) fn sicken(&mut self, number: usize) {
        if let Some(instance) = self.instances.get_mut(number) {
            instance.unhealthy = true;
        }
    }

    /// Returns the time of the next message.
    pub(super) fn next(&self) -> Option<Seconds> {
        self.messages.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes the next message that is due at `now`: states of all machines first, then heartbeats.
    pub(super) fn due(&mut self, now: Seconds) -> Option<(usize, Message)> {
        while self.next().is_some_and(|at| at <= now) {
            let Reverse((_, _, number, message)) = self.messages.pop()?;
            match message {
                Message::State(state) if self.set_state(number, state, now) => return Some((number, message)),
                Message::Heartbeat if self.beats(number, now) => return Some((number, message)),
                _ => {}
            }
        }
        None
    }

    /// Plans the next heartbeat of a machine and tells whether this one is sent.
    fn beats(&mut self, number: usize, now: Seconds) -> bool {
        let mute_after = self.cloud.mute_after(number + 1);
        let (Some(heartbeat), Some(instance)) = (self.heartbeat, self.instances.get(number)) else { return false };
        let silent = mute_after.is_some_and(|after| now.saturating_sub(instance.running_since) >= after);
        if instance.muted || silent || instance.state != IaasState::Running {
            return false;
        }
        self.send(now.saturating_add(heartbeat.every.max(1)), number, Message::Heartbeat);
        true
    }

    /// Returns the numbers of the machines that a scripted event means: one by its name, the holder of a slot, or live
    /// ones in a state by age.
    pub(super) fn choose(&self, which: &str, count: usize, state: IaasState) -> Vec<usize> {
        let numbered = self.instances.iter().enumerate();
        if let Some(slot) = which.strip_prefix("unique:") {
            let holders = numbered.filter(|(_, instance)| instance.is_live() && instance.slot.as_deref() == Some(slot));
            return holders.map(|(number, _)| number).next_back().into_iter().collect();
        }
        let mut chosen: Vec<usize> = match which {
            "oldest" | "newest" => {
                let live = numbered.filter(|(_, instance)| instance.is_live() && instance.state == state);
                live.map(|(number, _)| number).collect()
            }
            name => {
                let named = numbered.filter(|(_, instance)| instance.id == name);
                return named.map(|(number, _)| number).collect();
            }
        };
        if which == "newest" {
            chosen.reverse();
        }
        chosen.truncate(count);
        chosen
    }
}
