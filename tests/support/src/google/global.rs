//! Things of the project that calls put there and take away: firewalls and templates of instances; and disks.

use serde_json::{Map, Value, json};

use super::PROJECT;
use super::ask::Ask;
use super::error::GoogleError;
use super::labels;
use super::page::plural;
use super::place::{link, path};
use super::shelf::Key;
use super::world::World;

impl World {
    pub(super) fn put_template(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let properties = &ask.body["properties"];
        if !ask.body["sourceInstance"].is_null() {
            return Err(GoogleError::unknown_here("sourceInstance: templates are made of properties alone here"));
        }
        labels::check("resource.properties.labels", &properties["labels"])?;
        labels::check_metadata("resource.properties.metadata", &properties["metadata"])?;
        let machine_type = properties["machineType"].as_str().unwrap_or_default();
        if machine_type.is_empty() || machine_type.contains('/') {
            let why = "It must be the name of a machine type, not a URL.";
            return Err(GoogleError::invalid("resource.properties.machineType", machine_type, why));
        }
        let mut shown = properties.clone();
        shown["metadata"] = labels::metadata(&properties["metadata"]);
        self.put(ask, "instanceTemplate", json!({"properties": shown}))
    }

    pub(super) fn put_firewall(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let reference = ask.body["network"].as_str().unwrap_or("global/networks/default");
        let network = super::place::referred("resource.network", reference)?;
        if self.shelf.at(&network).is_none() {
            return Err(GoogleError::not_found(&network));
        }
        if ask.body["allowed"].is_null() == ask.body["denied"].is_null() {
            let why = "Exactly one of allowed and denied must be given.";
            return Err(GoogleError::invalid("resource.allowed", "", why));
        }
        let with_ports = |rule: &Value| rule["IPProtocol"].as_str().is_some_and(|protocol| !protocol.is_empty());
        let rules = ask.body["allowed"].as_array().or(ask.body["denied"].as_array());
        if !rules.is_some_and(|rules| rules.iter().all(with_ports)) {
            return Err(GoogleError::invalid("resource.allowed[0].IPProtocol", "", "A protocol is required."));
        }
        let mut fields = json!({"network": link(&network), "direction": "INGRESS", "priority": 1000,
            "disabled": false, "logConfig": {"enable": false}});
        for (name, value) in ask.body.as_object().into_iter().flatten().filter(|(name, _)| *name != "network") {
            fields[name] = value.clone();
        }
        self.put(ask, "firewall", fields)
    }

    fn put(&mut self, ask: &Ask, kind: &str, fields: Value) -> Result<String, GoogleError> {
        let name = ask.body["name"].as_str().unwrap_or_default();
        let (scope, collection) = (ask.scope(), plural(ask));
        let key = Key::new(PROJECT, collection, &scope, name);
        if self.shelf.get(&key).is_some() {
            return Err(GoogleError::already_exists(&key.path()));
        }
        let mut value = json!({
            "kind": format!("compute#{kind}"), "id": self.id().to_string(), "name": name,
            "creationTimestamp": self.written(self.now), "selfLink": link(&key.path()),
        });
        if let Some(description) = ask.body["description"].as_str() {
            value["description"] = json!(description);
        }
        if let Some(region) = scope.strip_prefix("regions/") {
            value["region"] = json!(link(&format!("projects/{PROJECT}/regions/{region}")));
        }
        for (name, field) in fields.as_object().into_iter().flatten() {
            value[name] = field.clone();
        }
        self.shelf.put(key, value);
        let target = path(&scope, collection, name);
        Ok(self.begin("insert", &scope, &target, self.faults.time_to_operate, Map::new()))
    }

    /// Takes away what the path names.
    pub(super) fn take(&mut self, ask: &Ask) -> Result<String, GoogleError> {
        let name = ask.order.last().map_or("", |parameter| ask.named(parameter)).to_owned();
        let (scope, collection) = (ask.scope(), plural(ask));
        let key = Key::new(PROJECT, collection, &scope, &name);
        let Some(found) = self.shelf.get(&key) else { return Err(GoogleError::not_found(&key.path())) };
        if let Some(user) = found["users"].as_array().and_then(|users| users.first()).and_then(Value::as_str) {
            let user = user.split_once("/v1/").map_or(user, |(_, path)| path);
            let message = format!("The disk resource '{}' is already being used by '{user}'", key.path());
            return Err(GoogleError::new(400, "resourceInUseByAnotherResource", message));
        }
        self.shelf.remove(&key);
        Ok(self.begin("delete", &scope, &key.path(), self.faults.time_to_operate, Map::new()))
    }
}
