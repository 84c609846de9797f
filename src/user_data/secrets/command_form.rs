//! A form in which commands are given a secret.

/// Rule, what it is, words of which a line must have one (in small letters), and the form; its group is the secret.
pub(super) type CommandForm = (&'static str, &'static str, &'static [&'static str], &'static str);
