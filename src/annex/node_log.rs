//! Logs of an instance of an annex.

/// A log of HTCondor's on an instance, or another one that tells why it is not in its pool.
#[derive(Clone, PartialEq, Eq)]
pub struct NodeLog {
    /// Its file name: `MasterLog`.
    pub name: String,
    /// Its last lines, without what looks like a token; empty where it cannot be read.
    pub text: String,
    /// Why it cannot be read, where it cannot.
    pub unread: Option<String>,
}

/// The most of a log that is read, in bytes: what a machine that does not join writes in an hour is shorter.
pub const LONGEST_LOG: usize = 256 * 1024;

/// The name of a log in which an instance on AWS keeps what it last said on its console.
pub const REPORT_LOG: &str = "report";

/// What stands in place of a token.
const HIDDEN: &str = "(a token)";

/// The beginning of a token: a JSON object in base64.
const TOKEN: &str = "eyJ";

impl NodeLog {
    /// Creates a log with this text.
    pub fn new(name: impl Into<String>, text: &str) -> Self {
        Self { name: name.into(), text: without_tokens(text), unread: None }
    }

    /// Creates a log that cannot be read, for this reason.
    pub fn unread(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { name: name.into(), text: String::new(), unread: Some(why.into()) }
    }
}

/// Shows the length of the text only.
impl std::fmt::Debug for NodeLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeLog").field("name", &self.name).field("bytes", &self.text.len()).finish()
    }
}

/// The longest beginning of a text that is shown although it may be the rest of a token: too little of a signature.
const LONGEST_REST: usize = 20;

/// Returns the text without tokens (JSON Web Tokens, such as HTCondor's). HTCondor logs none; a script of the user's
/// may print one. A text of which the end was kept may begin within a token: so a long first word is left out, too.
pub fn without_tokens(text: &str) -> String {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let first = text.find(|c| !is_of_token(c)).unwrap_or(text.len());
    if first > LONGEST_REST {
        shown.push_str(HIDDEN);
        rest = &text[first..];
    }
    while let Some(at) = rest.find(TOKEN) {
        let end = rest[at..].find(|c| !is_of_token(c)).map_or(rest.len(), |length| at + length);
        shown.push_str(&rest[..at]);
        let word = &rest[at..end];
        let is_token = word.split('.').filter(|part| part.len() > TOKEN.len()).count() >= 3;
        shown.push_str(if is_token { HIDDEN } else { word });
        rest = &rest[end..];
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_not_shown_and_other_words_are() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjb25kb3JAbGFiIn0.c2lnbmF0dXJl_-";
        let log = NodeLog::new("StartLog", &format!("read {token}, and {token}\n\"eyJ\" of eyJ.a.b and é"));
        assert_eq!(log.text, "read (a token), and (a token)\n\"eyJ\" of eyJ.a.b and é");
        assert!(!format!("{log:?}").contains("read"));
    }

    #[test]
    fn the_rest_of_a_token_whose_head_was_cut_off_is_not_shown() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjb25kb3JAbGFiIn0.c2lnbmF0dXJlLXdpdGgtbWFueS1ieXRlcw";
        let text = format!("read {token} of a file\n");
        for cut in 5..text.len() - 1 {
            let shown = NodeLog::new("StartLog", &text[cut..]).text;
            assert!(shown.ends_with(" of a file\n") || cut > text.find(" of").unwrap(), "{shown}");
            let rest = shown.split(' ').next().unwrap();
            assert!(rest == "(a" || rest.len() <= LONGEST_REST, "{shown}");
        }
        assert_eq!(without_tokens("11/20/26 12:00:00 a line"), "11/20/26 12:00:00 a line");
    }
}
