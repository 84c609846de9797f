//! Evaluation of whole expressions.

use proptest::prelude::*;

use super::{
    ClassAd, Expression, Function, Scope, Unknown, Value, Verdict, evaluate, evaluate_with_missing,
    first_failing_clause, matches, parse_expression, parse_old_expression,
};

const JOB: &str = r#"[
    RequestMemory = 1048576; RequestCpus = 1; RequestDisk = DiskUsage; DiskUsage = 100; Owner = "ann";
    FileSystemDomain = "here"; loop = again; again = loop + 1;
    Requirements = (TARGET.Arch == "X86_64") && (TARGET.OpSys == "LINUX") && (TARGET.Disk >= RequestDisk)
        && (TARGET.Memory >= RequestMemory)
        && ((TARGET.FileSystemDomain == MY.FileSystemDomain) || (TARGET.HasFileTransfer))
]"#;
const SLOT: &str = r#"[
    Arch = "X86_64"; OpSys = "LINUX"; Disk = 5000; Memory = 4096; HasFileTransfer = true; Start = TARGET.Owner != "bob";
    Requirements = Start && WithinResourceLimits; WithinResourceLimits = MY.Cpus >= TARGET.RequestCpus; Cpus = 4
]"#;

fn ad(text: &str) -> ClassAd {
    ClassAd::from_new_text(text).unwrap()
}

fn value(expression: &str) -> String {
    let (job, slot) = (ad(JOB), ad(SLOT));
    let scope = Scope::new(&job, Some(&slot), 1_700_000_000).with_zone(0);
    let Ok(expression) = parse_expression(expression) else { return "no expression".to_owned() };
    let evaluation = evaluate(&expression, scope);
    evaluation.unknown.map_or_else(|| evaluation.value.to_string(), |unknown| unknown.to_string())
}

#[test]
fn names_are_looked_up_in_the_ad_then_in_the_other() {
    assert_eq!(value("Memory"), "4096");
    assert_eq!(value("MY.Memory"), "undefined");
    assert_eq!(value("TARGET.WithinResourceLimits"), "true");
    assert_eq!(value("TARGET.MY.Memory + TARGET.TARGET.RequestCpus"), "4097");
    assert_eq!(value("Nowhere"), "undefined");
    assert_eq!(value("time()"), "1700000000");
}

#[test]
fn an_attribute_that_refers_to_itself_is_an_error() {
    assert_eq!(value("loop"), "error");
    assert_eq!(value("isError(loop)"), "error");
}

#[test]
fn values_of_nested_ads_and_lists() {
    assert_eq!(value("[a = b; b = Memory].a"), "undefined");
    assert_eq!(value("[a = b; b = RequestCpus].a"), "1");
    assert_eq!(value("{1, RequestCpus + 1}[1]"), "2");
    assert_eq!(value("countMatches(Capability > 4, {[Capability = 3.0], [Capability = 5.5]})"), "1");
    assert_eq!(value("sum({[a = 1], [a = 2]}.a)"), "3");
}

#[test]
fn what_is_unknown_stays_so_unless_it_does_not_matter() {
    assert_eq!(value("false && siteFunction(1)"), "false");
    assert_eq!(value("true || siteFunction(1)"), "true");
    assert_eq!(value("siteFunction(1) || true"), "the function siteFunction is not known");
    assert_eq!(value("true && regexp(\"(?=a)\", \"a\")"), "the regular expression \"(?=a)\" needs look-ahead");
    assert_eq!(value("random(5) > 2"), "random depends on the daemon that evaluates it");
    assert_eq!(value("error || siteFunction(1)"), "error");
}

#[test]
fn the_first_failing_clause_says_what_it_read() {
    let (job, slot) = (ad(JOB), ad(SLOT));
    let scope = Scope::new(&job, Some(&slot), 0);
    let clause = first_failing_clause(job.attribute("Requirements").unwrap(), scope).unwrap();
    assert_eq!(clause.text, "TARGET.Memory >= RequestMemory");
    assert_eq!(clause.evaluation.value.to_string(), "false");
    let read: Vec<_> = clause.attributes.iter().map(|(name, read)| format!("{name} = {}", read.value)).collect();
    assert_eq!(read, ["TARGET.Memory = 4096", "RequestMemory = 1048576"]);
    assert!(clause.missing.is_empty());
}

#[test]
fn a_clause_that_fails_for_sure_comes_before_one_that_is_unknown() {
    let (job, slot) = (ad("[Requirements = siteFunction(1) && TARGET.Memory > 5000 && TARGET.Gone]"), ad(SLOT));
    let scope = Scope::new(&job, Some(&slot), 0);
    let clause = first_failing_clause(job.attribute("Requirements").unwrap(), scope).unwrap();
    assert_eq!(clause.text, "TARGET.Memory > 5000");
    assert_eq!(matches(&job, &slot, 0).is_match(), Some(false));
}

#[test]
fn missing_attributes_are_named() {
    let (job, slot) = (ad(JOB), ad(SLOT));
    let expression = parse_expression("TARGET.GPUs >= RequestGPUs").unwrap();
    let (evaluation, missing) = evaluate_with_missing(&expression, Scope::new(&job, Some(&slot), 0));
    assert!(matches!(evaluation.value, Value::Undefined));
    let missing: Vec<_> = missing.iter().map(|missing| (missing.side.is_some(), missing.name.as_str())).collect();
    assert_eq!(missing, [(true, "GPUs"), (false, "RequestGPUs")]);
}

#[test]
fn both_requirements_decide_a_match() {
    let slot = ad(SLOT);
    let small = ad(&JOB.replace("1048576", "128"));
    assert_eq!(matches(&small, &slot, 0).is_match(), Some(true));
    assert_eq!(matches(&ad(JOB), &slot, 0).left, Verdict::False);
    let bob = ad(&JOB.replace("1048576", "128").replace("ann", "bob"));
    assert_eq!(matches(&bob, &slot, 0).right, Verdict::False);
    assert_eq!(matches(&ad("[Requirements = Gone]"), &ad("[]"), 0).left, Verdict::Undefined);
    let unknown = matches(&ad("[Requirements = siteFunction()]"), &ad("[]"), 0);
    assert_eq!(unknown.left, Verdict::Unknown(Unknown::Function("siteFunction".to_owned())));
    assert_eq!((unknown.right.clone(), unknown.is_match()), (Verdict::True, None));
}

#[test]
fn deep_and_long_expressions_end() {
    assert!(parse_expression(&"(".repeat(100_000)).is_err());
    assert!(parse_expression(&"!".repeat(100_000)).is_err());
    assert!(parse_expression(&format!("a{}", ".b".repeat(100_000))).is_err());
    let deepest = format!("{}1{}", "(".repeat(149), ")".repeat(149));
    assert_eq!(value(&deepest), "1");
    let long = vec!["(TARGET.Memory != 1)"; 20_000].join(" && ");
    assert_eq!(value(&long), "true");
    let mut doubling = String::from("[a0 = 1;");
    for step in 1..60 {
        doubling.push_str(&format!("a{step} = a{0} + a{0};", step - 1));
    }
    doubling.push_str("].a59");
    assert_eq!(value(&doubling), Unknown::Effort.to_string());
    for body in
        ["(((X + 1)))", "ifThenElse(true,sum({max({X})}),0)", "X[0] ?: {X}[0]", "strcat(join(\"\",{X}),eval(\"X\"))"]
    {
        let mut deep = String::from("[a0 = 1;");
        for step in 1..2000 {
            deep.push_str(&format!("a{step} = {};", body.replace('X', &format!("a{}", step - 1))));
        }
        deep.push_str("].a1999");
        assert_eq!(value(&deep), Unknown::Effort.to_string(), "{body}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_printed_for_good(text in "[ -~é\n]{0,40}") {
        if let Ok(expression) = parse_expression(&text) {
            let printed = expression.to_string();
            if let Ok(again) = parse_expression(&printed) {
                prop_assert_eq!(again.to_string(), printed);
            }
            value(&text);
        }
        let _ = parse_old_expression(&text);
    }

    #[test]
    fn functions_take_any_texts(
        name in 0..Function::all().len(),
        texts in proptest::collection::vec("[ -~é\n]{0,12}", 0..4),
    ) {
        let arguments: Vec<_> = texts.iter().map(|text| Expression::text(text).to_string()).collect();
        value(&format!("{}({})", Function::all()[name].1, arguments.join(",")));
        let numbers: Vec<_> = texts.iter().map(|text| format!("int({})", Expression::text(text))).collect();
        value(&format!("{}({})", Function::all()[name].1, numbers.join(",")));
    }

    #[test]
    fn times_are_read_from_any_text(text in "[-0-9+:.TZdhms ]{0,30}") {
        value(&format!("string(absTime(\"{text}\"))"));
        value(&format!("string(relTime(\"{text}\"))"));
    }
}
