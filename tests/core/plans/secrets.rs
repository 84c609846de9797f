//! Secret attributes: where they are found, and who may read them.

use hoist::plan::SecretSource;

use crate::plans::fixture::Fixture;

fn plan(keys: &str) -> Fixture {
    Fixture::toml(&format!(
        "[[levels]]\n[levels.services.db]\n{keys}\n[[levels]]\n[levels.services.web]\nboot = \"run.sh\"\n"
    ))
}

#[test]
fn a_secret_is_a_variable_or_a_file() {
    let plan = plan("attributes = { user = \"ada\", password = { secret = \"env:DB_PASSWORD\" }, token = { secret = \"file:keys/token\" } }").plan();
    let service = &plan.levels[0].services[0];
    assert_eq!(service.attributes.keys().collect::<Vec<_>>(), ["user"]);
    assert_eq!(service.secrets["password"], SecretSource::Env("DB_PASSWORD".to_owned()));
    let SecretSource::File(path) = &service.secrets["token"] else { panic!("{:?}", service.secrets) };
    assert!(path.is_absolute() && path.ends_with("keys/token"), "{}", path.display());
}

#[test]
fn defaults_may_hold_secrets_and_a_service_outranks_them() {
    let plan = Fixture::toml(
        "[defaults]\nattributes = { a = { secret = \"env:A\" }, b = { secret = \"env:B\" }, c = \"plain\" }\n[[levels]]\n\
         [levels.services.db]\nattributes = { b = \"plain\", c = { secret = \"env:C\" } }\n",
    )
    .plan();
    let service = &plan.levels[0].services[0];
    assert_eq!(service.secrets.keys().collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(service.attributes.keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn nothing_but_the_services_own_config_reads_a_secret() {
    let problems = Fixture::toml(
        "[[levels]]\n[levels.services.db]\ntags = { a = \"${.password}\" }\n\
         boot = { program = \"run.sh\", args = [\"${.password}\"] }\n\
         attributes = { password = { secret = \"env:P\" }, url = \"db:${.password}\" }\n\
         [[levels]]\n[levels.services.web]\nattributes = { it = \"${db.password}\" }\n",
    )
    .problems();
    let starts: Vec<&str> = problems.iter().map(|problem| problem.split(" is secret").next().unwrap()).collect();
    assert_eq!(
        starts,
        [
            "plan.toml:3: ${.password}",
            "plan.toml:4: ${.password}",
            "plan.toml:5: ${.password}",
            "plan.toml:8: ${db.password}"
        ]
    );
    assert!(problems[0].contains("| only the config template of the service itself may read it"), "{}", problems[0]);
}

#[test]
fn what_is_no_secret_is_refused() {
    let problem = |secret: &str| plan(&format!("attributes = {{ password = {secret} }}")).problems().join("\n");
    for wrong in ["\"hunter2\"", "\"env:\"", "\"env:A B\"", "\"file:\"", "\"vault:x\""] {
        let text = problem(&format!("{{ secret = {wrong} }}"));
        assert!(text.contains("write \"env:NAME\" or \"file:PATH\""), "{wrong}: {text}");
    }
    assert!(
        problem("{ value = \"x\" }").contains("a secret is written { secret = "),
        "{}",
        problem("{ value = \"x\" }")
    );
    assert!(problem("{ secret = \"env:A\", more = 1 }").contains("unknown key \"more\""));
    assert!(problem("{ secret = 5 }").contains("must be a string"));
}
