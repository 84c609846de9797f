//! The security groups of a cluster, which allow only the traffic that is needed.

use std::collections::BTreeMap;

use crate::provider::{IngressRule, NewSecurityGroup, Peer, TAG_OWNER, TAG_POOL, Traffic};

/// All addresses.
const ANYWHERE: &str = "0.0.0.0/0";

/// The port that HTCondor's daemons share.
const HTCONDOR: std::ops::RangeInclusive<u16> = 9618..=9618;

/// The port for logins.
const SSH: std::ops::RangeInclusive<u16> = 22..=22;

/// Parameters of both groups.
#[derive(Clone, Debug)]
pub struct Common<'a> {
    /// The pool.
    pub pool: &'a str,
    /// The owner, for the tags.
    pub owner: &'a str,
    /// Their network.
    pub network: Option<String>,
}

/// Returns the master's group: HTCondor, and SSH if there is a key to log in with.
pub fn master_group(name: &str, common: Common<'_>, logs_in: bool) -> NewSecurityGroup {
    let from = || Peer::Cidr(ANYWHERE.to_owned());
    let ports = [logs_in.then_some(SSH), Some(HTCONDOR)].into_iter().flatten();
    let rules = ports.map(|ports| IngressRule { traffic: Traffic::Tcp(ports), from: from() }).collect();
    group(name, format!("Master of the HTCondor pool {}", common.pool), common, rules)
}

/// Returns the workers' group: HTCondor, from the master's group.
pub fn worker_group(name: &str, common: Common<'_>, master_id: &str) -> NewSecurityGroup {
    let rule = IngressRule { traffic: Traffic::Tcp(HTCONDOR), from: Peer::Group(master_id.to_owned()) };
    group(name, format!("Workers of the HTCondor pool {}", common.pool), common, vec![rule])
}

fn group(name: &str, description: String, common: Common<'_>, ingress: Vec<IngressRule>) -> NewSecurityGroup {
    let tags = [("Name", name), (TAG_OWNER, common.owner), (TAG_POOL, common.pool)];
    let tags = BTreeMap::from(tags.map(|(key, value)| (key.to_owned(), value.to_owned())));
    NewSecurityGroup { name: name.to_owned(), description, network: common.network, ingress, tags }
}
