//! The parameters of a call in EC2's query protocol: flat names such as `Filter.1.Value.2`.

use std::collections::BTreeMap;

/// Parameters by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parameters(pub BTreeMap<String, String>);

impl Parameters {
    /// From a form's body, or the query of an address.
    pub fn parse(form: &[u8]) -> Self {
        Self(form_urlencoded::parse(form).into_owned().collect())
    }

    /// The texts of an object in JSON.
    pub fn of_json(body: &[u8]) -> Self {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).unwrap_or_default();
        let text = |(name, value): (String, serde_json::Value)| Some((name, value.as_str()?.to_owned()));
        Self(object.into_iter().filter_map(text).collect())
    }

    pub fn of(action: &str, parameters: &[(&str, &str)]) -> Self {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self(parameters.iter().map(pair).chain([("Action".to_owned(), action.to_owned())]).collect())
    }

    pub fn form(&self) -> String {
        let version = (!self.0.contains_key("Version")).then_some(("Version", "2016-11-15"));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).extend_pairs(version).finish()
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.parse().ok()
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Whether there is a parameter of this name, or one whose name goes on from it.
    pub fn has(&self, name: &str) -> bool {
        self.0.keys().any(|key| key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }

    /// Takes away what is called this, or goes on from it.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|key, _| !key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    }

    /// `NAME.1`, `NAME.2` and so on.
    pub fn list(&self, name: &str) -> Vec<&str> {
        (1..).map_while(|index| self.get(&format!("{name}.{index}"))).collect()
    }

    /// What stands below `name.`, without that.
    pub fn below(&self, name: &str) -> Self {
        let below = |(key, value): (&String, &String)| {
            Some((key.strip_prefix(name)?.strip_prefix('.')?.to_owned(), value.clone()))
        };
        Self(self.0.iter().filter_map(below).collect())
    }

    /// The structures `NAME.1.…`, `NAME.2.…` and so on.
    pub fn structures(&self, name: &str) -> Vec<Self> {
        let structure = |index| Some(self.below(&format!("{name}.{index}"))).filter(|found| !found.0.is_empty());
        (1..).map_while(structure).collect()
    }

    /// The filters: a name, and the values of which one must match.
    pub fn filters(&self) -> Vec<(String, Vec<String>)> {
        let values = |filter: &Self| filter.list("Value").into_iter().map(str::to_owned).collect();
        let filters = self.structures("Filter");
        filters.iter().map(|filter| (filter.get("Name").unwrap_or_default().to_owned(), values(filter))).collect()
    }

    /// The tags that a launch gives to resources of a kind.
    pub fn tags_of(&self, kind: &str) -> BTreeMap<String, String> {
        let of_kind = |specification: &Self| specification.get("ResourceType") == Some(kind);
        let specifications = self.structures("TagSpecification").into_iter().filter(of_kind);
        let pair = |tag: Self| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned()));
        specifications.flat_map(|specification| specification.structures("Tag")).filter_map(pair).collect()
    }

    /// The tags that a launch gives, by kind of resource.
    pub fn all_tags(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let specifications = self.structures("TagSpecification");
        let kinds = specifications.iter().filter_map(|specification| specification.get("ResourceType"));
        kinds.map(|kind| (kind.to_owned(), self.tags_of(kind))).collect()
    }

    /// Makes the launch give exactly these tags.
    pub fn set_tags(&mut self, tags: &BTreeMap<String, BTreeMap<String, String>>) {
        self.remove("TagSpecification");
        for (index, (kind, tags)) in (1..).zip(tags) {
            self.set(&format!("TagSpecification.{index}.ResourceType"), kind);
            for (number, (key, value)) in (1..).zip(tags) {
                self.set(&format!("TagSpecification.{index}.Tag.{number}.Key"), key);
                self.set(&format!("TagSpecification.{index}.Tag.{number}.Value"), value);
            }
        }
    }
}
