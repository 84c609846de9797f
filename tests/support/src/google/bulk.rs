//! Many new instances in one call, of a zone or a region.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::PROJECT;
use super::allot::Lack;
use super::ask::Ask;
use super::bulk_order::Order;
use super::error::GoogleError;
use super::faults::Partial;
use super::operation::{OperationError, failed};
use super::place::Place;
use super::spread::Spread;
use super::world::{Step, World};

/// What became of one of the instances.
struct Made {
    place: Place,
    lack: Option<OperationError>,
}

impl World {
    pub(super) fn bulk_insert(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let order = Order::new(self, ask)?;
        let mut spread = Spread::new(self, &order)?;
        let (mut usage, capacity) = (self.usage(), self.faults.capacity.clone());
        let (mut made, mut lacks) = (Vec::new(), Vec::new());
        for name in &order.names {
            let (recipe, lack) = spread.next(self, &mut usage, name);
            let place = Place::new(&recipe.zone, name);
            let lack = lack.inspect(|lack| lacks.push(lack.clone())).map(|lack| lack.error());
            made.push((recipe, Made { place, lack }));
        }
        let created = made.iter().filter(|(_, made)| made.lack.is_none()).count();
        let enough = created >= order.least;
        if !enough {
            // The machines go back to where they came from.
            self.faults.capacity = capacity;
        }
        if !enough && let Some(refusal) = lacks.iter().find_map(|lack: &Lack| self.refusal(lack)) {
            return Err(refusal);
        }
        let group = format!("{:016x}-{:08x}", self.id(), self.number());
        let time = self.faults.time_to_stage + self.faults.time_to_run;
        for (recipe, made) in &made {
            let outcome = made.lack.iter().cloned().collect::<Vec<_>>();
            if outcome.is_empty() {
                // Without enough of them, what is there already goes again.
                self.create(recipe, &made.place, !enough);
                if !enough {
                    self.plan(&made.place, time, Step::Vanish);
                }
            }
            let operation = self.begin("insert", &made.place.scope(), &made.place.instance(), time, failed(&outcome));
            self.in_group(&operation, &group, None);
        }
        let mut errors = Vec::new();
        if !enough {
            let message = format!("Requested minimum count of {} VMs could not be created.", order.least);
            errors.push(OperationError::new("VM_MIN_COUNT_NOT_REACHED", message));
        }
        if !enough || self.faults.partial == Partial::Told {
            for error in made.iter().filter_map(|(_, made)| made.lack.as_ref()) {
                if !errors.contains(error) {
                    errors.push(error.clone());
                }
            }
        }
        let scope = ask.scope();
        let target = format!("projects/{PROJECT}/{scope}");
        let operation = self.begin("bulkInsert", &scope, &target, time, failed(&errors));
        let targets = spread.targets();
        let status = |done: bool| locations(&targets, made.iter().map(|(_, made)| made), enough, done);
        self.in_group(&operation, &group, Some((status(false), status(true))));
        Ok(operation)
    }

    /// Marks an operation as one of a group, with what it tells of the places while it runs and when it is done.
    fn in_group(&mut self, operation: &str, group: &str, metadata: Option<(Value, Value)>) {
        const METADATA: &str = "instancesBulkInsertOperationMetadata";
        let Some(operation) = self.operations.get_mut(operation) else { return };
        operation.value["operationGroupId"] = json!(group);
        if let Some((running, done)) = metadata {
            operation.value[METADATA] = running;
            operation.outcome.insert(METADATA.to_owned(), done);
        }
    }
}

/// `instancesBulkInsertOperationMetadata`.
fn locations<'a>(
    targets: &BTreeMap<String, u32>,
    made: impl Iterator<Item = &'a Made>,
    enough: bool,
    done: bool,
) -> Value {
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for made in made {
        let (created, lacking) = counts.entry(&made.place.zone).or_default();
        *if made.lack.is_none() { created } else { lacking } += 1;
    }
    let mut places = Map::new();
    for (zone, &target) in targets {
        let (created, lacking) = counts.get(zone.as_str()).copied().unwrap_or_default();
        let status = match (done, enough) {
            (true, _) => json!({"status": "DONE", "targetVmCount": target, "createdVmCount": created,
                "failedToCreateVmCount": lacking, "deletedVmCount": if enough { 0 } else { created }}),
            (false, true) => json!({"status": "CREATING", "targetVmCount": target}),
            (false, false) => json!({"status": "ROLLING_BACK", "targetVmCount": target, "createdVmCount": created,
                "failedToCreateVmCount": lacking}),
        };
        places.insert(format!("zones/{zone}"), status);
    }
    json!({"perLocationStatus": places})
}
