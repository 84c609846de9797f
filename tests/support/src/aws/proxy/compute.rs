//! Machines that really compute, in place of moto's that only are on record.

use std::collections::BTreeMap;

/// Where instances run for real. The proxy calls it from threads of its own, several at once.
pub trait Compute: Send + Sync {
    /// Starts a machine; the instance stays pending until this returns. An error ends the instance, as a host's failure
    /// does.
    fn start(&self, machine: NewMachine) -> Result<Started, String>;

    /// Ends a machine and removes all of it; the instance stays shutting-down until this returns.
    fn stop(&self, id: &str);

    /// What the machine has written to its console.
    fn console(&self, id: &str) -> String;
}

/// What a machine is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMachine {
    pub id: String,
    pub region: String,
    pub image: String,
    /// Decoded; empty when none was given.
    pub user_data: Vec<u8>,
    /// The public key of the key pair, in OpenSSH's form.
    pub public_key: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// A machine that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Where it is reached; shown as its public and its private address.
    pub address: String,
}
