//! Addresses of APIs.

/// Checks that this is the address of an API: `http` or `https`, a host, perhaps a port and a path.
pub(super) fn check(url: &str) -> Result<(), String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(format!("it has no scheme; did you mean https://{url}?"));
    };
    if !matches!(scheme, "http" | "https") {
        return Err(format!("{scheme} is neither http nor https"));
    }
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("there is white space in it".to_owned());
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("credentials do not belong into it".to_owned());
    }
    if rest.contains(['?', '#']) {
        return Err("it ends with the path".to_owned());
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, after) = bracketed.split_once(']').ok_or("the bracket around its host is not closed")?;
            (host, after.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if host.is_empty() {
        return Err("it names no host".to_owned());
    }
    if !host.chars().all(is_host) {
        return Err(format!("{host} is no host's name"));
    }
    match port {
        Some(port) if port.parse::<u16>().is_ok_and(|port| port != 0) => Ok(()),
        Some(port) => Err(format!("{port} is no port")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn addresses() {
        for good in
            ["http://127.0.0.1:5000", "https://ec2.example.org/services/Cloud", "http://[::1]:80/", "http://a_b"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, says) in [
            ("localhost:5000", "did you mean https://localhost:5000?"),
            ("ftp://host", "neither http nor https"),
            ("http://", "no host"),
            ("http://:80", "no host"),
            ("http://host:http", "http is no port"),
            ("http://host:99999", "99999 is no port"),
            ("http://user:secret@host", "credentials do not belong"),
            ("http://ho st", "white space"),
            ("http://[::1", "not closed"),
            ("http://host/?Action=x", "ends with the path"),
            ("http://h%st", "no host's name"),
        ] {
            let said = check(bad).unwrap_err();
            assert!(said.contains(says), "{bad}: {said}");
            assert!(!said.contains("secret"));
        }
    }
}
