//! Calls that change what is written on an instance: labels, metadata and tags, each against its fingerprint.

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::error::GoogleError;
use super::instance::{Phase, fingerprint};
use super::labels;
use super::place::Place;
use super::world::World;

impl World {
    pub(super) fn set_labels(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        labels::check("resource.labels", &ask.body["labels"])?;
        let place = self.changeable(ask)?;
        let given = &ask.body["labelFingerprint"];
        self.same(
            &place,
            "/labelFingerprint",
            given,
            "Labels fingerprint either invalid or resource labels have changed",
        )?;
        let labels = Some(ask.body["labels"].clone()).filter(Value::is_object).unwrap_or_else(|| json!({}));
        Ok(self.write(&place, "setLabels", |value| {
            value["labelFingerprint"] = json!(fingerprint(&labels));
            value["labels"] = labels;
        }))
    }

    pub(super) fn set_metadata(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        labels::check_metadata("resource", &ask.body)?;
        let place = self.changeable(ask)?;
        let message = "Supplied fingerprint does not match current metadata fingerprint.";
        self.same(&place, "/metadata/fingerprint", &ask.body["fingerprint"], message)?;
        let metadata = labels::metadata(&ask.body);
        Ok(self.write(&place, "setMetadata", |value| value["metadata"] = metadata))
    }

    pub(super) fn set_tags(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let place = self.changeable(ask)?;
        let message = "Supplied fingerprint does not match current tags fingerprint.";
        self.same(&place, "/tags/fingerprint", &ask.body["fingerprint"], message)?;
        let tags = labels::tags(&ask.body);
        Ok(self.write(&place, "setTags", |value| value["tags"] = tags))
    }

    /// The instance that the path names, which must neither be made nor deleted at the moment.
    fn changeable(&mut self, ask: &Ask) -> Result<Place, GoogleError> {
        let place = ask.instance();
        match self.known(&place)? {
            Phase::Stopping => Err(GoogleError::not_ready(&place.instance())),
            _ => Ok(place),
        }
    }

    fn same(&self, place: &Place, pointer: &str, given: &Value, message: &str) -> Result<(), GoogleError> {
        let current = self.instances.get(place).and_then(|instance| instance.value.pointer(pointer));
        if current.is_some_and(|current| current == given) {
            return Ok(());
        }
        Err(GoogleError::new(412, "conditionNotMet", message))
    }

    /// The change is there at once; the operation only takes its time.
    fn write(&mut self, place: &Place, kind: &str, change: impl FnOnce(&mut Value)) -> String {
        self.change(place, |instance| change(&mut instance.value));
        self.begin(kind, &place.scope(), &place.instance(), self.faults.time_to_operate, Map::new())
    }
}
