//! Purpose and variables of a template, from its first comment.

use std::collections::BTreeSet;

use super::error::{TemplateError, known_names};
use super::library::Templates;
use super::text_template::Template;
use super::values::Values;

/// Self-description of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Purpose: the first sentences of the comment; empty without a comment.
    pub purpose: String,
    /// Variables: first those explained by the comment, in its order, then the rest.
    pub variables: Vec<Variable>,
}

/// A variable of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Name of the variable, with its path.
    pub name: String,
    /// Explanation in the comment; empty if there is none.
    pub about: String,
}

impl Templates {
    /// Returns the self-description of the template of this name.
    ///
    /// # Errors
    /// Those of [`Templates::get`].
    pub fn about(&self, name: &str) -> Result<About, TemplateError> {
        let reads = self.get(name)?.variables();
        let text = self.source(name)?.map(|source| source.text).unwrap_or_default();
        let (purpose, mut variables) = explained(&text);
        variables.retain(|variable| reads.contains(&variable.name));
        for name in reads {
            if variables.iter().all(|known| known.name != name) {
                variables.push(Variable { name, about: String::new() });
            }
        }
        Ok(About { purpose, variables })
    }
}

impl Template {
    /// Refuses a value that none of these named templates takes, since it would be ignored silently.
    ///
    /// # Errors
    /// There is such a value; the hint lists the accepted variables.
    pub fn check_taken(templates: &[(&str, &Self)], values: &Values) -> Result<(), TemplateError> {
        let taken: BTreeSet<String> = templates.iter().flat_map(|(_, template)| template.variables()).collect();
        let unknown: Vec<&String> = values.keys().filter(|name| !taken.contains(*name)).collect();
        let Some(first) = unknown.first() else { return Ok(()) };
        let named: Vec<String> = unknown.iter().map(|name| format!("\"{name}\"")).collect();
        let message = match (templates.len(), unknown.len()) {
            (1, 1) => format!("it takes no variable {}", named.join(", ")),
            (1, _) => format!("it takes no variables {}", named.join(", ")),
            (_, 1) => format!("none of them takes a variable {}", named.join(", ")),
            (_, _) => format!("none of them takes variables {}", named.join(", ")),
        };
        let names: Vec<&str> = templates.iter().map(|(name, _)| *name).collect();
        let error = TemplateError::new(&names.join(" + "), None, message);
        Err(error.hint(known_names(first, "variables", taken.iter().map(String::as_str))))
    }
}

/// Parses the purpose and the variables from a template's first comment: a variable's line has its name, at least two
/// spaces, and its explanation, continued by lines with more indentation.
fn explained(text: &str) -> (String, Vec<Variable>) {
    // `--` ends the comment only before braces, since options of programs begin with it, too.
    let comment = text.strip_prefix("{{!--").and_then(|rest| {
        let ends = ["--}}", "--~}}"].into_iter().filter_map(|end| rest.find(end));
        rest.get(..ends.min()?)
    });
    let Some(comment) = comment else { return (String::new(), Vec::new()) };
    let (mut purpose, mut variables) = (String::new(), Vec::<Variable>::new());
    let mut in_purpose = true;
    for (index, line) in comment.lines().enumerate() {
        let words = line.trim();
        if words.is_empty() {
            in_purpose = false;
            if !variables.is_empty() {
                break;
            }
            continue;
        }
        if in_purpose {
            append(&mut purpose, words);
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let named = words.split_once("  ").filter(|(name, _)| {
            indent == 2 && index > 0 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        match (named, variables.last_mut()) {
            (Some((name, about)), _) => {
                variables.push(Variable { name: name.to_owned(), about: about.trim().to_owned() });
            }
            (None, Some(last)) => append(&mut last.about, words),
            (None, None) => {}
        }
    }
    (purpose.trim_end_matches('~').trim().to_owned(), variables)
}

fn append(text: &mut String, words: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_explains_purpose_and_variables() {
        let text = "{{!-- User data of a thing, which\n  does much.\n\n  one    the first,\n         in two lines\n  two  second\n\nMore. --~}}\nx";
        let (purpose, variables) = explained(text);
        assert_eq!(purpose, "User data of a thing, which does much.");
        let variable = |name: &str, about: &str| Variable { name: name.to_owned(), about: about.to_owned() };
        assert_eq!(variables, [variable("one", "the first, in two lines"), variable("two", "second")]);
        assert_eq!(explained("no comment"), (String::new(), Vec::new()));
        let (_, variables) =
            explained("{{!-- A thing.\n\n  one  options such as --a=b\n  two  second --}}x {{!-- y --~}}");
        assert_eq!(variables, [variable("one", "options such as --a=b"), variable("two", "second")]);
    }

    #[test]
    fn what_templates_explain_is_what_they_read() {
        let templates = Templates::built_in();
        for name in templates.names().filter(|name| !name.starts_with("partials/")) {
            let reads = templates.get(name).unwrap().variables();
            let text = templates.source(name).unwrap().unwrap().text;
            let (purpose, explained) = explained(&text);
            assert!(!purpose.is_empty(), "{name}");
            for variable in templates.about(name).unwrap().variables {
                let Variable { name: of, about } = variable;
                let last = about.split_whitespace().next_back().unwrap_or_default();
                let unfinished = ["as", "like", "and", "or"].contains(&last) || last.ends_with([',', ':', '(']);
                assert!(!about.is_empty() && !unfinished, "{name} does not explain {of}: {about:?}");
                assert!(about.matches('(').count() == about.matches(')').count(), "{name}, {of}: {about:?}");
            }
            for variable in &explained {
                assert!(reads.contains(&variable.name), "{name} explains {} and does not read it", variable.name);
            }
        }
    }
}
