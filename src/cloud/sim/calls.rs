//! Counts the calls to a simulated cloud.

/// The number of calls to a simulated cloud and its hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Launch calls.
    pub launch: u64,
    /// Describe calls.
    pub describe: u64,
    /// Terminate calls.
    pub terminate: u64,
    /// Renewals of leases.
    pub renew: u64,
    /// Reads of a console.
    pub console: u64,
    /// Waits for a host.
    pub reach: u64,
    /// Files copied to hosts.
    pub upload: u64,
    /// Files read from hosts.
    pub download: u64,
    /// Commands run on hosts, including repeated keys.
    pub run: u64,
}

impl Calls {
    /// Returns the number of calls to the cloud itself, which clouds count and limit.
    pub fn of_cloud(&self) -> u64 {
        self.launch + self.describe + self.terminate + self.renew + self.console
    }
}
