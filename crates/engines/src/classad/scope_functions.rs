//! Functions that evaluate in another ad, or look at expressions instead of values.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::context::{Context, Found, Outcome};
use super::conversion::{expression_of, to_text};
use super::display::block_text;
use super::expression::{Base, Expression, Node};
use super::frame::{Frame, NestedFrame};
use super::parser::parse_expression;
use super::pattern::{Options, Pattern};
use super::unknown::{Stop, Unknown};
use super::value::{List, Value};

/// A failure of HTCondor's evaluation becomes an error here; what is unknown stays so.
fn or_error(outcome: Outcome) -> Outcome {
    match outcome {
        Err(Stop::Failed) => Ok(Value::Error),
        outcome => outcome,
    }
}

/// `eval`: evaluates a text.
///
/// # Errors
///
/// Says why the text's expression has no value.
pub(super) fn eval(context: &mut dyn Context, frame: &Frame, value: &Value) -> Outcome {
    let Value::String(text) = to_text(value, context) else { return Ok(Value::Error) };
    match parse_expression(&text) {
        Ok(expression) => context.evaluate(&expression, frame),
        Err(_) => Ok(Value::Error),
    }
}

/// `unparse`: the expression of an attribute of the ad itself.
pub(super) fn unparse(context: &dyn Context, frame: &Frame, argument: &Expression) -> Value {
    let Expression::Node(node) = argument else { return Value::Error };
    if !matches!(**node, Node::Reference { .. }) {
        return Value::Error;
    }
    let current = context.current(frame);
    let attribute = context.ad(&current).and_then(|ad| ad.attribute(&argument.to_string()));
    Value::text(attribute.map(block_text).unwrap_or_default())
}

/// Evaluates an expression in the ad that a list's item is. It sees the other ad of the match as its surroundings do.
fn evaluate_in(context: &mut dyn Context, (expression, home): (&Expression, &Frame), item: Outcome) -> Outcome {
    let mut inner = match or_error(item)? {
        Value::Ad(inner) => inner,
        Value::Undefined => return Ok(Value::Undefined),
        _ => return Ok(Value::Error),
    };
    if let Frame::Nested(nested) = &inner
        && let Frame::Top(side) = nested.parent
        && context.is_match()
    {
        let (ad, parent) = (Arc::clone(&nested.ad), nested.parent.clone());
        inner = Frame::Nested(Arc::new(NestedFrame { ad, parent, alternate: Some(side.other()) }));
    }
    or_error(context.evaluate_in(expression, home, &inner))
}

/// Whether an expression is an attribute of something that has no value.
fn is_lost(context: &mut dyn Context, expression: &Expression, frame: &Frame) -> bool {
    let Expression::Node(node) = expression else { return false };
    matches!(**node, Node::Reference { .. }) && context.find(node, frame).is_err()
}

/// `evalInEachContext` and `countMatches`: the values of an expression in each ad of a list, and how many are true.
///
/// If the expression is an attribute's name, HTCondor goes on in the ad in which its search for the name ended.
///
/// # Errors
///
/// Says why an expression has no value.
pub(super) fn each_context(
    context: &mut dyn Context,
    frame: &Frame,
    expression: &Expression,
    list: &Expression,
    count: bool,
) -> Outcome {
    let mut expression = expression.clone();
    let mut home = frame.clone();
    if let Expression::Node(node) = &expression
        && matches!(**node, Node::Reference { .. })
    {
        match context.find(&Arc::clone(node), frame) {
            Ok(Found::Expression(found, place)) => {
                context.move_to(&place);
                (expression, home) = (found, place);
            }
            Ok(Found::Nothing(place)) => context.move_to(&place),
            Ok(Found::Value(value)) => expression = expression_of(context, &value),
            Ok(Found::Undefined | Found::Error) | Err(Stop::Failed) => {}
            Err(stop) => return Err(stop),
        }
    }
    let items = match context.evaluate(list, frame) {
        // HTCondor takes an attribute of what it gave up on for undefined here.
        Err(Stop::Failed) if is_lost(context, list, frame) => Value::Undefined,
        items => or_error(items)?,
    };
    let items = match items {
        Value::List(list) => list,
        Value::Undefined if count => return Ok(Value::Integer(0)),
        Value::Undefined => return Ok(Value::Undefined),
        _ => return Ok(Value::Error),
    };
    let mut matches = 0;
    let mut values = Vec::new();
    for item in items.items() {
        let item = context.evaluate_item(item, &items.frame, frame);
        let value = evaluate_in(context, (&expression, &home), item)?;
        if count {
            matches += i64::from(value.is_true());
            continue;
        }
        values.push(expression_of(context, &value));
    }
    Ok(if count { Value::Integer(matches) } else { List::of(values) })
}

/// Names that an expression refers to and no ad has, in lower case and as written.
type Names = BTreeMap<String, String>;

/// Collects the names that cannot be resolved. False if HTCondor gives up.
fn collect(
    context: &mut dyn Context,
    expression: &Expression,
    frame: &Frame,
    depth: usize,
    names: &mut Names,
) -> Result<bool, Stop> {
    let Expression::Node(node) = expression else { return Ok(true) };
    let Some(depth) = depth.checked_sub(1) else { return Ok(false) };
    let parts: Vec<&Expression> = match &**node {
        Node::Reference { base, name } => {
            let start = match base {
                Base::Scope => frame.clone(),
                Base::Root => frame.outermost().clone(),
                Base::Of(of) => match context.evaluate_in(of, frame, frame) {
                    Ok(Value::Undefined) => {
                        let full = format!("{of}.{name}");
                        names.insert(full.to_ascii_lowercase(), full);
                        return Ok(true);
                    }
                    Ok(Value::Ad(start)) => start,
                    Ok(_) | Err(Stop::Failed) => return Ok(false),
                    Err(stop) => return Err(stop),
                },
            };
            return match context.find_name(name, &start) {
                Some((found, place)) => collect(context, &found, &place, depth, names),
                None => {
                    names.insert(name.lower().to_owned(), name.as_str().to_owned());
                    Ok(true)
                }
            };
        }
        Node::Unary(_, operand) | Node::Parenthesis(operand) => vec![operand],
        Node::Chain { first, rest } => std::iter::once(first).chain(rest.iter().map(|(_, operand)| operand)).collect(),
        Node::Conditional { condition, yes, no } => vec![condition, yes, no],
        Node::Default { value, otherwise } => vec![value, otherwise],
        Node::Subscript { value, index } => vec![value, index],
        Node::Call { arguments, .. } => arguments.iter().collect(),
        Node::LocalTime(_) => vec![],
        Node::List(items) => items.iter().collect(),
        Node::Ad(ad) => ad.iter().map(|(_, expression)| expression).collect(),
    };
    for part in parts {
        if !collect(context, part, frame, depth, names)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `unresolved`: the names that an attribute refers to and no ad has, or whether one of them matches a regular
/// expression.
///
/// # Errors
///
/// Says why an expression has no value.
pub(super) fn unresolved(context: &mut dyn Context, frame: &Frame, arguments: &[Expression]) -> Outcome {
    let (Some(Expression::Node(node)), pattern) = (arguments.first(), arguments.get(1)) else {
        return Ok(Value::Error);
    };
    if !matches!(**node, Node::Reference { .. }) {
        return Ok(Value::Error);
    }
    let (expression, place) = match context.find(node, frame) {
        Ok(Found::Expression(expression, place)) => {
            context.move_to(&place);
            (expression, place)
        }
        Ok(Found::Value(value)) => (expression_of(context, &value), context.current(frame)),
        Ok(Found::Nothing(place)) => {
            context.move_to(&place);
            return Ok(Value::Undefined);
        }
        Ok(_) | Err(Stop::Failed) => return Ok(Value::Undefined),
        Err(stop) => return Err(stop),
    };
    let pattern = match pattern {
        None => None,
        Some(pattern) => match or_error(context.evaluate(pattern, &place))? {
            Value::String(text) => match Pattern::new(&text, Options { ignore_case: true, ..Options::default() })? {
                Some(pattern) => Some((pattern, text)),
                None => return Ok(Value::Error),
            },
            _ => return Err(Stop::Failed),
        },
    };
    let mut names = Names::new();
    if !collect(context, &expression, &place, 100, &mut names)? {
        names.clear();
    }
    let mut whole = String::new();
    for name in names.values() {
        let is_target = name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("target."));
        let name = if is_target { name.get(7..).unwrap_or_default() } else { name };
        if let Some((pattern, text)) = &pattern {
            if pattern.is_match(name)? {
                if pattern.is_match("")? {
                    let needs = "a match that is not empty".to_owned();
                    return Err(Unknown::Pattern { pattern: text.to_string(), needs }.into());
                }
                return Ok(Value::Boolean(true));
            }
            continue;
        }
        if !whole.is_empty() {
            whole.push(',');
        }
        whole.push_str(name);
    }
    Ok(if pattern.is_some() { Value::Boolean(false) } else { Value::text(whole) })
}
