//! The values that others can read of a service, now and at an earlier line of the journal.

use std::collections::BTreeMap;

/// The values that others can read of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct VisibleValues {
    pub(super) instance_id: Option<String>,
    pub(super) address: Option<String>,
    pub(super) private_address: Option<String>,
    pub(super) output: BTreeMap<String, String>,
}

/// The values of a service up to and including this line of the journal.
#[derive(Clone, Debug)]
pub(super) struct Until(pub(super) u64, pub(super) VisibleValues);

impl VisibleValues {
    /// Whether a reader of these values reads other ones in `next`. Values that were not known yet have no readers.
    pub(super) fn is_overtaken_by(&self, next: &VisibleValues) -> bool {
        let overtaken = |then: &Option<String>, now: &Option<String>| then.is_some() && then != now;
        overtaken(&self.instance_id, &next.instance_id)
            || overtaken(&self.address, &next.address)
            || overtaken(&self.private_address, &next.private_address)
            || self.output.iter().any(|(name, value)| next.output.get(name) != Some(value))
    }

    /// Returns the launch-time attribute of the service with these values, in a run of this name.
    pub(super) fn launch(&self, run_name: &str, attribute: &str) -> Option<String> {
        match attribute {
            "run_name" => Some(run_name.to_owned()),
            "instance_id" => self.instance_id.clone(),
            "address" | "hostname" => self.address.clone(),
            "private_address" => self.private_address.clone().or_else(|| self.address.clone()),
            _ => None,
        }
    }
}
