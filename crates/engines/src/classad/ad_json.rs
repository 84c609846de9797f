//! Ads in the JSON of `condor_q -json` and `condor_status -json`.

use std::sync::Arc;

use serde_json::Value as Json;

use super::expression::{ClassAd, Expression, Node};
use super::literal::Literal;
use super::name::Name;
use super::parser::parse_expression;

/// Takes the text of an expression out of a JSON text like `/Expr(…)/`.
fn expression_text(text: &str) -> Option<&str> {
    text.strip_prefix("/Expr(")?.strip_suffix(")/")
}

fn expression(value: &Json) -> Expression {
    match value {
        Json::Null => Expression::Literal(Literal::Undefined),
        Json::Bool(value) => Expression::Literal(Literal::Boolean(*value)),
        Json::Number(number) => Expression::Literal(match number.as_i64() {
            Some(value) => Literal::Integer(value),
            None => number.as_f64().map_or(Literal::Error, Literal::Real),
        }),
        Json::String(text) => {
            let parsed = expression_text(text).and_then(|text| parse_expression(text).ok());
            parsed.unwrap_or_else(|| Expression::text(text))
        }
        Json::Array(items) => Node::List(items.iter().map(expression).collect()).into(),
        Json::Object(_) => Node::Ad(Arc::new(ClassAd::from_json(value))).into(),
    }
}

impl ClassAd {
    /// Reads an ad from a JSON object; anything else has no attributes.
    ///
    /// HTCondor writes an expression as a text `"\/Expr(…)\/"`, whose backslashes alone tell it from a text that looks
    /// like it. They are gone once the JSON is read, so a text of this form is an expression if it can be one.
    #[must_use]
    pub fn from_json(value: &Json) -> Self {
        let attributes = value.as_object().into_iter().flatten();
        attributes.map(|(name, value)| (Name::new(name), expression(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{ClassAd, Json};

    #[test]
    fn an_ad_as_condor_q_prints_it() {
        let json: Json = serde_json::from_str(
            r#"{"Requirements": "\/Expr((TARGET.Memory >= RequestMemory) && (Owner is \"a\\\"b\"))\/",
                "RequestMemory": 128,
                "Rank": 0.0, "Cmd": "/bin/sh", "Odd": "/Expr(/", "Nested": {"A": [1, null]}}"#,
        )
        .unwrap();
        let ad = ClassAd::from_json(&json);
        let text = |name: &str| ad.attribute(name).map(ToString::to_string);
        assert_eq!(text("requirements").as_deref(), Some(r#"(TARGET.Memory >= RequestMemory) && (Owner is "a\"b")"#));
        assert_eq!(text("Rank").as_deref(), Some("0.0"));
        assert_eq!(text("Cmd").as_deref(), Some("\"/bin/sh\""));
        assert_eq!(text("Odd").as_deref(), Some("\"/Expr(/\""));
        assert_eq!(text("Nested").as_deref(), Some("[ A = { 1,undefined } ]"));
    }
}
