//! What a set-up is to allow.

use serde_json::{Map, Value, json};

use super::cidr::{Cidr, CidrError};

/// The port of HTCondor's daemons, all of them behind one (HTCondor manual, `SHARED_PORT_PORT`).
pub(super) const CONDOR_PORT: i32 = 9618;

/// The port of SSH.
pub(super) const SSH_PORT: i32 = 22;

/// After how many days files of annexes are removed that nobody removed: longer than any lease, since an instance that
/// a group starts late reads them then.
const EXPIRE_DAYS: u32 = crate::annex::LONGEST_LEASE_DAYS + 1;

/// What a set-up is to allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupParams {
    /// The network of the security group; unless given, that of the set-up that is there, else the default one.
    pub vpc: Option<String>,
    /// From where HTCondor's daemons may be reached: networks such as `192.0.2.7/32`.
    pub cidrs: Vec<String>,
    /// Whether SSH is let in, too, from the same networks.
    pub ssh: bool,
}

/// Why a set-up lets in nobody, or nobody knows whom.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworksError {
    /// One of the networks is none.
    #[error("{0}")]
    Cidr(#[from] CidrError),
    /// None is given.
    #[error("nobody would be let in: no network is given")]
    Nobody,
}

impl SetupParams {
    /// The networks, read; each once, in order.
    ///
    /// # Errors
    /// Says which is none, or that there are none at all.
    pub fn networks(&self) -> Result<Vec<Cidr>, NetworksError> {
        let mut networks = self.cidrs.iter().map(|text| text.parse()).collect::<Result<Vec<Cidr>, CidrError>>()?;
        networks.sort_unstable();
        networks.dedup();
        if networks.is_empty() { Err(NetworksError::Nobody) } else { Ok(networks) }
    }

    /// What the template `annex-setup.json` is rendered with.
    pub(super) fn values(&self, vpc: &str) -> Result<Map<String, Value>, NetworksError> {
        let sources = self.networks()?;
        let sources: Vec<Value> =
            sources.iter().map(|cidr| json!({"property": cidr.property(), "cidr": cidr.to_string()})).collect();
        let values = json!({"vpc": vpc, "sources": sources, "ssh": self.ssh, "expire_days": EXPIRE_DAYS});
        Ok(values.as_object().cloned().unwrap_or_default())
    }

    /// The terms of a set-up that was made by this template; none where the template is something else.
    pub(super) fn of_template(template: &Value) -> Option<Self> {
        let group = &template["Resources"]["SecurityGroup"]["Properties"];
        let rules = group["SecurityGroupIngress"].as_array()?;
        let port = |rule: &&Value, port: i32| rule["FromPort"] == port && rule["ToPort"] == port;
        let source = |rule: &Value| Some(rule["CidrIp"].as_str().or(rule["CidrIpv6"].as_str())?.to_owned());
        Some(Self {
            vpc: Some(group["VpcId"].as_str()?.to_owned()),
            cidrs: rules.iter().filter(|rule| port(rule, CONDOR_PORT)).filter_map(source).collect(),
            ssh: rules.iter().any(|rule| port(&rule, SSH_PORT)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_network_counts_once() {
        let terms = |cidrs: &[&str]| SetupParams {
            cidrs: cidrs.iter().map(|&cidr| cidr.to_owned()).collect(),
            ..SetupParams::default()
        };
        let networks = terms(&["192.0.2.7", "10.0.0.0/8", "192.0.2.7/32"]).networks().unwrap();
        assert_eq!(networks.iter().map(Cidr::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "192.0.2.7/32"]);
        assert!(terms(&[]).networks().unwrap_err().to_string().contains("no network is given"));
        assert!(terms(&["10.0.0.0/8", "x"]).networks().unwrap_err().to_string().contains("\"x\""));
    }
}
