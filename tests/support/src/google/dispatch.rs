//! Which call does what.

use serde_json::Value;

use super::PROJECT;
use super::ask::Ask;
use super::error::GoogleError;
use super::page::{Page, plural};
use super::place::path_in;
use super::shelf::{Key, Row};
use super::world::World;

/// Collections, and what kinds call one of them.
const KINDS: [(&str, &str); 10] = [
    ("instances", "instance"),
    ("zones", "zone"),
    ("regions", "region"),
    ("machineTypes", "machineType"),
    ("images", "image"),
    ("disks", "disk"),
    ("networks", "network"),
    ("subnetworks", "subnetwork"),
    ("firewalls", "firewall"),
    ("instanceTemplates", "instanceTemplate"),
];

impl World {
    /// Carries a call out: its answer.
    pub(super) fn perform(&mut self, ask: &Ask) -> Result<Value, GoogleError> {
        self.check_place(ask)?;
        let operation = match ask.resource() {
            ("zoneOperations" | "regionOperations" | "globalOperations", "wait") => return self.get(ask),
            (_, "get") if ask.method == "compute.projects.get" => return Ok(self.project()),
            ("instances", "get") => return self.get_instance(ask),
            (_, "get") => return self.get(ask),
            (_, "list") => return self.list(ask),
            (_, "aggregatedList") => return self.aggregated(ask),
            ("images", "getFromFamily") => return self.newest_image(ask),
            ("instances", "getSerialPortOutput") => return self.console(ask),
            ("instances", "getGuestAttributes") => return self.guest_attributes(ask),
            _ => self.begun_before(ask)?,
        };
        let operation = match operation {
            Some(operation) => operation,
            None => self.begin_anew(ask)?,
        };
        Ok(self.begun(&operation))
    }

    /// The operation that the same request began.
    fn begun_before(&self, ask: &Ask) -> Result<Option<String>, GoogleError> {
        let Some(id) = ask.request_id()? else { return Ok(None) };
        let since = self.now.saturating_sub(self.faults.request_memory);
        Ok(self.requests.recall(id, ask, since)?.map(str::to_owned))
    }

    fn begin_anew(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let operation = match ask.resource() {
            ("instances", "insert") => self.insert(ask),
            ("instances" | "regionInstances", "bulkInsert") => self.bulk_insert(ask),
            ("instances", "delete") => self.delete(ask),
            ("instances", "start") => self.start(ask),
            ("instances", "stop") => self.stop(ask),
            ("instances", "setLabels") => self.set_labels(ask),
            ("instances", "setMetadata") => self.set_metadata(ask),
            ("instances", "setTags") => self.set_tags(ask),
            ("instances", "simulateMaintenanceEvent") => self.simulate_maintenance(ask),
            ("firewalls", "insert") => self.put_firewall(ask),
            ("instanceTemplates" | "regionInstanceTemplates", "insert") => self.put_template(ask),
            ("firewalls" | "instanceTemplates" | "regionInstanceTemplates" | "disks", "delete") => self.take(ask),
            _ => return Err(GoogleError::unknown_here(format!("{} is not known here", ask.method))),
        }?;
        if let Some(id) = ask.request_id()? {
            let id = id.to_owned();
            self.requests.remember(&id, ask, &operation, self.now);
        }
        Ok(operation)
    }

    /// The project, the zone and the region of a path are there, and answer.
    fn check_place(&self, ask: &Ask) -> Result<(), GoogleError> {
        let project = ask.named("project");
        let reads_images = ask.resource().0 == "images";
        if !(project == PROJECT || project == super::NUMBER || reads_images) {
            return Err(GoogleError::not_found(&format!("projects/{project}")));
        }
        for (parameter, collection, word) in [("zone", "zones", "zone"), ("region", "regions", "region")] {
            let Some(name) = ask.path.get(parameter).filter(|_| ask.resource().0 != collection) else { continue };
            if self.shelf.get(&Key::new(PROJECT, collection, "global", name)).is_none() {
                return Err(GoogleError::invalid(parameter, name, &format!("Unknown {word}.")));
            }
            if self.faults.unreachable.contains(name) {
                return Err(GoogleError::backend());
            }
        }
        Ok(())
    }

    fn kind(ask: &Ask) -> Result<&'static str, GoogleError> {
        let collection = plural(ask);
        let known = KINDS.iter().chain([&("operations", "operation")]).find(|(name, _)| *name == collection);
        known
            .map(|(_, kind)| *kind)
            .ok_or_else(|| GoogleError::unknown_here(format!("{} is not known here", ask.method)))
    }

    /// The collection's rows; those of the project go by its number, too.
    fn all(&mut self, ask: &Ask) -> Vec<Row> {
        let project = if ask.named("project") == super::NUMBER { PROJECT } else { ask.named("project") };
        self.rows(project, plural(ask))
    }

    fn get(&mut self, ask: &Ask) -> Result<Value, GoogleError> {
        Self::kind(ask)?;
        let name = ask.order.last().map_or("", |parameter| ask.named(parameter));
        let scope = ask.scope();
        // Operations may be as many as instances ever were: they are not all looked at.
        if let Some(operation) = self.operations.get(name).filter(|operation| operation.scope == scope) {
            return Ok(operation.view(self.now, false));
        }
        let named = |row: &Row| row.scope == scope && (row.name == name || row.value["id"] == name);
        let found = self.all(ask).into_iter().find(named).map(|row| row.value);
        found.ok_or_else(|| GoogleError::not_found(&path_in(ask.named("project"), &scope, plural(ask), name)))
    }

    /// By name or id; others that are not to be seen yet count no look at them.
    fn get_instance(&mut self, ask: &Ask) -> Result<Value, GoogleError> {
        let mut place = ask.instance();
        if let Ok(id) = place.name.parse::<u64>() {
            let found = self.instances.values().find(|instance| instance.id == id && instance.place.zone == place.zone);
            place = found.map_or(place, |instance| instance.place.clone());
        }
        self.known(&place)?;
        Ok(self.instances[&place].view())
    }

    fn list(&mut self, ask: &Ask) -> Result<Value, GoogleError> {
        let kind = Self::kind(ask)?;
        let scope = ask.scope();
        let rows = self.all(ask).into_iter().filter(|row| row.scope == scope).collect();
        Ok(Page::new(ask, rows)?.list(ask, kind))
    }

    fn aggregated(&mut self, ask: &Ask) -> Result<Value, GoogleError> {
        let kind = Self::kind(ask)?;
        let unreachable = self.faults.unreachable.clone();
        let mut rows = self.all(ask);
        rows.retain(|row| !unreachable.iter().any(|zone| zone == super::place::last(&row.scope)));
        let places = |collection: &str| {
            let rows = self.shelf.rows(PROJECT, collection);
            rows.map(|row| format!("{collection}/{}", row.name)).collect::<Vec<_>>()
        };
        let scopes = match plural(ask) {
            "subnetworks" => places("regions"),
            "instanceTemplates" => [vec!["global".to_owned()], places("regions")].concat(),
            "operations" => [vec!["global".to_owned()], places("regions"), places("zones")].concat(),
            _ => places("zones"),
        };
        Ok(Page::new(ask, rows)?.aggregated(ask, kind, &scopes, &unreachable))
    }

    fn newest_image(&self, ask: &Ask) -> Result<Value, GoogleError> {
        let (project, family) = (ask.named("project"), ask.named("family"));
        let found = super::recipe::newest(self, project, family).map(|(_, image)| image.clone());
        found.ok_or_else(|| GoogleError::not_found(&format!("projects/{project}/global/images/family/{family}")))
    }
}
