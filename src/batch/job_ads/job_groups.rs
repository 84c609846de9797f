use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::job_record::JobRecord;
use crate::classad::{ClassAd, Expression, Literal, Name, references};
use crate::elastic::engine::{JobGroup, Seconds};

/// `JobStatus` of a job that waits.
const IDLE: i64 = 1;

/// Values of `JobUniverse` whose jobs need no slot: scheduler, grid, and local.
const WITHOUT_SLOT: [i64; 3] = [7, 9, 12];

/// Attributes, in lower case, that tell jobs apart besides those that these and `Requirements` read.
const SIGNIFICANT: [&str; 8] =
    ["requirements", "rank", "owner", "user", "accountinggroup", "acctgroup", "jobuniverse", "concurrencylimits"];

/// Attributes, in lower case, that give the time that a job may run, in seconds, by falling meaning.
const RUN_TIMES: [&str; 3] = ["allowedexecuteduration", "allowedjobduration", "maxruntime"];

/// The most expressions that are kept.
const MOST_KEPT: usize = 100_000;

/// A value that was read.
#[derive(Debug)]
struct Parsed {
    expression: Expression,
    /// The attributes of the job that it names, in lower case.
    reads: Vec<String>,
}

/// Puts jobs that are alike in all that matters for a match into groups. Expressions of many jobs are mostly the same:
/// each is read once.
#[derive(Debug, Default)]
pub(super) struct JobGroups {
    kept: HashMap<String, Arc<Parsed>>,
    positions: HashMap<String, usize>,
    groups: Vec<JobGroup>,
    key: String,
}

impl JobGroups {
    /// Adds a job. Those that do not wait, or need no slot, are left out.
    pub(super) fn add(&mut self, record: &JobRecord, now: Seconds) {
        if record.integer("jobstatus").is_some_and(|status| status != IDLE)
            || record.integer("jobuniverse").is_some_and(|universe| WITHOUT_SLOT.contains(&universe))
        {
            return;
        }
        let attributes = self.significant(record);
        let priority = record.integer("jobprio").unwrap_or(0);
        let run_time = RUN_TIMES.iter().find_map(|name| record.integer(name)).filter(|time| *time > 0);
        let entered = record.integer("enteredcurrentstatus").or_else(|| record.integer("qdate"));
        let since = entered.unwrap_or(now).min(now);
        self.key.push_str(&format!("{priority}\n{run_time:?}"));
        if let Some(position) = self.positions.get(&self.key) {
            if let Some(group) = self.groups.get_mut(*position) {
                group.count += 1;
                group.oldest = group.oldest.min(since);
            }
            return;
        }
        let mut ad = ClassAd::new();
        for (name, parsed) in attributes {
            ad.insert(Name::new(&name), parsed.expression.clone());
        }
        let digest = Sha256::digest(self.key.as_bytes());
        let id = hex::encode(digest.get(..8).unwrap_or_default());
        self.positions.insert(self.key.clone(), self.groups.len());
        self.groups.push(JobGroup {
            id: id.into(),
            count: 1,
            hidden: 0,
            ad: Arc::new(ad),
            priority,
            oldest: since,
            run_time,
        });
    }

    /// Returns the groups in the order of their first jobs.
    pub(super) fn finish(self) -> Vec<JobGroup> {
        self.groups
    }

    /// Returns the attributes that matter, in the order of their names, and writes them into `self.key`.
    fn significant(&mut self, record: &JobRecord) -> Vec<(String, Arc<Parsed>)> {
        let requests = record.names().filter(|name| name.starts_with("request"));
        let mut pending: Vec<String> = SIGNIFICANT.iter().copied().chain(requests).map(str::to_owned).collect();
        let mut found: Vec<(String, Arc<Parsed>)> = Vec::with_capacity(pending.len());
        let mut texts: Vec<(String, String)> = Vec::with_capacity(pending.len());
        while let Some(name) = pending.pop() {
            if found.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let Some(value) = record.get(&name) else { continue };
            let text = match value {
                Json::String(text) => format!("\"{text}"),
                other => other.to_string(),
            };
            let parsed = self.read(&text, value);
            pending.extend(parsed.reads.iter().cloned());
            texts.push((name.clone(), text));
            found.push((name, parsed));
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        texts.sort();
        self.key.clear();
        for (name, text) in &texts {
            self.key.push_str(&format!("{name}\n{}\n{text}\n", text.len()));
        }
        found
    }

    fn read(&mut self, text: &str, value: &Json) -> Arc<Parsed> {
        if let Some(number) = value.as_i64() {
            let expression = Expression::Literal(Literal::Integer(number));
            return Arc::new(Parsed { expression, reads: Vec::new() });
        }
        if let Some(parsed) = self.kept.get(text) {
            return Arc::clone(parsed);
        }
        let ad = ClassAd::from_json(&Json::Object(Map::from_iter([("Value".to_owned(), value.clone())])));
        let expression = ad.attribute("Value").cloned().unwrap_or(Expression::Literal(Literal::Undefined));
        let read = references(&expression);
        let reads = read.my.into_iter().chain(read.bare).collect();
        let parsed = Arc::new(Parsed { expression, reads });
        if self.kept.len() >= MOST_KEPT {
            self.kept.clear();
        }
        self.kept.insert(text.to_owned(), Arc::clone(&parsed));
        parsed
    }
}
