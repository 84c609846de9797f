use std::collections::HashSet;

use crate::classad::{ClassAd, Expression, Literal, Name};

/// An amount above every request, so that a requirement on amounts alone holds.
const PLENTY: i64 = 1 << 52;

/// The resources of a pool: those that every slot has, and custom ones that some slot names.
#[derive(Clone, Debug)]
pub(super) struct Resources {
    names: Vec<Name>,
    requests: Vec<Name>,
    machine_resources: Name,
    /// Values of `MachineResources` that have been looked at.
    seen: HashSet<String>,
}

impl Default for Resources {
    fn default() -> Resources {
        let mut resources = Resources {
            names: Vec::new(),
            requests: Vec::new(),
            machine_resources: Name::new("MachineResources"),
            seen: HashSet::new(),
        };
        for name in ["Cpus", "Memory", "Disk", "GPUs"] {
            resources.add(name);
        }
        resources
    }
}

impl Resources {
    /// Position of the cores among the amounts.
    pub(super) const CPUS: usize = 0;
    /// Position of the memory in MiB.
    pub(super) const MEMORY: usize = 1;

    fn add(&mut self, name: &str) {
        self.names.push(Name::new(name));
        self.requests.push(Name::new(&format!("Request{name}")));
    }

    /// Takes in the resources that a slot names (HTCondor's `MachineResources`). Tells whether any of them is new.
    pub(super) fn learn(&mut self, slot: &ClassAd) -> bool {
        let Some(Expression::Literal(Literal::String(named))) = slot.get(&self.machine_resources) else { return false };
        if self.seen.contains(&**named) {
            return false;
        }
        self.seen.insert(named.to_string());
        let before = self.names.len();
        for name in named.split([' ', ',']).filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("swap")) {
            if !self.contains(&name.to_ascii_lowercase()) {
                self.add(name);
            }
        }
        self.names.len() > before
    }

    /// Returns the names.
    pub(super) fn names(&self) -> &[Name] {
        &self.names
    }

    /// Returns the names of the attributes with which jobs ask for them.
    pub(super) fn requests(&self) -> &[Name] {
        &self.requests
    }

    /// Tells whether a name in lower case is a resource.
    pub(super) fn contains(&self, lower: &str) -> bool {
        self.names.iter().any(|name| name.lower() == lower)
    }

    /// Returns the amounts that a slot has.
    pub(super) fn room(&self, slot: &ClassAd) -> Vec<i64> {
        self.names.iter().map(|name| slot.get(name).map_or(0, amount)).collect()
    }

    /// Tells whether amounts are room for no job.
    pub(super) fn is_nothing(room: &[i64]) -> bool {
        room.get(Resources::CPUS).is_none_or(|cpus| *cpus <= 0)
    }

    /// Returns a slot with the amounts of another.
    pub(super) fn with_amounts(&self, slot: &ClassAd, other: &ClassAd) -> ClassAd {
        let mut ad = slot.clone();
        for name in &self.names {
            if let Some(amount) = other.get(name) {
                ad.insert(name.clone(), amount.clone());
            }
        }
        ad
    }

    /// Returns a slot with more of everything than any job asks for, and that says so (HTCondor's
    /// `WithinResourceLimits`).
    pub(super) fn unlimited(&self, slot: &ClassAd) -> ClassAd {
        let mut ad = slot.clone();
        for name in &self.names {
            ad.insert(name.clone(), Expression::Literal(Literal::Integer(PLENTY)));
        }
        ad.insert(Name::new("WithinResourceLimits"), Expression::Literal(Literal::Boolean(true)));
        ad
    }
}

fn amount(expression: &Expression) -> i64 {
    match expression {
        Expression::Literal(Literal::Integer(value)) => (*value).max(0),
        // Saturates; a part of a unit is no room.
        Expression::Literal(Literal::Real(value)) => (*value as i64).max(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_resources_are_learned_from_the_slots_once() {
        let slot = ClassAd::from_long_text(
            "MachineResources = \"Cpus Memory Disk Swap GPUs Licence\"\nCpus = 4\nMemory = 2000.7\nLicence = 2",
        )
        .unwrap();
        let mut resources = Resources::default();
        assert!(resources.learn(&slot));
        assert!(!resources.learn(&slot));
        assert_eq!(resources.room(&slot), [4, 2000, 0, 0, 2]);
        assert_eq!(resources.requests()[4].as_str(), "RequestLicence");
    }
}
