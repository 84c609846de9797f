use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::history_record::HistoryRecord;
use super::job_ad::{FIGURES, figures};
use super::needs::Needs;
use crate::classad::{ClassAd, Expression, Literal, Name, references};
use crate::elastic::engine::Seconds;

/// Largest number of expressions that are kept.
const MOST_KEPT: usize = 100_000;

/// The attributes that are asked of every job.
const REQUESTS: [&str; 4] = ["RequestCpus", "RequestMemory", "RequestDisk", "RequestGPUs"];

/// An expression that was read.
#[derive(Debug)]
struct Parsed {
    expression: Expression,
    text: Arc<str>,
    /// The attributes of the job that it names.
    reads: Vec<Name>,
}

/// Reads the needs of many jobs whose expressions are mostly the same: each is read once.
#[derive(Debug, Default)]
pub(super) struct HistoryNeeds {
    kept: HashMap<String, Arc<Parsed>>,
}

impl HistoryNeeds {
    /// Returns the needs of a job as it stood at `now`, as [`super::job_ad::needs`] does of a whole ad.
    pub(super) fn of(&mut self, record: &HistoryRecord<'_>, now: Seconds) -> Needs {
        let mut requests = ClassAd::new();
        let mut pending: Vec<Name> = REQUESTS.map(Name::new).into();
        let mut seen = HashSet::new();
        while let Some(name) = pending.pop() {
            if let Some(value) = record.get(name.lower()).filter(|_| seen.insert(name.lower().to_owned())) {
                let parsed = self.read(value);
                pending.extend(parsed.reads.iter().cloned());
                requests.insert(name, parsed.expression.clone());
            }
        }
        let requirements = record.get("Requirements").map(|value| self.read(value));
        let mut attributes = BTreeMap::new();
        let mut pending: Vec<Name> = requirements.iter().flat_map(|parsed| parsed.reads.iter().cloned()).collect();
        while let Some(name) = pending.pop() {
            if FIGURES.contains(&name.lower()) || attributes.contains_key(name.lower()) {
                continue;
            }
            if let Some(value) = record.get(name.lower()) {
                let parsed = self.read(value);
                pending.extend(parsed.reads.iter().cloned());
                attributes.insert(Arc::from(name.lower()), Arc::clone(&parsed.text));
            }
        }
        Needs {
            requirements: requirements.map(|parsed| Arc::clone(&parsed.text)),
            attributes,
            ..figures(&requests, now)
        }
    }

    fn read(&mut self, value: &Json) -> Arc<Parsed> {
        if let Some(number) = value.as_i64() {
            let expression = Expression::Literal(Literal::Integer(number));
            return Arc::new(Parsed { expression, text: number.to_string().into(), reads: Vec::new() });
        }
        let key = match value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        if let Some(parsed) = self.kept.get(&key) {
            return Arc::clone(parsed);
        }
        let ad = ClassAd::from_json(&Json::Object(Map::from_iter([("Value".to_owned(), value.clone())])));
        let expression = ad.attribute("Value").cloned().unwrap_or(Expression::Literal(Literal::Undefined));
        let read = references(&expression);
        let reads = read.my.iter().chain(&read.bare).map(|name| Name::new(name)).collect();
        let parsed = Arc::new(Parsed { text: expression.to_string().into(), expression, reads });
        if self.kept.len() >= MOST_KEPT {
            self.kept.clear();
        }
        self.kept.insert(key, Arc::clone(&parsed));
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::super::job_ad::needs;
    use super::*;

    #[test]
    fn needs_are_those_of_the_whole_ad() {
        let text = r#"{"RequestCpus": 3, "RequestMemory": "\/Expr(MemoryUsage + Extra)\/", "MemoryUsage": 300,
            "Extra": 5,
            "RequestDisk": "\/Expr(DiskUsage)\/", "DiskUsage": 17, "Want": "\/Expr(Tag)\/", "Tag": "el9", "Other": 1,
            "Requirements": "\/Expr(TARGET.OS == MY.Want && TARGET.Memory >= RequestMemory)\/"}"#;
        let mut reader = HistoryNeeds::default();
        let record = serde_json::from_str(text).unwrap();
        let whole = needs(&ClassAd::from_json(&serde_json::from_str(text).unwrap()), 0);
        assert_eq!(reader.of(&record, 0), whole);
        assert_eq!(reader.of(&record, 0), whole);
        let names: Vec<&str> = whole.attributes.keys().map(|name| &**name).collect();
        assert_eq!((whole.memory, whole.disk, names), (384, 18, vec!["tag", "want"]));
    }
}
