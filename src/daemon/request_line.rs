use super::page::Page;

/// The first line of a request over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestLine {
    /// Path, without query.
    pub(super) path: String,
    /// Whether only the header of the answer is wanted.
    pub(super) is_head: bool,
}

impl RequestLine {
    /// Parses the line, without its end; otherwise returns the answer to it.
    pub(super) fn parse(line: &str) -> Result<Self, Page> {
        let bad = || Page::text("400 Bad Request", "no request by HTTP/1.1\n");
        let mut words = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(bad());
        };
        if !version.starts_with("HTTP/1.") || !target.starts_with('/') {
            return Err(bad());
        }
        if !matches!(method, "GET" | "HEAD") {
            return Err(Page::text("405 Method Not Allowed", "only GET and HEAD\n"));
        }
        let path = target.split(['?', '#']).next().unwrap_or(target);
        Ok(Self { path: path.to_owned(), is_head: method == "HEAD" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_answered_and_nothing_else() {
        let line = RequestLine::parse("GET /metrics?x=1 HTTP/1.1").unwrap();
        assert_eq!(line, RequestLine { path: "/metrics".to_owned(), is_head: false });
        assert!(RequestLine::parse("HEAD / HTTP/1.0").unwrap().is_head);
        for (bad, status) in [
            ("POST /metrics HTTP/1.1", "405 Method Not Allowed"),
            ("GET /metrics", "400 Bad Request"),
            ("GET /metrics HTTP/2.0", "400 Bad Request"),
            ("GET http://a/metrics HTTP/1.1", "400 Bad Request"),
            ("", "400 Bad Request"),
        ] {
            assert_eq!(RequestLine::parse(bad).unwrap_err().status, status, "{bad}");
        }
    }
}
