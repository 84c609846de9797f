//! ClassAds: expressions about jobs and machines as HTCondor 23 to 25 evaluate them.
//!
//! Expressions are parsed once ([`parse_expression`], [`ClassAd::from_json`], [`ClassAd::from_long_text`]) and
//! evaluated as often as needed ([`evaluate`], [`matches()`]) without input, output or a clock. What cannot be known
//! outside of a daemon ([`Unknown`]) is told apart from every value, and is never taken for false.
//! [`first_failing_clause`] says why a requirement fails.
//!
//! The rules are HTCondor's with `STRICT_CLASSAD_EVALUATION = False`, its default, and were compared with those of
//! version 23.9.6 on generated expressions (`tests/pool/classad_oracle`). Where versions differ, this is 23.9:
//!
//! - `versionGE` and its relatives are known in this spelling only, and letters are compared with regard to case. They
//!   became case-insensitive in version 25.
//! - Whole numbers are decimal: `010` and `0x10` are refused, and one that does not fit 64 bits is 0.
//! - `1K` and the like are no numbers.
//! - `relTime("…")` of a constant text evaluates to a real, not to a span of time.
//! - A name that `countMatches`, `evalInEachContext` or `unresolved` look up without success leaves the rest of the
//!   attribute's expression without an ad, by a mistake of HTCondor's: `countMatches(MY.Gone, TARGET.List) == Cpus` is
//!   undefined.
//! - `pow` of whole numbers rounds up from half, so `pow(-2, 3)` is -7.
//!
//! One difference to 23 is on purpose: `value ?: otherwise` evaluates the value once, and `otherwise` only if it is
//! needed, as since version 24.
//!
//! Limits of our own: expressions nest at most 150 levels deep, regular expressions are those without back-references,
//! look-around and letters outside of ASCII, and texts are UTF-8 (HTCondor's are bytes).

mod ad_access;
mod ad_json;
mod ad_text;
mod ad_writer;
mod calendar;
mod call;
mod clause;
mod context;
mod conversion;
mod daemon_functions;
mod display;
mod environment_functions;
mod evaluation;
mod evaluator;
mod expression;
mod format_time;
mod frame;
mod function;
mod lexer;
mod list_functions;
mod literal;
mod lookup;
mod matching;
mod math_functions;
mod name;
mod natural_order;
mod number;
mod operation;
mod operator;
mod parse_error;
mod parser;
mod pattern;
mod pattern_functions;
mod pattern_syntax;
mod references;
mod scope;
mod scope_functions;
mod string_list;
#[cfg(test)]
mod tests;
mod text_functions;
mod time_functions;
mod time_text;
mod token;
mod unknown;
mod value;

pub use ad_text::{AdError, read_ads};
pub use ad_writer::{new_ads, old_ads};
pub use clause::{FailedClause, clauses, first_failing_clause};
pub use evaluation::{Evaluation, evaluate, evaluate_with_missing};
pub use evaluator::Missing;
pub use expression::{Base, ClassAd, Expression, Node};
pub use frame::Side;
pub use function::Function;
pub use literal::{AbsTime, Literal};
pub use matching::{MatchResult, Verdict, matches};
pub use name::Name;
pub use operator::{Binary, Unary};
pub use parse_error::ParseError;
pub use parser::{parse_expression, parse_old_expression};
pub use references::{References, references, references_in};
pub use scope::Scope;
pub use unknown::Unknown;
pub use value::{List, Value};
