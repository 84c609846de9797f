//! What a set-up is to allow.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde_json::{Map, Value, json};

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

/// A network: an address and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    length: u8,
}

impl Cidr {
    /// The network of one address.
    pub fn host(address: IpAddr) -> Self {
        Self { address, length: bits(address) }
    }

    /// Whether every address is in it.
    pub fn is_everything(self) -> bool {
        self.length == 0
    }

    /// The property of a rule of a security group that holds it.
    fn property(self) -> &'static str {
        if self.address.is_ipv4() { "CidrIp" } else { "CidrIpv6" }
    }

    fn masked(self) -> Self {
        let address = match self.address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0);
                IpAddr::from((u32::from(v4) & mask).to_be_bytes())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0);
                IpAddr::from((u128::from(v6) & mask).to_be_bytes())
            }
        };
        Self { address, ..self }
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl FromStr for Cidr {
    type Err = String;

    /// Reads `192.0.2.0/24`, `2001:db8::/32`, or an address, which stands for itself alone.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{}\" is no network, such as 192.0.2.0/24 or 2001:db8::/32", text.escape_debug());
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let length = match length {
            None => bits(address),
            // "+4" and "04" are numbers to Rust, but no lengths of networks.
            Some(length) if length.starts_with('+') || (length.len() > 1 && length.starts_with('0')) => {
                return Err(wrong());
            }
            Some(length) => length.parse().ok().filter(|length| *length <= bits(address)).ok_or_else(wrong)?,
        };
        let network = Self { address, length };
        match network.masked() {
            masked if masked == network => Ok(network),
            masked => {
                Err(format!("{text} is an address in a network; is {masked} meant, or {address}/{}?", bits(address)))
            }
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl SetupParams {
    /// The networks, read; each once, in order.
    ///
    /// # Errors
    /// Says which is none, or that there are none at all.
    pub fn networks(&self) -> Result<Vec<Cidr>, String> {
        let mut networks = self.cidrs.iter().map(|text| text.parse()).collect::<Result<Vec<Cidr>, String>>()?;
        networks.sort_unstable();
        networks.dedup();
        if networks.is_empty() { Err("nobody would be let in: no network is given".to_owned()) } else { Ok(networks) }
    }

    /// What the template `annex-setup.json` is rendered with.
    pub(super) fn values(&self, vpc: &str) -> Result<Map<String, Value>, String> {
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
    fn networks_are_read_strictly() {
        for (text, read) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("2001:DB8:0::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(text.parse::<Cidr>().unwrap().to_string(), read);
        }
        for wrong in
            ["", "192.0.2", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/+8", "10.0.0.0/08", "a/8", "::/129", "1.2.3.4/x"]
        {
            assert!(wrong.parse::<Cidr>().unwrap_err().contains("is no network"), "{wrong}");
        }
        let error = "192.0.2.7/24".parse::<Cidr>().unwrap_err();
        assert!(error.contains("192.0.2.0/24") && error.contains("192.0.2.7/32"), "{error}");
        let error = "2001:db8::1/32".parse::<Cidr>().unwrap_err();
        assert!(error.contains("2001:db8::/32"), "{error}");
        assert!(
            "0.0.0.0/0".parse::<Cidr>().unwrap().is_everything()
                && !"0.0.0.0/1".parse::<Cidr>().unwrap().is_everything()
        );
    }

    #[test]
    fn each_network_counts_once() {
        let terms = |cidrs: &[&str]| SetupParams {
            cidrs: cidrs.iter().map(|&cidr| cidr.to_owned()).collect(),
            ..SetupParams::default()
        };
        let networks = terms(&["192.0.2.7", "10.0.0.0/8", "192.0.2.7/32"]).networks().unwrap();
        assert_eq!(networks.iter().map(Cidr::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "192.0.2.7/32"]);
        assert!(terms(&[]).networks().unwrap_err().contains("no network is given"));
        assert!(terms(&["10.0.0.0/8", "x"]).networks().unwrap_err().contains("\"x\""));
    }
}
