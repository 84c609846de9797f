//! Regular expressions of ClassAd functions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use regex_lite::{Regex, RegexBuilder};

use super::pattern_syntax::{Refusal, Translation, translate};
use super::unknown::Unknown;

/// Compiled patterns that a thread keeps. A pool's expressions have few.
const KEPT_PATTERNS: usize = 512;

/// How a pattern is matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Options {
    /// `i`: without regard to case.
    pub(super) ignore_case: bool,
    /// `m`: `^` and `$` match at each line.
    pub(super) multi_line: bool,
    /// `s`: `.` matches a newline.
    pub(super) dot_all: bool,
    /// `x`: white space in the pattern means nothing.
    pub(super) extended: bool,
}

impl Options {
    /// Reads options; letters without a meaning are ignored.
    pub(super) fn of(letters: &str) -> Self {
        Self {
            ignore_case: letters.contains('i'),
            multi_line: letters.contains('m'),
            dot_all: letters.contains('s'),
            extended: letters.contains('x'),
        }
    }
}

struct Compiled {
    regex: Regex,
    has_anchor: bool,
}

/// A pattern that can be matched.
#[derive(Clone)]
pub(super) struct Pattern {
    text: Arc<str>,
    compiled: Arc<Compiled>,
}

type Kept = HashMap<(Arc<str>, Options), Result<Arc<Compiled>, Refusal>>;

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

fn compile(text: &str, options: Options) -> Result<Arc<Compiled>, Refusal> {
    let Translation { pattern, has_anchor } = translate(text, options.extended)?;
    let regex = RegexBuilder::new(&pattern)
        .case_insensitive(options.ignore_case)
        .multi_line(options.multi_line)
        .dot_matches_new_line(options.dot_all)
        .build()
        .map_err(|_| Refusal::Unsupported("more than the library for regular expressions does"))?;
    Ok(Arc::new(Compiled { regex, has_anchor }))
}

impl Pattern {
    /// Compiles a pattern. `Ok(None)` is one that PCRE does not accept.
    ///
    /// # Errors
    ///
    /// Says what the pattern needs that is not supported here.
    pub(super) fn new(text: &Arc<str>, options: Options) -> Result<Option<Self>, Unknown> {
        let kept = KEPT.with_borrow(|kept| kept.get(&(Arc::clone(text), options)).cloned());
        let compiled = kept.unwrap_or_else(|| {
            let compiled = compile(text, options);
            KEPT.with_borrow_mut(|kept| {
                if kept.len() >= KEPT_PATTERNS {
                    kept.clear();
                }
                kept.insert((Arc::clone(text), options), compiled.clone());
            });
            compiled
        });
        match compiled {
            Ok(compiled) => Ok(Some(Self { text: Arc::clone(text), compiled })),
            Err(Refusal::Invalid) => Ok(None),
            Err(Refusal::Unsupported(needs)) => Err(unsupported(text, needs)),
        }
    }

    /// Refuses a text that PCRE may match in another way than our library.
    fn check(&self, text: &str) -> Result<(), Unknown> {
        if !text.is_ascii() {
            return Err(unsupported(&self.text, "letters outside of ASCII"));
        }
        if self.compiled.has_anchor && text.ends_with('\n') {
            return Err(unsupported(&self.text, "an anchor before a newline at the end"));
        }
        Ok(())
    }

    /// Whether the pattern matches somewhere in a text.
    pub(super) fn is_match(&self, text: &str) -> Result<bool, Unknown> {
        self.check(text)?;
        Ok(self.compiled.regex.is_match(text))
    }

    /// Builds a text of replacements, in which `\0` to `\9` stand for groups. `in_place` keeps the rest of the text,
    /// `all` replaces every match. `Ok(None)` is a group that has no part in the match.
    pub(super) fn replace(
        &self,
        text: &str,
        replacement: &str,
        in_place: bool,
        all: bool,
    ) -> Result<Option<String>, Unknown> {
        self.check(text)?;
        let mut output = String::new();
        let mut position = 0;
        for captures in self.compiled.regex.captures_iter(text) {
            let Some(whole) = captures.get(0) else { break };
            if whole.is_empty() && all {
                return Err(unsupported(&self.text, "replacement of every empty match"));
            }
            if in_place {
                output.push_str(text.get(position..whole.start()).unwrap_or_default());
            }
            let taking_part = (0..captures.len()).rev().find(|group| captures.get(*group).is_some()).unwrap_or(0);
            let mut letters = replacement.chars().peekable();
            while let Some(letter) = letters.next() {
                let digit = letters.peek().and_then(|digit| digit.to_digit(10)).filter(|_| letter == '\\');
                let Some(group) = digit.and_then(|digit| usize::try_from(digit).ok()) else {
                    output.push(letter);
                    continue;
                };
                letters.next();
                if group > taking_part {
                    return Ok(None);
                }
                output.push_str(captures.get(group).map_or("", |group| group.as_str()));
            }
            position = whole.end();
            if !all {
                break;
            }
        }
        if in_place {
            output.push_str(text.get(position..).unwrap_or_default());
        }
        Ok(Some(output))
    }
}

fn unsupported(pattern: &str, needs: &str) -> Unknown {
    Unknown::Pattern { pattern: pattern.to_owned(), needs: needs.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Options, Pattern};

    #[test]
    fn replacements_in_place_and_alone() {
        let pattern = Pattern::new(&"(a)b|c".into(), Options::default()).unwrap().unwrap();
        assert_eq!(pattern.replace("xaby", "\\1-", false, false), Ok(Some("a-".to_owned())));
        assert_eq!(pattern.replace("xaby", "\\1-", true, false), Ok(Some("xa-y".to_owned())));
        assert_eq!(pattern.replace("xcy", "\\1-", true, false), Ok(None));
        assert!(Pattern::new(&"(".into(), Options::default()).unwrap().is_none());
    }
}
