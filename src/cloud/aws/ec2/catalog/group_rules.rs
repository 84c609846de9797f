//! Ingress rules of security groups, in hoist's types and in EC2's.

use std::ops::RangeInclusive;

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, UserIdGroupPair};

use crate::provider::{IngressRule, Peer, Traffic};

/// Converts the rules of a group from EC2's types. Rules without an equivalent (UDP, prefix lists, one kind of ICMP)
/// are left out.
pub(super) fn read(shown: Vec<IpPermission>, id: &str, name: &str) -> Vec<IngressRule> {
    let mut rules = Vec::new();
    for permission in shown {
        let Some(traffic) = traffic(&permission) else { continue };
        let v4 = permission.ip_ranges.unwrap_or_default().into_iter().filter_map(|range| range.cidr_ip);
        let v6 = permission.ipv6_ranges.unwrap_or_default().into_iter().filter_map(|range| range.cidr_ipv6);
        let groups = permission.user_id_group_pairs.unwrap_or_default();
        let groups = groups.into_iter().filter_map(|pair| match pair.group_id.filter(|id| !id.is_empty()) {
            Some(group) if group == id => Some(Peer::Itself),
            Some(group) => Some(Peer::Group(group)),
            // The oldest clouds give names of groups instead of ids.
            None => (pair.group_name.as_deref() == Some(name)).then_some(Peer::Itself),
        });
        let peers = v4.map(Peer::Cidr).chain(v6.map(Peer::Cidr)).chain(groups);
        rules.extend(peers.map(|from| IngressRule { traffic: traffic.clone(), from }));
    }
    rules
}

/// Returns the wanted rules that no existing rule covers, without duplicates.
pub(super) fn missing(wanted: &[IngressRule], there: &[IngressRule]) -> Vec<IngressRule> {
    let mut missing: Vec<IngressRule> = Vec::new();
    for rule in wanted {
        let is_there = there.iter().chain(&missing).any(|other| covers(other, rule));
        if !is_there {
            missing.push(rule.clone());
        }
    }
    missing
}

/// Converts the rule to EC2's type, for the group with this id.
pub(super) fn permission(rule: &IngressRule, own_id: &str) -> IpPermission {
    let (protocol, from, to) = match &rule.traffic {
        Traffic::All => ("-1", None, None),
        // All types and codes.
        Traffic::Icmp => ("icmp", Some(-1), Some(-1)),
        Traffic::Tcp(ports) => ("tcp", Some(i32::from(*ports.start())), Some(i32::from(*ports.end()))),
    };
    let builder = IpPermission::builder().ip_protocol(protocol).set_from_port(from).set_to_port(to);
    let group = |id: &str| UserIdGroupPair::builder().group_id(id).build();
    match &rule.from {
        Peer::Cidr(range) if range.contains(':') => builder.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(range).build()),
        Peer::Cidr(range) => builder.ip_ranges(IpRange::builder().cidr_ip(range).build()),
        Peer::Group(id) => builder.user_id_group_pairs(group(id)),
        Peer::Itself => builder.user_id_group_pairs(group(own_id)),
    }
    .build()
}

/// Formats the rule for a person: `TCP 22 from 0.0.0.0/0`.
pub(super) fn words(rule: &IngressRule) -> String {
    let traffic = match &rule.traffic {
        Traffic::All => "everything".to_owned(),
        Traffic::Icmp => "ICMP".to_owned(),
        Traffic::Tcp(ports) if ports.start() == ports.end() => format!("TCP {}", ports.start()),
        Traffic::Tcp(ports) => format!("TCP {}-{}", ports.start(), ports.end()),
    };
    let from = match &rule.from {
        Peer::Cidr(range) => range,
        Peer::Group(id) => id,
        Peer::Itself => "its own machines",
    };
    format!("{traffic} from {from}")
}

fn traffic(shown: &IpPermission) -> Option<Traffic> {
    let ports = (shown.from_port.unwrap_or(-1), shown.to_port.unwrap_or(-1));
    match (shown.ip_protocol.as_deref().unwrap_or("-1"), ports) {
        ("-1" | "", _) => Some(Traffic::All),
        ("icmp", (-1, _)) => Some(Traffic::Icmp),
        ("tcp", (-1, _)) => Some(Traffic::Tcp(0..=u16::MAX)),
        ("tcp", (from, to)) => Some(Traffic::Tcp(port(from)?..=port(to)?)),
        _ => None,
    }
}

fn port(number: i32) -> Option<u16> {
    u16::try_from(number).ok()
}

fn covers(one: &IngressRule, other: &IngressRule) -> bool {
    let includes = |wide: &RangeInclusive<u16>, narrow: &RangeInclusive<u16>| {
        wide.start() <= narrow.start() && narrow.end() <= wide.end()
    };
    one.from == other.from
        && match (&one.traffic, &other.traffic) {
            (Traffic::All, _) | (Traffic::Icmp, Traffic::Icmp) => true,
            (Traffic::Tcp(wide), Traffic::Tcp(narrow)) => includes(wide, narrow),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(traffic: Traffic, from: Peer) -> IngressRule {
        IngressRule { traffic, from }
    }

    fn anywhere() -> Peer {
        Peer::Cidr("0.0.0.0/0".to_owned())
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let rules = [
            rule(Traffic::All, Peer::Group("sg-2".to_owned())),
            rule(Traffic::Icmp, anywhere()),
            rule(Traffic::Tcp(22..=22), Peer::Cidr("2001:db8::/32".to_owned())),
            rule(Traffic::Tcp(41000..=42000), Peer::Itself),
        ];
        let written = rules.iter().map(|rule| permission(rule, "sg-1")).collect();
        assert_eq!(read(written, "sg-1", "mine"), rules);
    }

    #[test]
    fn what_has_no_name_here_is_left_out() {
        let range = IpRange::builder().cidr_ip("0.0.0.0/0").build();
        let udp = IpPermission::builder().ip_protocol("udp").from_port(53).to_port(53).ip_ranges(range.clone()).build();
        let echo = IpPermission::builder().ip_protocol("icmp").from_port(8).to_port(0).ip_ranges(range).build();
        let named = UserIdGroupPair::builder().group_name("mine").build();
        let own = IpPermission::builder().ip_protocol("-1").user_id_group_pairs(named).build();
        assert_eq!(read(vec![udp, echo, own], "sg-1", "mine"), [rule(Traffic::All, Peer::Itself)]);
    }

    #[test]
    fn only_what_no_rule_lets_in_is_missing() {
        let ssh = rule(Traffic::Tcp(22..=22), anywhere());
        let pool = rule(Traffic::Tcp(41000..=42000), anywhere());
        let icmp = rule(Traffic::Icmp, anywhere());
        let wanted = [ssh.clone(), pool.clone(), ssh.clone(), icmp.clone()];
        assert_eq!(missing(&wanted, &[]), [ssh.clone(), pool.clone(), icmp.clone()]);
        let wide = rule(Traffic::Tcp(1..=41500), anywhere());
        assert_eq!(missing(&wanted, &[wide]), [pool, icmp]);
        assert_eq!(missing(&wanted, &[rule(Traffic::All, anywhere())]), []);
        assert_eq!(missing(&wanted[..1], &[rule(Traffic::All, Peer::Itself)]), [ssh]);
    }
}
