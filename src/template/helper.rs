//! The helpers that there are, and how many arguments each takes.

/// A helper that templates may name.
pub(super) struct Helper {
    pub(super) name: &'static str,
    /// The fewest arguments that it takes.
    pub(super) least: usize,
    /// The most.
    pub(super) most: usize,
    /// How many of its first arguments are left as they are: those that may be missing, those of which it wants to know
    /// the place beside the value, and those that it insists on itself.
    pub(super) untouched: usize,
}

/// Puts a value down as it is; what `{{NAME}}` becomes.
pub(super) const PLAIN: &str = "hoist_plain";
/// Gives a value that must be there; what each argument NAME becomes.
pub(super) const REQUIRED: &str = "hoist_required";

/// Ours, and those that the handlebars crate has built in, but `log`, which writes elsewhere.
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

/// The helper of this name.
pub(super) fn find(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().find(|helper| helper.name == name)
}
