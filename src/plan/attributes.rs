//! The values of attributes during a run.

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::rc::Rc;

use super::index::PlanIndex;
use super::model::{LAUNCH_ATTRIBUTES, Service};
use super::text::{Reference, Text};

/// The maximum size of an expanded value, in bytes. Values become arguments and files; larger ones come from attributes
/// that multiply each other.
const MAX_VALUE: usize = 1024 * 1024;

/// Launch-time attributes that take precedence over the plan author's attributes: cloudinit.d looks at these first.
pub(super) const ALWAYS_FIRST: [&str; 3] = ["hostname", "instance_id", "run_name"];

/// Returns whether a launch-time attribute takes precedence over the plan author's attribute of the same name.
pub fn is_always_first(attribute: &str) -> bool {
    ALWAYS_FIRST.contains(&attribute)
}

/// Values that a run provides.
pub trait RuntimeValues {
    /// Returns a launch-time attribute ([`LAUNCH_ATTRIBUTES`]) of a service, once its machine is launched. Never called
    /// for `name`.
    fn launch(&self, service: &str, attribute: &str) -> Option<String>;

    /// Returns the value with this name from the boot program's `bootout.json`.
    fn output(&self, service: &str, attribute: &str) -> Option<String>;

    /// Returns the names of all values that the boot program wrote, for [`Attributes::all`].
    fn output_names(&self, _service: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Expands references, with values from the plan and from the run.
///
/// Creating one costs nothing, so each use can have its own. Values are cached for its lifetime. The order of
/// precedence is launch-time attribute, boot output, own attribute, cloudinit.d's setting. Boot output and launch-time
/// attributes are plain text and never expanded again.
pub struct Attributes<'a> {
    index: &'a PlanIndex,
    facts: &'a dyn RuntimeValues,
    known: RefCell<HashMap<AttributeKey, Rc<str>>>,
}

/// The reason why a text could not be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpandError {
    /// The service that the text belongs to, if any.
    pub service: Option<String>,
    /// The reference without a value, as written.
    pub reference: String,
    /// The reason why it has none.
    pub reason: String,
}

impl fmt::Display for ExpandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.reference)?;
        if let Some(service) = &self.service {
            write!(f, "of service \"{service}\" ")?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for ExpandError {}

/// The key of a value: an attribute of a service, or a variable of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum AttributeKey {
    Attribute(String, String),
    Variable(String),
}

/// A value that is needed, and the text that references it; `None` if it was requested by name.
#[derive(Clone, Debug)]
struct PendingValue {
    key: AttributeKey,
    by: Option<ReferencedBy>,
}

#[derive(Clone, Debug)]
struct ReferencedBy {
    service: Option<String>,
    reference: Reference,
}

impl PendingValue {
    fn fail(&self, reason: &str) -> ExpandError {
        match (&self.by, &self.key) {
            (Some(by), _) => error(by.service.as_deref(), &by.reference, reason),
            (None, AttributeKey::Attribute(service, name)) => {
                error(Some(service), &Reference::Own(name.clone()), reason)
            }
            (None, AttributeKey::Variable(name)) => error(None, &Reference::Global(name.clone()), reason),
        }
    }
}

/// The unexpanded meaning of a key.
enum Meaning<'a> {
    Value(String),
    Text(Text, Option<&'a str>),
}

impl<'a> Attributes<'a> {
    /// Creates the attributes of a plan with these values of its run.
    pub fn new(index: &'a PlanIndex, facts: &'a dyn RuntimeValues) -> Self {
        Self { index, facts, known: RefCell::default() }
    }

    /// Returns the expanded value of a service's attribute.
    ///
    /// # Errors
    /// A reference has no value (yet); the error names it.
    pub fn value(&self, service: &str, attribute: &str) -> Result<String, ExpandError> {
        self.resolve(AttributeKey::Attribute(service.to_owned(), attribute.to_owned()), None)
            .map(|value| value.as_ref().to_owned())
    }

    /// Expands a text of `own_service`.
    ///
    /// # Errors
    /// A reference has no value (yet); the error names it.
    pub fn expand(&self, own_service: &str, text: &Text) -> Result<String, ExpandError> {
        if !text.as_str().contains("${") {
            return Ok(text.as_str().to_owned());
        }
        for need in self.missing(text, Some(own_service))? {
            self.resolve(need.key, need.by)?;
        }
        self.filled(text, Some(own_service))
    }

    /// Returns every attribute of the service that has a value now, expanded: the launch-time attributes known so far,
    /// its own, and the boot program's output.
    ///
    /// # Errors
    /// An own attribute cannot be expanded.
    pub fn all(&self, service: &str) -> Result<BTreeMap<String, String>, ExpandError> {
        let mut all = BTreeMap::new();
        let Some(found) = self.index.service(service) else { return Ok(all) };
        for name in LAUNCH_ATTRIBUTES {
            if let Ok(value) = self.value(service, name) {
                all.insert(name.to_owned(), value);
            }
        }
        for name in found.attributes.keys().cloned().chain(self.facts.output_names(service)) {
            if let Entry::Vacant(place) = all.entry(name) {
                let value = self.value(service, place.key())?;
                place.insert(value);
            }
        }
        Ok(all)
    }

    /// Computes the value of `key` and of all that it needs, with its own stack: a chain may be as long as the plan.
    fn resolve(&self, key: AttributeKey, by: Option<ReferencedBy>) -> Result<Rc<str>, ExpandError> {
        let mut open: HashSet<AttributeKey> = HashSet::new();
        let mut stack = vec![PendingValue { key: key.clone(), by }];
        while let Some(need) = stack.last().cloned() {
            if self.known.borrow().contains_key(&need.key) {
                stack.pop();
                continue;
            }
            let value = match self.meaning(&need.key).ok_or_else(|| need.fail(&self.why_unknown(&need.key)))? {
                Meaning::Value(value) => value,
                Meaning::Text(text, own) => {
                    let mut missing = self.missing(&text, own)?;
                    if !missing.is_empty() {
                        open.insert(need.key.clone());
                        if let Some(again) = missing.iter().find(|missing| open.contains(&missing.key)) {
                            return Err(again.fail("reads itself"));
                        }
                        stack.append(&mut missing);
                        continue;
                    }
                    self.filled(&text, own)?
                }
            };
            open.remove(&need.key);
            self.known.borrow_mut().insert(need.key, Rc::from(value));
            stack.pop();
        }
        let known = self.known.borrow().get(&key).cloned();
        known.ok_or_else(|| PendingValue { key, by: None }.fail("has no value yet"))
    }

    /// Returns the values that the text references and that are not known yet.
    fn missing(&self, text: &Text, own: Option<&str>) -> Result<Vec<PendingValue>, ExpandError> {
        let known = self.known.borrow();
        let mut missing = Vec::new();
        for reference in text.references() {
            let key = key_of(&reference, own).ok_or_else(|| error(own, &reference, "belongs to no service"))?;
            if !known.contains_key(&key) {
                missing
                    .push(PendingValue { key, by: Some(ReferencedBy { service: own.map(str::to_owned), reference }) });
            }
        }
        Ok(missing)
    }

    /// Replaces every reference in the text; all of them are already known.
    fn filled(&self, text: &Text, own: Option<&str>) -> Result<String, ExpandError> {
        let known = self.known.borrow();
        let mut size = text.as_str().len();
        let filled = text.expand(|reference| {
            let value = key_of(reference, own)
                .and_then(|key| known.get(&key).cloned())
                .ok_or_else(|| error(own, reference, "has no value yet"))?;
            size += value.len();
            if size > MAX_VALUE {
                return Err(error(own, reference, "makes a value longer than 1 MiB"));
            }
            Ok(value.as_ref().to_owned())
        })?;
        Ok(filled)
    }

    /// Returns the reason why this has no value, naming the service that must provide it.
    fn why_unknown(&self, key: &AttributeKey) -> String {
        let writer = match key {
            AttributeKey::Attribute(service, attribute) if !LAUNCH_ATTRIBUTES.contains(&attribute.as_str()) => {
                self.index.service(service).filter(|service| service.programs.boot.is_some())
            }
            _ => None,
        };
        match writer {
            Some(writer) => format!("has no value yet: the boot program of service \"{}\" wrote none", writer.name),
            None => "has no value yet".to_owned(),
        }
    }

    fn meaning(&self, key: &AttributeKey) -> Option<Meaning<'a>> {
        match key {
            AttributeKey::Variable(name) => {
                self.index.plan().variables.get(name).map(|value| Meaning::Text(Text::new(value.as_str()), None))
            }
            AttributeKey::Attribute(service, attribute) => self.attribute(self.index.service(service)?, attribute),
        }
    }

    fn attribute(&self, service: &'a Service, attribute: &str) -> Option<Meaning<'a>> {
        let own = || service.attributes.get(attribute).map(|text| Meaning::Text(text.clone(), Some(&service.name)));
        let output = || self.facts.output(&service.name, attribute).map(Meaning::Value);
        if LAUNCH_ATTRIBUTES.contains(&attribute) {
            let launch = || self.launch_attribute(service, attribute);
            // Only in cloudinit.d's notation can attributes have the other three names, and there they take precedence.
            return if ALWAYS_FIRST.contains(&attribute) { launch() } else { own().or_else(launch) };
        }
        let setting =
            || service.settings.get(attribute).map(|text| Meaning::Text(Text::new(text.as_str()), Some(&service.name)));
        output().or_else(own).or_else(setting)
    }

    fn launch_attribute(&self, service: &'a Service, attribute: &str) -> Option<Meaning<'a>> {
        if attribute == "name" {
            return Some(Meaning::Value(service.name.clone()));
        }
        let known = self.facts.launch(&service.name, attribute).map(Meaning::Value);
        let is_address = matches!(attribute, "address" | "hostname");
        known.or_else(|| {
            service.address.as_ref().filter(|_| is_address).map(|text| Meaning::Text(text.clone(), Some(&service.name)))
        })
    }
}

fn key_of(reference: &Reference, own: Option<&str>) -> Option<AttributeKey> {
    match reference {
        Reference::Global(name) => Some(AttributeKey::Variable(name.clone())),
        Reference::Own(attribute) => own.map(|own| AttributeKey::Attribute(own.to_owned(), attribute.clone())),
        Reference::Service { service, attribute } => Some(AttributeKey::Attribute(service.clone(), attribute.clone())),
    }
}

fn error(service: Option<&str>, reference: &Reference, reason: &str) -> ExpandError {
    ExpandError { service: service.map(str::to_owned), reference: reference.to_string(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::model::{Level, Plan, Programs, RunOn, SshConfig};

    /// The values of a test's run.
    #[derive(Default)]
    struct KnownAttributes(
        BTreeMap<(&'static str, &'static str), &'static str>,
        BTreeMap<(&'static str, &'static str), &'static str>,
    );

    impl RuntimeValues for KnownAttributes {
        fn launch(&self, service: &str, attribute: &str) -> Option<String> {
            self.0.iter().find(|((s, a), _)| (*s, *a) == (service, attribute)).map(|(_, value)| (*value).to_owned())
        }

        fn output(&self, service: &str, attribute: &str) -> Option<String> {
            self.1.iter().find(|((s, a), _)| (*s, *a) == (service, attribute)).map(|(_, value)| (*value).to_owned())
        }

        fn output_names(&self, service: &str) -> Vec<String> {
            self.1.keys().filter(|(s, _)| *s == service).map(|(_, a)| (*a).to_owned()).collect()
        }
    }

    fn service(name: &str, address: Option<&str>, attributes: &[(&str, &str)]) -> Service {
        Service {
            name: name.to_owned(),
            replica_of: None,
            cloud: "local".to_owned(),
            launch: None,
            address: address.map(Text::from),
            run_on: RunOn::Instance,
            ssh: SshConfig::default(),
            programs: Programs::default(),
            secrets: BTreeMap::new(),
            attributes: attributes.iter().map(|(key, value)| ((*key).to_owned(), Text::from(*value))).collect(),
            settings: [("args".to_owned(), "${.port} x".to_owned())].into(),
            timeout: crate::plan::DEFAULT_LAUNCH_TIMEOUT,
            elastic: None,
        }
    }

    fn index(services: Vec<Service>) -> PlanIndex {
        let variables = [("port", "80"), ("url", "http://${db.address}:${global.port}")];
        PlanIndex::new(Arc::new(Plan {
            name: "p".to_owned(),
            file: "/p.toml".into(),
            variables: variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            clouds: BTreeMap::new(),
            levels: vec![Level { number: 1, name: "one".to_owned(), services }],
            lease: None,
        }))
    }
    #[test]
    fn values_come_from_the_run_then_from_the_plan() {
        let db =
            service("db", None, &[("port", "${global.port}"), ("motto", "hi ${.name} ${.port}"), ("token", "own")]);
        let web = service("web", Some("${db.address}"), &[("db", "${db.motto} at ${global.url}"), ("name", "mine")]);
        let index = index(vec![db, web]);
        let facts = KnownAttributes(
            BTreeMap::from([(("db", "address"), "127.1.1.1"), (("db", "run_name"), "r1")]),
            BTreeMap::from([(("db", "token"), "${not.expanded}"), (("db", "address"), "never")]),
        );
        let attributes = Attributes::new(&index, &facts);
        let value = |service, attribute| attributes.value(service, attribute).unwrap();
        assert_eq!(value("db", "motto"), "hi db 80");
        assert_eq!(value("db", "token"), "${not.expanded}");
        assert_eq!(value("db", "address"), "127.1.1.1");
        assert_eq!(value("db", "args"), "80 x");
        assert_eq!(value("web", "db"), "hi db 80 at http://127.1.1.1:80");
        assert_eq!(value("web", "hostname"), "127.1.1.1");
        assert_eq!(value("web", "name"), "mine");
        assert_eq!(
            attributes.expand("web", &"${.db}${HOME}${db.token}".into()).unwrap(),
            "hi db 80 at http://127.1.1.1:80${HOME}${not.expanded}"
        );
        let all = attributes.all("db").unwrap();
        let names: Vec<&str> = all.keys().map(String::as_str).collect();
        assert_eq!(names, ["address", "motto", "name", "port", "run_name", "token"]);
    }

    #[test]
    fn what_is_not_known_yet_is_named_with_its_reader() {
        let index =
            index(vec![service("db", None, &[]), service("web", None, &[("a", "${.b}"), ("b", "${db.address}")])]);
        let facts = KnownAttributes::default();
        let attributes = Attributes::new(&index, &facts);
        let error = attributes.expand("web", &"${.a}".into()).unwrap_err();
        assert_eq!(error.to_string(), "${db.address} of service \"web\" has no value yet");
        assert_eq!(attributes.value("db", "x").unwrap_err().to_string(), "${.x} of service \"db\" has no value yet");
        assert_eq!(attributes.value("none", "x").unwrap_err().reference, "${.x}");
    }

    #[test]
    fn long_chains_circles_and_values_that_multiply_end() {
        let chain: Vec<(String, String)> =
            (0..50_000).map(|i| (format!("a{i}"), format!("${{.a{}}}", i + 1))).collect();
        let mut pairs: Vec<(&str, &str)> = chain.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        pairs.push(("a50000", "end"));
        let powers: Vec<(String, String)> =
            (0..60).map(|i| (format!("p{i}"), format!("${{.p{0}}}${{.p{0}}}", i + 1))).collect();
        pairs.extend(powers.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        pairs.extend([("p60", "x"), ("circle", "${.round}"), ("round", "${web.circle}")]);
        let index = index(vec![service("web", None, &pairs)]);
        let facts = KnownAttributes::default();
        let attributes = Attributes::new(&index, &facts);
        assert_eq!(attributes.value("web", "a0").unwrap(), "end");
        assert!(attributes.value("web", "p0").unwrap_err().reason.contains("1 MiB"));
        assert_eq!(attributes.value("web", "circle").unwrap_err().reason, "reads itself");
    }
}
