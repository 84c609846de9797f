//! The instances of a region as a client sees them: what moto has on record, and what time makes of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::error::AwsError;
use super::faults::{Faults, Visible};
use super::xml::Element;

/// All instances that the proxy knows of, in the order in which they came to be.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    machines: Vec<Machine>,
    places: HashMap<String, usize>,
    /// What moto has to be asked about again.
    pub stale: Stale,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Stale {
    #[default]
    Everything,
    These(BTreeSet<String>),
}

/// One instance.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub id: String,
    /// As moto last showed it.
    record: Element,
    /// Its reservation without the instances.
    reservation: Element,
    born: Duration,
    /// How many calls of DescribeInstances have missed it.
    missed: usize,
    /// Since when it is being terminated.
    dying: Option<Duration>,
    pub work: Work,
    pub protected: bool,
    pub spot_request: Option<SpotRequest>,
    /// `InstanceInitiatedShutdownBehavior`.
    pub ends_when_off: bool,
    /// The code and the message of what ended it, when that was not a call.
    pub reason: Option<(String, String)>,
}

/// The request behind a spot instance.
#[derive(Clone, Debug)]
pub(super) struct SpotRequest {
    pub id: String,
    pub tags: BTreeMap<String, String>,
}

/// What is known of the machine behind an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// There is none.
    None,
    Starting,
    At(String),
    Stopping,
    Stopped,
}

impl Inventory {
    /// Takes in what moto shows of an instance; whether it is a new one.
    pub(super) fn merge(&mut self, reservation: &Element, record: &Element, now: Duration) -> bool {
        let id = record.get("instanceId").to_owned();
        let dead = matches!(record.get("instanceState/name"), "terminated" | "shutting-down");
        if let Some(&place) = self.places.get(&id) {
            let machine = &mut self.machines[place];
            machine.record = record.clone();
            machine.dying = machine.dying.or(dead.then_some(now));
            return false;
        }
        let of_reservation = |child: &&Element| !matches!(child.name.as_str(), "instancesSet" | "requestId");
        let children = reservation.children.iter().filter(of_reservation).cloned().collect();
        let reservation = Element { name: "item".to_owned(), text: String::new(), children };
        self.places.insert(id.clone(), self.machines.len());
        self.machines.push(Machine {
            id,
            record: record.clone(),
            reservation,
            born: now,
            missed: 0,
            dying: dead.then_some(now),
            work: Work::None,
            protected: false,
            spot_request: None,
            ends_when_off: false,
            reason: None,
        });
        true
    }

    pub(super) fn mark_stale<'a>(&mut self, ids: impl IntoIterator<Item = &'a str>) {
        if let Stale::These(stale) = &mut self.stale {
            stale.extend(ids.into_iter().filter(|id| self.places.contains_key(*id)).map(str::to_owned));
        }
    }

    pub(super) fn machine(&mut self, id: &str) -> Option<&mut Machine> {
        self.places.get(id).map(|&place| &mut self.machines[place])
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &Machine)> {
        self.machines.iter().enumerate()
    }

    /// The place of each of these ids, when a client may know of them all.
    pub(super) fn places(&self, ids: &[&str], now: Duration, faults: &Faults) -> Result<Vec<usize>, AwsError> {
        let malformed =
            |id: &&&str| id.strip_prefix("i-").is_none_or(|rest| !rest.chars().all(|c| c.is_ascii_hexdigit()));
        if let Some(id) = ids.iter().find(malformed) {
            return Err(AwsError::new("InvalidInstanceID.Malformed", format!("Invalid id: \"{id}\"")));
        }
        let known =
            |id: &&str| self.places.get(*id).copied().filter(|&place| self.machines[place].is_visible(now, faults));
        let missing: Vec<&str> = ids.iter().filter(|id| known(id).is_none()).copied().collect();
        match missing.as_slice() {
            [] => Ok(ids.iter().filter_map(known).collect()),
            [id] => Err(not_found(&format!("ID '{id}' does"))),
            several => Err(not_found(&format!("IDs '{}' do", several.join(", ")))),
        }
    }

    /// A call of DescribeInstances has missed this one.
    pub(super) fn miss(&mut self, place: usize) {
        self.machines[place].missed += 1;
    }

    pub(super) fn at(&mut self, place: usize) -> &mut Machine {
        &mut self.machines[place]
    }
}

fn not_found(what: &str) -> AwsError {
    AwsError::new("InvalidInstanceID.NotFound", format!("The instance {what} not exist"))
}

impl Machine {
    /// Whether calls by id or filter know of it: not too young, and not forgotten.
    pub(super) fn is_visible(&self, now: Duration, faults: &Faults) -> bool {
        !self.is_too_young(now, faults) && !self.is_forgotten(now, faults)
    }

    pub(super) fn is_too_young(&self, now: Duration, faults: &Faults) -> bool {
        match faults.visible {
            Visible::AtOnce => false,
            Visible::After(time) => now < self.born + time,
            Visible::AfterDescribes(times) => self.missed < times,
        }
    }

    fn is_forgotten(&self, now: Duration, faults: &Faults) -> bool {
        let times = self.dying.zip(faults.forgotten_after);
        times.is_some_and(|(dying, time)| now >= dying + faults.time_to_die + time)
    }

    /// Its termination begins; whether it had not begun before.
    pub(super) fn terminate(&mut self, now: Duration) -> bool {
        let first = self.dying.is_none();
        self.dying.get_or_insert(now);
        first
    }

    pub(super) fn is_dying(&self) -> bool {
        self.dying.is_some()
    }

    pub(super) fn tags(&self) -> BTreeMap<String, String> {
        self.record.tags()
    }

    pub(super) fn zone(&self) -> &str {
        self.record.get("placement/availabilityZone")
    }

    pub(super) fn reservation(&self) -> &Element {
        &self.reservation
    }

    pub(super) fn record(&self) -> &Element {
        &self.record
    }

    /// The code and the name of its state.
    pub(super) fn state(&self, now: Duration, faults: &Faults) -> (&str, &str) {
        if let Some(since) = self.dying {
            let busy = matches!(self.work, Work::Starting | Work::At(_) | Work::Stopping);
            return if busy || now < since + faults.time_to_die {
                ("32", "shutting-down")
            } else {
                ("48", "terminated")
            };
        }
        match self.record.get("instanceState/name") {
            "pending" | "running" if self.work == Work::Starting || now < self.born + faults.time_to_run => {
                ("0", "pending")
            }
            "pending" | "running" => ("16", "running"),
            other => (self.record.get("instanceState/code"), other),
        }
    }

    /// As a client sees it now. At launch it is always pending.
    pub(super) fn view(&self, now: Duration, faults: &Faults, at_launch: bool) -> Element {
        let mut view = self.record.clone();
        let (code, name) = if at_launch { ("0", "pending") } else { self.state(now, faults) };
        view.set("instanceState/code", code);
        view.set("instanceState/name", name);
        if let Some(request) = &self.spot_request {
            view.set("spotInstanceRequestId", &request.id);
        }
        if let Some((code, message)) = &self.reason {
            view.set("stateReason/code", code);
            view.set("stateReason/message", message);
        }
        // What moto says when there was no token.
        if view.get("clientToken") == "ABCDE" {
            view.remove("clientToken");
        }
        if let Work::At(address) = &self.work {
            for field in ["privateIpAddress", "ipAddress", "dnsName"] {
                view.set(field, address);
            }
        }
        if name != "running" {
            view.remove("ipAddress");
            view.set("dnsName", "");
            for interface in &mut view.child_mut("networkInterfaceSet").children {
                interface.remove("association");
            }
        }
        if name == "terminated" {
            view.remove("privateIpAddress");
            view.child_mut("networkInterfaceSet").children.clear();
        }
        view
    }
}
