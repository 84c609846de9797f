//! API endpoint URLs.

/// Why a text is not the address of an API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum EndpointError {
    /// The text lacks `://`.
    #[error("it has no scheme; did you mean https://{0}?")]
    NoScheme(String),
    /// The scheme is neither `http` nor `https`.
    #[error("{0} is neither http nor https")]
    Scheme(String),
    /// White space or a control character.
    #[error("there is white space in it")]
    WhiteSpace,
    /// A user, perhaps with a password, which no message shows.
    #[error("credentials do not belong into it")]
    Credentials,
    /// A query or a fragment.
    #[error("it ends with the path")]
    BeyondPath,
    /// `[` without `]`.
    #[error("the bracket around its host is not closed")]
    OpenBracket,
    /// The host is empty.
    #[error("it names no host")]
    NoHost,
    /// The host contains characters that are invalid in host names.
    #[error("{0} is no host's name")]
    Host(String),
    /// The port is not a number from 1 to 65535.
    #[error("{0} is no port")]
    Port(String),
}

/// Checks that a URL is the address of an API: `http` or `https`, a host, optionally a port and a path.
pub(super) fn check(url: &str) -> Result<(), EndpointError> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(EndpointError::NoScheme(url.to_owned()));
    };
    if !matches!(scheme, "http" | "https") {
        return Err(EndpointError::Scheme(scheme.to_owned()));
    }
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(EndpointError::WhiteSpace);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(EndpointError::Credentials);
    }
    if rest.contains(['?', '#']) {
        return Err(EndpointError::BeyondPath);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, after) = bracketed.split_once(']').ok_or(EndpointError::OpenBracket)?;
            (host, after.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if host.is_empty() {
        return Err(EndpointError::NoHost);
    }
    if !host.chars().all(is_host) {
        return Err(EndpointError::Host(host.to_owned()));
    }
    match port {
        Some(port) if port.parse::<u16>().is_ok_and(|port| port != 0) => Ok(()),
        Some(port) => Err(EndpointError::Port(port.to_owned())),
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
            let said = check(bad).unwrap_err().to_string();
            assert!(said.contains(says), "{bad}: {said}");
            assert!(!said.contains("secret"));
        }
    }
}
