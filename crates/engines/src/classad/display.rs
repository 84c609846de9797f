//! Expressions as HTCondor prints them.

use std::fmt::{self, Display, Formatter};

use super::expression::{Base, ClassAd, Expression, Node};
use super::literal::Literal;
use super::name::Name;
use super::number::real_text;
use super::operator::Unary;
use super::time_text::{absolute_text, relative_text};

const RESERVED: [&str; 7] = ["error", "false", "is", "isnt", "parent", "true", "undefined"];

/// How lists and ads are laid out.
#[derive(Clone, Copy)]
enum Layout {
    /// On one line.
    Line,
    /// An item a line, as `unparse()` does, at an indentation.
    Block(usize),
    /// On one line with all digits of numbers, to be read again.
    Exact,
    /// The same in the old notation, at the end of a line or before other signs.
    Old {
        /// Whether the line ends behind it.
        ends_line: bool,
    },
}

impl Layout {
    fn deeper(self, by: usize) -> Self {
        match self {
            Self::Line | Self::Exact => self,
            Self::Block(indentation) => Self::Block(indentation + by),
            Self::Old { .. } => Self::Old { ends_line: false },
        }
    }

    fn is_block(self) -> bool {
        matches!(self, Self::Block(_))
    }

    /// Begins a line in a block.
    fn begin(self, f: &mut dyn fmt::Write) -> fmt::Result {
        if let Self::Block(indentation) = self { write!(f, "\n{:indentation$}", "") } else { Ok(()) }
    }
}

/// Writes a text with escapes, without its quotes.
fn write_escaped(f: &mut dyn fmt::Write, text: &str, quote: u8) -> fmt::Result {
    for byte in text.bytes() {
        match byte {
            0x07 => f.write_str("\\a")?,
            0x08 => f.write_str("\\b")?,
            0x0c => f.write_str("\\f")?,
            b'\n' => f.write_str("\\n")?,
            b'\r' => f.write_str("\\r")?,
            b'\t' => f.write_str("\\t")?,
            0x0b => f.write_str("\\v")?,
            b'\\' => f.write_str("\\\\")?,
            byte if byte == quote => write!(f, "\\{}", char::from(quote))?,
            b' '..=b'~' => f.write_char(char::from(byte))?,
            _ => write!(f, "\\{byte:03o}")?,
        }
    }
    Ok(())
}

/// Writes a text in double quotes.
pub(super) fn write_text(f: &mut dyn fmt::Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    write_escaped(f, text, b'"')?;
    f.write_char('"')
}

/// Writes a text in the old notation, in which only a quote is escaped. It cannot hold control characters: they become
/// spaces, so that a text cannot begin a line. A backslash before the closing quote would escape it, except at the end
/// of the line; elsewhere a space is added.
fn write_old_text(f: &mut dyn fmt::Write, text: &str, ends_line: bool) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            character if character.is_control() => f.write_char(' ')?,
            character => f.write_char(character)?,
        }
    }
    f.write_str(if text.ends_with('\\') && !ends_line { " \"" } else { "\"" })
}

/// Writes a name, in quotes if it is no word.
fn write_name(f: &mut dyn fmt::Write, name: &Name) -> fmt::Result {
    let text = name.as_str();
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word && !RESERVED.contains(&name.lower()) {
        return f.write_str(text);
    }
    f.write_char('\'')?;
    write_escaped(f, text, b'\'')?;
    f.write_char('\'')
}

fn write_literal(f: &mut dyn fmt::Write, literal: &Literal, layout: Layout) -> fmt::Result {
    match (literal, layout) {
        (Literal::String(text), Layout::Old { ends_line }) => return write_old_text(f, text, ends_line),
        // HTCondor's texts cannot hold a zero byte.
        (Literal::String(text), Layout::Exact) => return write_text(f, &text.replace('\0', " ")),
        (Literal::Real(value), Layout::Old { .. } | Layout::Exact) if value.is_finite() => {
            return write!(f, "{value:?}");
        }
        _ => {}
    }
    match literal {
        Literal::Undefined => f.write_str("undefined"),
        Literal::Error => f.write_str("error"),
        Literal::Boolean(value) => write!(f, "{value}"),
        Literal::Integer(value) => write!(f, "{value}"),
        Literal::Real(value) => f.write_str(&real_text(*value)),
        Literal::String(text) => write_text(f, text),
        Literal::AbsTime(time) => write!(f, "absTime(\"{}\")", absolute_text(*time)),
        Literal::RelTime(seconds) => write!(f, "relTime(\"{}\")", relative_text(*seconds)),
    }
}

fn write_items(f: &mut dyn fmt::Write, items: &[Expression], layout: Layout) -> fmt::Result {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            f.write_char(',')?;
        }
        layout.begin(f)?;
        write_expression(f, item, layout)?;
    }
    Ok(())
}

fn write_list(f: &mut dyn fmt::Write, items: &[Expression], layout: Layout) -> fmt::Result {
    let bracket = layout.deeper(3);
    bracket.begin(f)?;
    f.write_str(if layout.is_block() { "{" } else { "{ " })?;
    write_items(f, items, layout.deeper(6))?;
    if !layout.is_block() {
        return f.write_str(" }");
    }
    bracket.begin(f)?;
    f.write_char('}')
}

fn write_ad(f: &mut dyn fmt::Write, ad: &ClassAd, layout: Layout) -> fmt::Result {
    let bracket = layout.deeper(4);
    let inside = layout.deeper(8);
    bracket.begin(f)?;
    f.write_str(if layout.is_block() { "[" } else { "[ " })?;
    for (position, (name, expression)) in ad.sorted().into_iter().enumerate() {
        if position > 0 {
            f.write_str("; ")?;
        }
        inside.begin(f)?;
        write_name(f, name)?;
        f.write_str(" = ")?;
        write_expression(f, expression, inside)?;
    }
    if !layout.is_block() {
        return f.write_str(" ]");
    }
    bracket.begin(f)?;
    f.write_char(']')
}

fn write_unary(f: &mut dyn fmt::Write, operator: Unary, operand: &Expression, layout: Layout) -> fmt::Result {
    write!(f, " {}", operator.sign())?;
    write_expression(f, operand, layout)
}

fn write_node(f: &mut dyn fmt::Write, node: &Node, layout: Layout) -> fmt::Result {
    // Whether one of its texts ends the line depends on the node: a space is safe.
    let layout = if let Layout::Old { .. } = layout { layout.deeper(0) } else { layout };
    match node {
        Node::Reference { base, name } => match base {
            Base::Scope => write_name(f, name),
            Base::Root => {
                f.write_char('.')?;
                write_name(f, name)
            }
            Base::Of(of) => {
                write_expression(f, of, layout)?;
                write!(f, ".{name}")
            }
        },
        Node::Unary(operator, operand) => write_unary(f, *operator, operand, layout),
        Node::Chain { first, rest } => {
            write_expression(f, first, layout)?;
            for (operator, operand) in rest {
                write!(f, " {} ", operator.sign())?;
                write_expression(f, operand, layout)?;
            }
            Ok(())
        }
        Node::Conditional { condition, yes, no } => {
            write_expression(f, condition, layout)?;
            f.write_str(" ? ")?;
            write_expression(f, yes, layout)?;
            f.write_str(" : ")?;
            write_expression(f, no, layout)
        }
        Node::Default { value, otherwise } => {
            write_expression(f, value, layout)?;
            f.write_str(" ?: ")?;
            write_expression(f, otherwise, layout)
        }
        Node::Subscript { value, index } => {
            write_expression(f, value, layout)?;
            f.write_char('[')?;
            write_expression(f, index, layout)?;
            f.write_char(']')
        }
        Node::Call { name, arguments, .. } => {
            write_name(f, &Name::new(name))?;
            f.write_char('(')?;
            for (position, argument) in arguments.iter().enumerate() {
                if position > 0 {
                    f.write_char(',')?;
                }
                write_expression(f, argument, layout)?;
            }
            f.write_char(')')
        }
        Node::LocalTime(text) => {
            f.write_str("absTime(")?;
            write_text(f, text)?;
            f.write_char(')')
        }
        Node::List(items) => write_list(f, items, layout),
        Node::Ad(ad) => write_ad(f, ad, layout),
        Node::Parenthesis(content) => {
            f.write_char('(')?;
            write_expression(f, content, layout)?;
            f.write_char(')')
        }
    }
}

fn write_expression(f: &mut dyn fmt::Write, expression: &Expression, layout: Layout) -> fmt::Result {
    match expression {
        Expression::Literal(literal) => write_literal(f, literal, layout),
        Expression::Node(node) => write_node(f, node, layout),
    }
}

/// Prints an expression in blocks, as the function `unparse()` does.
pub(super) fn block_text(expression: &Expression) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write_expression(&mut text, expression, Layout::Block(0));
    text
}

/// Prints an expression that ends a line of the old notation.
pub(super) fn old_text(expression: &Expression) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write_expression(&mut text, expression, Layout::Old { ends_line: true });
    text
}

/// Prints an ad in the new notation with all digits of its numbers.
pub(super) fn exact_text(ad: &ClassAd) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write_ad(&mut text, ad, Layout::Exact);
    text
}

/// Prints a list of expressions.
pub(super) fn write_list_line(f: &mut dyn fmt::Write, items: &[Expression]) -> fmt::Result {
    write_list(f, items, Layout::Line)
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_expression(f, self, Layout::Line)
    }
}

impl Display for ClassAd {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_ad(f, self, Layout::Line)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parser::parse_expression;

    fn round(text: &str) -> String {
        parse_expression(text).unwrap().to_string()
    }

    #[test]
    fn expressions_are_printed_as_htcondor_does() {
        assert_eq!(round("a=?=b&&(c- -1)||!d"), "a is b && (c - -1) ||  !d");
        assert_eq!(
            round("f( 'x y',{1 , 2},[b=1;a='q'.z]) ?: \"x\\001\""),
            "f('x y',{ 1,2 },[ a = q.z; b = 1 ]) ?: \"x\\001\""
        );
        assert_eq!(round("a ? b[1] : .c"), "a ? b[1] : .c");
        assert_eq!(round("'parent'.x"), "'parent'.x");
    }

    #[test]
    fn a_printed_expression_reads_as_itself() {
        let text = "a is b && (c - -1) || -(d) + x.y * {1.5,undefined}[0] << size([q = \"\\\"\"])";
        assert_eq!(round(&round(text)), round(text));
    }
}
