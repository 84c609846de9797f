//! Jinja templates, rendered as by cloud-init, but with placeholders for values that only the machine knows.
//!
//! The result of a template is known except for the values of its expressions and the branches that it takes. So it is
//! rendered twice, with the first and with the last branch of every condition, and with a placeholder for each
//! expression.

mod error;
mod expression;
mod tokens;

use error::JinjaError;
use expression::Expression;
use tokens::{Token, tokens};

/// The placeholder for the value of an expression.
pub(super) const PLACEHOLDER: &str = "jinja";

/// A rendered template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) text: String,
    /// For each line of the text, its line in the template, from 1.
    pub(super) lines: Vec<u32>,
    /// The lines of the template with an expression.
    pub(super) expressions: Vec<u32>,
    /// The expressions, each with its line.
    pub(super) names: Vec<(u32, String)>,
    /// The lines on which an expression stands alone, so that its value has the type of its content.
    pub(super) alone: Vec<u32>,
    /// Names with an attribute or index that neither cloud-init nor the template defines, each with its line.
    pub(super) unknown: Vec<(u32, String)>,
}

/// The branches to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Branches {
    /// The first branch of each condition. Loops run once.
    First,
    /// The last branch of each condition, or none if there is only one. Loops do not run.
    Last,
}

/// Block statements, each with the statements that may divide the block.
const BLOCKS: [(&str, &[&str]); 10] = [
    ("if", &["elif", "else"]),
    ("for", &["else"]),
    ("macro", &[]),
    ("call", &[]),
    ("filter", &[]),
    ("block", &[]),
    ("with", &[]),
    ("autoescape", &[]),
    ("set", &[]),
    ("trans", &["pluralize"]),
];

/// Statements without an end; cloud-init enables the extension `do`.
const SINGLE: [&str; 2] = ["set", "do"];

/// Statements that load other templates, of which cloud-init has none.
const OF_OTHERS: [&str; 4] = ["import", "include", "from", "extends"];

/// An open block.
struct OpenBlock<'a> {
    name: &'a str,
    line: u32,
    /// Whether the present branch is rendered.
    is_taken: bool,
    /// Whether the enclosing block is rendered.
    was_written: bool,
    had_else: bool,
}

impl OpenBlock<'_> {
    /// Returns whether the content of the block is rendered.
    fn is_written(&self) -> bool {
        self.was_written && self.is_taken
    }
}

/// Renders a template without its first line, the marker. `first` is the line of the template at which `text` begins.
///
/// # Errors
/// A syntax error, with its line.
pub(super) fn render(text: &str, first: u32, branches: Branches) -> Result<Rendered, JinjaError> {
    let mut rendered = Rendered::default();
    let mut open: Vec<OpenBlock<'_>> = Vec::new();
    let mut is_written = true;
    let all = tokens(text, first)?;
    let own = expression::assigned(all.iter().filter_map(|token| match token {
        Token::Statement { inner, .. } => Some(*inner),
        _ => None,
    }));
    for (index, token) in all.iter().enumerate() {
        match token {
            Token::Text { text, line } => {
                if is_written {
                    rendered.push(text, *line);
                }
            }
            Token::Expression { inner, line } => {
                check_expression(inner, *line)?;
                let expression = Expression::read(inner, *line)?;
                rendered.unknown.extend(expression.unknown(&own).map(|name| (*line, name.to_owned())));
                if !is_written {
                    continue;
                }
                rendered.expressions.push(*line);
                rendered.names.push((*line, (*inner).to_owned()));
                let begins_line = rendered.text.is_empty() || rendered.text.ends_with('\n');
                let ends_line = match all.get(index + 1) {
                    Some(Token::Text { text, .. }) => text.starts_with(['\n', '\r']),
                    Some(_) => false,
                    None => true,
                };
                if begins_line && ends_line {
                    rendered.alone.push(*line);
                } else {
                    rendered.push(PLACEHOLDER, *line);
                }
            }
            Token::Statement { inner, line } => {
                statement(inner, *line, branches, &mut open)?;
                is_written = open.last().is_none_or(OpenBlock::is_written);
            }
        }
    }
    match open.pop() {
        Some(block) => Err(JinjaError {
            line: block.line,
            message: format!("{{% {} %}} has no {{% end{} %}}", block.name, block.name),
        }),
        None => Ok(rendered),
    }
}

fn statement<'a>(
    inner: &'a str,
    line: u32,
    branches: Branches,
    open: &mut Vec<OpenBlock<'a>>,
) -> Result<(), JinjaError> {
    let wrong = |message: String| Err(JinjaError { line, message });
    let name = inner.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    let rest = inner[name.len()..].trim();
    if let Some(ended) = name.strip_prefix("end").filter(|ended| BLOCKS.iter().any(|(known, _)| known == ended)) {
        return match open.pop() {
            Some(block) if block.name == ended => Ok(()),
            Some(block) => {
                wrong(format!("{{% {name} %}} stands where the {{% {} %}} of line {} is open", block.name, block.line))
            }
            None => wrong(format!("{{% {name} %}} ends nothing")),
        };
    }
    if matches!(name, "elif" | "else" | "pluralize") {
        let is_last = |block: &OpenBlock<'_>| branches == Branches::Last && name == "else" && block.was_written;
        let Some(block) = open.last_mut() else { return wrong(format!("{{% {name} %}} stands in no block")) };
        let belongs = BLOCKS.iter().any(|(known, between)| *known == block.name && between.contains(&name));
        if !belongs || block.had_else {
            return wrong(format!(
                "{{% {name} %}} does not belong into the {{% {} %}} of line {}",
                block.name, block.line
            ));
        }
        if name == "elif" && rest.is_empty() {
            return wrong("{% elif %} has no condition".to_owned());
        }
        if name == "elif" {
            Expression::read(rest, line)?;
        }
        block.had_else = name == "else";
        block.is_taken = is_last(block);
        return Ok(());
    }
    // `{% set a = b %}` has no end, `{% set a %}` has one.
    if SINGLE.contains(&name) && (name != "set" || rest.contains('=')) {
        if rest.is_empty() {
            return wrong(format!("{{% {name} %}} says nothing"));
        }
        let value = if name == "set" { rest.split_once('=').map_or(rest, |(_, value)| value) } else { rest };
        return Expression::read(value, line).map(|_| ());
    }
    if OF_OTHERS.contains(&name) {
        return wrong(format!("{{% {name} %}} reads another template, and cloud-init has none"));
    }
    if !BLOCKS.iter().any(|(known, _)| *known == name) {
        return wrong(format!("Jinja does not know {{% {name} %}}"));
    }
    if rest.is_empty() && matches!(name, "if" | "for" | "set" | "macro" | "filter" | "block") {
        return wrong(format!("{{% {name} %}} says nothing"));
    }
    if name == "for" && !rest.contains(" in ") {
        return wrong("{% for %} has no `in`".to_owned());
    }
    match name {
        "if" => Expression::read(rest, line).map(|_| ())?,
        "for" => {
            let (_, listed) = rest.split_once(" in ").unwrap_or(("", rest));
            Expression::read(listed.trim_end().trim_end_matches("recursive"), line)?;
        }
        _ => {}
    }
    let is_condition = matches!(name, "if" | "for");
    let is_silent = matches!(name, "macro" | "set");
    let is_taken = !is_silent && (!is_condition || branches == Branches::First);
    let was_written = open.last().is_none_or(OpenBlock::is_written);
    open.push(OpenBlock { name, line, is_taken, was_written, had_else: false });
    Ok(())
}

/// Checks that an expression is present, and that its brackets are closed.
fn check_expression(inner: &str, line: u32) -> Result<(), JinjaError> {
    let wrong = |message: &str| Err(JinjaError { line, message: message.to_owned() });
    if inner.is_empty() {
        return wrong("{{ }} has no expression");
    }
    let (mut open, mut quote, mut escaped) = (Vec::new(), None, false);
    for c in inner.chars() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(mark), _) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => open.push(c),
            (None, ')' | ']' | '}') => {
                let opened = if c == ')' {
                    '('
                } else if c == ']' {
                    '['
                } else {
                    '{'
                };
                if open.pop() != Some(opened) {
                    return wrong("the brackets of an expression do not fit");
                }
            }
            _ => {}
        }
    }
    if quote.is_some() || !open.is_empty() {
        return wrong("a bracket or quote of an expression is not closed");
    }
    if inner.ends_with(['|', '.', '+', '-', '*', '/', '~', '=', ','])
        || inner.starts_with(['|', '.', '*', '/', '=', ','])
    {
        return wrong("an expression is cut off");
    }
    Ok(())
}

impl Rendered {
    /// Appends text of the template that begins on this line.
    fn push(&mut self, text: &str, line: u32) {
        let mut line = line;
        if self.lines.is_empty() {
            self.lines.push(line);
        }
        for c in text.chars() {
            if self.text.ends_with('\n') || self.text.is_empty() {
                // A line is attributed to the template's line of its first character.
                if let Some(last) = self.lines.last_mut() {
                    *last = line;
                }
            }
            self.text.push(c);
            if c == '\n' {
                line += 1;
                self.lines.push(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, branches: Branches) -> (String, Vec<u32>) {
        let rendered = render(text, 2, branches).unwrap();
        (rendered.text, rendered.lines)
    }

    #[test]
    fn branches_are_taken_and_lines_kept() {
        let text = "a\n{% if x %}\nb {{ v1.region }}\n{% elif y %}\nc\n{% else %}\nd\n{% endif %}\n{# none #}e\n";
        assert_eq!(of(text, Branches::First), ("a\nb jinja\ne\n".to_owned(), vec![2, 4, 10, 11]));
        assert_eq!(of(text, Branches::Last), ("a\nd\ne\n".to_owned(), vec![2, 8, 10, 11]));
        let text = "{% for a in b -%}\n  x\n{% endfor %}{% raw %}{{ y }}{% endraw %}\n{% set z = '}}' %}w";
        assert_eq!(of(text, Branches::First).0, "x\n{{ y }}w");
        assert_eq!(of(text, Branches::Last).0, "{{ y }}w");
        let rendered = render("runcmd:\n{{ x | list }}\n- {{ y }}\n", 1, Branches::First).unwrap();
        assert_eq!((rendered.alone, rendered.text.as_str()), (vec![2], "runcmd:\n\n- jinja\n"));
    }

    #[test]
    fn what_jinja_does_not_read_has_its_line() {
        for (text, line, word) in [
            ("a\n{{ b }\n", 2, "not closed"),
            ("{% if x %}\n", 1, "endif"),
            ("{% if x %}\n{% endfor %}\n", 2, "endfor"),
            ("\n{% endif %}\n", 2, "ends nothing"),
            ("{% else %}", 1, "no block"),
            ("{% fi %}", 1, "does not know"),
            ("{{ }}", 1, "no expression"),
            ("{{ f(x }}", 1, "bracket"),
            ("{{ a | }}", 1, "cut off"),
            ("{# no end", 1, "not closed"),
            ("{% for x %}{% endfor %}", 1, "in"),
            ("{% if %}{% endif %}", 1, "nothing"),
        ] {
            let problem = render(text, 1, Branches::First).unwrap_err();
            assert!(problem.line == line && problem.message.contains(word), "{text}: {problem:?}");
        }
    }
}
