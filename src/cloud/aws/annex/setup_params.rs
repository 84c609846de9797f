//! Parameters of a set-up.

use serde_json::{Map, Value, json};

use super::cidr::{Cidr, CidrError};

/// Port shared by all of HTCondor's daemons (HTCondor manual, `SHARED_PORT_PORT`).
pub(super) const CONDOR_PORT: i32 = 9618;

/// Port of SSH.
pub(super) const SSH_PORT: i32 = 22;

/// Days until forgotten files of annexes expire: longer than any lease, since an instance started late by a group still
/// reads them.
const EXPIRE_DAYS: u32 = crate::annex::LONGEST_LEASE_DAYS + 1;

/// Parameters of a set-up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupParams {
    /// VPC of the security group; defaults to that of the existing set-up, else to the default VPC.
    pub vpc: Option<String>,
    /// Networks that may reach HTCondor's daemons, such as `192.0.2.7/32`.
    pub cidrs: Vec<String>,
    /// Whether SSH is allowed, too, from the same networks.
    pub ssh: bool,
}

/// Why the networks of a set-up are invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworksError {
    /// A text is not a network.
    #[error("{0}")]
    Cidr(#[from] CidrError),
    /// No network is given.
    #[error("nobody would be let in: no network is given")]
    Nobody,
}

impl SetupParams {
    /// Returns the parsed networks, sorted and without duplicates.
    ///
    /// # Errors
    /// A text is not a network, or there are none.
    pub fn networks(&self) -> Result<Vec<Cidr>, NetworksError> {
        let mut networks = self.cidrs.iter().map(|text| text.parse()).collect::<Result<Vec<Cidr>, CidrError>>()?;
        networks.sort_unstable();
        networks.dedup();
        if networks.is_empty() { Err(NetworksError::Nobody) } else { Ok(networks) }
    }

    /// Returns the values for the template `annex-setup.json`.
    pub(super) fn values(&self, vpc: &str) -> Result<Map<String, Value>, NetworksError> {
        let sources = self.networks()?;
        let sources: Vec<Value> =
            sources.iter().map(|cidr| json!({"property": cidr.property(), "cidr": cidr.to_string()})).collect();
        let values = json!({"vpc": vpc, "sources": sources, "ssh": self.ssh, "expire_days": EXPIRE_DAYS});
        Ok(values.as_object().cloned().unwrap_or_default())
    }

    /// Returns the parameters of a set-up made from this template; `None` if the template is another one.
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
