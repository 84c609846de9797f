//! The security groups that a cluster needs (the guide of CloudVeneto, "Prerequisites").

use std::collections::BTreeMap;

use crate::engine::{IngressRule, NewSecurityGroup, Peer, Traffic};

/// Everywhere.
const ANYWHERE: &str = "0.0.0.0/0";

/// What the guide lets in to the master: SSH, HTCondor's collector, and the ports of its other daemons.
const MASTER_PORTS: [std::ops::RangeInclusive<u16>; 3] = [22..=22, 9618..=9618, 41000..=42000];

/// The master's: what users and workers need.
pub fn master_group(name: &str, pool: &str, network: Option<String>) -> NewSecurityGroup {
    let from = || Peer::Cidr(ANYWHERE.to_owned());
    let ports = MASTER_PORTS.map(|ports| IngressRule { traffic: Traffic::Tcp(ports), from: from() });
    let icmp = IngressRule { traffic: Traffic::Icmp, from: from() };
    group(name, format!("Master of the HTCondor pool {pool}"), network, [icmp].into_iter().chain(ports).collect())
}

/// The workers': everything from the master's group.
pub fn worker_group(name: &str, pool: &str, network: Option<String>, master_id: &str) -> NewSecurityGroup {
    let rule = IngressRule { traffic: Traffic::All, from: Peer::Group(master_id.to_owned()) };
    group(name, format!("Workers of the HTCondor pool {pool}"), network, vec![rule])
}

fn group(name: &str, description: String, network: Option<String>, ingress: Vec<IngressRule>) -> NewSecurityGroup {
    let tags = BTreeMap::from([("Name".to_owned(), name.to_owned())]);
    NewSecurityGroup { name: name.to_owned(), description, network, ingress, tags }
}
