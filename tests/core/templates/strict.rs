//! Handlebars: everything that a template names exists, and messages say where it does not.

use hoist::template::{Template, TemplateError, Templates, Values};
use serde_json::{Value, json};

fn values(value: Value) -> Values {
    value.as_object().unwrap().clone()
}

fn render(text: &str, value: Value) -> Result<String, TemplateError> {
    Template::handlebars("t", text, &Templates::built_in())?.render(&values(value))
}

fn refused(text: &str, value: Value) -> String {
    match render(text, value) {
        Ok(rendered) => panic!("{text} gives {rendered:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn helpers_write_values_for_where_they_stand() {
    let value = json!({"s": "it's \"<&>\"", "n": 8080, "t": true, "list": ["a b", 1], "map": {"k": "v"}, "lines": "one\n two\n"});
    for (text, rendered) in [
        ("{{s}} {{n}} {{t}}", "it's \"<&>\" 8080 true"),
        ("{{{s}}}", "it's \"<&>\""),
        ("{{json s}} {{json list}} {{json map}}", r#""it's \"<&>\"" ["a b",1] {"k":"v"}"#),
        ("{{yaml s}} {{yaml n}} {{yaml map}}", r#""it's \"<&>\"" 8080 {"k": "v"}"#),
        ("echo {{shell s}} {{shell n}} {{shell list}}", r#"echo 'it'\''s "<&>"' 8080 'a b' 1"#),
        ("{{base64 s}}", "aXQncyAiPCY+Ig=="),
        ("{{yaml (base64 n)}}", "\"ODA4MA==\""),
        ("c: |\n{{indent 2 lines}}\nd: 1", "c: |\n  one\n   two\nd: 1"),
        ("{{default none \"x\"}} {{default n 1}} {{json (default map.none null)}}", "x 8080 null"),
        ("{{#if t}}a{{else}}b{{/if}}{{#unless (eq n 8080)}}c{{/unless}}", "a"),
        ("{{#if (eq n 1)}}a{{else if (eq n 8080)}}b{{/if}}", "b"),
        ("{{#if (default docker false)}}a{{/if}}", ""),
        ("{{#each list}}{{@index}}={{json this}};{{/each}}", "0=\"a b\";1=1;"),
        ("{{#each map}}{{@key}}={{json this}} {{json ../n}}{{/each}}", "k=\"v\" 8080"),
        ("{{#with map}}{{k}}{{/with}}{{lookup map \"k\"}}", "vv"),
        ("{{{{raw}}}}{{x}}{{{{/raw}}}} \\{{y}} {{! nothing }}", "{{x}} {{y}} "),
    ] {
        assert_eq!(render(text, value.clone()).unwrap_or_else(|error| panic!("{text}: {error}")), rendered, "{text}");
    }
}

#[test]
fn an_unknown_name_is_told_with_its_line_and_the_names_there_are() {
    let value = json!({"image": "ami-1", "size": "t3", "inner": {"key": 1}});
    let expected = "template t, line 2: unknown name \"imgae\"\n  did you mean \"image\"? names: image, inner, size";
    for text in [
        "a\n{{imgae}}",
        "a\n{{json imgae}}",
        "a\n{{#if imgae}}x{{/if}}",
        "a\n{{yaml (base64 imgae)}}",
        "a\n{{#each imgae}}x{{/each}}",
        "a\n{{#with imgae}}x{{/with}}",
        "a\n{{lookup imgae \"x\"}}",
        "a\n{{#if (eq imgae 1)}}x{{/if}}",
        "a\n{{json (default imgae2 imgae)}}",
        "a\n{{> partials/write-file path=imgae content=\"\"}}",
    ] {
        assert_eq!(refused(text, value.clone()), expected, "{text}");
    }
    let inner = refused("{{#with inner}}\n{{json kye}}{{/with}}", value.clone());
    assert_eq!(inner, "template t, line 2: unknown name \"kye\"\n  did you mean \"key\"? names: key");
    assert!(
        refused("{{#if (default size 1)}}\n\n{{inner.x}}{{/if}}", value.clone())
            .contains("line 3: unknown name \"inner.x\"")
    );
    assert!(refused("{{#if (eq size 1)}}x{{else if\n nothing}}y{{/if}}", value).contains("unknown name \"nothing\""));
    assert_eq!(refused("{{x}}", json!({})), "template t, line 1: unknown name \"x\"\n  there are no names");
}

#[test]
fn what_names_no_helper_or_partial_is_refused_before_anything_is_rendered() {
    for (text, message) in [
        ("\n{{jsno x}}", "line 2: unknown helper \"jsno\"\n  did you mean \"json\"? helpers: and, "),
        ("{{#fi x}}{{/fi}}", "line 1: unknown helper \"fi\"\n  "),
        ("{{yaml (nothing x)}}", "unknown helper \"nothing\""),
        ("{{json x y}}", "\"json\" takes 1 argument, not 2"),
        ("{{indent x}}", "\"indent\" takes 2 arguments, not 1"),
        ("{{json x depth=1}}", "\"json\" takes no argument \"depth=\""),
        ("{{log x}}", "unknown helper \"log\""),
        (
            "\n\n{{> partials/write-fiel}}",
            "line 3: unknown partial \"partials/write-fiel\"\n  did you mean \"partials/write-file\"?",
        ),
        ("{{> (lookup x 1)}}", "the name of a partial must be written out"),
        ("{{#*inline \"a\"}}x{{/inline}}", "a partial is a template of its own"),
        ("a\n{{#if x}}\n\n{{x}}", "line 2: the block {{#if}} is not closed"),
        (
            "a\n{{json (base64 x}} b",
            "line 2: this is no handlebars: {{json (base64 x}} b\n  braces that are text are written \\{{",
        ),
        ("a\n{{ x", "this is no handlebars"),
        ("{{#if x}}{{/each}}", "\"if\""),
    ] {
        let told = Template::handlebars("t", text, &Templates::built_in()).err().map(|error| error.to_string());
        let told = told.unwrap_or_else(|| panic!("{text} is taken"));
        assert!(told.starts_with("template t, line ") && told.contains(message), "{text}: {told}");
    }
}

#[test]
fn a_value_that_cannot_stand_somewhere_is_told_and_not_shown() {
    let value = json!({"nul": "se\0cret", "map": {"secret": 1}, "null": null, "list": ["secret"], "text": " secret"});
    for (text, message) in [
        ("{{shell nul}}", "shell: the value of \"nul\" holds a NUL"),
        ("{{nul}}", "the value of \"nul\" holds a NUL"),
        ("{{map}}", "the value of \"map\" is an object"),
        ("{{list}}", "the value of \"list\" is a list"),
        ("{{null}}", "the value of \"null\" is null"),
        ("{{shell map}}", "shell: the value of \"map\" is an object"),
        ("{{base64 list}}", "base64: the value of \"list\" is a list"),
        ("{{indent 4 text}}", "indent: the value of \"text\" begins with white space"),
        ("{{indent 4 nul}}", "holds \\u{0}"),
        ("{{indent \"x\" text}}", "write {{indent WIDTH NAME}}"),
        ("{{#each text}}{{/each}}", "the value of \"text\" is neither a list nor an object"),
        ("{{lookup map \"x\"}}", "nothing of that key"),
    ] {
        let told = refused(text, value.clone());
        assert!(told.contains(message), "{text}: {told}");
        assert!(!told.replace("\"secret\"", "").contains("secret"), "{text}: {told}");
    }
}

#[test]
fn deep_nesting_ends_with_a_message() {
    for text in [
        "{{#if a}}".repeat(100_000),
        format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{else if a}}".repeat(100_000)),
        format!("{{{{json {}x{}}}}}", "(json ".repeat(100_000), ")".repeat(100_000)),
        format!("{{{{json\n{}x{}}}}}", "(json\n".repeat(100_000), ")".repeat(100_000)),
        "{".repeat(100_000),
        format!("{}x", "../".repeat(100_000)),
    ] {
        let _ = Template::handlebars("t", &text, &Templates::built_in());
    }
}

#[test]
fn places_without_a_helper_are_known() {
    let template =
        Template::handlebars("t", "{{json a}}\n{{a}}\n{{#if a}}{{{b.c}}}{{/if}}", &Templates::built_in()).unwrap();
    let places: Vec<String> =
        template.unguarded().iter().map(|place| format!("{}:{}", place.line, place.name)).collect();
    assert_eq!(places, ["2:a", "3:b.c"]);
}
