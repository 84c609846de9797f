//! The central manager of a pool and its addresses.

use std::net::IpAddr;

use crate::diagnostics::Diagnostic;

/// Location of a central manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CentralManager {
    /// Host name or address, without brackets.
    pub(crate) host: String,
    /// Port of the collector.
    pub(crate) port: u16,
}

impl CentralManager {
    /// Returns the addresses of the host, at least one.
    ///
    /// # Errors
    /// The name does not resolve.
    pub(super) async fn resolve(&self) -> Result<Vec<IpAddr>, Diagnostic> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let addresses: Vec<IpAddr> = found.into_iter().flatten().map(|address| address.ip()).collect();
        if addresses.is_empty() {
            let message = format!("--central-manager: the name {} does not resolve", self.host);
            return Err(Diagnostic::error(message)
                .hint(format!("getent hosts {}", self.host))
                .hint("its address instead of its name, where the instances know no better"));
        }
        Ok(addresses)
    }
}

/// Returns whether the address is reachable from the internet: not private, shared, loopback or link-local (RFC 1918,
/// 6598, 3927, 4193, 4291).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || is_shared)
        }
        IpAddr::V6(address) => {
            let is_local = address.is_unique_local() || address.is_unicast_link_local();
            !(is_local || address.is_loopback() || address.is_unspecified())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known() {
        for private in
            ["10.1.2.3", "172.31.0.1", "192.168.1.1", "127.0.0.1", "100.64.0.1", "169.254.1.1", "::1", "fd00::1"]
        {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["8.8.8.8", "100.63.0.1", "172.32.0.1", "2001:db8::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
