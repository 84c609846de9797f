//! Native plans that are refused, with the words that say why.

use crate::plans::fixture::{Fixture, service};

#[track_caller]
fn refused(plan: &str, problems: &[&str]) {
    assert_eq!(Fixture::toml(plan).problems(), problems);
}

/// One level with this inside `[levels.services.web]`.
#[track_caller]
fn service_refused(keys: &str, problems: &[&str]) {
    refused(&format!("[[levels]]\n[levels.services.web]\n{keys}"), problems);
}

#[test]
fn unknown_keys_name_the_nearest_one() {
    refused(
        "nam = \"x\"\n[defaults]\nimagee = \"x\"\n[clouds.ec2]\nreg = \"x\"\n[[levels]]\n[levels.services.web]\nreplica = 2\nready = { program = \"run.sh\", timout = 1 }\nssh = { usr = \"a\" }\nboot = { program = \"run.sh\", optional = true }\n",
        &[
            "plan.toml:1: unknown key \"nam\" in the plan | did you mean \"name\"?",
            "plan.toml:3: unknown key \"imagee\" in \"defaults\" of the plan | did you mean \"image\"?",
            "plan.toml:5: unknown key \"reg\" in cloud \"ec2\" | did you mean \"region\"?",
            "plan.toml:8: unknown key \"replica\" in service \"web\" | did you mean \"replicas\"?",
            "plan.toml:9: unknown key \"timout\" in \"ready\" of service \"web\" | did you mean \"timeout\"?",
            "plan.toml:10: unknown key \"usr\" in \"ssh\" of service \"web\" | did you mean \"user\"?",
            "plan.toml:11: unknown key \"optional\" in \"boot\" of service \"web\"",
        ],
    );
}

#[test]
fn keys_of_the_other_notation_name_ours() {
    service_refused(
        "readpgm = \"run.sh\"\nhostname = \"h\"\nreplica_count = 2\niaas_key = \"x\"",
        &[
            "plan.toml:3: unknown key \"readpgm\" in service \"web\" | cloudinit.d's \"readypgm\" is written ready = { program = … } here",
            "plan.toml:4: unknown key \"hostname\" in service \"web\" | cloudinit.d's \"hostname\" is written address = … here",
            "plan.toml:5: unknown key \"replica_count\" in service \"web\" | cloudinit.d's \"replica_count\" is written replicas = … here",
            "plan.toml:6: unknown key \"iaas_key\" in service \"web\" | cloudinit.d's \"iaas_key\" is written profile = … in [clouds.NAME] here",
        ],
    );
    refused(
        "[runlevels]\nlevel1 = \"x\"\n[svc-web]\n[cloud-east]\n[globals]\n",
        &[
            "plan.toml: the plan has no levels | begin each level with a line [[levels]]",
            "plan.toml:1: unknown key \"runlevels\" in the plan | cloudinit.d's [runlevels] is written [[levels]] here",
            "plan.toml:3: unknown key \"svc-web\" in the plan | cloudinit.d's [svc-web] is written [levels.services.NAME] below [[levels]] here",
            "plan.toml:4: unknown key \"cloud-east\" in the plan | cloudinit.d's [cloud-east] is written [clouds.NAME] here",
            "plan.toml:5: unknown key \"globals\" in the plan | cloudinit.d's [globals] is written [variables] here",
        ],
    );
}

#[test]
fn plans_that_would_fill_the_memory_are_refused() {
    service_refused(
        &format!("replicas = 100000\nattributes = {{ a = \"{}\" }}", "x".repeat(1_000_000)),
        &["plan.toml: the plan's services have 100000100000 bytes of text; the limit is 256 MiB"],
    );
    service_refused(
        &format!("replicas = 2\n[levels.services.{}]\nreplicas = 11", "x".repeat(62)),
        &[&format!(
            "plan.toml:4: \"{}-10\" cannot name a service | a name has letters, digits, \"-\", \"_\" and \".\", does not begin with \".\" or \"-\", and is at most 64 bytes long",
            "x".repeat(62)
        )],
    );
}

#[test]
fn replica_counts_have_limits() {
    for (count, shown) in
        [("0", "0"), ("-1", "-1"), ("\"x\"", "\"x\""), ("1000000000", "1000000000"), ("2.5", "2.5"), ("\"3\"", "\"3\"")]
    {
        service_refused(
            &format!("replicas = {count}"),
            &[&format!(
                "plan.toml:3: \"replicas\" of service \"web\" must be an integer from 1 to 100000, not {shown}"
            )],
        );
    }
    refused(
        "[[levels]]\n[levels.services.a]\nreplicas = 60000\n[levels.services.b]\nreplicas = 60000\n",
        &["plan.toml: the plan has 120000 services; the limit is 100000"],
    );
}

#[test]
fn names_that_could_do_harm_are_refused() {
    let rule = "a name has letters, digits, \"-\", \"_\" and \".\", does not begin with \".\" or \"-\", and is at most 64 bytes long";
    for (name, shown) in [
        ("a/b", "a/b"),
        ("../a", "../a"),
        ("a b", "a b"),
        ("a\\\"b", "a\\\"b"),
        ("a'b", "a\\'b"),
        ("a\\nb", "a\\nb"),
        ("a;rm -rf b", "a;rm -rf b"),
        ("$(a)", "$(a)"),
        ("`a`", "`a`"),
        ("", ""),
        ("-a", "-a"),
    ] {
        refused(
            &format!("[[levels]]\n[levels.services.\"{name}\"]\n"),
            &[&format!("plan.toml:2: \"{shown}\" cannot name a service | {rule}")],
        );
    }
    refused(
        "name = \"a b\"\n[[levels]]\nname = \"c/d\"\n",
        &[
            &format!("plan.toml:1: \"a b\" cannot name a plan | {rule}"),
            &format!("plan.toml:3: \"c/d\" cannot name a level | {rule}"),
        ],
    );
}

#[test]
fn wrong_types_and_values_say_what_is_right() {
    service_refused(
        "image = 5\nboot = { args = [\"a\"] }\nready = 3\ntimeout = \"2x\"\nrun_on = \"here\"\nmarket = \"sopt\"\nmax_price = \"cheap\"\nsecurity_groups = \"a\"\nattributes = { a = [1], address = \"x\", \"b c\" = 1 }\nssh = { port = 70000 }\ntags = { \"hoist:run\" = \"x\" }",
        &[
            "plan.toml:3: \"image\" of service \"web\" must be a string, not an integer",
            "plan.toml:4: \"boot\" of service \"web\": \"program\" is missing; it names the file to run",
            "plan.toml:5: \"ready\" of service \"web\" must be a path or a table, not an integer",
            "plan.toml:6: \"timeout\" of service \"web\": \"2x\" is no duration; write 90 (seconds), \"30s\", \"2m\" or \"1h30m\"",
            "plan.toml:7: \"run_on\" of service \"web\" must be \"instance\" or \"address\" or \"this-host\", not \"here\"",
            "plan.toml:8: \"market\" of service \"web\" must be \"spot\" or \"on-demand\", not \"sopt\" | did you mean \"spot\"?",
            "plan.toml:9: \"max_price\" of service \"web\": must be a price in US dollars an hour such as \"0.05\", not \"cheap\"",
            "plan.toml:10: \"security_groups\" of service \"web\" must be an array of strings, not a string",
            "plan.toml:11: \"a\" in \"attributes\" of service \"web\" must be a string, a number or a boolean, not an array",
            "plan.toml:11: the attribute \"address\" cannot be set: every service has one of its own",
            "plan.toml:11: \"b c\" cannot name an attribute: letters, digits, \"_\", \"-\" and \".\" can",
            "plan.toml:12: \"port\" of \"ssh\" of service \"web\" must be an integer from 1 to 65535, not 70000",
            "plan.toml:13: the tag \"hoist:run\" cannot be set: tags of hoist and of the cloud are their own",
        ],
    );
    refused(
        "levels = 3",
        &[
            "plan.toml: the plan has no levels | begin each level with a line [[levels]]",
            "plan.toml:1: \"levels\" must be an array of tables | begin each level with a line [[levels]]",
        ],
    );
    refused(
        "[levels]\nservices = {}",
        &[
            "plan.toml: the plan has no levels | begin each level with a line [[levels]]",
            "plan.toml:1: \"levels\" must be an array of tables | begin each level with a line [[levels]]",
        ],
    );
    refused(
        "[defaults]\nreplicas = 2\naddress = \"x\"\n[[levels]]\n",
        &[
            "plan.toml:2: \"replicas\" cannot be a default; write it at the service",
            "plan.toml:3: \"address\" cannot be a default; write it at the service",
        ],
    );
}

#[test]
fn a_cloud_that_nothing_is_launched_on_is_refused_once() {
    let problem = "this version of hoist cannot launch on sim, only on local and ec2 and gce | --cloud local tries the plan on this machine";
    let services = "[levels.services.a]\nimage = \"x\"\n[levels.services.b]\nimage = \"x\"\n";
    refused(&format!("[defaults]\ncloud = \"sim\"\n[[levels]]\n{services}"), &[&format!("plan.toml:2: {problem}")]);
    let mut fixture = Fixture::toml(&format!("[[levels]]\n{services}"));
    fixture.options.cloud = Some("sim".to_owned());
    assert_eq!(fixture.problems(), [format!("--cloud: {problem}")]);
}

#[test]
fn what_the_environment_does_not_give_does_not_vanish() {
    service_refused(
        "boot = \"env.sh\"\nready = { program = \"run.sh\", args = [\"env.WORD\"] }\nuser_data = \"env.DATA\"\ntags = { team = \"env.TEAM\" }",
        &[
            "plan.toml:3: \"boot\" of service \"web\" is env.sh, which is not set | set sh",
            "plan.toml:4: \"args\" of \"ready\" of service \"web\" is env.WORD, which is not set | set WORD",
            "plan.toml:5: \"user_data\" of service \"web\" is env.DATA, which is not set | set DATA",
            "plan.toml:6: \"tags.team\" of service \"web\" is env.TEAM, which is not set | set TEAM",
        ],
    );
    let named = Fixture::toml("[[levels]]\n[levels.services.web]\nboot = \"env.sh\"\n").file("env.sh", "#!/bin/sh\n");
    let boot = |fixture: &Fixture| service(&fixture.plan(), "web").programs.boot.clone().unwrap().file.path;
    assert_eq!(boot(&named), named.path("env.sh"));
    let set = named.env("sh", "run.sh");
    assert_eq!(boot(&set), set.path("run.sh"), "a variable that is set outranks the file");
    let lacking = Fixture::conf(
        "[defaults]\niaas: local\n",
        "[svc-a]\nbootpgm: env.sh\nreadypgm: run.sh\nreadypgm_args: env.WORDS\n",
    );
    assert_eq!(
        lacking.warnings(),
        [
            "level1.conf:2: warning: \"bootpgm\" is env.sh, which is not set; no such program runs | set sh, or write ./env.sh where a file is meant",
            "level1.conf:4: warning: \"readypgm_args\" is env.WORDS, which is not set; the program gets no arguments | set WORDS"
        ]
    );
}

#[test]
fn clouds_must_exist() {
    refused(
        "[clouds.east]\nprovider = \"ec3\"\n[clouds.west]\n[[levels]]\n[levels.services.web]\ncloud = \"eats\"\n[levels.services.db]\ncloud = \"ec2\"\n",
        &[
            "plan.toml:2: unknown provider \"ec3\"; there are local, ec2, gce, sim | did you mean \"ec2\"?",
            "plan.toml:3: cloud \"west\" needs a \"provider\": local, ec2, gce, sim",
            "plan.toml:6: unknown cloud \"eats\" | did you mean \"east\"?",
            "plan.toml:7: service \"db\" has no image to launch | give it an image, the address of a host that exists, or run_on = \"this-host\"",
        ],
    );
    let mut fixture = Fixture::toml("[[levels]]\n[levels.services.web]\n");
    fixture.options.cloud = Some("ec4".to_owned());
    assert_eq!(fixture.problems(), ["--cloud: unknown cloud \"ec4\" | did you mean \"ec2\"?"]);
}

#[test]
fn a_service_is_launched_or_has_an_address() {
    service_refused(
        "address = \"10.0.0.1\"\nimage = \"x\"",
        &[
            "plan.toml:4: service \"web\" has both an address and an image | an address names a host that exists; remove one of the two",
        ],
    );
    service_refused("run_on = \"address\"", &["plan.toml:3: service \"web\" cannot run on its address: it has none"]);
    service_refused(
        "address = \"h\"\nrun_on = \"instance\"",
        &["plan.toml:4: service \"web\" cannot run on its instance: it has an address"],
    );
    let hint = "write a name, an IP address or a `Host` of ~/.ssh/config; user and port are options of their own";
    service_refused(
        "address = \"-oProxyCommand=x\"",
        &[&format!("plan.toml:3: \"-oProxyCommand=x\" is no address that ssh could be given | {hint}")],
    );
}

#[test]
fn services_and_levels_are_defined_once() {
    refused(
        "[[levels]]\nname = \"a\"\n[levels.services.web]\n[[levels]]\nname = \"a\"\n[levels.services.web]\n[levels.services.db]\nreplicas = 3\n[levels.services.db-1]\n",
        &[
            "plan.toml:5: level \"a\" is defined twice",
            "plan.toml:6: service \"web\" is defined twice; the other is at plan.toml:3",
            "plan.toml:9: service \"db-1\" is defined twice; the other is at plan.toml:7 | the replicas of \"db\" are called db-0 … db-2",
        ],
    );
    refused(
        "[[levels]]\n[levels.services.web]\n[levels.services.web]\n",
        &["plan.toml:3: invalid TOML: duplicate key \"web\""],
    );
    refused(
        "[[levels]]\nnumber = 3\n[[levels]]\nnumber = 3\n",
        &[
            "plan.toml:3: level \"level3\" is defined twice",
            "plan.toml:4: level number 3 comes after level 3; numbers must rise",
        ],
    );
}

#[test]
fn files_must_be_there_and_be_files() {
    let fixture = Fixture::toml(
        "[[levels]]\n[levels.services.web]\nboot = \"rnu.sh\"\nready = \"sub\"\nterminate = \"${global.x}.sh\"\nuser_data = \"none/x\"\nssh = { key = \"key\" }\n[levels.services.db]\nboot = \"${.name}.sh\"\nready = { program = \"run.sh\" }\n",
    )
    .file("sub/x", "");
    let here = fixture.path("").display().to_string();
    let problems: Vec<String> = fixture.problems().iter().map(|p| p.replace(&here, "")).collect();
    assert_eq!(
        problems,
        [
            "plan.toml:3: boot program of service \"web\": rnu.sh: the file does not exist | did you mean \"run.sh\"?",
            "plan.toml:4: ready program of service \"web\": sub: is a directory, not a file",
            "plan.toml:5: terminate program of service \"web\": unknown variable ${global.x}",
            "plan.toml:6: user data of service \"web\": none/x: the file does not exist",
            "plan.toml:7: SSH key of service \"web\": key: the file does not exist",
            "plan.toml:9: boot program of service \"db\": ${.name} is not known before the run; this can read ${global.NAME} only",
        ]
    );
}

#[test]
fn config_templates_are_checked_with_their_lines() {
    let fixture = Fixture::toml(
        "[[levels]]\n[levels.services.web]\nboot = { program = \"run.sh\", config = \"a.json\" }\nattributes = { motto = \"x\" }\n[levels.services.db]\nboot = { program = \"run.sh\", config = \"b.json\" }\n",
    )
    .file("a.json", "{\"a\": \"$motto\",\n \"b\": \"${mottto}\",\n \"c\": \"$address$instance_id\"}")
    .file("b.json", "{}\n\n$ {x}");
    assert_eq!(
        fixture.problems(),
        [
            "a.json:2: unknown variable \"mottto\": service \"web\" has no such attribute | did you mean \"motto\"?",
            "b.json:3: \"$ {x}\" is no variable; write $NAME or ${NAME}, and $$ for a dollar sign | it is the config of service \"db\" (plan.toml:6)",
        ]
    );
}

#[test]
fn files_that_are_no_plans_are_named() {
    let fixture = Fixture::new().file("latin.toml", b"name = \"\xe9\"\n").file("bad.toml", "a = \n[b\nc = 1 2\n");
    let problems = |name: &str| fixture.try_load_file(&fixture.path(name)).map(|_| ()).unwrap_err();
    assert_eq!(problems("none.toml"), ["none.toml: the file does not exist"]);
    assert_eq!(problems(""), [": is a directory, not a file"]);
    assert_eq!(problems("latin.toml"), ["latin.toml: the file is not UTF-8 text (line 1, byte 9)"]);
    let bad = problems("bad.toml");
    let places: Vec<&str> = bad.iter().map(|problem| &problem[..24]).collect();
    assert_eq!(places, ["bad.toml:1: invalid TOML", "bad.toml:2: invalid TOML"]);
    let large = fixture.path("large.toml");
    std::fs::File::create(&large).unwrap().set_len(100 * 1024 * 1024).unwrap();
    assert_eq!(problems("large.toml"), ["large.toml: the file has 104857600 bytes; the limit is 64 MiB"]);
}
