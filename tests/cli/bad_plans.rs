//! Plans that cannot run: what is said, and that nothing else happens.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::lab::Lab;
use crate::traces;

/// The plan is refused by every command that reads it, in these words, and nothing on the disk changes.
#[track_caller]
fn refused(lab: &Lab, plan: &str, problems: &str) {
    let errors = match problems.lines().filter(|line| !line.starts_with(' ') && !line.contains(" warning: ")).count() {
        1 => "the plan has an error".to_owned(),
        count => format!("the plan has {count} errors"),
    };
    let expected = format!("{problems}\nhoist: {errors}; nothing was done\n");
    let before = traces::snapshot(lab.root());
    for command in ["plan validate", "plan boot", "plan boot --dry-run", "plan reload --name x"] {
        lab.hoist(command).arg(plan).exit(1).stdout("").stderr(&expected);
    }
    let document = lab.hoist("plan validate -o json").arg(plan).exit(1).stderr("").json();
    assert_eq!((&document["valid"], &document["schema"]), (&false.into(), &1.into()));
    let said = document["problems"].as_array().unwrap();
    assert_eq!(said.len(), problems.lines().filter(|line| !line.starts_with(' ')).count(), "{document:#}");
    assert!(before == traces::snapshot(lab.root()), "something was changed or made");
    lab.assert_nothing_runs();
}

/// One level with this inside `[levels.services.web]`.
#[track_caller]
fn service_refused(keys: &str, problems: &str) {
    refused(&Lab::with_plan(&format!("[[levels]]\n[levels.services.web]\n{keys}\n")), "demo.toml", problems);
}

/// A plan in cloudinit.d's notation with one level file, `level.conf`.
fn conf(level: &str) -> Lab {
    let lab = Lab::new();
    lab.file("demo.conf", "[runlevels]\nlevel1: level.conf\n[defaults]\niaas: local\nimage: any\n");
    lab.file("level.conf", level).program("true.sh", "exit 0");
    lab
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let lab = Lab::new();
    refused(&lab, "none.toml", "none.toml: the file does not exist");
    refused(&lab, "none.conf", "none.conf: the file does not exist");
    refused(&lab, "home", "home: is a directory, not a file");
    lab.file("latin.toml", b"name = \"x\"\nmotto = \"\xe9\"\n").file("latin.conf", b"[runlevels]\nlevel1: \xe9\n");
    refused(&lab, "latin.toml", "latin.toml: the file is not UTF-8 text (line 2, byte 21)");
    refused(&lab, "latin.conf", "latin.conf: the file is not UTF-8 text (line 2, byte 21)");
    lab.hoist("plan show none.toml")
        .exit(1)
        .stdout("")
        .stderr("hoist: cannot read the plan none.toml: there is no such file\n");
}

#[test]
fn a_file_that_must_not_be_read_is_named() {
    let Some(lab) = crate::unprivileged::nobodys_lab() else { return };
    lab.file("demo.toml", "name = \"x\"\n");
    fs::set_permissions(lab.path("demo.toml"), fs::Permissions::from_mode(0o000)).unwrap();
    refused(&lab, "demo.toml", "demo.toml: cannot be opened: permission denied");
}

#[test]
fn every_syntax_error_of_an_ini_file_has_its_line() {
    let lab = Lab::new();
    lab.file("demo.conf", "[runlevels\nlevel1: a.conf\nnonsense\n");
    refused(
        &lab,
        "demo.conf",
        "demo.conf:1: \"[runlevels\" is no section header
  a section begins with a line [NAME]
demo.conf:2: \"level1: a.conf\" stands before the first section
  a section begins with a line [NAME]
demo.conf:3: \"nonsense\" is neither a section nor an option
  an option is a line `NAME: VALUE` or `NAME = VALUE`",
    );
}

#[test]
fn unknown_keys_are_errors_in_toml() {
    let lab = Lab::with_plan("[extra]\na = 1\n[[levels]]\n[levels.services.web]\nbot = \"true.sh\"\nreplicsa = 2\n");
    refused(
        &lab,
        "demo.toml",
        "demo.toml:1: unknown key \"extra\" in the plan
demo.toml:5: unknown key \"bot\" in service \"web\"
  did you mean \"boot\"?
demo.toml:6: unknown key \"replicsa\" in service \"web\"
  did you mean \"replicas\"?",
    );
}

#[test]
fn unknown_keys_are_warnings_in_old_plans() {
    let lab = conf("[svc-web]\nbootpgm: true.sh\nreadpgm: true.sh\n[web]\nx: y\n");
    lab.file(
        "demo.conf",
        "[runlevels]\nlevel1: level.conf\n[defualts]\n[defaults]\niaas: local\nimage: any\nbotpgm: x\n",
    );
    let warnings = "demo.conf:3: warning: unknown section [defualts]; it has no effect
  did you mean \"defaults\"?
demo.conf:7: warning: unknown key \"botpgm\" in [defaults]; it has no effect
  did you mean \"bootpgm\"?
level.conf:3: warning: unknown key \"readpgm\" in [svc-web]; it has no effect
  did you mean \"readypgm\"?
level.conf:4: warning: unknown section [web]; it has no effect
";
    lab.hoist("plan validate demo.conf").exit(0).stdout("demo is valid: 1 service in 1 level\n").stderr(warnings);
    lab.hoist("plan show demo.conf -o json").exit(0).stderr(warnings);
    lab.hoist("plan show demo.conf -o json -q").exit(0).stderr("");
    lab.hoist("plan boot demo.conf").exit(0).says(warnings);
}

#[test]
fn clouds_attributes_and_services_must_exist() {
    service_refused("cloud = \"eats\"", "demo.toml:3: unknown cloud \"eats\"\n  known clouds: local, ec2, gce, sim");
    service_refused(
        "boot = { program = \"true.sh\", args = [\"${web.adress}\", \"${wbe.address}\", \"${.motto}\", \"${global.port}\"] }",
        "demo.toml:3: service \"web\" has no attribute \"adress\"
  did you mean \"address\"?
demo.toml:3: unknown service \"wbe\" in ${wbe.address}
  did you mean \"web\"?
demo.toml:3: service \"web\" has no attribute \"motto\"
  what its boot program writes can be read by its ready and terminate programs, and from later levels
demo.toml:3: unknown variable ${global.port}
  define it in the plan, or give --var port=VALUE",
    );
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n");
    let unknown =
        "--cloud: unknown cloud \"ec4\"\n  did you mean \"ec2\"?\nhoist: the plan has an error; nothing was done\n";
    lab.hoist("plan boot demo.toml --cloud ec4").exit(1).stdout("").stderr(unknown);
    refused(
        &conf("[svc-web]\ncloud: cloud-east\nbootpgm: true.sh\nbootpgm_args: ${db.x}\n"),
        "demo.conf",
        "level.conf:2: unknown cloud \"cloud-east\"
level.conf:4: unknown service \"db\" in ${db.x}",
    );
}

#[test]
fn a_service_is_defined_once() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n[[levels]]\n[levels.services.web]\n");
    refused(&lab, "demo.toml", "demo.toml:4: service \"web\" is defined twice; the other is at demo.toml:2");
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n[levels.services.web]\n");
    refused(&lab, "demo.toml", "demo.toml:3: invalid TOML: duplicate key \"web\"");
    let lab = conf("[svc-web]\nbootpgm: true.sh\n");
    lab.file("demo.conf", "[runlevels]\nlevel1: level.conf\nlevel2: again.conf\n[defaults]\niaas: local\nimage: any\n");
    lab.file("again.conf", "[svc-web]\nbootpgm: true.sh\n");
    refused(&lab, "demo.conf", "again.conf:1: service \"web\" is defined twice; the other is at level.conf:1");
}

#[test]
fn circles_and_later_levels_are_refused() {
    service_refused(
        "attributes = { a = \"${.b}\", b = \"${.a}\" }",
        "demo.toml:3: web.a reads itself, in a circle: web.a → web.b → web.a",
    );
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nattributes = { db = \"${db.address}\" }\n[[levels]]\n[levels.services.db]\n",
    );
    refused(
        &lab,
        "demo.toml",
        "demo.toml:3: ${db.address} reads a service of a later level: \"db\" is in level 2, \"web\" in level 1
  a service can read services of its own level and of earlier ones",
    );
}

#[test]
fn programs_must_exist() {
    service_refused(
        "boot = \"treu.sh\"\nready = \"home\"",
        "demo.toml:3: boot program of service \"web\": treu.sh: the file does not exist
  did you mean \"true.sh\"?
demo.toml:4: ready program of service \"web\": home: is a directory, not a file",
    );
    refused(
        &conf("[svc-web]\nbootpgm: treu.sh\n"),
        "demo.conf",
        "level.conf:2: boot program of service \"web\": treu.sh: the file does not exist
  did you mean \"true.sh\"?",
    );
}

#[test]
fn a_program_need_not_be_executable() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nboot = \"plain.sh\"\nready = \"bare\"\n");
    lab.file("plain.sh", "#!/bin/sh\necho it runs\n").file("bare", "echo it runs too\n");
    lab.hoist("plan boot demo.toml").exit(0);
    lab.hoist("plan logs demo web --program boot").exit(0).says("it runs\n");
    lab.hoist("plan logs demo web --program ready").exit(0).says("it runs too\n");
}

#[test]
fn a_config_template_reads_what_the_service_has() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nboot = { program = \"true.sh\", config = \"config.json\" }\nattributes = { motto = \"x\" }\n",
    );
    lab.file("config.json", "{\n \"motto\": \"$mottto\"\n}\n");
    refused(
        &lab,
        "demo.toml",
        "config.json:2: unknown variable \"mottto\": service \"web\" has no such attribute\n  did you mean \"motto\"?",
    );
}

#[test]
fn replicas_are_counted_from_one() {
    for (count, shown) in [("0", "0"), ("-1", "-1"), ("\"x\"", "\"x\""), ("1000000000", "1000000000")] {
        service_refused(
            &format!("replicas = {count}"),
            &format!("demo.toml:3: \"replicas\" of service \"web\" must be an integer from 1 to 100000, not {shown}"),
        );
    }
    for count in ["-1", "x", "1000000000"] {
        refused(
            &conf(&format!("[svc-web]\nreplica_count: {count}\n")),
            "demo.conf",
            &format!("level.conf:2: \"replica_count\" must be an integer from 0 to 100000, not \"{count}\""),
        );
    }
    let lab = conf("[svc-web]\nreplica_count: 0\n");
    lab.hoist("plan validate demo.conf").exit(0).stdout("demo is valid: 1 service in 1 level\n").stderr("");
}

#[test]
fn levels_may_have_gaps_and_no_doubles() {
    let gaps = "[[levels]]\nnumber = 2\n[levels.services.a]\n[[levels]]\nnumber = 7\n[levels.services.b]\n";
    let lab = Lab::with_plan(gaps);
    lab.hoist("plan validate demo.toml").exit(0).stdout("demo is valid: 2 services in 2 levels\n").stderr("");
    let twice = "[[levels]]\nnumber = 2\n[levels.services.a]\n[[levels]]\nnumber = 2\n[levels.services.b]\n";
    refused(
        &Lab::with_plan(twice),
        "demo.toml",
        "demo.toml:4: level \"level2\" is defined twice
demo.toml:5: level number 2 comes after level 2; numbers must rise",
    );
    let lab = conf("[svc-web]\n");
    lab.file("b.conf", "[svc-db]\n");
    lab.file("demo.conf", "[runlevels]\nlevel3: level.conf\nlevel20: b.conf\n[defaults]\niaas: local\nimage: any\n");
    lab.hoist("plan validate demo.conf").exit(0).stdout("demo is valid: 2 services in 2 levels\n").stderr("");
    lab.file("demo.conf", "[runlevels]\nlevel3: level.conf\nlevel03: b.conf\n[defaults]\niaas: local\nimage: any\n");
    refused(
        &lab,
        "demo.conf",
        "demo.conf:3: level 3 is given twice: b.conf here, and level.conf at demo.conf:2
  cloudinit.d read only the last file of a level; give every file its own number",
    );
}

#[test]
fn a_plan_has_a_size() {
    let lab = Lab::new();
    for name in ["big.toml", "big.conf"] {
        fs::File::create(lab.path(name)).unwrap().set_len(100 * 1024 * 1024).unwrap();
        refused(&lab, name, &format!("{name}: the file has 104857600 bytes; the limit is 64 MiB"));
    }
}

const NAME_RULE: &str = "a name has letters, digits, \"-\", \"_\" and \".\", does not begin with \".\" or \"-\", and is at most 64 bytes long";

#[test]
fn names_that_could_do_harm_are_refused() {
    for (name, shown) in [
        ("a/b", "a/b"),
        ("..", ".."),
        ("a b", "a b"),
        ("a\\\"b", "a\\\"b"),
        ("a'b", "a\\'b"),
        ("a\\nb", "a\\nb"),
        ("\\u001b[31m", "\\u{1b}[31m"),
        ("$(reboot)", "$(reboot)"),
        ("a;b", "a;b"),
    ] {
        let lab = Lab::with_plan(&format!("[[levels]]\n[levels.services.\"{name}\"]\n"));
        refused(&lab, "demo.toml", &format!("demo.toml:2: \"{shown}\" cannot name a service\n  {NAME_RULE}"));
    }
}

#[test]
fn runs_have_names_that_do_no_harm() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n");
    let before = traces::snapshot(lab.root());
    for name in ["a/b", "../x", "a b", "a\"b", "a'b", "a\nb", "$(reboot)", ".x", ""] {
        let expected = format!("hoist: a run cannot be named {name:?}: {NAME_RULE}\n");
        lab.hoist("plan boot demo.toml --name").arg(name).exit(64).stdout("").stderr(&expected);
    }
    assert!(before == traces::snapshot(lab.root()), "something was changed or made");
}

#[test]
fn other_files_of_a_boot_must_be_there_before_anything_is_done() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n");
    let before = traces::snapshot(lab.root());
    lab.hoist("plan boot demo.toml --var-file none.toml")
        .exit(1)
        .stdout("")
        .stderr("none.toml: the file does not exist\nhoist: the plan has an error; nothing was done\n");
    lab.hoist("plan boot demo.toml --rehearse none.toml").exit(1).stdout("").says("none.toml");
    assert!(before == traces::snapshot(lab.root()), "something was changed or made");
}
