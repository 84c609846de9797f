//! Things that stay as they are: what a project finds there, and what it puts beside.

use std::collections::BTreeMap;

use serde_json::Value;

use super::place::path_in;

/// Values by collection (`machineTypes`), scope (`zones/Z`, `regions/R`, `global`) and name.
#[derive(Debug, Default)]
pub(super) struct Shelf(BTreeMap<Key, Value>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub project: String,
    pub collection: String,
    pub scope: String,
    pub name: String,
}

/// A thing as lists have it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub scope: String,
    pub name: String,
    pub value: Value,
}

impl Key {
    pub(super) fn new(project: &str, collection: &str, scope: &str, name: &str) -> Self {
        let [project, collection, scope, name] = [project, collection, scope, name].map(str::to_owned);
        Self { project, collection, scope, name }
    }

    /// The key of what a path leads to: `projects/P/zones/Z/machineTypes/T`, `projects/P/global/images/I`.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path.split('/').collect::<Vec<_>>()[..] {
            ["projects", project, collection @ ("zones" | "regions"), name] => {
                Some(Self::new(project, collection, "global", name))
            }
            ["projects", project, "global", collection, name] => Some(Self::new(project, collection, "global", name)),
            ["projects", project, kind @ ("zones" | "regions"), place, collection, name] => {
                Some(Self::new(project, collection, &format!("{kind}/{place}"), name))
            }
            _ => None,
        }
    }

    pub(super) fn path(&self) -> String {
        path_in(&self.project, &self.scope, &self.collection, &self.name)
    }
}

impl Shelf {
    pub(super) fn get(&self, key: &Key) -> Option<&Value> {
        self.0.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut Value> {
        self.0.get_mut(key)
    }

    /// What a path leads to.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        self.0.get(&Key::of(path)?)
    }

    pub(super) fn put(&mut self, key: Key, value: Value) {
        self.0.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Value> {
        self.0.remove(key)
    }

    /// All of a collection, by scope and name.
    pub(super) fn rows<'a>(&'a self, project: &'a str, collection: &'a str) -> impl Iterator<Item = Row> + 'a {
        let of = move |(key, _): &(&Key, &Value)| key.project == project && key.collection == collection;
        self.0.iter().filter(of).map(|(key, value)| Row {
            scope: key.scope.clone(),
            name: key.name.clone(),
            value: value.clone(),
        })
    }
}
