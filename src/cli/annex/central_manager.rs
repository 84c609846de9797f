//! Parser of the central manager's address.

use crate::app::annex::CentralManager;
use crate::diagnostics::Diagnostic;

/// Default port of the collector (`COLLECTOR_PORT`).
const PORT: u16 = 9618;

/// Parses `host`, `host:port` or `[v6]:port`, each with an optional `?sock=…`.
pub(super) fn parse_manager(text: &str) -> Result<CentralManager, Diagnostic> {
    let wrong = |why: &str| {
        let message = format!("--central-manager: \"{}\" {why}", text.escape_debug());
        Diagnostic::usage(message).hint("its name or address, perhaps with a port: cm.example.org:9618")
    };
    let plain = text.split('?').next().unwrap_or_default();
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]?=&%".contains(&byte)) || plain.is_empty() {
        return Err(wrong("is no name or address"));
    }
    if plain.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(CentralManager { host: plain.to_owned(), port: PORT });
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
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(|| wrong("has no port after the colon"))?,
    };
    if host.is_empty() || host.contains(['[', ']', '=', '&', '%']) {
        return Err(wrong("is no name or address"));
    }
    Ok(CentralManager { host: host.to_owned(), port })
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
            assert_eq!(parse_manager(text).unwrap(), CentralManager { host: host.to_owned(), port }, "{text}");
        }
        for wrong in ["", "a b", "cm:", "cm:0", "cm:x", ":9618", "cm\n", "<10.0.0.1:9618>", "[fd00::1", "$(id)"] {
            let diagnostic = parse_manager(wrong).unwrap_err();
            assert!(diagnostic.message.contains("--central-manager"), "{wrong}");
        }
    }
}
