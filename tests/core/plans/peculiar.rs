//! What public plans in cloudinit.d's notation do beside the textbook, in plans of our own.

use std::sync::Arc;

use hoist::plan::{Attributes, PlanIndex, RuntimeValues, import};

use crate::plans::fixture::{Fixture, names, service};

/// A run of which every machine is up.
struct Up;

impl RuntimeValues for Up {
    fn launch(&self, service: &str, attribute: &str) -> Option<String> {
        match attribute {
            "hostname" | "address" => Some(format!("host-of-{service}")),
            "run_name" => Some("run".to_owned()),
            _ => None,
        }
    }

    fn output(&self, _: &str, _: &str) -> Option<String> {
        None
    }
}

#[test]
fn an_attribute_may_read_what_its_name_stands_for_otherwise() {
    let fixture = Fixture::conf(
        "[defaults]\nimage: ami-1\nallocation: small\n",
        "[svc-agent]\nbootpgm: run.sh\nbootpgm_args: ${.name}\nbootconf: agent.json\ndeps: deps.conf\nreplica_count: 2\n\
         [svc-one]\ndeps: deps.conf\ndeps2: more.conf\n",
    )
    .file("deps.conf", "[deps]\nname: ${.name} \nhostname: ${.hostname}\nallocation: ${.allocation}.x\nsysname: ${.run_name}\n")
    .file("more.conf", "[deps]\nname: the-${.name}\n")
    .file("agent.json", "{\"name\": \"$name\", \"at\": \"$hostname\", \"size\": \"$allocation\", \"sys\": \"$sysname\"}");
    assert_eq!(fixture.warnings(), Vec::<String>::new());
    let index = PlanIndex::new(Arc::new(fixture.plan()));
    let attributes = Attributes::new(&index, &Up);
    let all = attributes.all("agent-1").unwrap();
    let values = ["name", "hostname", "allocation", "sysname"].map(|name| all[name].as_str());
    assert_eq!(values, ["agent-1", "host-of-agent-1", "small.x", "run"]);
    assert_eq!(attributes.value("one", "name").unwrap(), "the-one");
    let imported = import(&fixture.path("top.conf"), &fixture.options, &fixture.path("")).unwrap();
    assert_eq!(
        imported.notes,
        ["service \"one\": the attribute \"name\" is not carried over: every service has one of its own"]
    );
}

#[test]
fn what_the_environment_does_not_give_is_said_once_where_it_is_written() {
    let fixture = Fixture::conf(
        "[defaults]\nimage: x\nbootpgm: run.sh\nbootconf: boot.json\n[globals]\ndir: env.DIR\n",
        "[svc-a]\ndeps: deps.conf\n[svc-b]\ndeps: deps.conf\nbootpgm_args: ${.token} ${a.token}\nreadypgm: ${global.dir}/run.sh\n",
    )
    .file("deps.conf", "[deps]\nfixed: 1\ntoken: env.TOKEN\nunread: env.UNREAD\n")
    .file("boot.json", "{\"token\": \"$token\", \"fixed\": $fixed}");
    assert_eq!(
        fixture.problems(),
        [
            "deps.conf:3: the attribute \"token\" is env.TOKEN, which is not set | set TOKEN; level1.conf:5 reads it",
            "top.conf:8: the variable \"dir\" is env.DIR, which is not set | set DIR; level1.conf:6 reads it",
        ]
    );
    let imported = import(&fixture.path("top.conf"), &fixture.options, &fixture.path("")).unwrap();
    assert!(imported.toml.contains("token = \"env.TOKEN\""), "{}", imported.toml);
    let fixture = fixture.env("TOKEN", "t").env("DIR", ".");
    assert_eq!(service(&fixture.plan(), "b").attributes["token"].as_str(), "t");

    let native = Fixture::toml(
        "[variables]\nport = \"env.PORT\"\n[defaults]\nattributes = { token = \"env.TOKEN\" }\n[[levels]]\n\
         [levels.services.a]\nboot = { program = \"run.sh\", args = [\"${.token}\", \"${global.port}\"] }\n",
    );
    assert_eq!(
        native.problems(),
        [
            "plan.toml:2: the variable \"port\" is env.PORT, which is not set | set PORT; plan.toml:7 reads it",
            "plan.toml:4: the attribute \"token\" is env.TOKEN, which is not set | set TOKEN; plan.toml:7 reads it",
        ]
    );
}

#[test]
fn what_could_not_be_read_is_not_missed_in_every_place_that_reads_it() {
    let fixture = Fixture::conf(
        "level2: lost.conf\nlevel3: level3.conf\n[defaults]\nimage: x\n[globals]\n${globals}\n",
        "[svc-a]\ndeps: none.conf\nbootpgm: run.sh\nbootpgm_args: ${.gone} ${global.gone}\n[svc-b]\nbootpgm: rnu.sh\n",
    )
    .file("level3.conf", "[svc-c]\nhostname: ${lost.hostname}\n[svc-d]\nhostname: ${c.hostname}\n");
    let problems: Vec<String> = fixture.problems();
    let places: Vec<&str> = problems.iter().filter_map(|problem| problem.split(": ").next()).collect();
    // What is wrong whatever stands in the missing parts is still said.
    assert_eq!(places, ["level1.conf:2", "level1.conf:6", "level3.conf:4", "top.conf:3", "top.conf:8"]);
    assert_eq!(
        problems[4],
        "top.conf:8: \"${globals}\" is neither a section nor an option | an option is a line `NAME: VALUE` or `NAME = VALUE`"
    );
}

#[test]
fn slips_of_old_plans_are_said_once_each() {
    let fixture = Fixture::new()
        .file("top.conf", "[runlevels]\nlevel01: a/level.conf\nlevel02: ./b/../b/level.conf\n#level03: c\n[defaults]\nhostname: localhost\nimage: x\n")
        .file("a/level.conf", "[svc-web]]\nname: ${.name}\nkeyname: k\nreadpgm: r\ndeps: ../deps.conf\nreplica_count: 3\n")
        .file("b/level.conf", "[svc-last]\ndeps1: ../a/../deps.conf\ndeps0: ../deps.conf\n")
        .file("deps.conf", "[deps]\nkey: 1\nkey: 2\n");
    let warnings = [
        "a/level.conf:2: warning: unknown key \"name\" in [svc-web]; it has no effect",
        "a/level.conf:3: warning: unknown key \"keyname\" in [svc-web]; it has no effect | did you mean \"sshkeyname\"?",
        "a/level.conf:4: warning: unknown key \"readpgm\" in [svc-web]; it has no effect | did you mean \"readypgm\"?",
        "deps.conf:2: warning: \"key\" is given again further down in [deps]; this value has no effect",
        "top.conf:6: warning: unknown key \"hostname\" in [defaults]; it has no effect | cloudinit.d reads it from services only; give it to each of them",
    ];
    assert_eq!(fixture.warnings(), warnings);
    assert_eq!(names(&fixture.try_load().unwrap().plan), [vec!["web-0", "web-1", "web-2"], vec!["last"]]);
    let notes = import(&fixture.path("top.conf"), &fixture.options, &fixture.path("")).unwrap().notes;
    assert_eq!(notes.len(), warnings.len(), "{notes:?}");
}
