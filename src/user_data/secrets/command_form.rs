//! Patterns of commands with a secret.

/// The rule, its description, the words of which a line must contain one (in lower case), and the pattern, whose group
/// is the secret.
pub(super) type CommandForm = (&'static str, &'static str, &'static [&'static str], &'static str);
