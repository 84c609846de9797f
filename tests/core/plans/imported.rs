//! `plan import`: the imported plan is the same plan.

use std::collections::BTreeMap;
use std::path::Path;

use hoist::diagnostics::Place;
use hoist::plan::{LoadOptions, Plan, import, load};

use crate::plans::corpus::Corpus;
use crate::plans::fixture::{Fixture, service};

/// The plan without what import may change: its file, the names of clouds, and cloudinit.d's own settings.
fn essence(mut plan: Plan) -> Plan {
    for service in plan.levels.iter_mut().flat_map(|level| &mut level.services) {
        service.settings.clear();
        service.cloud = format!("{:?}", plan.clouds[&service.cloud]);
    }
    plan.clouds.clear();
    plan.file = "plan".into();
    plan
}

/// Imports the plan, loads what came out, and expects the same; gives the notes.
#[track_caller]
fn same_after_import(file: &Path, options: &LoadOptions) -> (String, Vec<String>) {
    let destination = tempfile::tempdir_in(hoist_test_support::place::scratch()).unwrap();
    let imported = import(file, options, destination.path()).unwrap_or_else(|problems| panic!("{problems}"));
    let toml = destination.path().join("imported.toml");
    std::fs::write(&toml, &imported.toml).unwrap();
    let before = load(file, options).unwrap_or_else(|problems| panic!("{problems}")).plan;
    let after = load(&toml, options).unwrap_or_else(|problems| panic!("{problems}\n{}", imported.toml));
    assert!(after.warnings.iter().all(|warning| warning.place == Some(Place::file("--var"))), "{:?}", after.warnings);
    assert_eq!(essence(before), essence(after.plan), "{}", imported.toml);
    (imported.toml, imported.notes)
}

#[test]
fn every_plan_of_the_corpus_stays_what_it_is() {
    let Some(corpus) = Corpus::fetch() else { return };
    let mut imported = 0;
    for (name, _) in corpus.plans() {
        let file = corpus.root.join(name);
        if load(&file, &corpus.options()).is_ok() {
            same_after_import(&file, &corpus.options());
            imported += 1;
        } else {
            assert!(import(&file, &corpus.options(), &corpus.root).is_err(), "{name}");
        }
    }
    assert!(imported >= 33, "{imported} plans imported");
}

#[test]
fn variables_of_the_environment_stay_variables() {
    let fixture = Fixture::conf(
        "[defaults]\nimage: env.IMAGE\niaas: env.REGION\nssh_username: env.WHO\niaas_key: env.KEY\npgm_timeout: env.TIME\n\
         securitygroups: env.GROUP\n[globals]\nport: env.PORT\nplain: 1\n",
        "[svc-a]\nreplica_count: env.COUNT\nbootpgm: run.sh\nbootpgm_args: env.ARGS\ndeps: deps.conf\nhostname: env.NOWHERE\n",
    )
    .file("deps.conf", "[deps]\nset: env.SET\nunset: env.UNSET\nodd name: x\naddress: y\n")
    .env("SET", "now");
    let unset = import(&fixture.path("top.conf"), &fixture.options, &fixture.path("")).unwrap();
    let name = fixture.path("").file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(
        unset.toml,
        format!(
            "# Imported from top.conf, a plan in cloudinit.d's notation.\nname = \"{name}\"\n\n[variables]\nplain = \"1\"\nport = \"env.PORT\"\n\n\
             [clouds.ec2]\nprovider = \"ec2\"\nregion = \"env.REGION\"\n\n[[levels]]\n\n[levels.services.a]\ncloud = \"ec2\"\n\
             image = \"env.IMAGE\"\nssh = {{ user = \"env.WHO\", forward_agent = \"boot\", login_shell = \"checks\" }}\nboot = \"run.sh\"\nattributes = {{ set = \"env.SET\", unset = \"env.UNSET\" }}\n"
        )
    );
    let arguments = "warning: \"bootpgm_args\" is env.ARGS, which is not set; the program gets no arguments; set ARGS";
    assert_eq!(unset.notes[0], format!("{}:4: {arguments}", fixture.path("level1.conf").display()));
    assert_eq!(
        unset.notes[1..],
        [
            "cloud \"ec2\" reads env.REGION, which is not set now",
            "iaas_key: env.KEY not carried over: hoist takes credentials from a profile or the standard AWS variables",
            "service \"a\": the attribute \"address\" is not carried over: every service has one of its own",
            "service \"a\": the attribute \"odd name\" is not carried over: no reference could name it",
            "service \"a\": hostname is env.NOWHERE, which is not set now and not carried over",
            "service \"a\": image is env.IMAGE, which is not set now",
            "service \"a\": pgm_timeout is env.TIME, which is not set now and not carried over",
            "service \"a\": bootpgm_args is env.ARGS, which is not set now and not carried over",
            "service \"a\": securitygroups is env.GROUP, which is not set now and not carried over",
            "service \"a\": ssh_username is env.WHO, which is not set now",
            "service \"a\": replica_count is env.COUNT, which is not set now and not carried over",
            "service \"a\": the attribute \"unset\" is env.UNSET, which is not set now",
        ]
    );

    let fixture = fixture
        .file("deps.conf", "[deps]\nset: env.SET\nunset: env.UNSET\n")
        .env("IMAGE", "ami-1")
        .env("REGION", "us-west-2")
        .env("WHO", "ann")
        .env("TIME", "90")
        .env("GROUP", "web")
        .env("COUNT", "2")
        .env("ARGS", "a 'b c'");
    let (toml, notes) = same_after_import(&fixture.path("top.conf"), &fixture.options);
    for kept in [
        "region = \"env.REGION\"",
        "timeout = \"env.TIME\"",
        "security_groups = [\"env.GROUP\"]",
        "args = [\"a\", \"b c\"]",
    ] {
        assert!(toml.contains(kept), "{kept} in {toml}");
    }
    assert!(notes.iter().any(|note| note.contains("bootpgm_args is env.ARGS; the value that it has now is written")));
    assert!(notes.iter().any(|note| note.contains("replica_count is env.COUNT")));
}

#[test]
fn levels_clouds_and_odd_values_survive() {
    let fixture = Fixture::conf(
        "level5: sub/five.conf\n[defaults]\nimage: x\n[cloud-east]\niaas: us-east-2\n[cloud-unused]\niaas: us-east-1\n",
        "[svc-a.b]\ncloud: cloud-east\nreplica_count: 3\ndeps: deps.conf\nsecuritygroups: p, q\nscp_username: other\n\
         [svc-launched]\nhostname: h\niaas_launch: true\n[svc-here]\nhostname: localhost\nlocal_exe: true\n\
         [svc-both]\nlocal_exe: true\nterminatepgm: run.sh\nterminatepgm_args: \"a b\" \\\"\npgm_timeout: 5\nbootpgm: sub/../run.sh\nbootconf: c.json\n",
    )
    .file("deps.conf", "[deps]\ntext: a\n  \"b\" \\ c\nempty:\npercent: 100%% %(empty)s\nimage_of: ${.image} ${both.hostname}\n")
    .file("c.json", "{}")
    .file("sub/five.conf", "[svc-last]\nreadypgm: ../run.sh\nreadypgm_args: ${launched.allocation}${launched.bootpgm_args}\n\
         iaas: nimbus\niaas_url: https://h:1/x\n[svc-old]\nhostname: ${last.iaas}\n");
    let problems = fixture.problems();
    assert_eq!(problems.len(), 4, "{problems:?}");
    let fixture = fixture.file(
        "sub/five.conf",
        "[svc-last]\nreadypgm: ../run.sh\nreadypgm_args: ${both.terminatepgm_args}\niaas: nimbus\niaas_url: https://h:1/x\n[svc-old]\nhostname: ${both.iaas_launch}.example.org\n",
    );
    let destination = fixture.path("");
    let imported = import(&fixture.path("top.conf"), &fixture.options, &destination).unwrap();
    let fixture = fixture.file("plan.toml", &imported.toml);
    let after = fixture.plan();
    let before = fixture.try_load_file(&fixture.path("top.conf")).unwrap().plan;
    assert_eq!(after.levels.iter().map(|level| level.number).collect::<Vec<_>>(), [1, 5]);
    assert_eq!(after.clouds.keys().collect::<Vec<_>>(), ["cloud-east", "ec2", "ec2-h-1"]);
    // Settings that are read have become attributes; without them all is as it was.
    let (mut before, mut after) = (essence(before), essence(after));
    for plan in [&mut before, &mut after] {
        for service in plan.levels.iter_mut().flat_map(|level| &mut level.services) {
            for setting in ["image", "terminatepgm_args", "iaas_launch"] {
                service.attributes.remove(setting);
            }
        }
    }
    assert_eq!(before, after, "{}", imported.toml);
    let loaded = fixture.plan();
    assert_eq!(service(&loaded, "a.b-1").attributes["image"].as_str(), "x");
    assert_eq!(service(&loaded, "both").attributes["terminatepgm_args"].as_str(), "\"a b\" \\\"");
    let shown: BTreeMap<usize, &str> = imported.notes.iter().map(String::as_str).enumerate().collect();
    assert!(
        shown.values().any(|note| *note
            == "service \"a.b\": scp_username \"other\" is not carried over: hoist copies and runs as one user"),
        "{shown:?}"
    );
    assert!(shown.values().any(|note| *note == "service \"launched\": its hostname is not carried over: with iaas_launch the launched machine's address takes its place"), "{shown:?}");
}

#[test]
fn what_is_wrong_or_native_is_not_imported() {
    let fixture = Fixture::toml("[[levels]]\n");
    let problems = import(&fixture.path("plan.toml"), &fixture.options, &fixture.path("")).unwrap_err().to_string();
    assert!(
        problems.ends_with("plan.toml: the plan is in the native notation already; there is nothing to import"),
        "{problems}"
    );
    let fixture = Fixture::conf("", "[svc-a]\nimage: x\nbootpgm: none\n");
    assert!(import(&fixture.path("top.conf"), &fixture.options, &fixture.path("")).is_err());
}
