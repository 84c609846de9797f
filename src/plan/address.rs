//! Addresses of hosts.

use crate::diagnostics::Diagnostic;

/// Checks that the address is a name, an IP address or the `Host` of an ssh configuration; ssh could not reach others,
/// or would take them for something else. An IPv6 address may have the brackets that URLs put around it.
///
/// # Errors
/// The address is invalid.
pub fn check_address(address: &str) -> Result<(), Diagnostic> {
    let address = without_brackets(address);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '_' | '%');
    if address.is_empty() || address.starts_with('-') || !address.chars().all(fits) {
        return Err(Diagnostic::error(format!("{address:?} is no address that ssh could be given"))
            .hint("write a name, an IP address or a `Host` of ~/.ssh/config; user and port are options of their own"));
    }
    match address.split_once(':') {
        Some((host, port)) if !host.is_empty() && !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()) => {
            Err(Diagnostic::error(format!("the address {address} holds a port"))
                .hint(format!("write {host}; the port, {port}, is an option of its own")))
        }
        _ => Ok(()),
    }
}

/// Strips the brackets that URLs put around an IPv6 address.
pub fn without_brackets(address: &str) -> &str {
    let inner = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.filter(|inner| inner.contains(':')).unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_and_hosts_of_a_configuration_are_addresses() {
        for address in ["web-1", "db.example.org", "192.0.2.7", "::1", "[::1]", "fe80::1%eth0", "build_host"] {
            assert_eq!(check_address(address), Ok(()), "{address}");
        }
        for address in ["", " ", "-oProxyCommand=touch x", "root@web", "a b", "a;b", "héllo", "[]", "web:22"] {
            assert!(check_address(address).is_err(), "{address}");
        }
        assert_eq!(
            check_address("web:2222").unwrap_err().hints,
            ["write web; the port, 2222, is an option of its own"]
        );
    }
}
