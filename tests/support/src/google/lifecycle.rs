//! How instances start, stop and end: by a call, by the cloud, and by their own clock.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::error::GoogleError;
use super::instance::Phase;
use super::life::Life;
use super::place::Place;
use super::world::{Step, World};

impl World {
    /// The place of an instance that a client may know of.
    pub(super) fn known(&mut self, place: &Place) -> Result<Phase, GoogleError> {
        let (now, faults) = (self.now, &self.faults);
        match self.instances.get_mut(place) {
            Some(instance) if instance.is_visible(now, faults) => Ok(instance.phase),
            Some(instance) => {
                instance.missed += 1;
                Err(GoogleError::not_found(&place.instance()))
            }
            None => Err(GoogleError::not_found(&place.instance())),
        }
    }

    /// From PROVISIONING on.
    pub(super) fn boot(&mut self, place: &Place) {
        let (stage, run) = (self.faults.time_to_stage, self.faults.time_to_stage + self.faults.time_to_run);
        self.enter(place, Phase::Provisioning);
        self.plan(place, stage, Step::Stage);
        self.plan(place, run, Step::Run);
    }

    pub(super) fn begin_to_run(&mut self, place: &Place) {
        self.enter(place, Phase::Running);
        self.change(place, |instance| (instance.powered, instance.preempted) = (true, false));
        let Some(instance) = self.instances.get(place) else { return };
        self.lives.push(Life::Begins(instance.machine()));
        let scheduling = &instance.value["scheduling"];
        let seconds = scheduling["maxRunDuration"]["seconds"].as_str().and_then(|seconds| seconds.parse().ok());
        let limit = seconds.map(Duration::from_secs);
        let until = scheduling["terminationTime"].as_str().and_then(|time| self.read(time));
        let Some(left) = limit.or_else(|| until.map(|until| until.saturating_sub(self.now))) else { return };
        self.plan(place, left, Step::Expire);
        let time = self.written(self.now + left);
        self.change(place, |instance| {
            instance.value["resourceStatus"]["scheduling"]["terminationTimestamp"] = json!(time);
        });
    }

    /// Its time to run is over.
    pub(super) fn expire(&mut self, place: &Place) {
        self.end_by_cloud(place, "compute.instances.terminateOnMaxRunDuration");
    }

    /// The cloud wants a machine back.
    pub(super) fn preempt(&mut self, place: &Place) {
        self.change(place, |instance| instance.preempted = true);
        self.end_by_cloud(place, "compute.instances.preempted");
    }

    /// The operating system of an instance has shut it down.
    pub(super) fn power_off(&mut self, place: &Place) {
        self.finish(place, "compute.instances.guestTerminate", Step::Stop);
    }

    fn end_by_cloud(&mut self, place: &Place, kind: &str) {
        let deleted = self.instances.get(place).is_some_and(super::instance::Instance::ends_deleted);
        self.finish(place, kind, if deleted { Step::Vanish } else { Step::Stop });
    }

    /// Stops or deletes an instance in an operation.
    fn finish(&mut self, place: &Place, kind: &str, end: Step) -> String {
        let off = self.instances.get(place).is_none_or(|instance| instance.phase == Phase::Terminated);
        let time = if off { Duration::ZERO } else { self.faults.time_to_die };
        self.change(place, |instance| {
            instance.turn += 1;
            // What is off needs no power to vanish, and is no more stopping.
            if !off {
                instance.phase = Phase::Stopping;
            }
        });
        self.plan(place, time, end);
        self.begin(kind, &place.scope(), &place.instance(), time, Map::new())
    }

    pub(super) fn delete(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let place = ask.instance();
        self.known(&place)?;
        if self.instances.get(&place).is_some_and(|instance| instance.value["deletionProtection"] == true) {
            let why = "Resource cannot be deleted if it's protected against deletion. Please disable deletion \
                       protection before deleting the resource.";
            return Err(GoogleError::new(412, "conditionNotMet", format!("Invalid resource usage: '{why}'")));
        }
        Ok(self.finish(&place, "delete", Step::Vanish))
    }

    pub(super) fn stop(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let place = ask.instance();
        match self.known(&place)? {
            Phase::Running | Phase::Staging => Ok(self.finish(&place, "stop", Step::Stop)),
            Phase::Terminated => Ok(self.begin("stop", &place.scope(), &place.instance(), Duration::ZERO, Map::new())),
            Phase::Provisioning | Phase::Stopping => Err(GoogleError::not_ready(&place.instance())),
        }
    }

    pub(super) fn start(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let place = ask.instance();
        match self.known(&place)? {
            Phase::Terminated => {
                let time = self.written(self.now);
                self.change(&place, |instance| {
                    instance.turn += 1;
                    instance.value["lastStartTimestamp"] = json!(time);
                });
                self.boot(&place);
                let time = self.faults.time_to_stage + self.faults.time_to_run;
                Ok(self.begin("start", &place.scope(), &place.instance(), time, Map::new()))
            }
            Phase::Running => Ok(self.begin("start", &place.scope(), &place.instance(), Duration::ZERO, Map::new())),
            _ => Err(GoogleError::not_ready(&place.instance())),
        }
    }

    /// A maintenance preempts a spot machine; others move and go on.
    pub(super) fn simulate_maintenance(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let place = ask.instance();
        if self.known(&place)? != Phase::Running {
            return Err(GoogleError::not_ready(&place.instance()));
        }
        let spot = self.instances.get(&place).is_some_and(super::instance::Instance::is_spot);
        let operation =
            self.begin("simulateMaintenanceEvent", &place.scope(), &place.instance(), Duration::ZERO, Map::new());
        if spot {
            self.preempt(&place);
        } else {
            let kind = "compute.instances.migrateOnHostMaintenance";
            self.begin(kind, &place.scope(), &place.instance(), Duration::ZERO, Map::new());
        }
        Ok(operation)
    }

    /// What an instance wrote to its serial port from a byte on.
    pub(super) fn console(&mut self, ask: &Ask) -> Result<Value, GoogleError> {
        let place = ask.instance();
        self.known(&place)?;
        let console = self.instances.get(&place).map_or("", |instance| instance.console.as_str());
        let start: usize = ask.asked("start").and_then(|start| start.parse().ok()).unwrap_or_default();
        // Another port has nothing written to it.
        let whole = if ask.asked("port").unwrap_or("1") == "1" { console } else { "" };
        let start = start.min(whole.len());
        let contents = String::from_utf8_lossy(&whole.as_bytes()[start..]).into_owned();
        let link = super::place::link(&format!("{}/serialPort", place.instance()));
        Ok(json!({"kind": "compute#serialPortOutput", "selfLink": link, "contents": contents,
            "start": start.to_string(), "next": whole.len().to_string()}))
    }

    /// Guest attributes below a path (`NAMESPACE/` or `NAMESPACE/KEY`); they are off unless metadata switch them on.
    pub(super) fn guest_attributes(&mut self, ask: &Ask) -> Result<Value, GoogleError> {
        let place = ask.instance();
        self.known(&place)?;
        let instance = &self.instances[&place];
        let on = instance
            .machine()
            .metadata
            .get("enable-guest-attributes")
            .is_some_and(|on| on.eq_ignore_ascii_case("true"));
        let asked = ask.asked("queryPath").or(ask.asked("variableKey")).unwrap_or_default();
        let (namespace, key) = asked.split_once('/').unwrap_or((asked, ""));
        let matching = |((space, name), _): &(&(String, String), &String)| {
            (namespace.is_empty() || space == namespace) && (key.is_empty() || name == key)
        };
        let found = instance.guest_attributes.iter().filter(matching);
        let items: Vec<Value> = found
            .map(|((namespace, key), value)| json!({"namespace": namespace, "key": key, "value": value}))
            .collect();
        let path = format!("{}/guestAttributes/{asked}", place.instance());
        if !on || items.is_empty() {
            return Err(GoogleError::not_found(&path));
        }
        let link = super::place::link(&path);
        Ok(json!({"kind": "compute#guestAttributes", "selfLink": link, "queryPath": asked,
                "queryValue": {"items": items}}))
    }
}
