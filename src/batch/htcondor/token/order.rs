use std::time::Duration;

/// What a machine that serves a pool may do: report its slots and its master, and read. It can neither submit jobs nor
/// sign other tokens.
pub const WORKER_RIGHTS: [&str; 3] = ["ADVERTISE_STARTD", "ADVERTISE_MASTER", "READ"];

/// A token as it is wanted.
#[derive(Clone, Debug)]
pub struct TokenOrder {
    /// The identity, such as `condor@example.org`.
    pub identity: String,
    /// How long it is valid.
    pub lifetime: Duration,
    /// What it allows; empty: all that the identity may do.
    pub rights: &'static [&'static str],
}

impl TokenOrder {
    /// Returns the arguments of HTCondor's programs for this order, without the identity.
    pub(super) fn limits(&self) -> Vec<String> {
        let mut arguments = vec!["-lifetime".to_owned(), self.lifetime.as_secs().max(1).to_string()];
        arguments.extend(self.rights.iter().flat_map(|right| ["-authz".to_owned(), (*right).to_owned()]));
        arguments
    }

    /// The same, with the identity.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["-identity".to_owned(), self.identity.clone()];
        arguments.extend(self.limits());
        arguments
    }
}
