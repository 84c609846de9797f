//! Reads expressions.

use std::sync::Arc;

use super::expression::{Base, ClassAd, Expression, Node};
use super::function::Function;
use super::lexer::{Lexer, Quoting};
use super::literal::Literal;
use super::name::Name;
use super::operator::{Binary, Unary};
use super::parse_error::ParseError;
use super::time_text::{absolute_time, relative_time};
use super::token::Token;

/// The deepest nesting of parentheses, lists, calls and signs. HTCondor gives up at 1000.
const DEEPEST: usize = 150;

/// Reads an expression in new ClassAd syntax: what stands in the JSON form of an ad and in `-long:new`.
///
/// # Errors
///
/// Says where the text ceases to be an expression, and what may stand there.
pub fn parse_expression(text: &str) -> Result<Expression, ParseError> {
    Parser::new(text, Quoting::Escapes)?.whole()
}

/// Reads an expression in old ClassAd syntax: what `condor_q -long` prints. Only texts in quotes differ.
///
/// # Errors
///
/// Says where the text ceases to be an expression, and what may stand there.
pub fn parse_old_expression(text: &str) -> Result<Expression, ParseError> {
    Parser::new(text, Quoting::Plain)?.whole()
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    offset: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, quoting: Quoting) -> Result<Self, ParseError> {
        let mut lexer = Lexer::new(text, quoting);
        let (offset, token) = lexer.next()?;
        Ok(Self { lexer, token, offset, depth: 0 })
    }

    fn advance(&mut self) -> Result<Token, ParseError> {
        let (offset, token) = self.lexer.next()?;
        self.offset = offset;
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn fail<T>(&self, expected: &str) -> Result<T, ParseError> {
        Err(ParseError::new(self.offset, expected, self.token.describe()))
    }

    fn expect(&mut self, token: &Token, expected: &str) -> Result<(), ParseError> {
        if self.token == *token { self.advance().map(drop) } else { self.fail(expected) }
    }

    fn descend(&mut self) -> Result<(), ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST { self.fail(&format!("at most {DEEPEST} levels of nesting")) } else { Ok(()) }
    }

    fn whole(mut self) -> Result<Expression, ParseError> {
        let expression = self.expression()?;
        if self.token == Token::End { Ok(expression) } else { self.fail("an operator or the end") }
    }

    /// `operation ? expression : expression`, `operation ?: expression` or an operation.
    fn expression(&mut self) -> Result<Expression, ParseError> {
        self.descend()?;
        let expression = self.operation(1)?;
        let expression = if self.token == Token::Question { self.condition(expression)? } else { expression };
        self.depth -= 1;
        Ok(expression)
    }

    fn condition(&mut self, condition: Expression) -> Result<Expression, ParseError> {
        self.advance()?;
        if self.token == Token::Colon {
            self.advance()?;
            let otherwise = self.expression()?;
            return Ok(Node::Default { value: condition, otherwise }.into());
        }
        let yes = self.expression()?;
        self.expect(&Token::Colon, "\":\" of a condition")?;
        let no = self.expression()?;
        Ok(Node::Conditional { condition, yes, no }.into())
    }

    fn binary(&self) -> Option<Binary> {
        if let Token::Binary(operator) = self.token { Some(operator) } else { None }
    }

    /// Operators of at least a level, with their operands.
    fn operation(&mut self, lowest: u8) -> Result<Expression, ParseError> {
        let mut first = self.unary()?;
        while let Some(operator) = self.binary().filter(|operator| operator.level() >= lowest) {
            first = self.chain(first, operator.level())?;
        }
        Ok(first)
    }

    /// Operators of one level after their first operand.
    fn chain(&mut self, first: Expression, level: u8) -> Result<Expression, ParseError> {
        let mut rest = Vec::new();
        while let Some(operator) = self.binary().filter(|operator| operator.level() == level) {
            self.advance()?;
            rest.push((operator, self.operation(level + 1)?));
        }
        Ok(Node::Chain { first, rest: rest.into() }.into())
    }

    fn unary(&mut self) -> Result<Expression, ParseError> {
        match self.token {
            Token::Binary(Binary::Add) => self.signed(Unary::Plus),
            Token::Binary(Binary::Subtract) => self.signed(Unary::Minus),
            Token::Not => self.signed(Unary::Not),
            Token::BitNot => self.signed(Unary::BitNot),
            _ => self.postfix(),
        }
    }

    fn signed(&mut self, operator: Unary) -> Result<Expression, ParseError> {
        self.advance()?;
        self.descend()?;
        let operand = self.unary()?;
        self.depth -= 1;
        Ok(Node::Unary(operator, operand).into())
    }

    fn postfix(&mut self) -> Result<Expression, ParseError> {
        let mut value = self.primary()?;
        let depth = self.depth;
        loop {
            value = match self.token {
                Token::OpenBracket => self.subscript(value)?,
                Token::Dot => self.selection(value)?,
                _ => break,
            };
        }
        self.depth = depth;
        Ok(value)
    }

    fn subscript(&mut self, value: Expression) -> Result<Expression, ParseError> {
        self.advance()?;
        self.descend()?;
        let index = self.expression()?;
        self.expect(&Token::CloseBracket, "\"]\" after an index")?;
        Ok(Node::Subscript { value, index }.into())
    }

    fn selection(&mut self, value: Expression) -> Result<Expression, ParseError> {
        self.advance()?;
        self.descend()?;
        let name = self.name("a name after \".\"")?;
        Ok(Node::Reference { base: Base::Of(value), name: Name::new(&name) }.into())
    }

    fn name(&mut self, expected: &str) -> Result<String, ParseError> {
        if !matches!(self.token, Token::Identifier(_)) {
            return self.fail(expected);
        }
        match self.advance()? {
            Token::Identifier(name) => Ok(name),
            _ => self.fail(expected),
        }
    }

    fn primary(&mut self) -> Result<Expression, ParseError> {
        match self.token {
            Token::Identifier(_) => self.named(),
            Token::Dot => self.absolute(),
            Token::OpenParenthesis => self.parenthesis(),
            Token::OpenBrace => self.list(),
            Token::OpenBracket => self.ad(),
            _ => self.literal(),
        }
    }

    fn literal(&mut self) -> Result<Expression, ParseError> {
        let literal = match &self.token {
            Token::Integer(value) => Literal::Integer(*value),
            Token::Real(value) => Literal::Real(*value),
            Token::String(text) => Literal::String(text.as_str().into()),
            Token::Boolean(value) => Literal::Boolean(*value),
            Token::Undefined => Literal::Undefined,
            Token::Error => Literal::Error,
            _ => return self.fail("an operand"),
        };
        self.advance()?;
        Ok(Expression::Literal(literal))
    }

    fn named(&mut self) -> Result<Expression, ParseError> {
        let offset = self.offset;
        let name = self.name("a name")?;
        if self.token == Token::OpenParenthesis {
            return self.call(&name, offset);
        }
        Ok(Node::Reference { base: Base::Scope, name: Name::new(&name) }.into())
    }

    fn absolute(&mut self) -> Result<Expression, ParseError> {
        self.advance()?;
        let name = self.name("a name after \".\"")?;
        Ok(Node::Reference { base: Base::Root, name: Name::new(&name) }.into())
    }

    fn parenthesis(&mut self) -> Result<Expression, ParseError> {
        self.advance()?;
        let content = self.expression()?;
        self.expect(&Token::CloseParenthesis, "an operator or \")\"")?;
        Ok(Node::Parenthesis(content).into())
    }

    fn list(&mut self) -> Result<Expression, ParseError> {
        self.advance()?;
        let mut items = Vec::new();
        while self.token != Token::CloseBrace || !items.is_empty() {
            items.push(self.expression()?);
            match self.token {
                Token::Comma => self.advance().map(drop)?,
                Token::CloseBrace => break,
                _ => return self.fail("\",\" or \"}\" of a list"),
            }
        }
        self.advance()?;
        Ok(Node::List(items.into()).into())
    }

    fn ad(&mut self) -> Result<Expression, ParseError> {
        self.advance()?;
        let mut ad = ClassAd::new();
        while self.token != Token::CloseBracket {
            if self.token == Token::Semicolon {
                self.advance()?;
                continue;
            }
            let name = self.name("a name or \"]\" of an ad")?;
            self.expect(&Token::Assign, "\"=\" after a name in an ad")?;
            ad.insert(Name::new(&name), self.expression()?);
            if !matches!(self.token, Token::Semicolon | Token::CloseBracket) {
                return self.fail("\";\" or \"]\" of an ad");
            }
        }
        self.advance()?;
        Ok(Node::Ad(Arc::new(ad)).into())
    }

    fn call(&mut self, name: &str, offset: usize) -> Result<Expression, ParseError> {
        self.advance()?;
        let mut arguments = Vec::new();
        while self.token != Token::CloseParenthesis || !arguments.is_empty() {
            arguments.push(self.expression()?);
            match self.token {
                Token::Comma | Token::Semicolon => self.advance().map(drop)?,
                Token::CloseParenthesis => break,
                _ => return self.fail("\",\" or \")\" of a call"),
            }
        }
        self.advance()?;
        let function = Function::of_name(name);
        if let Some(function @ (Function::AbsTime | Function::RelTime)) = function
            && let [Expression::Literal(Literal::String(text))] = arguments.as_slice()
        {
            return time(function, text)
                .ok_or_else(|| ParseError::new(offset, "a time in the text", format!("{name}({text:?})")));
        }
        Ok(Node::Call { name: name.into(), function, arguments: arguments.into() }.into())
    }
}

/// Makes a constant of a time's text.
fn time(function: Function, text: &Arc<str>) -> Option<Expression> {
    if function == Function::RelTime {
        return relative_time(text).map(|seconds| Expression::Literal(Literal::RelTime(seconds)));
    }
    let (time, has_zone) = absolute_time(text, 0)?;
    Some(if has_zone { Expression::Literal(Literal::AbsTime(time)) } else { Node::LocalTime(Arc::clone(text)).into() })
}
