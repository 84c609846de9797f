//! Available helpers and the numbers of their arguments.

/// A helper that templates may call.
pub(super) struct Helper {
    pub(super) name: &'static str,
    /// Minimum number of arguments.
    pub(super) least: usize,
    /// Maximum number of arguments.
    pub(super) most: usize,
    /// Number of leading arguments that are not made strict: they may be missing, their place matters besides their
    /// value, or the helper checks them itself.
    pub(super) untouched: usize,
}

/// Helper that inserts a value unchanged; replaces `{{NAME}}`.
pub(super) const PLAIN: &str = "hoist_plain";
/// Helper that returns a required value; replaces each argument NAME.
pub(super) const REQUIRED: &str = "hoist_required";

/// Our own helpers, and the built-in ones of the handlebars crate except `log`, which writes elsewhere.
pub(super) const HELPERS: [Helper; 27] = [
    Helper { untouched: 1, ..takes("json", 1) },
    Helper { untouched: 1, ..takes("yaml", 1) },
    Helper { untouched: 1, ..takes("toml", 1) },
    Helper { untouched: 1, ..takes("shell", 1) },
    Helper { untouched: 1, ..takes("base64", 1) },
    Helper { untouched: 1, ..takes("gzip_base64", 1) },
    Helper { untouched: 2, ..takes("indent", 2) },
    Helper { untouched: 1, ..takes("word", 1) },
    Helper { untouched: 1, most: usize::MAX, ..takes("one_of", 2) },
    Helper { untouched: 1, ..takes("default", 2) },
    Helper { untouched: 1, ..takes("flag", 1) },
    takes("if", 1),
    takes("unless", 1),
    Helper { untouched: 1, ..takes("each", 1) },
    Helper { untouched: 1, ..takes("with", 1) },
    takes("lookup", 2),
    takes("raw", 0),
    takes("eq", 2),
    takes("ne", 2),
    takes("gt", 2),
    takes("gte", 2),
    takes("lt", 2),
    takes("lte", 2),
    Helper { most: usize::MAX, ..takes("and", 2) },
    Helper { most: usize::MAX, ..takes("or", 2) },
    takes("not", 1),
    takes("len", 1),
];

const fn takes(name: &'static str, arguments: usize) -> Helper {
    Helper { name, least: arguments, most: arguments, untouched: 0 }
}

/// Returns the helper of this name.
pub(super) fn find(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().find(|helper| helper.name == name)
}
