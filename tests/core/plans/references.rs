//! References: what may be read from where, and what is said of those that lead nowhere.

use crate::plans::fixture::Fixture;

/// A plan with a data level (a database with a boot program) and a web level with this inside its one service.
fn with_web(keys: &str) -> Fixture {
    Fixture::toml(&format!(
        "[variables]\nport = 1\n[[levels]]\nname = \"data\"\n[levels.services.db]\nboot = \"run.sh\"\nattributes = {{ motto = \"x\" }}\n\
         [levels.services.plain]\nattributes = {{ size = \"x\" }}\n[[levels]]\nname = \"web\"\n[levels.services.web]\n{keys}\n"
    ))
}

#[test]
fn what_is_known_by_then_may_be_read() {
    let fixture = with_web(
        "boot = { program = \"run.sh\", args = [\"${db.token}${global.port}${peer.address}${.name}\"] }\n\
         ready = { program = \"run.sh\", args = [\"${.token}\"] }\n\
         terminate = { program = \"run.sh\", args = [\"${web.token}\"] }\n\
         image = \"${db.image}${.role}\"\ntags = { \"a\" = \"${plain.address}${.name}${.run_name}\" }\n\
         attributes = { role = \"${db.motto}\", peers = \"${peer.address} ${peer.role} ${web.hostname}\" }\n\
         [levels.services.peer]\naddress = \"${db.address}${.role}\"\nattributes = { role = \"${global.port}\" }\n",
    );
    fixture.plan();
}

#[test]
fn references_that_lead_nowhere_name_what_is_near() {
    let problems = with_web(
        "attributes = { a = \"${bd.address}\", b = \"${db.adress}\", c = \"${plain.sise}\", delay = \"${.dealy}\" }\n\
         boot = { program = \"run.sh\", args = [\n\"${global.prot}\",\n\"${peer.address}\",\n\"${.out}\"] }\n\
         [levels.services.peer]\nreplicas = 3\nattributes = { x = \"${.y}\", z = \"${peer-1.token}\", q = \"${global.zzzzzz}\" }\n",
    )
    .problems();
    assert_eq!(
        problems,
        [
            "plan.toml:13: unknown service \"bd\" in ${bd.address} | did you mean \"db\"?",
            "plan.toml:13: service \"plain\" has no attribute \"sise\" | did you mean \"size\"?",
            "plan.toml:13: service \"web\" has no attribute \"dealy\" | did you mean \"delay\"?",
            "plan.toml:15: unknown variable ${global.prot} | did you mean \"port\"?",
            "plan.toml:16: ${peer.address} names no service: peer has 3 replicas | name one of peer-0 … peer-2",
            "plan.toml:17: service \"web\" has no attribute \"out\" | what its boot program writes can be read by its ready and terminate programs, and from later levels",
            "plan.toml:20: unknown variable ${global.zzzzzz} | define it in the plan, or give --var zzzzzz=VALUE",
            "plan.toml:20: service \"peer\" has no attribute \"y\"",
            "plan.toml:20: service \"peer-1\" has no attribute \"token\"",
        ]
    );
}

#[test]
fn only_what_is_launched_has_an_instance_id() {
    let problems = Fixture::toml(
        "[[levels]]\n[levels.services.db]\naddress = \"192.0.2.1\"\n\
         boot = { program = \"run.sh\", args = [\"${.instance_id}\"], config = \"a.json\" }\n\
         [levels.services.here]\nrun_on = \"this-host\"\nattributes = { id = \"${.instance_id}\" }\n\
         [[levels]]\n[levels.services.web]\nattributes = { fine = \"${.instance_id}\", far = \"${db.instance_id}\" }\n",
    )
    .file("a.json", "{\"address\": \"$address\",\n \"id\": \"$instance_id\"}")
    .problems();
    assert_eq!(
        problems,
        [
            "a.json:2: service \"db\" has no instance_id, since nothing is launched for it",
            "plan.toml:4: service \"db\" has no instance_id, since nothing is launched for it",
            "plan.toml:7: service \"here\" has no instance_id, since nothing is launched for it",
            "plan.toml:10: ${db.instance_id} has no value: service \"db\" has no instance_id, since nothing is launched for it",
        ]
    );
}

#[test]
fn a_service_with_a_dot_in_its_name_cannot_be_read() {
    let problems = Fixture::toml(
        "[[levels]]\n[levels.services.\"a.b\"]\n[levels.services.c]\nattributes = { x = \"${a.b.address}\" }\n",
    )
    .problems();
    assert_eq!(
        problems,
        [
            "plan.toml:4: unknown service \"a\" in ${a.b.address} | a reference ends the service's name at the first \".\"; rename \"a.b\" to read it",
        ]
    );
}

#[test]
fn later_levels_cannot_be_read() {
    let problems = Fixture::toml(
        "[[levels]]\nname = \"data\"\n[levels.services.db]\nattributes = { a = \"${web.address}\" }\n[[levels]]\n[levels.services.web]\n",
    )
    .problems();
    assert_eq!(
        problems,
        [
            "plan.toml:4: ${web.address} reads a service of a later level: \"web\" is in level 2, \"db\" in level 1 (\"data\") | a service can read services of its own level and of earlier ones",
        ]
    );
}

#[test]
fn launches_read_earlier_levels_only() {
    let problems = with_web(
        "image = \"${peer.motto}\"\nsubnet = \"${.address}\"\nkey_name = \"${.way}\"\n\
         attributes = { way = \"${.round}\", round = \"${peer.address}\", fine = \"${peer.address}\" }\nboot = \"run.sh\"\n\
         security_groups = [\"${.out}\", \"${global.far}\"]\n\
         [levels.services.peer]\naddress = \"${web.address}\"\nattributes = { motto = \"x\" }\n[variables2]",
    );
    let problems: Vec<String> = problems.problems().into_iter().filter(|p| !p.contains("variables2")).collect();
    assert_eq!(
        problems,
        [
            "plan.toml:13: ${peer.motto} is not known yet: what is launched can read services of earlier levels only | \"peer\" is in the same level; move \"web\" to a later one",
            "plan.toml:14: ${.address} is not known before the service is launched",
            "plan.toml:15: ${peer.address} is not known yet: what is launched can read services of earlier levels only (read by way of ${.round}) | \"peer\" is in the same level; move \"web\" to a later one",
            "plan.toml:18: service \"web\" has no attribute \"out\" | what its boot program writes can be read by its ready and terminate programs, and from later levels",
            "plan.toml:18: unknown variable ${global.far} | define it in the plan, or give --var far=VALUE",
            "plan.toml:20: ${web.address} is not known yet: an address can read services of earlier levels only | \"web\" is in the same level; move \"peer\" to a later one",
        ]
    );
}

#[test]
fn circles_are_shown_whole() {
    let problems = Fixture::toml(
        "[variables]\nx = \"${global.y}\"\ny = \"${global.x}\"\n[[levels]]\n[levels.services.a]\nattributes = { one = \"${b.two}\" }\n\
         [levels.services.b]\nattributes = { two = \"${.three}\", three = \"${c-1.four}\", self = \"${.self}\" }\n\
         [levels.services.c]\nreplicas = 2\nattributes = { four = \"${a.one}\" }\n",
    )
    .problems();
    assert_eq!(
        problems,
        [
            "plan.toml:2: global.x reads itself, in a circle: global.x → global.y → global.x",
            "plan.toml:6: a.one reads itself, in a circle: a.one → b.two → b.three → c.four → a.one",
            "plan.toml:8: b.self reads itself",
        ]
    );
}

#[test]
fn variables_are_ranked_and_may_read_each_other() {
    let mut fixture = Fixture::toml(
        "[variables]\na = \"plan\"\nb = \"plan\"\nc = \"plan ${global.a}\"\nunset = \"env.NONE\"\nset = \"env.SET\"\n[[levels]]\n\
         [levels.services.s]\nattributes = { x = \"${global.a}${global.c}\" }\n",
    )
    .file("more.conf", "[globals]\nA: file\nb: file\n")
    .file("more.toml", "d = 4\n")
    .env("SET", "yes");
    fixture.options.variables = vec![("a".to_owned(), "line".to_owned()), ("aa".to_owned(), "x".to_owned())];
    fixture.options.variable_files = vec![fixture.path("more.conf"), fixture.path("more.toml")];
    assert_eq!(fixture.warnings(), ["--var: warning: nothing in the plan reads the variable \"aa\""]);
    let variables = fixture.try_load().unwrap().plan.variables;
    let pairs: Vec<(&str, &str)> = variables.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [("a", "line"), ("aa", "x"), ("b", "file"), ("c", "plan ${global.a}"), ("d", "4"), ("set", "yes")]
    );
    let mut fixture = Fixture::toml("[[levels]]\n");
    fixture.options.variable_files = vec![fixture.path("none.toml")];
    assert_eq!(fixture.problems(), ["none.toml: the file does not exist"]);
}

#[test]
fn a_variable_belongs_to_no_service() {
    let problems = Fixture::toml(
        "[variables]\nme = \"${.name}\"\nlate = \"${web.address}\"\n[[levels]]\n[levels.services.db]\nattributes = { a = \"${global.me}\",\nb = \"${global.late}\" }\n[[levels]]\n[levels.services.web]\n",
    )
    .problems();
    assert_eq!(
        problems,
        [
            "plan.toml:6: the variable \"me\" cannot read ${.name} (read by way of ${global.me}) | a variable belongs to no service; write ${SERVICE.ATTRIBUTE}",
            "plan.toml:7: ${web.address} reads a service of a later level: \"web\" is in level 2, \"db\" in level 1 (read by way of ${global.late}) | a service can read services of its own level and of earlier ones",
        ]
    );
}
