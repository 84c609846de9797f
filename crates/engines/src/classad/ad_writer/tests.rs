use std::sync::Arc;

use proptest::prelude::*;

use super::super::ad_text::read_ads;
use super::super::expression::{Expression, Node};
use super::super::literal::Literal;
use super::super::parser::parse_expression;
use super::*;

/// Any expression that can be written; the old notation cannot represent control characters nor, within lists and ads,
/// a backslash at the end.
fn expression(notation_is_old: bool) -> impl Strategy<Value = Expression> {
    let text = "[ -~\n\u{e4}\u{1f600}\"\\\\]{0,12}".prop_map(move |text: String| {
        if notation_is_old { text.replace('\n', "").trim_end_matches('\\').to_owned() } else { text }
    });
    let leaf = prop_oneof![
        Just(Literal::Undefined.into()),
        Just(Literal::Error.into()),
        any::<bool>().prop_map(Expression::from),
        any::<i64>().prop_map(Expression::from),
        (-1e300..1e300_f64).prop_map(Expression::from),
        text.prop_map(Expression::from),
        Just(parse_expression("ifThenElse(a =?= \"x;]\", [b = 1].b, {1, 2}[0]) + 1").unwrap()),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| Node::List(items.into()).into()),
            prop::collection::vec(("[A-Za-z_][A-Za-z0-9_]{0,6}", inner), 0..4)
                .prop_map(|attributes| Node::Ad(Arc::new(ad(attributes))).into()),
        ]
    })
}

fn ad(attributes: Vec<(String, Expression)>) -> ClassAd {
    attributes.into_iter().fold(ClassAd::new(), |ad, (name, expression)| ad.with(&name, expression))
}

fn ads(notation_is_old: bool) -> impl Strategy<Value = Vec<ClassAd>> {
    let name = "[A-Za-z_][A-Za-z0-9_]{0,6}";
    prop::collection::vec(prop::collection::vec((name, expression(notation_is_old)), 1..5).prop_map(ad), 1..4)
}

proptest! {
    #[test]
    fn what_is_written_reads_back_in_the_old_notation(ads in ads(true)) {
        prop_assert_eq!(read_ads(&old_ads(&ads)).unwrap(), ads);
    }

    #[test]
    fn what_is_written_reads_back_in_the_new_notation(ads in ads(false)) {
        prop_assert_eq!(read_ads(&new_ads(&ads)).unwrap(), ads);
    }

    #[test]
    fn no_text_becomes_another_value(text in ".{0,40}") {
        let ad = ClassAd::new().with("A", text.as_str()).with("B", 1_u32);
        for written in [old_ads(std::slice::from_ref(&ad)), new_ads(std::slice::from_ref(&ad))] {
            let read = read_ads(&written).unwrap();
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!(read[0].len(), 2);
            prop_assert!(read[0].text("A").is_some() && read[0].int("B") == Some(1));
        }
    }

    #[test]
    fn nothing_makes_the_reader_panic(text in "[\\[\\]{}()=;,\"\\\\a1.eE+\n -]{0,40}") {
        let _ = read_ads(&text);
        let _ = read_ads(&format!("A = {text}"));
    }
}

#[test]
fn a_backslash_is_itself_in_the_old_notation() {
    let read = |line: &str| read_ads(line).unwrap()[0].text("A").unwrap().to_owned();
    assert_eq!(read(r#"A = "a\"b\\c""#), r#"a"b\\c"#);
    assert_eq!(read(r#"A = "C:\dir\""#), r"C:\dir\");
    let ad = ClassAd::new().with("A", r"C:\dir\");
    assert_eq!(old_ads(&[ad]), "A = \"C:\\dir\\\"\n\n");
}

#[test]
fn what_is_no_ad_is_told_with_its_place() {
    for (text, why) in [
        ("C = 1\n\nA = 1\nB", "line 4 of the ads is no \"Name = expression\": B"),
        ("A = \"x", "line 1 of the ads, attribute A: expected a closing quote at byte 0, found \"\\\"x\""),
        ("1A = 1", "line 1 of the ads: \"1A\" is no attribute's name"),
        ("A =", "line 1 of the ads, attribute A: expected an operand at byte 0, found the end"),
        ("A = (1", "line 1 of the ads, attribute A: expected an operator or \")\" at byte 2, found the end"),
        ("{ 1 }", "the text is an expression, no ad like [Name = expression; …]"),
    ] {
        assert_eq!(read_ads(text).unwrap_err().to_string(), why, "{text}");
    }
    assert!(read_ads(&"{".repeat(100_000)).unwrap_err().to_string().contains("at most 150"));
}
