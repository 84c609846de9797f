//! Calls of functions.

use super::context::{Context, Outcome};
use super::conversion::{to_boolean, to_integer, to_real, to_text};
use super::expression::Expression;
use super::frame::Frame;
use super::function::Function;
use super::unknown::Stop;
use super::value::Value;
use super::{
    daemon_functions, environment_functions, list_functions, math_functions, pattern_functions, scope_functions,
    string_list, text_functions, time_functions,
};

/// The fewest and the most arguments of a function.
fn arity(function: Function) -> (usize, usize) {
    use Function as F;
    match function {
        F::Time | F::CurrentTime | F::TimeZoneOffset | F::DayTime => (0, 0),
        F::Random => (0, 1),
        F::FormatTime | F::AbsTime => (0, 2),
        F::Strcat | F::Join | F::MergeEnvironment => (0, usize::MAX),
        F::RelTime
        | F::Unresolved
        | F::StringListSize
        | F::StringListSum
        | F::StringListAvg
        | F::StringListMin
        | F::StringListMax
        | F::ListToArgs
        | F::ArgsToList
        | F::UserHome
        | F::Split => (1, 2),
        F::Member
        | F::IdenticalMember
        | F::Strcmp
        | F::Stricmp
        | F::VersionCmp
        | F::VersionLe
        | F::VersionLt
        | F::VersionGe
        | F::VersionGt
        | F::VersionEq
        | F::Pow
        | F::Quantize
        | F::EvalInEachContext
        | F::CountMatches => (2, 2),
        F::Substr
        | F::Regexp
        | F::RegexpMember
        | F::StringListsIntersect
        | F::StringListMember
        | F::StringListIMember
        | F::StringListSubsetMatch
        | F::StringListISubsetMatch => (2, 3),
        F::StringListRegexpMember | F::UserMap => (2, 4),
        F::AnyCompare | F::AllCompare | F::VersionInRange | F::IfThenElse => (3, 3),
        F::Regexps | F::Replace | F::ReplaceAll => (3, 4),
        _ => (1, 1),
    }
}

/// Calls a function by the name that it was written with.
///
/// # Errors
///
/// Says why the call has no value.
pub(super) fn call(
    context: &mut dyn Context,
    frame: &Frame,
    function: Function,
    name: &str,
    arguments: &[Expression],
) -> Outcome {
    let (fewest, most) = arity(function);
    if arguments.len() < fewest || arguments.len() > most {
        return if function == Function::UserHome { Err(Stop::Failed) } else { Ok(Value::Error) };
    }
    match (function, arguments) {
        (Function::IfThenElse, [condition, yes, no]) => {
            let condition = context.evaluate(condition, frame)?;
            return match condition.as_condition() {
                Some(true) => context.evaluate(yes, frame),
                Some(false) => context.evaluate(no, frame),
                None if matches!(condition, Value::Undefined) => Ok(Value::Undefined),
                None => Ok(Value::Error),
            };
        }
        (Function::EvalInEachContext | Function::CountMatches, [expression, list]) => {
            let count = function == Function::CountMatches;
            return scope_functions::each_context(context, frame, expression, list, count);
        }
        (Function::AnyCompare | Function::AllCompare, [operator, list, value]) => {
            return list_functions::compare(context, frame, function, [operator, list, value]);
        }
        (Function::Strcat, _) => return text_functions::strcat(context, frame, arguments),
        (Function::Join, _) => return text_functions::join(context, frame, arguments),
        (Function::FormatTime, _) => return time_functions::format(context, frame, arguments),
        (Function::MergeEnvironment, _) => {
            return environment_functions::merge_environment(context, frame, arguments);
        }
        (Function::ListToArgs, _) => return environment_functions::list_to_arguments(context, frame, arguments),
        (Function::ArgsToList, _) => return environment_functions::arguments_to_list(context, frame, arguments),
        (Function::Unparse, [argument]) => return Ok(scope_functions::unparse(context, frame, argument)),
        (Function::Unresolved, arguments) => return scope_functions::unresolved(context, frame, arguments),
        _ => {}
    }
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        values.push(match context.evaluate(argument, frame) {
            Err(Stop::Failed) if function == Function::StringListsIntersect => return Ok(Value::Error),
            outcome => outcome?,
        });
    }
    apply(context, frame, function, name, &values)
}

fn apply(context: &mut dyn Context, frame: &Frame, function: Function, name: &str, values: &[Value]) -> Outcome {
    use Function as F;
    if let [value] = values {
        return one(context, frame, function, value);
    }
    Ok(match (function, values) {
        (F::Time | F::CurrentTime | F::TimeZoneOffset | F::DayTime | F::AbsTime, []) => {
            return time_functions::now(context, function);
        }
        (F::AbsTime, [value, offset]) => return time_functions::absolute(context, value, Some(offset)),
        (F::Substr, _) => text_functions::substr(values),
        (F::Split, _) => text_functions::split(values),
        (F::Strcmp | F::Stricmp, [left, right]) => text_functions::compare(context, function, left, right),
        (F::VersionInRange, [version, low, high]) => text_functions::version_in_range(context, [version, low, high]),
        (F::VersionCmp | F::VersionLe | F::VersionLt | F::VersionGe | F::VersionGt | F::VersionEq, [left, right]) => {
            text_functions::version(context, name, left, right)
        }
        (F::Member | F::IdenticalMember, [item, list]) => {
            return list_functions::member(context, frame, function, item, list);
        }
        (F::Pow, [base, exponent]) => math_functions::power(base, exponent),
        (F::Quantize, [value, unit]) => return math_functions::quantize(context, frame, value, unit),
        (F::Random, []) => return math_functions::random(None),
        (F::Regexp, _) => return pattern_functions::matches(values),
        (F::RegexpMember, _) => return pattern_functions::member(context, frame, values),
        (F::Regexps | F::Replace | F::ReplaceAll, _) => return pattern_functions::substitute(function, values),
        (F::StringListsIntersect, _) => string_list::intersect(values),
        (F::StringListSize | F::StringListSum | F::StringListAvg | F::StringListMin | F::StringListMax, _) => {
            string_list::summary(function, values)
        }
        (F::StringListMember | F::StringListIMember | F::StringListSubsetMatch | F::StringListISubsetMatch, _) => {
            string_list::member(function, values)
        }
        (F::StringListRegexpMember, _) => return string_list::pattern_member(values),
        (F::UserHome, _) => return daemon_functions::user_home(values),
        (F::UserMap, _) => return daemon_functions::user_map(values),
        _ => Value::Error,
    })
}

/// Calls with one argument.
fn one(context: &mut dyn Context, frame: &Frame, function: Function, value: &Value) -> Outcome {
    use Function as F;
    let values = std::slice::from_ref(value);
    Ok(match function {
        F::IsUndefined => Value::Boolean(matches!(value, Value::Undefined)),
        F::IsError => Value::Boolean(matches!(value, Value::Error)),
        F::IsString => Value::Boolean(matches!(value, Value::String(_))),
        F::IsInteger => Value::Boolean(matches!(value, Value::Integer(_))),
        F::IsReal => Value::Boolean(matches!(value, Value::Real(_))),
        F::IsList => Value::Boolean(matches!(value, Value::List(_))),
        F::IsClassAd => Value::Boolean(matches!(value, Value::Ad(_))),
        F::IsBoolean => Value::Boolean(matches!(value, Value::Boolean(_))),
        F::IsAbsTime => Value::Boolean(matches!(value, Value::AbsTime(_))),
        F::IsRelTime => Value::Boolean(matches!(value, Value::RelTime(_))),
        F::Size => list_functions::size(context, value),
        F::Sum | F::Avg | F::Min | F::Max => return list_functions::summary(context, frame, function, value),
        F::GetYear
        | F::GetMonth
        | F::GetDayOfYear
        | F::GetDayOfMonth
        | F::GetDayOfWeek
        | F::GetDays
        | F::GetHours
        | F::GetMinutes
        | F::GetSeconds => return time_functions::field(context, function, value),
        F::SplitTime => return time_functions::split(context, value),
        F::Interval => time_functions::interval(&to_integer(value)),
        F::AbsTime => return time_functions::absolute(context, value, None),
        F::RelTime => time_functions::relative(value),
        F::ToUpper | F::ToLower => text_functions::change_case(context, function, value),
        F::Split => text_functions::split(values),
        F::SplitUserName | F::SplitSlotName => text_functions::split_at(function, value),
        F::Int => to_integer(value),
        F::Real => to_real(value),
        F::String => to_text(value, context),
        F::Bool => to_boolean(value),
        F::Eval => return scope_functions::eval(context, frame, value),
        F::Debug => value.clone(),
        F::Floor | F::Ceil | F::Ceiling | F::Round => math_functions::round(function, value),
        F::Random => return math_functions::random(Some(value)),
        F::StringListSize | F::StringListSum | F::StringListAvg | F::StringListMin | F::StringListMax => {
            string_list::summary(function, values)
        }
        F::EnvV1ToV2 => environment_functions::old_environment(value),
        F::UserHome => return daemon_functions::user_home(values),
        _ => Value::Error,
    })
}
