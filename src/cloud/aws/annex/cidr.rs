//! IP networks in rules of security groups.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// An IP network: an address and a prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(IpNet);

impl Cidr {
    /// Creates the network of a single address.
    pub fn host(address: IpAddr) -> Self {
        Self(IpNet::from(address))
    }

    /// Returns whether the network contains all addresses.
    pub fn is_everything(self) -> bool {
        self.0.prefix_len() == 0
    }

    /// Returns the property of a security group rule for this network's address family.
    pub(super) fn property(self) -> &'static str {
        match self.0 {
            IpNet::V4(_) => "CidrIp",
            IpNet::V6(_) => "CidrIpv6",
        }
    }
}

/// Why a text is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// The text has another form.
    #[error("\"{}\" is no network, such as 192.0.2.0/24 or 2001:db8::/32", .0.escape_debug())]
    Malformed(String),
    /// An address within a network, written with the network's prefix length.
    #[error("{text} is an address in a network; is {network} meant, or {address}/{bits}?")]
    Within {
        /// The given text.
        text: String,
        /// The network with that prefix length.
        network: Cidr,
        /// The address.
        address: IpAddr,
        /// Prefix length of the address alone.
        bits: u8,
    },
}

impl FromStr for Cidr {
    type Err = CidrError;

    /// Parses `192.0.2.0/24`, `2001:db8::/32`, or an address, which stands for itself alone.
    fn from_str(text: &str) -> Result<Self, CidrError> {
        let malformed = || CidrError::Malformed(text.to_owned());
        let network = match text.split_once('/') {
            // The library accepts "08", but it is no valid prefix length.
            Some((_, length)) if length.len() > 1 && length.starts_with('0') => return Err(malformed()),
            Some(_) => text.parse().map_err(|_| malformed())?,
            None => IpNet::from(text.parse::<IpAddr>().map_err(|_| malformed())?),
        };
        match network.trunc() {
            whole if whole == network => Ok(Self(network)),
            whole => Err(CidrError::Within {
                text: text.to_owned(),
                network: Self(whole),
                address: network.addr(),
                bits: network.max_prefix_len(),
            }),
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
            assert!(wrong.parse::<Cidr>().unwrap_err().to_string().contains("is no network"), "{wrong}");
        }
        let error = "192.0.2.7/24".parse::<Cidr>().unwrap_err().to_string();
        assert!(error.contains("192.0.2.0/24") && error.contains("192.0.2.7/32"), "{error}");
        let error = "2001:db8::1/32".parse::<Cidr>().unwrap_err().to_string();
        assert!(error.contains("2001:db8::/32"), "{error}");
        assert!(
            "0.0.0.0/0".parse::<Cidr>().unwrap().is_everything()
                && !"0.0.0.0/1".parse::<Cidr>().unwrap().is_everything()
        );
    }
}
