//! cloudinit.d's notation.

use std::time::Duration;

use hoist::plan::{RunOn, Text};

use crate::plans::fixture::{Fixture, names, service};

#[test]
fn defaults_clouds_and_services_are_ranked() {
    let fixture = Fixture::conf(
        "level10: level10.conf\nnotes: x\n\
         [defaults]\niaas: us-east-1\nimage: ami-1\nallocation: m1.small\nssh_username: root\nsecuritygroups: default\n\
         bootpgm: run.sh\nbootpgm_args: 'a b' ${.name}\npgm_timeout: 30\nlocal_exe: True\niaas_key: env.KEY\n\
         [cloud-east]\niaas: us-east-2\nssh_username: ubuntu\nsecuritygroups: a, b\nimage: never\n\
         [globals]\nPort: 80\n",
        "[svc-plain]\nlocal_exe: false\n\
         [svc-east]\ncloud: cloud-east\nsecuritygroups: own\nreplica_count: 2\nimage:\nallocation: env.UNSET\n\
         [svc-far]\ncloud: cloud-east\niaas: Nimbus\niaas_url: cloud.example.org:8444\n\
         [svc-host]\nhostname: ${.name}.example.org\nreadypgm = run.sh\n",
    )
    .file("level10.conf", "[svc-last]\niaas: local\nimage: env.UNSET\n");
    assert_eq!(
        fixture.warnings(),
        [
            "top.conf:4: warning: \"notes\" in [runlevels] is no level; it has no effect | a level is a line `levelN: FILE`",
            "top.conf:20: warning: unknown key \"image\" in [cloud-east]; it has no effect",
        ]
    );
    let plan = fixture.try_load().unwrap().plan;
    assert_eq!(names(&plan), [vec!["plain", "east-0", "east-1", "far", "host"], vec!["last"]]);
    assert_eq!(plan.levels.iter().map(|level| level.number).collect::<Vec<_>>(), [1, 10]);
    assert_eq!(plan.variables["port"], "80");

    let plain = service(&plan, "plain");
    assert_eq!(
        (plain.cloud.as_str(), plain.run_on, plain.ssh.user.as_deref()),
        ("us-east-1", RunOn::Instance, Some("root"))
    );
    let boot = plain.programs.boot.as_ref().unwrap();
    assert_eq!(boot.args, ["a b", "${.name}"].map(Text::from));
    assert_eq!((boot.timeout, plain.timeout), (Duration::from_secs(30), Duration::from_secs(30)));
    let east = service(&plan, "east-0");
    assert_eq!(
        (east.cloud.as_str(), east.run_on, east.ssh.user.as_deref()),
        ("cloud-east", RunOn::ThisHost, Some("ubuntu"))
    );
    let launch = east.launch.as_ref().unwrap();
    assert_eq!(launch.security_groups, [Text::from("own")]);
    assert_eq!(launch.image, Some(Text::from("ami-1")));
    assert_eq!(launch.instance_types, [Text::from("m1.small")]);
    assert_eq!((east.settings["username"].as_str(), east.settings["iaas"].as_str()), ("ubuntu", "us-east-2"));
    let far = service(&plan, "far");
    assert_eq!(far.cloud, "ec2-cloud.example.org-8444");
    assert_eq!(plan.clouds[&far.cloud].endpoint.as_deref(), Some("https://cloud.example.org:8444"));
    assert_eq!(far.launch.as_ref().unwrap().security_groups, ["a", "b"].map(Text::from));
    let host = service(&plan, "host");
    assert_eq!((host.launch.is_none(), host.address.clone()), (true, Some(Text::from("${.name}.example.org"))));
    assert_eq!(host.programs.ready.as_ref().unwrap().retries, 1);
    assert_eq!(service(&plan, "last").cloud, "local");
}

#[test]
fn attributes_come_from_deps_files_in_the_order_of_their_names() {
    let fixture = Fixture::conf(
        "[defaults]\nimage: x\n",
        "[svc-a]\ndeps2: two.conf\ndeps: sub/one.conf\ndeps10: none.env\ndeps10: env.UNSET\ndeps-z =\n",
    )
    .file("sub/one.conf", "[DEFAULT]\nbase: b\n[deps]\nKey: 1\nboth: one\nlong: a\n  b\nleft: env.UNSET\ntaken: env.SET\nmixed: %(base)s-%(key)s\nempty:\n")
    .file("two.conf", "[deps]\nboth: two\n")
    .env("SET", "yes");
    assert_eq!(
        fixture.warnings(),
        ["level1.conf:4: warning: \"deps10\" is given again further down in [svc-a]; this value has no effect",]
    );
    let plan = fixture.try_load().unwrap().plan;
    let attributes: Vec<(&str, &str)> =
        service(&plan, "a").attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        attributes,
        [
            ("base", "b"),
            ("both", "two"),
            ("empty", ""),
            ("key", "1"),
            ("long", "a\nb"),
            ("mixed", "b-1"),
            ("taken", "yes"),
        ]
    );
}

#[test]
fn iaas_launch_overrides_the_hostname() {
    let fixture = Fixture::conf(
        "",
        "[svc-launched]\nimage: x\nhostname: h\niaas_launch: TRUE\n[svc-not]\nimage: x\nhostname: h\niaas_launch: no\n\
         [svc-nothing]\nhostname: h\niaas_launch: true\n",
    );
    assert_eq!(
        fixture.warnings(),
        [
            "level1.conf:3: warning: \"hostname\" has no effect with iaas_launch: the launched machine's address takes its place",
            "level1.conf:8: warning: \"iaas_launch\" is true or false; \"no\" is read as false",
        ]
    );
    let plan = fixture.try_load().unwrap().plan;
    let seen = |name: &str| (service(&plan, name).launch.is_some(), service(&plan, name).address.is_some());
    assert_eq!((seen("launched"), seen("not"), seen("nothing")), ((true, false), (false, true), (false, true)));
}

#[test]
fn old_plans_carry_things_that_have_no_effect() {
    let fixture = Fixture::conf(
        "[defaults]\nimage: x\nreadpgm: run.sh\niaas_secret: s3cret\n[svc-lost]\nx: y\n[default]\n",
        "[svc-a]\nbootconf: level1.conf\niaas_key = abc\ndep: x\ncloud_name: x\n[service-b]\n[SVC-c]\n[svc-a]\nimage: y\n",
    );
    assert_eq!(
        fixture.warnings(),
        [
            "level1.conf:2: warning: \"bootconf\" has no effect without \"bootpgm\"",
            "level1.conf:3: warning: \"iaas_key\" is ignored: hoist reads no secrets from plans | use a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and take the secret out of the file",
            "level1.conf:4: warning: unknown key \"dep\" in [svc-a]; it has no effect | did you mean \"deps\"?",
            "level1.conf:5: warning: unknown key \"cloud_name\" in [svc-a]; it has no effect | did you mean \"cloud\"?",
            "level1.conf:6: warning: unknown section [service-b]; it has no effect",
            "level1.conf:7: warning: unknown section [SVC-c]; it has no effect | did you mean [svc-c]?",
            "level1.conf:8: warning: section [svc-a] was begun before (level1.conf:1); the two are read as one",
            "top.conf:5: warning: unknown key \"readpgm\" in [defaults]; it has no effect | did you mean \"readypgm\"?",
            "top.conf:6: warning: \"iaas_secret\" is ignored: hoist reads no secrets from plans | use a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and take the secret out of the file",
            "top.conf:7: warning: unknown section [svc-lost]; it has no effect | services belong into the level files that [runlevels] names",
            "top.conf:9: warning: unknown section [default]; it has no effect | did you mean \"defaults\"?",
        ]
    );
}

#[test]
fn what_is_wrong_is_said_in_the_words_of_the_notation() {
    let here = |fixture: &Fixture| {
        let here = fixture.path("").display().to_string();
        fixture.problems().into_iter().map(|problem| problem.replace(&here, "")).collect::<Vec<_>>()
    };
    let fixture = Fixture::conf(
        "level01: level1.conf\nlevel2: none.conf\nlevelx: level1.conf\nlevel1: other.conf\n[cloud-east]\n",
        "[svc-a]\ncloud: east\nreplica_count: -1\nhostname: h\nbootpgm: rnu.sh\nreadypgm: run.sh\nreadypgm_args: 'x\npgm_timeout: soon\n\
         [svc-b]\nreplica_count: x\nimage: %(none)s\n[svc-c]\niaas_launch: false\ndeps: none\ndeps2: other.conf\n\
         [svc-d/e]\nhostname: h\nreplica_count: 1000000000\nlocalsshkeypath: ~/key\n[svc-]\nhostname: h\n",
    )
    .file("other.conf", "")
    .env("HOME", "/nonexistent");
    let rule = "a name has letters, digits, \"-\", \"_\" and \".\", does not begin with \".\" or \"-\", and is at most 64 bytes long";
    assert_eq!(
        here(&fixture),
        [
            "level1.conf:2: unknown cloud \"east\" | did you mean \"cloud-east\"? A cloud is named by its whole section",
            "level1.conf:3: \"replica_count\" must be an integer from 0 to 100000, not \"-1\"",
            "level1.conf:5: boot program of service \"a\": rnu.sh: the file does not exist | did you mean \"run.sh\"?",
            "level1.conf:7: \"readypgm_args\": a quotation begun with ' is not closed",
            "level1.conf:8: \"pgm_timeout\": \"soon\" is no duration; write 90 (seconds), \"30s\", \"2m\" or \"1h30m\"",
            "level1.conf:9: service \"b\" has neither an image nor a hostname | give it `image:`, or `hostname:` of a host that exists",
            "level1.conf:10: \"replica_count\" must be an integer from 0 to 100000, not \"x\"",
            "level1.conf:11: \"image\": %(none)s: no such option",
            "level1.conf:12: service \"c\" is not launched and has no hostname | give it `hostname:` of a host that exists, or take out `iaas_launch: false`",
            "level1.conf:14: deps file none: the file does not exist",
            "level1.conf:15: deps file other.conf: it has no [deps] section",
            &format!("level1.conf:16: \"d/e\" cannot name a service | {rule}"),
            "level1.conf:18: \"replica_count\" must be an integer from 0 to 100000, not \"1000000000\"",
            "level1.conf:19: SSH key of service \"d/e\": /nonexistent/key: the file does not exist",
            &format!("level1.conf:20: \"\" cannot name a service | {rule}"),
            "top.conf:3: level 1 is given twice: level1.conf here, and level1.conf at top.conf:2 | cloudinit.d read only the last file of a level; give every file its own number",
            "top.conf:4: the file of level2, none.conf: the file does not exist",
            "top.conf:5: \"levelx\" has no level number | a level is a line `levelN: FILE`",
            "top.conf:6: level 1 is given twice: other.conf here, and level1.conf at top.conf:2 | cloudinit.d read only the last file of a level; give every file its own number",
        ]
    );
    assert_eq!(
        Fixture::new().file("top.conf", "[defaults]\n").problems(),
        ["top.conf: the plan has no levels | name a file for each level: [runlevels] with a line `level1: FILE`",]
    );
    assert_eq!(
        Fixture::new().file("top.conf", "level1: x\n").problems(),
        ["top.conf:1: \"level1: x\" stands before the first section | a section begins with a line [NAME]",]
    );
}

#[test]
fn a_plan_for_another_cloud_can_be_tried_here() {
    let mut fixture = Fixture::conf(
        "[defaults]\nimage: env.IMAGE\niaas: us-east-1\nlocalsshkeypath: key\n",
        "[svc-a]\n[svc-b]\nlocal_exe: true\n",
    );
    let problems = fixture.problems();
    assert_eq!(
        problems[0],
        "level1.conf:1: service \"a\" has neither an image nor a hostname | image is env.IMAGE, which is not set; set it, or use --cloud local"
    );
    fixture.options.cloud = Some("local".to_owned());
    let loaded = fixture.try_load().unwrap();
    assert_eq!(loaded.plan.clouds.keys().collect::<Vec<_>>(), ["local"]);
    assert_eq!(loaded.warnings.len(), 1, "the missing key is not needed, but said: {:?}", loaded.warnings);
    assert_eq!(loaded.plan.services().filter(|(_, service)| service.launch.is_some()).count(), 2);
}

#[test]
fn the_plan_is_named_after_its_file_or_directory() {
    let fixture = Fixture::new()
        .file("my plan.v1/top.conf", "[runlevels]\nlevel1: l.conf\n")
        .file("my plan.v1/l.conf", "")
        .file("web.conf", "[runlevels]\nlevel1: my plan.v1/l.conf\n");
    let name = |file: &str| fixture.try_load_file(&fixture.path(file)).unwrap().plan.name;
    assert_eq!((name("my plan.v1/top.conf"), name("web.conf")), ("my-plan.v1".to_owned(), "web".to_owned()));
}
