//! Colours of text on a terminal.

use std::fmt::Display;

/// Style of text: coloured or plain.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    color: bool,
}

impl Style {
    /// Creates a style that colours text if `color` is true.
    pub fn new(color: bool) -> Self {
        Self { color }
    }

    /// Returns whether text is coloured.
    pub fn is_colored(self) -> bool {
        self.color
    }

    /// Marks a good state (green).
    pub fn good(self, text: impl Display) -> String {
        self.paint("32", text)
    }

    /// Marks an error (bold red).
    pub fn bad(self, text: impl Display) -> String {
        self.paint("31;1", text)
    }

    /// Marks a warning (yellow).
    pub fn warn(self, text: impl Display) -> String {
        self.paint("33", text)
    }

    /// Marks text of less importance (dim).
    pub fn dim(self, text: impl Display) -> String {
        self.paint("2", text)
    }

    /// Marks text of more importance (bold).
    pub fn bold(self, text: impl Display) -> String {
        self.paint("1", text)
    }

    /// Colours the name of a service's state accordingly.
    pub fn state(self, name: &str) -> String {
        match name {
            "ready" | "up" | "running" => self.good(name),
            "failed" | "lost" => self.bad(name),
            "terminating" | "terminated" | "pending" => self.dim(name),
            _ => self.warn(name),
        }
    }

    fn paint(self, code: &str, text: impl Display) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}
