//! Colour, chosen once.

use std::fmt::Display;

/// Paints text for a terminal, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    color: bool,
}

impl Style {
    /// A style that paints when `color` is true.
    pub fn new(color: bool) -> Self {
        Self { color }
    }

    /// Whether it paints.
    pub fn is_colored(self) -> bool {
        self.color
    }

    /// What is as it should be.
    pub fn good(self, text: impl Display) -> String {
        self.paint("32", text)
    }

    /// What is wrong.
    pub fn bad(self, text: impl Display) -> String {
        self.paint("31;1", text)
    }

    /// What needs a look.
    pub fn warn(self, text: impl Display) -> String {
        self.paint("33", text)
    }

    /// What matters less.
    pub fn dim(self, text: impl Display) -> String {
        self.paint("2", text)
    }

    /// What matters more.
    pub fn bold(self, text: impl Display) -> String {
        self.paint("1", text)
    }

    /// A service's state, in the colour that fits it.
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

/// `1 service`, `3 services`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
