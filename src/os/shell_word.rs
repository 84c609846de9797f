//! Quoting of words in commands shown to the user.

use std::borrow::Cow;
use std::ffi::OsStr;

/// Quotes a word or path for a shell. A word with a NUL, which no shell accepts, is returned in Rust's notation.
pub(crate) fn quoted(word: impl AsRef<OsStr>) -> String {
    let text = word.as_ref().to_string_lossy();
    shlex::try_quote(&text).map_or_else(|_| format!("{text:?}"), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn words_and_paths_are_quoted_where_they_must_be() {
        assert_eq!(quoted("/a/plain-1.db"), "/a/plain-1.db");
        assert_eq!(quoted(Path::new("/my files/x")), "'/my files/x'");
        assert_eq!(quoted("/a b/it's"), "\"/a b/it's\"");
        assert_eq!(quoted("$(x)"), "'$(x)'");
        assert_eq!(quoted("a\0b"), "\"a\\0b\"");
    }
}
