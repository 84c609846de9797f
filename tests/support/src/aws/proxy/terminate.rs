//! The end of instances: by call, by themselves, and by the cloud.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::AwsError;
use super::inventory::Work;
use super::launch::missing;
use super::parameters::Parameters;
use super::region::Region;
use super::xml::Element;
use crate::aws::Answer;

impl Region {
    /// One id that is not known keeps all from being terminated; one that is protected keeps those of its zone.
    pub(super) fn terminate_instances(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let ids = parameters.list("InstanceId");
        if ids.is_empty() {
            return Err(missing("InstanceId"));
        }
        let _changing = self.changing.lock().unwrap();
        self.refresh()?;
        let (now, faults) = (self.shared.now(), self.shared.faults());
        let mut inventory = self.inventory.lock().unwrap();
        let places = inventory.places(&ids, now, &faults)?;
        let mut protected = None;
        let mut kept_zones = BTreeSet::new();
        for &place in &places {
            let machine = inventory.at(place);
            if machine.protected && !machine.is_dying() {
                kept_zones.insert(machine.zone().to_owned());
                protected.get_or_insert_with(|| machine.id.clone());
            }
        }
        let mut items = Vec::new();
        let mut ending = Vec::new();
        for &place in &places {
            let machine = inventory.at(place);
            if kept_zones.contains(machine.zone()) {
                continue;
            }
            let before = state("previousState", machine.state(now, &faults));
            let after = match machine.state(now, &faults) {
                ("48", _) => ("48", "terminated"),
                _ => ("32", "shutting-down"),
            };
            if !machine.is_dying() {
                ending.push(machine.id.clone());
            }
            items.push(
                Element::new("item")
                    .with(Element::leaf("instanceId", &machine.id))
                    .with(state("currentState", after))
                    .with(before),
            );
        }
        drop(inventory);
        self.end_in_moto(&ending)?;
        if let Some(id) = protected {
            let message = format!(
                "The instance '{id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try \
                 again."
            );
            return Err(AwsError::new("OperationNotPermitted", message));
        }
        Ok(self.answer(Element::new("TerminateInstancesResponse").with(Element::set_of("instancesSet", items))))
    }

    /// Terminates instances in moto and here. The caller holds `changing`.
    pub(super) fn end_in_moto(self: &Arc<Self>, ids: &[String]) -> Result<(), AwsError> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut request = Parameters::of("TerminateInstances", &[]);
        for (number, id) in (1..).zip(ids) {
            request.set(&format!("InstanceId.{number}"), id);
        }
        self.ask(&request)?;
        let now = self.shared.now();
        let mut inventory = self.inventory.lock().unwrap();
        for id in ids {
            if let Some(machine) = inventory.machine(id) {
                machine.terminate(now);
            }
        }
        inventory.mark_stale(ids.iter().map(String::as_str));
        drop(inventory);
        ids.iter().for_each(|id| self.stop_machine(id));
        Ok(())
    }

    /// Ends an instance without a call, for a reason that is shown.
    pub(super) fn end(self: &Arc<Self>, id: &str, code: &str, message: &str) {
        let _changing = self.changing.lock().unwrap();
        let mut inventory = self.inventory.lock().unwrap();
        let Some(machine) = inventory.machine(id).filter(|machine| !machine.is_dying()) else { return };
        machine.reason = Some((code.to_owned(), format!("{code}: {message}")));
        drop(inventory);
        // What moto refuses is in its answer's log.
        let _ = self.end_in_moto(&[id.to_owned()]);
    }

    /// The instance's own operating system has powered it off.
    pub(super) fn power_off(self: &Arc<Self>, id: &str) {
        let mut inventory = self.inventory.lock().unwrap();
        let ends = inventory.machine(id).is_some_and(|machine| machine.ends_when_off);
        drop(inventory);
        if ends {
            self.end(id, "Client.InstanceInitiatedShutdown", "Instance initiated shutdown");
            return;
        }
        let _changing = self.changing.lock().unwrap();
        let _ = self.ask(&Parameters::of("StopInstances", &[("InstanceId.1", id)]));
        self.inventory.lock().unwrap().mark_stale([id]);
        self.stop_machine(id);
    }

    /// Ends all machines: the test is over.
    pub(super) fn stop_all_machines(self: &Arc<Self>) {
        let now = self.shared.now();
        let mut inventory = self.inventory.lock().unwrap();
        let ids: Vec<String> = inventory.all().map(|(_, machine)| machine.id.clone()).collect();
        for id in &ids {
            // So that one that starts just now ends as well.
            if let Some(machine) = inventory.machine(id) {
                machine.terminate(now);
            }
        }
        drop(inventory);
        ids.iter().for_each(|id| self.stop_machine(id));
    }

    /// Ends the machine of an instance, if there is one and it runs; one that starts ends when it has started.
    pub(super) fn stop_machine(self: &Arc<Self>, id: &str) {
        let Some(workers) = &self.shared.workers else { return };
        let mut inventory = self.inventory.lock().unwrap();
        let Some(machine) = inventory.machine(id).filter(|machine| matches!(machine.work, Work::At(_))) else { return };
        machine.work = Work::Stopping;
        drop(inventory);
        let (region, compute, id) = (Arc::clone(self), Arc::clone(&workers.compute), id.to_owned());
        workers.submit(move || {
            compute.stop(&id);
            if let Some(machine) = region.inventory.lock().unwrap().machine(&id) {
                machine.work = Work::Stopped;
            }
        });
    }
}

fn state(name: &str, (code, state): (&str, &str)) -> Element {
    Element::new(name).with(Element::leaf("code", code)).with(Element::leaf("name", state))
}
