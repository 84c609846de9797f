//! Text with references: `${SERVICE.ATTRIBUTE}`, `${.ATTRIBUTE}` and `${global.NAME}`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value as its author wrote it, parsed for references on demand.
///
/// Everything else stands for itself: `${HOME}` and `$5` are plain text, as in cloudinit.d, whose pattern requires a
/// dot between the braces.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Text {
    raw: String,
}

/// A reference inside a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// `${global.NAME}`: a variable of the plan.
    Global(String),
    /// `${.ATTRIBUTE}`: an attribute of the service itself.
    Own(String),
    /// `${SERVICE.ATTRIBUTE}`: an attribute of another service.
    Service {
        /// The service's name.
        service: String,
        /// The attribute's name.
        attribute: String,
    },
}

/// A piece of a [`Text`]: plain text, or a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Plain(&'a str),
    Reference(Reference),
}

impl Text {
    /// Wraps the text as written.
    pub fn new(raw: impl Into<String>) -> Self {
        Self { raw: raw.into() }
    }

    /// Returns the text as written, unexpanded.
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// Returns every reference in the text, in order of appearance.
    pub fn references(&self) -> impl Iterator<Item = Reference> + '_ {
        pieces(&self.raw).filter_map(|piece| match piece {
            Piece::Plain(_) => None,
            Piece::Reference(reference) => Some(reference),
        })
    }

    /// Returns incomplete references without a closing brace, which stand for themselves: `${web.address/`. A shell's
    /// own expansions continue differently, such as `${file%.txt}`.
    pub fn unclosed(&self) -> impl Iterator<Item = &str> {
        self.raw.match_indices("${").filter_map(|(at, _)| {
            let rest = &self.raw[at + 2..];
            let end = rest.find(|c| !is_part_of_reference(c)).unwrap_or(rest.len());
            let is_cut = rest[end..].chars().next().is_none_or(|next| next.is_whitespace() || "/\"',;".contains(next));
            let (_, name) = rest[..end].split_once('.')?;
            (is_cut && !name.is_empty()).then(|| &self.raw[at..at + 2 + end])
        })
    }

    /// Returns whether nothing in the text needs expanding.
    pub fn is_plain(&self) -> bool {
        self.references().next().is_none()
    }

    /// Replaces each reference by the result of `value_of`, whose first error ends the expansion.
    pub fn expand<E>(&self, mut value_of: impl FnMut(&Reference) -> Result<String, E>) -> Result<String, E> {
        let mut expanded = String::with_capacity(self.raw.len());
        for piece in pieces(&self.raw) {
            match piece {
                Piece::Plain(text) => expanded.push_str(text),
                Piece::Reference(reference) => expanded.push_str(&value_of(&reference)?),
            }
        }
        Ok(expanded)
    }
}

fn pieces(raw: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((reference, after)) = leading_reference(rest) {
            rest = after;
            return Some(Piece::Reference(reference));
        }
        // Plain text extends to the next possible start of a reference, or to the end.
        let end = rest
            .char_indices()
            .skip(1)
            .find(|&(at, c)| c == '$' && leading_reference(&rest[at..]).is_some())
            .map_or(rest.len(), |(at, _)| at);
        let (plain, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Plain(plain))
    })
}

/// Parses the reference at the beginning of `text`, if there is one. Stops at the first character that no reference
/// has, so that a text full of beginnings is still read once.
fn leading_reference(text: &str) -> Option<(Reference, &str)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find(|c| !is_part_of_reference(c))?;
    let (inside, after) = inner.split_at(end);
    let after = after.strip_prefix('}')?;
    let (scope, name) = inside.split_once('.')?;
    if name.is_empty() {
        return None;
    }
    let reference = match scope {
        "" => Reference::Own(name.to_owned()),
        "global" => Reference::Global(name.to_owned()),
        service => Reference::Service { service: service.to_owned(), attribute: name.to_owned() },
    };
    Some((reference, after))
}

fn is_part_of_reference(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.raw, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Global(name) => write!(f, "${{global.{name}}}"),
            Reference::Own(attribute) => write!(f, "${{.{attribute}}}"),
            Reference::Service { service, attribute } => write!(f, "${{{service}.{attribute}}}"),
        }
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self::new(raw)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.raw)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_and_the_rest_stands_for_itself() {
        let text = Text::new("http://${web-0.address}:${global.port}/${.name}?${HOME}$5${a}${.}");
        let found: Vec<String> = text.references().map(|r| r.to_string()).collect();
        assert_eq!(found, ["${web-0.address}", "${global.port}", "${.name}"]);
        let expanded = text.expand(|r| Ok::<_, ()>(format!("<{r}>"))).unwrap();
        assert_eq!(expanded, "http://<${web-0.address}>:<${global.port}>/<${.name}>?${HOME}$5${a}${.}");
    }

    #[test]
    fn text_full_of_beginnings_is_read_once() {
        let text = Text::new("${a".repeat(1_000_000));
        assert!(text.is_plain());
    }

    #[test]
    fn references_without_an_end_are_found_and_shell_expansions_are_none() {
        let unclosed = |text: &str| Text::new(text).unclosed().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(unclosed("${.na"), ["${.na"]);
        assert_eq!(unclosed("http://${web.address/x?${global.port y ${.name}"), ["${web.address", "${global.port"]);
        for shell in ["${file%.txt}", "${x:-a.b}", "${#a.b}", "${", "${HOME", "${a.", "${web.address}", "$.name"] {
            assert!(unclosed(shell).is_empty(), "{shell}");
        }
    }

    #[test]
    fn shell_expansions_are_left_alone() {
        for shell in ["${file%.txt}", "${x:-a.b}", "${#a.b}", "${", "${a.b", "$${", "é${"] {
            assert!(Text::new(shell).is_plain(), "{shell}");
        }
    }
}
