//! Annexes are made.

use hoist::annex::{AnnexCloud as _, ObservedState};
use hoist::provider::CloudErrorKind;

use crate::annex::lab::cfn_lint;
use crate::annex_stacks::lab::{Lab, first_token, id, pool, refused, run, spec, token};
use hoist_test_support::aws::{Effect, End, Faults, StackScript, Tokens, Verb};

#[test]
fn an_annex_is_one_stack_with_its_files_tags_and_lease() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (id, mut spec) = (id("night-run"), lab.joining("night-run", 5));
        spec.pools.push(pool(&spec.pools[0].image.clone(), 4));
        let stack = lab.made(&id, &spec).await;
        let seen = lab.cloud.look(&id, Some(&stack)).await.unwrap().unwrap();
        assert_eq!((seen.wanted, seen.expires_at), (5, Some(spec.expires_at)));
        assert_eq!(seen.cloud_id.as_deref(), Some(stack.as_str()));
        assert_eq!(lab.sizes(&id, 2), ["1", "4"]);

        let call = lab.calls("CreateStack").remove(0).parameters;
        assert_eq!(call.get("OnFailure"), Some("DELETE"));
        assert_eq!(call.list("Capabilities.member"), ["CAPABILITY_IAM"]);
        assert!(call.get("RoleARN").unwrap().contains(":role/hoist/"), "{call:?}");
        assert_eq!(call.get("ClientRequestToken"), Some(first_token(&id).as_str()));

        for instance in lab.proxy.living() {
            let tag = |key: &str| instance.tags.get(key).map(String::as_str);
            assert_eq!(tag("hoist:annex"), Some(id.tag().as_str()));
            assert_eq!(tag("hoist:owner"), Some("ada@example"));
            let end = tag("hoist:expires-at").and_then(|end| end.parse::<jiff::Timestamp>().ok());
            assert_eq!(end, Some(spec.expires_at));
            assert_eq!((tag("team"), tag("Name")), (Some("physics"), Some("hoist-annex-night-run")));
        }
        // Every group ends by itself.
        let ends: Vec<String> = lab.ends().into_iter().map(|(group, _)| group).collect();
        assert_eq!(ends, ["hoist-annex-night-run-0", "hoist-annex-night-run-1"]);
        let keys = lab.bucket().keys();
        assert!(keys.len() == 2 && keys.iter().all(|key| key.starts_with(&id.prefix())), "{keys:?}");
        let mut templates = vec![("sent".to_owned(), lab.template("night-run"))];
        templates.push(("shown".to_owned(), lab.cloud.preview(&id, &spec).await.unwrap()["template"].clone()));
        assert_eq!(templates[0].1, templates[1].1, "what is shown is what is sent");
        if let Some(said) = cfn_lint(&templates) {
            assert_eq!(said.trim(), "");
        }
        assert_eq!(lab.cloud.all().await.unwrap(), [id]);
    });
}

#[test]
fn a_lost_answer_is_no_second_annex() {
    for tokens in [Faults::new(1).tokens, Tokens::Ignored] {
        let faults = Faults::new(1).tokens(tokens).first(2, "CreateStack", Effect::LostAfter);
        let Some(lab) = Lab::new(faults) else { return };
        run(async {
            let stack = lab.made(&id("a"), &spec("a", 2)).await;
            assert_eq!((lab.calls("CreateStack").len(), lab.stacks().len()), (3, 1));
            assert_eq!((lab.proxy.living().len(), stack.contains("hoist-annex-a")), (2, true));
        });
    }
}

#[test]
fn who_is_killed_in_between_goes_on_with_the_same_stack_and_files() {
    let Some(mut lab) = Lab::new(Faults::new(1)) else { return };
    lab.proxy.script_stack(StackScript { stack: "hoist-annex-a", verb: Verb::Create, looks: 4, end: End::Done });
    let (id, spec) = (id("a"), lab.joining("a", 2));
    run(async { lab.cloud.apply(&id, &spec, &token("1")).await.unwrap() });
    let files = lab.bucket().keys();
    lab.restart();
    run(async {
        let stack = lab.cloud.apply(&id, &spec, &token("1")).await.unwrap().unwrap();
        assert_eq!((lab.calls("CreateStack").len(), lab.calls("UpdateStack").len()), (1, 0));
        // Something else is another matter.
        let error = lab.cloud.apply(&id, &spec, &token("2")).await.unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (CloudErrorKind::Transient, "the annex a is being changed"));
        assert_eq!(lab.settled(&id, Some(&stack)).await.state, ObservedState::Settled);
        // Once more when it is done: nothing is to be done.
        assert_eq!(lab.cloud.apply(&id, &spec, &token("1")).await.unwrap(), Some(stack));
        assert_eq!((lab.bucket().keys(), lab.proxy.living().len()), (files, 2));
    });
}

#[test]
fn another_ones_name_is_refused_with_whose_it_is_and_nothing_is_stored() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        lab.made(&id("a"), &spec("a", 1)).await;
        let other = hoist::annex::AnnexId { nonce: "ba9876543210".to_owned(), ..id("a") };
        let error = lab.cloud.apply(&other, &lab.joining("a", 3), &token("2")).await.unwrap_err();
        refused(&error, &["there is an annex a already, which ada@example made", "another name"]);
        let stored = lab.bucket().keys();
        assert!(
            stored.iter().all(|key| !key.starts_with(&other.prefix())) && lab.proxy.living().len() == 1,
            "{stored:?}"
        );
        // It is nothing of the other's, whatever is asked.
        assert_eq!(lab.cloud.look(&other, None).await.unwrap(), None);
        lab.cloud.delete(&other, None, &[], &token("3")).await.unwrap();
        assert_eq!((lab.stacks().len(), lab.cloud.remains(&other, None).await.unwrap()), (1, Vec::new()));
    });
}

#[test]
fn a_large_template_goes_through_the_bucket() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (id, mut spec) = (id("a"), lab.joining("a", 12));
        spec.pools = vec![spec.pools[0].clone(); 12];
        lab.made(&id, &spec).await;
        let call = lab.calls("CreateStack").remove(0).parameters;
        let url = call.get("TemplateURL").unwrap();
        assert!(call.get("TemplateBody").is_none() && url.starts_with("https://"), "{url}");
        let template = lab.bucket().keys().into_iter().find(|key| key.contains("/template/")).unwrap();
        assert!(url.ends_with(&template) && url.contains(".s3.us-east-1.amazonaws.com/annexes/a/"), "{url}");
        assert!(lab.bucket().content(&template).len() > hoist::cloud::aws::annex::LARGEST_BODY);
        assert_eq!(lab.proxy.living().len(), 12);
        lab.cloud.delete(&id, None, &[], &token("2")).await.unwrap();
        lab.nothing_is_left();
    });
}

#[test]
fn without_the_set_up_it_is_said_what_makes_it() {
    let Some(lab) = Lab::without_setup(Faults::new(1)) else { return };
    run(async {
        let error = lab.cloud.apply(&id("a"), &spec("a", 1), &token("1")).await.unwrap_err();
        refused(&error, &["annexes are not set up in us-east-1", "`hoist annex setup`"]);
        let found = lab.cloud.check(&id("a"), &spec("a", 1)).await.unwrap();
        assert_eq!(
            found.iter().map(|error| error.message.as_str()).collect::<Vec<_>>(),
            ["annexes are not set up in us-east-1"]
        );
    });
}

#[test]
fn a_missing_permission_is_named_and_uploads_are_taken_back() {
    let denied = "User: arn:aws:iam::123456789012:user/eve is not authorized to perform: cloudformation:CreateStack on resource: \
                  arn:aws:cloudformation:us-east-1:123456789012:stack/hoist-annex-a/* because no identity-based policy allows it";
    let Some(lab) = Lab::new(Faults::new(1).always("CreateStack", Effect::error("AccessDenied", denied))) else {
        return;
    };
    run(async {
        let error = lab.cloud.apply(&id("a"), &lab.joining("a", 1), &token("1")).await.unwrap_err();
        refused(&error, &["cloudformation:CreateStack", "hoist annex policy --for user"]);
        lab.nothing_is_left();
    });
}
