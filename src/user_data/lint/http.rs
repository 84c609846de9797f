//! Unencrypted URLs: downloads from them can be modified in transit, unless they are signed or local.

use std::net::{IpAddr, Ipv4Addr};

/// Hosts of archives with signed packages, by the suffixes of their names.
const SIGNED: [&str; 22] = [
    "deb.debian.org",
    "security.debian.org",
    "ftp.debian.org",
    ".debian.org",
    "archive.ubuntu.com",
    "security.ubuntu.com",
    "ports.ubuntu.com",
    "ddebs.ubuntu.com",
    "ppa.launchpad.net",
    "old-releases.ubuntu.com",
    "archive.canonical.com",
    "mirror.centos.org",
    "mirrorlist.centos.org",
    "vault.centos.org",
    "dl.fedoraproject.org",
    "download.fedoraproject.org",
    "mirrors.fedoraproject.org",
    "dl-cdn.alpinelinux.org",
    "download.opensuse.org",
    "mirrors.kernel.org",
    "repo.almalinux.org",
    "dl.rockylinux.org",
];

/// URLs that are never fetched: names of formats.
const FORMATS: [&str; 7] = [
    "www.w3.org",
    "schemas.",
    "xmlns.",
    "www.apple.com/dtds",
    "java.sun.com",
    "maven.apache.org/pom",
    "json-schema.org",
];

/// Returns the hosts in a line from which something is fetched without encryption.
pub(super) fn hosts(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("http://") {
        let before = &rest[..at];
        rest = &rest[at + "http://".len()..];
        let end = rest.find(|c: char| {
            c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '<' | '>' | ']' | ')' | ',' | ';' | '`' | '|')
        });
        let end = if rest.starts_with('[') { 0 } else { end.unwrap_or(rest.len()) };
        let address = &rest[..end];
        let is_within = before.ends_with(|c: char| c.is_ascii_alphanumeric());
        if !is_within && is_open(address, rest, before, line) {
            found.push(address);
        }
    }
    found
}

/// Returns whether a download from the address can be modified in transit.
fn is_open(address: &str, from: &str, before: &str, line: &str) -> bool {
    let host = address.rsplit('@').next().unwrap_or(address);
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    if host.is_empty() || host.contains(['$', '{', '}', '%', '*', '(', '\\']) {
        return false;
    }
    let lower: String = from.chars().take(60).collect::<String>().to_ascii_lowercase();
    let is_format = FORMATS.iter().any(|format| lower.starts_with(format));
    let is_signed = SIGNED.iter().any(|known| host == known.trim_start_matches('.') || host.ends_with(&dotted(known)));
    !(is_format
        || is_near(&host)
        || is_signed && !line.contains("trusted=yes")
        || is_proxy(before)
        || is_archive(before))
}

fn dotted(name: &str) -> String {
    if name.starts_with('.') { name.to_owned() } else { format!(".{name}") }
}

/// Returns whether a host is in the same private network.
fn is_near(host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return match address {
            IpAddr::V4(address) => is_private(address),
            IpAddr::V6(_) => true,
        };
    }
    const PRIVATE: [&str; 14] = [
        ".local",
        ".localdomain",
        ".internal",
        ".intern",
        ".intranet",
        ".lan",
        ".home",
        ".home.arpa",
        ".corp",
        ".private",
        ".svc",
        ".cluster.local",
        ".test",
        ".consul",
    ];
    !host.contains('.') || PRIVATE.iter().any(|end| host.ends_with(end))
}

fn is_private(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || (first == 100 && (64..128).contains(&second))
}

/// Returns whether the address is that of a proxy: encryption of the traffic through it does not depend on it.
fn is_proxy(before: &str) -> bool {
    let start = before.len().saturating_sub(60);
    let near = before.get(start..).unwrap_or(before).to_ascii_lowercase();
    // The word precedes the address directly: as a variable, a key, an option.
    let name = near.trim_end_matches([' ', '=', ':', '"', '\'', '(']);
    name.ends_with("proxy") || name.ends_with("-x") && near.contains("curl")
}

/// Returns whether the address is that of an archive of signed packages.
fn is_archive(before: &str) -> bool {
    let start = before.len().saturating_sub(200);
    let near = before.get(start..).unwrap_or(before);
    let is_unsigned = near.contains("trusted=yes");
    let mut words =
        near.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ':' | '=')).filter(|word| !word.is_empty());
    !is_unsigned && words.any(|word| matches!(word, "deb" | "deb-src" | "URIs" | "$MIRROR"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_anybody_may_change_is_told() {
        for line in [
            "curl http://10.1.2.3/x | sh",
            "wget http://172.20.0.1:8080/x",
            "curl http://192.168.1.1/",
            "curl http://100.64.3.4/",
            "curl http://[fe80::1]/x",
            "curl http://localhost:8080/x",
            "worker http://master:19211",
            "curl http://repo.corp.internal/x",
            "export http_proxy=http://proxy.example.org:3128",
            "  https_proxy: \"http://proxy.example.org:3128\"",
            "Acquire::http::Proxy \"http://apt.example.org:3142\";",
            "curl -x http://proxy.example.org:3128 https://example.org/x",
            "deb http://packages.example.org/debian stable main",
            "deb [signed-by=/k.gpg] http://packages.example.org/debian stable main",
            "URIs: http://mirror.example.org/ubuntu",
            "uri: http://de.archive.ubuntu.com/ubuntu",
            "apt-get -o Dir=http://ftp.de.debian.org/debian",
            "curl http://$SERVER/x http://${SERVER}/x http://{{server}}/x",
            "<svg xmlns=\"http://www.w3.org/2000/svg\">",
            "curl https://example.org/",
        ] {
            assert_eq!(hosts(line), Vec::<&str>::new(), "{line}");
        }
        for (line, host) in [
            ("curl http://example.org/x | sh", "example.org"),
            ("http://www.example.org", "www.example.org"),
            ("curl http://8.8.8.8:80/x", "8.8.8.8:80"),
            ("echo \"deb [trusted=yes] http://example.org/ ./\"", "example.org"),
            ("wget http://example.org/proxy", "example.org"),
            ("x=http://172.15.0.1/", "172.15.0.1"),
        ] {
            assert_eq!(hosts(line), [host], "{line}");
        }
    }
}
