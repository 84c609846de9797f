//! The central manager of a pool, as it is typed.

use std::net::IpAddr;

use crate::cli::diagnostics::Diagnostic;

/// HTCondor's own port (`COLLECTOR_PORT`).
const PORT: u16 = 9618;

/// A central manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manager {
    /// Its name or address, without brackets.
    pub(super) host: String,
    port: u16,
}

impl Manager {
    /// Reads `host`, `host:port`, `[v6]:port`, each perhaps with `?sock=…`.
    pub(super) fn parse(text: &str) -> Result<Self, Diagnostic> {
        let wrong = |why: &str| {
            let message = format!("--central-manager: \"{}\" {why}", text.escape_debug());
            Diagnostic::usage(message).hint("its name or address, perhaps with a port: cm.example.org:9618")
        };
        let plain = text.split('?').next().unwrap_or_default();
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]?=&%".contains(&byte)) || plain.is_empty() {
            return Err(wrong("is no name or address"));
        }
        if plain.parse::<std::net::Ipv6Addr>().is_ok() {
            return Ok(Self { host: plain.to_owned(), port: PORT });
        }
        let (host, port) = match plain.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or_else(|| wrong("is no address"))?)),
            None => match plain.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (plain, None),
            },
        };
        let port = match port {
            None => PORT,
            Some(port) => {
                port.parse().ok().filter(|port| *port > 0).ok_or_else(|| wrong("has no port after the colon"))?
            }
        };
        if host.is_empty() || host.contains(['[', ']', '=', '&', '%']) {
            return Err(wrong("is no name or address"));
        }
        Ok(Self { host: host.to_owned(), port })
    }

    /// Its addresses.
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

/// Whether the whole internet may know the address: none of those that are for private networks, this machine or this
/// link (RFC 1918, 6598, 3927, 4193, 4291).
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
    fn managers_are_names_and_addresses() {
        for (text, host, port) in [
            ("cm.example.org", "cm.example.org", 9618),
            ("cm:9620", "cm", 9620),
            ("cm:9618?sock=collector", "cm", 9618),
            ("10.0.0.1", "10.0.0.1", 9618),
            ("fd00::1", "fd00::1", 9618),
            ("[fd00::1]:9620", "fd00::1", 9620),
        ] {
            assert_eq!(Manager::parse(text).unwrap(), Manager { host: host.to_owned(), port }, "{text}");
        }
        for wrong in ["", "a b", "cm:", "cm:0", "cm:x", ":9618", "cm\n", "<10.0.0.1:9618>", "[fd00::1", "$(id)"] {
            let diagnostic = Manager::parse(wrong).unwrap_err();
            assert!(diagnostic.message.contains("--central-manager"), "{wrong}");
        }
    }

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
