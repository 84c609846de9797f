//! One new instance.

use serde_json::Map;

use super::PROJECT;
use super::ask::Ask;
use super::error::GoogleError;
use super::operation::failed;
use super::place::{Place, last, referred};
use super::recipe::{Recipe, with_template};
use super::world::{Step, World};

impl World {
    pub(super) fn insert(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let template = ask.asked("sourceInstanceTemplate");
        let properties = with_template(self, "sourceInstanceTemplate", template, &ask.body)?;
        let place = Place::new(ask.named("zone"), ask.body["name"].as_str().unwrap_or_default());
        let machine_type = self.machine_type(ask, &properties)?;
        let recipe = Recipe::new(self, &place.zone, "resource", &machine_type, properties)?;
        if let Some(error) = self.in_the_way(&recipe, &place) {
            return Err(error);
        }
        let lack = self.allot(&recipe, &mut self.usage()).err();
        if let Some(refusal) = lack.as_ref().and_then(|lack| self.refusal(lack)) {
            return Err(refusal);
        }
        self.create(&recipe, &place, lack.is_some());
        let outcome = lack.map_or_else(Map::new, |lack| failed(&[lack.error()]));
        let doomed = !outcome.is_empty();
        let time = self.faults.time_to_stage + self.faults.time_to_run;
        if doomed {
            self.plan(&place, time, Step::Vanish);
        }
        Ok(self.begin("insert", &place.scope(), &place.instance(), time, outcome))
    }

    /// The name of the machine type, to which an instance has a link, and a template has the mere name.
    fn machine_type(&self, ask: &Ask, properties: &serde_json::Value) -> Result<String, GoogleError> {
        const FIELD: &str = "resource.machineType";
        if let Some(reference) = ask.body["machineType"].as_str() {
            let path = referred(FIELD, reference)?;
            let here = format!("projects/{PROJECT}/zones/{}/machineTypes/", ask.named("zone"));
            if !path.starts_with(&here) {
                return Err(GoogleError::invalid(FIELD, reference, "The machine type is in another zone or project."));
            }
            return Ok(last(&path).to_owned());
        }
        let of_template = properties["machineType"].as_str();
        of_template.map(str::to_owned).ok_or_else(|| GoogleError::invalid(FIELD, "", "A machine type is required."))
    }
}
