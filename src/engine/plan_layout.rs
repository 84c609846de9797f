//! Properties of a run that follow from its plan alone, computed once.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::plan::{Plan, PlanIndex, Reference, SecretSource, Service};

/// The attributes that give a machine's address.
const ADDRESSES: [&str; 3] = ["address", "hostname", "private_address"];

/// A plan's services by position: their levels, whose machines they use, and the levels that their launches wait for.
#[derive(Clone, Debug)]
pub(super) struct PlanLayout {
    index: PlanIndex,
    positions: HashMap<String, usize>,
    secrets: BTreeSet<SecretSource>,
    launch_after: Vec<usize>,
    levels: Vec<Range<usize>>,
    /// The service whose machine each service uses, and the inverse.
    owners: Vec<usize>,
    guests: HashMap<usize, Vec<usize>>,
}

impl PlanLayout {
    /// Computes the layout of this plan.
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        let index = PlanIndex::new(plan.clone());
        let launch_after = |service: &Service| {
            let needs = index.launch_needs(service);
            needs.iter().filter_map(|name| index.level_of(name)).map(|level| level + 1).max().unwrap_or(0)
        };
        let mut layout = Self {
            positions: plan
                .services()
                .enumerate()
                .map(|(position, (_, service))| (service.name.clone(), position))
                .collect(),
            secrets: plan.services().flat_map(|(_, service)| service.secrets.values().cloned()).collect(),
            launch_after: plan.services().map(|(_, service)| launch_after(service)).collect(),
            levels: plan.level_ranges(),
            owners: Vec::new(),
            guests: HashMap::new(),
            index,
        };
        layout.owners = (0..plan.service_count()).map(|position| layout.find_owner(position)).collect();
        for (guest, &owner) in layout.owners.iter().enumerate().filter(|&(guest, &owner)| guest != owner) {
            layout.guests.entry(owner).or_default().push(guest);
        }
        layout
    }

    /// Returns the service whose machine the service at `position` uses: one of an earlier level whose address it has
    /// as its own, or itself.
    fn find_owner(&self, position: usize) -> usize {
        let Some(text) = &self.service(position).address else { return position };
        let other = text.references().find_map(|reference| match reference {
            Reference::Service { service, attribute }
                if text.as_str() == format!("${{{service}.{attribute}}}")
                    && ADDRESSES.contains(&attribute.as_str()) =>
            {
                self.position(&service)
            }
            _ => None,
        });
        match other {
            Some(other) if self.level_of(other) < self.level_of(position) => self.find_owner(other),
            _ => position,
        }
    }

    /// Returns the plan's name index.
    pub(super) fn index(&self) -> &PlanIndex {
        &self.index
    }

    /// Returns the position of the service of this name.
    pub(super) fn position(&self, service: &str) -> Option<usize> {
        self.positions.get(service).copied()
    }

    /// Returns the service at `position`.
    pub(super) fn service(&self, position: usize) -> &Service {
        let level = self.level_of(position);
        &self.index.plan().levels[level].services[position - self.levels[level].start]
    }

    /// Returns the positions of each level's services, in order.
    pub(super) fn levels(&self) -> &[Range<usize>] {
        &self.levels
    }

    /// Returns the index of the level that the service at `position` belongs to.
    pub(super) fn level_of(&self, position: usize) -> usize {
        self.levels.partition_point(|range| range.end <= position)
    }

    /// Returns the service whose machine the service at `position` uses; itself if that is its own or no service's.
    pub(super) fn owner_of(&self, position: usize) -> usize {
        self.owners[position]
    }

    /// Returns the services that use the machine of the service at `position`.
    pub(super) fn guests_of(&self, position: usize) -> &[usize] {
        self.guests.get(&position).map_or(&[], Vec::as_slice)
    }

    /// Returns how many levels, from the first, must be ready before the instance of the service at `position` can be
    /// launched.
    pub(super) fn launch_after(&self, position: usize) -> usize {
        self.launch_after[position]
    }

    /// Returns the sources of all secrets of the plan.
    pub(super) fn secrets(&self) -> &BTreeSet<SecretSource> {
        &self.secrets
    }
}
