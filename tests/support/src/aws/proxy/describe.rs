//! What clients may see: instances by id, by filter and in pages, and what belongs to instances.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::compute::Started;
use super::error::AwsError;
use super::filters::Filters;
use super::inventory::{Stale, Work};
use super::launch::missing;
use super::parameters::Parameters;
use super::region::Region;
use super::xml::Element;
use crate::aws::Answer;

/// Ids asked of moto in one call.
const IDS_A_CALL: usize = 1000;

impl Region {
    pub(super) fn describe_instances(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let ids = parameters.list("InstanceId");
        let page = page(parameters, !ids.is_empty())?;
        let filters = Filters::new(parameters.filters())?;
        {
            let _changing = self.changing.lock().unwrap();
            self.refresh()?;
        }
        let (now, faults) = (self.shared.now(), self.shared.faults());
        let mut inventory = self.inventory.lock().unwrap();
        let named: BTreeSet<&str> = ids.iter().copied().collect();
        let mut shown: Vec<(usize, Element, Element)> = Vec::new();
        let mut missed = Vec::new();
        for (place, machine) in inventory.all() {
            if !named.is_empty() && !named.contains(machine.id.as_str()) {
                continue;
            }
            let view = machine.view(now, &faults, false);
            if machine.is_too_young(now, &faults) {
                if filters.match_all(machine.reservation(), &view) {
                    missed.push(place);
                }
            } else if machine.is_visible(now, &faults) && filters.match_all(machine.reservation(), &view) {
                shown.push((place, machine.reservation().clone(), view));
            }
        }
        missed.into_iter().for_each(|place| inventory.miss(place));
        if missed_any(&named, &shown) {
            inventory.places(&ids, now, &faults)?;
        }
        drop(inventory);
        Ok(self.answer(reservations(shown, page)))
    }

    /// Brings what is known of instances up to what moto has on record. The caller holds `changing`.
    pub(super) fn refresh(self: &Arc<Self>) -> Result<(), AwsError> {
        let stale = std::mem::replace(&mut self.inventory.lock().unwrap().stale, Stale::These(BTreeSet::new()));
        let mut requests = match &stale {
            Stale::Everything => vec![Parameters::of("DescribeInstances", &[("MaxResults", "1000")])],
            Stale::These(ids) => ids.iter().collect::<Vec<_>>().chunks(IDS_A_CALL).map(by_ids).collect(),
        };
        let mut new = Vec::new();
        while let Some(mut request) = requests.pop() {
            let found = match self.ask(&request) {
                Ok(found) => found,
                Err(error) => {
                    self.inventory.lock().unwrap().stale = Stale::Everything;
                    return Err(error);
                }
            };
            let now = self.shared.now();
            let mut inventory = self.inventory.lock().unwrap();
            for reservation in found.items("reservationSet") {
                for instance in reservation.items("instancesSet") {
                    if inventory.merge(reservation, instance, now) {
                        new.push(instance.get("instanceId").to_owned());
                    }
                }
            }
            if !found.get("nextToken").is_empty() {
                request.set("NextToken", found.get("nextToken"));
                requests.push(request);
            }
        }
        // Made by something else than a launch through here, such as a stack.
        for id in new {
            if self.shared.workers.is_some() {
                let user_data = self.recorded_user_data(&id)?;
                self.start_machine(&id, &user_data);
            }
        }
        Ok(())
    }

    /// The user data that moto has on record for an instance.
    pub(super) fn recorded_user_data(&self, id: &str) -> Result<Vec<u8>, AwsError> {
        let parameters = [("InstanceId", id), ("Attribute", "userData")];
        let found = self.ask(&Parameters::of("DescribeInstanceAttribute", &parameters))?;
        let encoded = found.get("userData/value");
        BASE64_STANDARD.decode(encoded).map_err(|error| AwsError::new("InternalError", error.to_string()))
    }

    pub(super) fn console_output(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let id = parameters.get("InstanceId").ok_or_else(|| missing("InstanceId"))?;
        {
            let _changing = self.changing.lock().unwrap();
            self.refresh()?;
        }
        self.inventory.lock().unwrap().places(&[id], self.shared.now(), &self.shared.faults())?;
        let Some(workers) = &self.shared.workers else { return self.forward(parameters) };
        let output = BASE64_STANDARD.encode(workers.compute.console(id));
        let root = Element::new("GetConsoleOutputResponse").with(Element::leaf("instanceId", id));
        Ok(self.answer(root.with(Element::leaf("output", output))))
    }

    /// Without the interfaces of dead instances, which moto keeps and EC2 deletes.
    pub(super) fn describe_network_interfaces(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let mut found = self.ask(parameters)?;
        let mut inventory = self.inventory.lock().unwrap();
        let mut lives = |interface: &Element| {
            let machine = inventory.machine(interface.get("attachment/instanceId"));
            machine.is_none_or(|machine| !machine.is_dying())
        };
        found.child_mut("networkInterfaceSet").children.retain(&mut lives);
        found.remove("requestId");
        Ok(self.answer(found))
    }

    /// With the requests behind the spot instances of RunInstances and CreateFleet, which moto does not make.
    pub(super) fn describe_spot_requests(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let ours = parameters.list("SpotInstanceRequestId");
        let asks_for = |id: &str| ours.is_empty() || ours.contains(&id);
        let states = parameters.filters().into_iter().find(|(name, _)| name == "state").map(|(_, states)| states);
        let mut found =
            if ours.is_empty() { self.ask(parameters)? } else { Element::new("DescribeSpotInstanceRequestsResponse") };
        let filters = Filters::new(parameters.filters())?;
        let inventory = self.inventory.lock().unwrap();
        let set = found.child_mut("spotInstanceRequestSet");
        for (_, machine) in inventory.all() {
            let Some(request) = machine.spot_request.as_ref().filter(|request| asks_for(&request.id)) else { continue };
            let state = if machine.is_dying() { "closed" } else { "active" };
            if states.as_ref().is_some_and(|states| !states.iter().any(|wanted| wanted == state)) {
                continue;
            }
            let tag =
                |(key, value)| Element::new("item").with(Element::leaf("key", key)).with(Element::leaf("value", value));
            let item = Element::new("item")
                .with(Element::leaf("spotInstanceRequestId", &request.id))
                .with(Element::leaf("state", state))
                .with(Element::leaf("type", "one-time"))
                .with(Element::leaf("instanceId", &machine.id))
                .with(Element::set_of("tagSet", request.tags.iter().map(tag)));
            if filters.match_all(&item, &item) {
                set.children.push(item);
            }
        }
        drop(inventory);
        found.remove("requestId");
        Ok(self.answer(found))
    }

    /// What a machine's start came to.
    pub(super) fn machine_started(self: &Arc<Self>, id: &str, started: Result<Started, String>) {
        let mut inventory = self.inventory.lock().unwrap();
        let Some(machine) = inventory.machine(id) else { return };
        match started {
            Ok(started) if machine.is_dying() => {
                machine.work = Work::At(started.address);
                drop(inventory);
                self.stop_machine(id);
            }
            Ok(started) => machine.work = Work::At(started.address),
            Err(problem) => {
                machine.work = Work::Stopped;
                drop(inventory);
                self.end(id, "Server.InternalError", &problem);
            }
        }
    }
}

fn by_ids(ids: &[&String]) -> Parameters {
    let mut request = Parameters::of("DescribeInstances", &[]);
    for (number, id) in (1..).zip(ids) {
        request.set(&format!("InstanceId.{number}"), *id);
    }
    request
}

fn missed_any(named: &BTreeSet<&str>, shown: &[(usize, Element, Element)]) -> bool {
    shown.len() < named.len()
}

/// Where the page begins and how many instances it may show.
fn page(parameters: &Parameters, by_ids: bool) -> Result<(usize, usize), AwsError> {
    let start = match parameters.get("NextToken") {
        None => 0,
        Some(token) => token
            .strip_prefix("after-")
            .and_then(|place| place.parse::<usize>().ok())
            .map(|place| place + 1)
            .ok_or_else(|| AwsError::new("InvalidNextToken", "The token is not valid"))?,
    };
    let Some(most) = parameters.get("MaxResults") else { return Ok((start, usize::MAX)) };
    if by_ids {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    match most.parse() {
        Ok(most @ 5..=1000) => Ok((start, most)),
        _ => {
            let message =
                format!("Value ( {most} ) for parameter maxResults is invalid. Expecting a value from 5 to 1000.");
            Err(AwsError::new("InvalidParameterValue", message))
        }
    }
}

/// Instances as an answer to DescribeInstances, grouped by reservation.
fn reservations(shown: Vec<(usize, Element, Element)>, (start, most): (usize, usize)) -> Element {
    let mut set: Vec<Element> = Vec::new();
    let mut rest = shown.into_iter().filter(|(place, ..)| *place >= start).peekable();
    let mut last = None;
    for (place, mut reservation, view) in rest.by_ref().take(most) {
        last = Some(place);
        let same = |other: &&mut Element| other.get("reservationId") == reservation.get("reservationId");
        match set.last_mut().filter(same) {
            Some(group) => group.child_mut("instancesSet").children.push(as_item(view)),
            None => {
                reservation.child_mut("instancesSet").children.push(as_item(view));
                set.push(reservation);
            }
        }
    }
    let root = Element::new("DescribeInstancesResponse").with(Element::set_of("reservationSet", set));
    match (rest.peek(), last) {
        (Some(_), Some(place)) => root.with(Element::leaf("nextToken", format!("after-{place}"))),
        _ => root,
    }
}

fn as_item(element: Element) -> Element {
    Element { name: "item".to_owned(), ..element }
}
