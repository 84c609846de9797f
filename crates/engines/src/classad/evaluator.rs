//! Evaluates expressions in an ad and, in a match, against another.

use std::sync::Arc;

use super::call::call;
use super::context::{Context, Found, Outcome};
use super::conversion::expression_of;
use super::expression::{Base, ClassAd, Expression, Node};
use super::frame::{Frame, Side};
use super::literal::Literal;
use super::name::Name;
use super::number::low_i32;
use super::operation::{binary, unary};
use super::operator::Binary;
use super::scope::Scope;
use super::time_functions;
use super::unknown::{Stop, Unknown};
use super::value::{List, Value};

/// The most expressions that one evaluation visits.
const MOST_STEPS: u32 = 200_000;
/// The deepest that expressions may lie in each other while they are evaluated.
const DEEPEST: usize = 250;

/// An attribute that an evaluation looked for and no ad has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The ad that was named, as in `TARGET.Memory`; `None` for a bare name.
    pub side: Option<Side>,
    /// The attribute's name.
    pub name: Name,
}

/// One evaluation.
pub(super) struct Evaluator<'a> {
    scope: Scope<'a>,
    steps: u32,
    depth: usize,
    /// Attributes that are being evaluated, each with its ad. One that comes up again refers to itself.
    active: Vec<(*const Node, Frame)>,
    /// The ad that a function moved the evaluation to.
    moved: Option<Frame>,
    /// What was missing, if that is to be recorded.
    missing: Option<Vec<Missing>>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(scope: Scope<'a>) -> Self {
        Self { scope, steps: 0, depth: 0, active: Vec::new(), moved: None, missing: None }
    }

    /// Begins to record what is missing.
    pub(super) fn recording(mut self) -> Self {
        self.missing = Some(Vec::new());
        self
    }

    /// Gives what was missing since the last time, each attribute once.
    pub(super) fn take_missing(&mut self) -> Vec<Missing> {
        let mut unique: Vec<Missing> = Vec::new();
        for missing in self.missing.iter_mut().flat_map(std::mem::take) {
            if !unique.contains(&missing) {
                unique.push(missing);
            }
        }
        unique
    }

    fn record_missing(&mut self, side: Option<Side>, name: &Name) {
        if let Some(missing) = &mut self.missing {
            missing.push(Missing { side, name: name.clone() });
        }
    }

    /// Evaluates an attribute that was found.
    fn attribute(&mut self, expression: &Expression, frame: &Frame) -> Outcome {
        let node = match expression {
            Expression::Literal(literal) => return Ok(Value::from(literal)),
            Expression::Node(node) => node,
        };
        let identity = Arc::as_ptr(node);
        if self.active.iter().any(|(active, place)| *active == identity && place.is(frame)) {
            return Err(Stop::Failed);
        }
        self.active.push((identity, frame.clone()));
        let moved = self.moved.take();
        let outcome = self.node(node, frame);
        self.moved = moved;
        self.active.pop();
        outcome
    }

    fn reference(&mut self, node: &Node, base: &Base, name: &Name, frame: &Frame) -> Outcome {
        let moved = self.moved.clone();
        let side = match (base, moved.as_ref().unwrap_or(frame)) {
            (Base::Scope, Frame::Top(side)) => Some(*side),
            (Base::Of(of), frame) => self.scope.quick_side(of, frame),
            _ => None,
        };
        // The quick way: the attribute is in the ad itself.
        if let Some(side) = side
            && let Some(expression) = self.scope.top(side).and_then(|ad| ad.get(name))
        {
            return self.attribute(expression, &Frame::Top(side));
        }
        let found = self.find(node, frame);
        self.moved = moved;
        match found? {
            Found::Expression(expression, place) => self.attribute(&expression, &place),
            Found::Value(value) => Ok(value),
            Found::Nothing(_) => {
                let named = if matches!(base, Base::Scope) { None } else { side };
                self.record_missing(named, name);
                Ok(Value::Undefined)
            }
            Found::Undefined => Ok(Value::Undefined),
            Found::Error => Ok(Value::Error),
        }
    }

    /// Operators of one level, from the left.
    fn chain(&mut self, first: &Expression, rest: &[(Binary, Expression)], frame: &Frame) -> Outcome {
        let mut value = self.evaluate(first, frame)?;
        for (operator, operand) in rest {
            let decided = match operator {
                Binary::And => Some(false),
                Binary::Or => Some(true),
                _ => None,
            };
            if decided.is_some() && value.as_condition() == decided {
                value = Value::Boolean(decided == Some(true));
                continue;
            }
            value = match self.evaluate(operand, frame) {
                Ok(operand) => binary(*operator, &value, &operand),
                // An error at the left is an error whatever is at the right.
                Err(Stop::Unknown(_)) if decided.is_some() && matches!(value, Value::Error) => Value::Error,
                Err(stop) => return Err(stop),
            };
        }
        Ok(value)
    }

    fn subscript(&mut self, value: &Expression, index: &Expression, frame: &Frame) -> Outcome {
        let value = self.evaluate(value, frame)?;
        let index = self.evaluate(index, frame)?;
        match (value, index) {
            (Value::Error, _) | (_, Value::Error) => Ok(Value::Error),
            (Value::Undefined, _) | (_, Value::Undefined) => Ok(Value::Undefined),
            (Value::Ad(place), Value::String(name)) => {
                let Some(expression) = self.ad(&place).and_then(|ad| ad.attribute(&name)).cloned() else {
                    return Ok(Value::Undefined);
                };
                match self.attribute(&expression, &place) {
                    Err(Stop::Failed) => Ok(Value::Error),
                    outcome => outcome,
                }
            }
            (Value::List(list), Value::Integer(index)) => {
                let item = usize::try_from(low_i32(index)).ok().and_then(|index| list.items.get(index));
                match item {
                    Some(item) => match self.evaluate_in(item, &list.frame, &list.frame) {
                        Err(Stop::Failed) => Ok(Value::Error),
                        outcome => outcome,
                    },
                    None => Ok(Value::Error),
                }
            }
            _ => Ok(Value::Error),
        }
    }

    fn conditional(&mut self, condition: &Expression, yes: &Expression, no: &Expression, frame: &Frame) -> Outcome {
        let condition = self.evaluate(condition, frame)?;
        let decision = condition.as_condition();
        if let Some(decision) = decision {
            match self.evaluate(if decision { yes } else { no }, frame) {
                Err(Stop::Failed) => {}
                outcome => return outcome,
            }
        }
        // HTCondor evaluates both after a failure, or for nothing, and gives up if it does so for one of them.
        let yes = self.evaluate(yes, frame);
        if matches!(yes, Err(Stop::Failed)) {
            return yes;
        }
        let no = self.evaluate(no, frame);
        match decision {
            _ if matches!(no, Err(Stop::Failed)) => no,
            Some(true) => yes,
            Some(false) => no,
            None if matches!(condition, Value::Undefined) => Ok(Value::Undefined),
            None => Ok(Value::Error),
        }
    }

    fn node(&mut self, node: &Arc<Node>, frame: &Frame) -> Outcome {
        self.steps += 1;
        self.depth += 1;
        if self.steps > MOST_STEPS || self.depth > DEEPEST {
            self.depth -= 1;
            return Err(Unknown::Effort.into());
        }
        let outcome = match &**node {
            Node::Reference { base, name } => self.reference(node, base, name, frame),
            Node::Unary(operator, operand) => self.evaluate(operand, frame).map(|operand| unary(*operator, operand)),
            Node::Chain { first, rest } => self.chain(first, rest, frame),
            Node::Conditional { condition, yes, no } => self.conditional(condition, yes, no, frame),
            Node::Default { value, otherwise } => match self.evaluate(value, frame) {
                Ok(Value::Undefined) => self.evaluate(otherwise, frame),
                outcome => outcome,
            },
            Node::Subscript { value, index } => self.subscript(value, index, frame),
            Node::Call { name, function, arguments } => match function {
                Some(function) => call(self, frame, *function, name, arguments),
                None => Err(Unknown::Function(name.to_string()).into()),
            },
            Node::LocalTime(text) => time_functions::local(self, text),
            Node::List(items) => {
                let (items, frame) = (Arc::clone(items), frame.clone());
                Ok(Value::List(Arc::new(List { items, frame, made: false })))
            }
            Node::Ad(ad) => Ok(Value::Ad(Frame::nested(Arc::clone(ad), frame.clone()))),
            Node::Parenthesis(content) => self.evaluate(content, frame),
        };
        self.depth -= 1;
        outcome
    }

    /// `list.name`: the attribute of each ad in the list.
    fn attributes_of(&mut self, list: &List, name: &Name, frame: &Frame) -> Outcome {
        let current = self.current(frame);
        let mut values = Vec::with_capacity(list.items.len());
        for item in list.items.iter() {
            let reference = Node::Reference { base: Base::Of(item.clone()), name: name.clone() };
            let value = self.evaluate_in(&reference.into(), &list.frame, &current)?;
            values.push(expression_of(self, &value));
        }
        Ok(Value::List(Arc::new(List { items: values.into(), frame: Frame::Nothing, made: false })))
    }
}

impl Context for Evaluator<'_> {
    fn evaluate(&mut self, expression: &Expression, frame: &Frame) -> Outcome {
        match expression {
            Expression::Literal(literal) => Ok(Value::from(literal)),
            Expression::Node(node) => self.node(node, frame),
        }
    }

    fn evaluate_item(&mut self, item: &Expression, home: &Frame, frame: &Frame) -> Outcome {
        if let Expression::Literal(literal) = item {
            return Ok(Value::from(literal));
        }
        let before = self.moved.clone();
        let current = self.current(frame);
        self.moved = Some(current.clone());
        let outcome = self.evaluate(item, home);
        if self.moved.as_ref().is_some_and(|moved| moved.is(&current)) {
            self.moved = before;
        }
        outcome
    }

    fn evaluate_in(&mut self, expression: &Expression, home: &Frame, frame: &Frame) -> Outcome {
        let before = self.moved.replace(frame.clone());
        let outcome = self.evaluate(expression, home);
        self.moved = before;
        outcome
    }

    fn current(&self, frame: &Frame) -> Frame {
        self.moved.as_ref().unwrap_or(frame).clone()
    }

    fn move_to(&mut self, frame: &Frame) {
        self.moved = Some(frame.clone());
    }

    fn now(&self) -> i64 {
        self.scope.now
    }

    fn zone(&self) -> Option<i32> {
        self.scope.zone
    }

    fn ad<'b>(&'b self, frame: &'b Frame) -> Option<&'b ClassAd> {
        self.scope.ad(frame)
    }

    fn is_match(&self) -> bool {
        self.scope.is_match()
    }

    fn find(&mut self, reference: &Node, frame: &Frame) -> Result<Found, Stop> {
        let Node::Reference { base, name } = reference else { return Ok(Found::Error) };
        let start = match base {
            Base::Scope => self.current(frame),
            Base::Root => self.scope.end_of_search(frame),
            Base::Of(of) => match self.evaluate(of, frame)? {
                Value::Undefined => return Ok(Found::Undefined),
                Value::Ad(place) => place,
                Value::List(list) => return self.attributes_of(&list, name, frame).map(Found::Value),
                _ => return Ok(Found::Error),
            },
        };
        if let Some(found) = self.scope.look_up(name, &start) {
            return Ok(found);
        }
        let mut end = self.scope.end_of_search(&start);
        if matches!(base, Base::Scope)
            && let Some(side) = self.scope.alternate(&start)
        {
            let start = Frame::Top(side);
            if let Some(found) = self.scope.look_up(name, &start) {
                return Ok(found);
            }
            end = self.scope.end_of_search(&start);
        }
        Ok(Found::Nothing(end))
    }

    fn find_name(&self, name: &Name, frame: &Frame) -> Option<(Expression, Frame)> {
        match self.scope.look_up(name, frame)? {
            Found::Expression(expression, place) => Some((expression, place)),
            Found::Value(Value::Ad(place)) => {
                let ad = Arc::new(self.ad(&place).cloned().unwrap_or_default());
                Some((Node::Ad(ad).into(), place))
            }
            _ => Some((Expression::Literal(Literal::Undefined), Frame::Nothing)),
        }
    }
}
