//! Templates with `$name`.

use hoist::template::{DollarForm, Template, TemplateError, Values};
use serde_json::{Value, json};

fn render(text: &str, form: DollarForm, value: &Value) -> Result<String, TemplateError> {
    let values: Values = value.as_object().unwrap().clone();
    Template::dollar("t", text, form)?.render(&values)
}

#[test]
fn values_take_their_places() {
    let value = json!({"image_id": "ami-1", "count": 3, "wicked": "\", \"x\": \"\\\n"});
    let rendered = render("{\"i\": \"$image_id\", \"c\": $count, \"p\": \"$$${count}x\"}", DollarForm::Json, &value);
    assert_eq!(rendered.unwrap(), "{\"i\": \"ami-1\", \"c\": 3, \"p\": \"$3x\"}");
    let rendered = render("{\"a\\\"\": \"<$wicked>\", \"b\": \"$wicked\"}", DollarForm::Json, &value).unwrap();
    let read: Value = serde_json::from_str(&rendered).unwrap();
    assert_eq!(read, json!({"a\"": "<\", \"x\": \"\\\n>", "b": "\", \"x\": \"\\\n"}));
    assert_eq!(render("a $wicked", DollarForm::Raw, &value).unwrap(), "a \", \"x\": \"\\\n");
    assert_eq!(render("a $image_id\n", DollarForm::Text, &value).unwrap(), "a ami-1\n");
}

#[test]
fn what_is_missing_or_would_break_out_is_told() {
    let value = json!({"image": "ami-1", "wicked": "1, \"x\": 2", "list": []});
    for (text, form, message) in [
        (
            "a\n$imgae $x $imgae",
            DollarForm::Text,
            "template t, line 2: unknown names \"imgae\", \"x\"\n  did you mean \"image\"? names: image, list, wicked",
        ),
        ("\n{\"a\": $wicked}", DollarForm::Json, "line 2: the value of \"wicked\" stands outside quotes"),
        ("{\"a\": \"$list\"}", DollarForm::Json, "is neither a text nor a number"),
        ("a $wicked", DollarForm::Text, "the value of \"wicked\" holds \"\\\"\", which may break out"),
        ("a\n$5", DollarForm::Raw, "line 2: \"$5\" is no variable"),
    ] {
        let told = render(text, form, &value).unwrap_err().to_string();
        assert!(told.contains(message), "{text}: {told}");
    }
    for bad in ["a\nb", "a'b", "a`b", "$(x)", "a: b", "{{x", "a\\b", "a\0", "a;b", "#", "a|b", "\u{2028}", "*"] {
        assert!(render("x $v", DollarForm::Text, &json!({"v": bad})).is_err(), "{bad:?}");
    }
    for good in
        ["ami-0abc", "10.0.0.1", "/mnt/bucket", "GUERILLA=/usr/a ROOT=/mnt", "https://h:19211/x", "sg-1,sg-2", "é"]
    {
        assert_eq!(render("$v", DollarForm::Text, &json!({"v": good})).unwrap(), good);
    }
}
