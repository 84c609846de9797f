//! Words of the ClassAd language.

use super::operator::Binary;

/// A word of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// The end of the text.
    End,
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// A text in double quotes.
    String(String),
    /// A name, or a text in single quotes.
    Identifier(String),
    /// `true` or `false`.
    Boolean(bool),
    /// `undefined`.
    Undefined,
    /// `error`.
    Error,
    /// An operator between operands; `+` and `-` may stand before one as well.
    Binary(Binary),
    /// `!`
    Not,
    /// `~`
    BitNot,
    /// `.`
    Dot,
    /// `?`
    Question,
    /// `:`
    Colon,
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// `=`
    Assign,
    /// `(`
    OpenParenthesis,
    /// `)`
    CloseParenthesis,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
}

impl Token {
    /// Names the word for a message.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::End => "the end".to_owned(),
            Self::Integer(value) => format!("the number {value}"),
            Self::Real(value) => format!("the number {value}"),
            Self::String(text) => format!("the text {text:?}"),
            Self::Identifier(name) => format!("the name {name}"),
            Self::Boolean(value) => format!("{value}"),
            Self::Undefined => "undefined".to_owned(),
            Self::Error => "error".to_owned(),
            Self::Binary(operator) => format!("\"{}\"", operator.sign()),
            Self::Not => "\"!\"".to_owned(),
            Self::BitNot => "\"~\"".to_owned(),
            Self::Dot => "\".\"".to_owned(),
            Self::Question => "\"?\"".to_owned(),
            Self::Colon => "\":\"".to_owned(),
            Self::Semicolon => "\";\"".to_owned(),
            Self::Comma => "\",\"".to_owned(),
            Self::Assign => "\"=\"".to_owned(),
            Self::OpenParenthesis => "\"(\"".to_owned(),
            Self::CloseParenthesis => "\")\"".to_owned(),
            Self::OpenBracket => "\"[\"".to_owned(),
            Self::CloseBracket => "\"]\"".to_owned(),
            Self::OpenBrace => "\"{\"".to_owned(),
            Self::CloseBrace => "\"}\"".to_owned(),
        }
    }

    /// Whether a `-` after this word stands between operands; elsewhere it may be the sign of a number.
    pub(super) fn ends_operand(&self) -> bool {
        matches!(
            self,
            Self::Integer(_)
                | Self::Real(_)
                | Self::Boolean(_)
                | Self::String(_)
                | Self::Undefined
                | Self::Error
                | Self::Identifier(_)
                | Self::Dot
                | Self::CloseBracket
                | Self::CloseParenthesis
                | Self::CloseBrace
        )
    }
}
