//! The findings of checks, each once with all services that it concerns.

use std::collections::{BTreeMap, BTreeSet};

use crate::provider::{CloudError, CloudErrorKind, LaunchRequest};

/// Maximum number of services that a message names.
const NAMED: usize = 5;

/// The findings so far, in order.
#[derive(Debug, Default)]
pub(super) struct CheckFindings {
    found: Vec<CheckFinding>,
    concerned: BTreeSet<String>,
    /// Number of pools, where an annex's pools are checked.
    pools: Option<usize>,
}

#[derive(Debug)]
struct CheckFinding {
    message: String,
    hint: String,
    services: Vec<String>,
}

impl CheckFindings {
    /// Creates empty findings for an annex with this number of pools.
    pub(super) fn of_pools(count: usize) -> Self {
        Self { pools: Some(count), ..Self::default() }
    }

    /// Adds a finding about this request.
    pub(super) fn add(&mut self, request: &LaunchRequest, message: impl Into<String>, hint: impl Into<String>) {
        self.add_for(&request.slots, message.into(), hint.into());
    }

    /// Adds a finding about the launches of these services.
    pub(super) fn add_for(&mut self, services: &[String], message: String, hint: String) {
        self.concerned.extend(services.iter().cloned());
        match self.found.iter_mut().find(|finding| finding.message == message) {
            Some(finding) => {
                let new: Vec<String> =
                    services.iter().filter(|service| !finding.services.contains(service)).cloned().collect();
                finding.services.extend(new);
            }
            None => self.found.push(CheckFinding { message, hint, services: services.to_vec() }),
        }
    }

    /// Returns whether this request has no findings so far.
    pub(super) fn is_clean(&self, request: &LaunchRequest) -> bool {
        !request.slots.iter().any(|service| self.concerned.contains(service))
    }

    pub(super) fn into_errors(self) -> Vec<CloudError> {
        let whose = |finding: &CheckFinding| match self.pools {
            // A finding about all pools is about the annex itself.
            Some(count) if finding.services.len() == count => String::new(),
            Some(_) => format!("{}: ", names("pool", &finding.services)),
            None => format!("{}: ", names("service", &finding.services)),
        };
        let error = |finding: CheckFinding| {
            let message = format!("{}{}", whose(&finding), finding.message);
            let error = CloudError::new(CloudErrorKind::Rejected, message);
            if finding.hint.is_empty() { error } else { error.hint(finding.hint) }
        };
        self.found.into_iter().map(error).collect()
    }
}

/// Returns, for each name that `pick` returns, the services that want it.
pub(super) fn wanted<'a>(
    requests: &'a [LaunchRequest],
    pick: impl Fn(&'a LaunchRequest) -> Vec<&'a str>,
) -> BTreeMap<&'a str, Vec<String>> {
    let mut wanted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for request in requests {
        for thing in pick(request) {
            wanted.entry(thing).or_default().extend(request.slots.iter().cloned());
        }
    }
    wanted
}

/// Returns the most similar known name, as a question.
pub(super) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = known.into_iter().map(|known| (strsim::damerau_levenshtein(name, known), known)).min()?;
    // A name with many differences is another name.
    (near.0 <= 2.max(name.len() / 4)).then(|| format!("did you mean {}?", near.1))
}

fn names(what: &str, services: &[String]) -> String {
    let word = if services.len() == 1 { what.to_owned() } else { format!("{what}s") };
    match services.len() {
        0..=NAMED => format!("{word} {}", services.join(", ")),
        count => format!("{word} {} and {} more", services[..NAMED].join(", "), count - NAMED),
    }
}
