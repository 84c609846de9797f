use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::plan::{Market, SecretSource};

/// What the wizard writes.
const WIZARD: &str = r#"
[workers]
min = 1
max = 8
jobs_per_worker = 4
idle = "1h"
waiting_time = "40s"
deploy_time = "20m"

[queue]
kind = "htcondor"
pool = "crane"

[cloud]
provider = "ec2"
region = "eu-central-1"
endpoint = "https://cloud.example/api"
compatible = true

[machine]
image = "ami-1"
instance_type = "m5.large"
key_name = "ann"
subnet = "subnet-1"
security_groups = ["sg-1", "sg-2"]
instance_profile = "worker"
user_data = "worker-user-data"
tags = { Name = "crane-worker", "cost centre" = "7" }
"#;

/// The smallest fleet.
const SMALL: &str = "[cloud]\nprovider = \"local\"\n[machine]\n[queue]\nkind = \"htcondor\"\n";

fn parse(text: &str) -> FleetFile {
    FleetFile::parse(text, Path::new("elastic.toml")).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn problems(text: &str) -> String {
    let problems = FleetFile::parse(text, Path::new("elastic.toml")).expect_err(text);
    problems.to_string()
}

#[test]
fn the_file_of_the_wizard_is_read() {
    let fleet = parse(WIZARD);
    assert_eq!((fleet.workers.min, fleet.workers.max, fleet.workers.jobs_per_worker), (1, 8, 4));
    assert_eq!(fleet.workers.idle, Duration::from_secs(3600));
    assert_eq!(fleet.queue.as_ref().unwrap().pool.as_deref(), Some("crane"));
    assert_eq!(fleet.cloud.endpoint.as_deref(), Some("https://cloud.example/api"));
    assert!(fleet.cloud.compatible);
    let machine = fleet.machine.as_ref().unwrap();
    assert_eq!((machine.security_groups.len(), machine.tags["cost centre"].as_str()), (2, "7"));
    assert_eq!(fleet.engine, FleetEngine::Classad(ClassadSettings::default()));
    assert_eq!((fleet.limits, fleet.lease), (FleetLimits::default(), WorkerLease::default()));
}

#[test]
fn what_is_left_out_has_its_default() {
    let fleet = parse(SMALL);
    assert_eq!(fleet.workers, Workers::default());
    assert_eq!((fleet.workers.max, fleet.workers.idle), (3, Duration::from_secs(300)));
    assert_eq!((fleet.limits.launches_per_minute, fleet.limits.freeze_fall), (60, 50));
    assert_eq!(fleet.lease.length, Duration::from_secs(1800));
    assert_eq!(fleet.kinds().map(|(name, _)| name).collect::<Vec<_>>(), ["machine"]);
    let coalition = parse(&SMALL.replace("\"htcondor\"", "\"coalition\"\nurl = \"http://10.0.0.1:19211\""));
    assert_eq!(coalition.engine.name(), "coalition");
}

#[test]
fn a_server_may_tell_the_number_at_a_field() {
    let queue = "kind = \"http\"\nurl = \"https://api.example/v1/jobs?state=idle\"\nfield = \"data.waiting\"\n";
    let text = |queue: &str, engine: &str| {
        SMALL.replace("kind = \"htcondor\"\n", queue) + &format!("[engine]\nname = \"{engine}\"\n")
    };
    for engine in ["elastiq", "classad"] {
        let fleet = parse(&text(queue, engine));
        assert_eq!(fleet.queue.unwrap().field.as_deref(), Some("data.waiting"));
    }
    let rabbitmq = queue.replace("\"http\"", "\"rabbitmq\"\nqueue = \"work\"");
    let told = problems(&text(&rabbitmq, "classad"));
    assert!(told.contains("kind \"rabbitmq\" has no \"field\"; http has"), "{told}");
    assert!(told.contains("engine \"classad\" needs a queue of kind \"htcondor\", not \"rabbitmq\""), "{told}");
}

#[test]
fn every_further_key_is_read() {
    let text = r#"
name = "render"
[workers]
max = 50
waiting_time = 0
[queue]
kind = "rabbitmq"
url = "https://mq.example:15671"
queue = "work"
user = "scaler"
password = { secret = "file:/etc/hoist/mq.password" }
[cloud]
provider = "local"
[machines.big]
market = "spot"
max_price = 0.25
price = "0.1"
min = 1
max = 5
cpus = 16
memory = "64G"
disk = 100
gpus = 1
slots = 4
attributes = { Rack = "\"a\"", Fast = true, Bias = "Cpus * 2" }
[machines.small]
[engine]
name = "queuelen"
high = 10
low = 2
variables = { size = 3 }
[limits]
launches_per_minute = 5
budget = 100
budget_per_hour = 2.5
min_idle = 1
grace = "5m"
freeze_fall = 30
[lease]
length = "1h"
grace = 0
[[schedule]]
when = "mon-fri 08:00-18:00 Europe/Rome"
min = 5
[[schedule]]
when = "mon 12:00-13:00"
max = 9
"#;
    let fleet = parse(text);
    assert_eq!(fleet.name.as_deref(), Some("render"));
    let queue = fleet.queue.as_ref().unwrap();
    assert_eq!(queue.password, Some(SecretSource::File("/etc/hoist/mq.password".into())));
    assert!(fleet.names_secrets());
    let big = &fleet.machines["big"];
    assert_eq!((big.market, big.max_price.unwrap().millionths()), (Some(Market::Spot), 250_000));
    assert_eq!(big.figures.memory.unwrap().mebibytes(), 65536);
    assert_eq!(big.figures.disk.unwrap().mebibytes(), 102_400);
    assert_eq!(big.figures.attributes["Fast"], "true");
    assert_eq!(fleet.limits.budget_per_hour.unwrap().to_string(), "2.50");
    assert_eq!((fleet.workers.waiting_time, fleet.lease.grace), (Duration::ZERO, Duration::ZERO));
    let FleetEngine::Queuelen(engine) = &fleet.engine else { panic!("{:?}", fleet.engine) };
    assert_eq!((engine.high, engine.low, engine.variables["size"].as_str()), (10, 2, "3"));
    // Monday noon in Rome is 11:00 UTC in winter; the last schedule that holds counts.
    let bounds = |at: &str| fleet.bounds(at.parse().unwrap());
    assert_eq!(bounds("2026-12-06T10:00:00Z"), Bounds { min: 0, max: 50 });
    assert_eq!(bounds("2026-12-07T10:00:00Z"), Bounds { min: 5, max: 50 });
    assert_eq!(bounds("2026-12-07T12:00:00Z"), Bounds { min: 0, max: 9 });
    assert_eq!(parse(&fleet.to_toml()), fleet);
}

#[test]
fn every_engine_has_its_settings() {
    for (engine, normal) in [
        ("name = \"classad\"\ndrain_mode = \"idle-only\"", "name = \"classad\"\ndrain_mode = \"idle-only\"\n"),
        (
            "name = \"elastiq\"\nqueue_every = 5",
            "name = \"elastiq\"\nqueue_every = \"5s\"\nmachines_every = \"45s\"\nerrors_every = \"20s\"\n\
             waiting_threshold = 0\n",
        ),
        (
            "name = \"npreserving\"\npreserve_n = 2\n[engine.unique.a]\npart = 0\n[engine.unique.b]",
            "name = \"npreserving\"\npreserve_n = 2\n\n[engine.unique.a]\npart = \"0\"\n\n[engine.unique.b]\n",
        ),
        ("name = \"queuelen\"\nhigh = 9\nlow = 0", "name = \"queuelen\"\nhigh = 9\nlow = 0\n"),
        (
            "name = \"command\"\nprogram = \"/bin/decide\"",
            "name = \"command\"\nprogram = [\"/bin/decide\"]\ntimeout = \"30s\"\n",
        ),
    ] {
        let toml = parse(&format!("{SMALL}[engine]\n{engine}\n")).to_toml();
        assert!(toml.contains(&format!("[engine]\n{normal}\n[limits]\n")), "{toml}");
        assert_eq!(parse(&toml).to_toml(), toml);
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let text = "naem = \"x\"\n[workers]\nmin = 5\nmax = 2\nidle = 0\njobs_per_worker = -1\nmaxx = 3\n\
        [queue]\nkind = \"htcodnor\"\n[cloud]\nprovider = \"ec3\"\naws_access_key_id = \"AKIA\"\n\
        [engine]\nname = \"queulen\"\n";
    assert_eq!(
        problems(text),
        "elastic.toml: the fleet has no machines\n  [machine], or [machines.NAME] for each of several kinds\n\
         elastic.toml:1: unknown key \"naem\" in the fleet's file\n  did you mean \"name\"?\n\
         elastic.toml:3: \"min\" of [workers] is 5, more than \"max\", 2\n\
         elastic.toml:5: \"idle\" of [workers]: a duration must be longer than 0\n\
         elastic.toml:6: \"jobs_per_worker\" of [workers] must be an integer from 1 to 100000, not -1\n\
         elastic.toml:7: unknown key \"maxx\" in [workers]\n  did you mean \"max\"?\n\
         elastic.toml:9: \"kind\" of [queue] must be \"htcondor\" or \"coalition\" or \"rabbitmq\" or \"redis\" or \"sqs\" or \
         \"http\" or \"command\" or \"file\", not \"htcodnor\"\n  did you mean \"htcondor\"?\n\
         elastic.toml:11: \"provider\" of [cloud] must be \"ec2\" or \"gce\" or \"local\", not \"ec3\"\n  did you mean \"ec2\"?\n\
         elastic.toml:12: unknown key \"aws_access_key_id\" in [cloud]\n  credentials are never in this file: they come from \
         the environment or the machine's role\n\
         elastic.toml:14: \"name\" of [engine] must be \"classad\" or \"elastiq\" or \"npreserving\" or \"queuelen\" or \
         \"coalition\" or \"command\", not \"queulen\"\n  did you mean \"queuelen\"?"
    );
}

#[test]
fn bad_values_are_told_with_their_lines() {
    for (text, told) in [
        ("[workers]\nmax = -1\n", "elastic.toml:7: \"max\" of [workers] must be an integer from 0 to 100000, not -1"),
        ("[workers]\nmax = 1.5\n", "elastic.toml:7: \"max\" of [workers] must be an integer"),
        ("[workers]\nmin = 4\n", "elastic.toml:7: \"min\" of [workers] is 4, more than \"max\", 3"),
        ("[workers]\ndeploy_time = \"5x\"\n", "elastic.toml:7: \"deploy_time\" of [workers]: \"5x\" is no duration"),
        ("[limits]\nbudget = 0\n", "elastic.toml:7: \"budget\" of [limits]: 0: a price must be more than 0"),
        ("[limits]\nbudget_per_hour = -1\n", "elastic.toml:7: \"budget_per_hour\" of [limits]: -1: is no price"),
        (
            "[limits]\nfreeze_fall = 101\n",
            "elastic.toml:7: \"freeze_fall\" of [limits] must be an integer from 1 to 100",
        ),
        ("[limits]\nlaunches_per_minute = 0\n", "must be an integer from 1 to 100000, not 0"),
        (
            "[limits]\nmin_idle = 4\n",
            "elastic.toml:7: \"min_idle\" of [limits] is 4, more than \"max\" of [workers], 3",
        ),
        ("[lease]\nlength = 0\n", "elastic.toml:7: \"length\" of [lease]: a duration must be longer than 0"),
        ("[[schedule]]\nmin = 1\n", "elastic.toml:6: [[schedule]] needs \"when\""),
        ("[[schedule]]\nwhen = \"mon\"\n", "elastic.toml:6: [[schedule]] needs \"min\" or \"max\""),
        (
            "[[schedule]]\nwhen = \"mon\"\nmin = 4\n",
            "elastic.toml:8: [[schedule]] has at least 4 workers and at most 3",
        ),
        ("[[schedule]]\nwhen = \"mom\"\nmin = 1\n", "elastic.toml:7: \"when\" of [[schedule]]: \"mom\" is no day"),
        ("[schedule]\nwhen = \"mon\"\n", "elastic.toml:6: \"schedule\" of the fleet's file must be an array of tables"),
        ("[machines.a]\nmin = 2\nmax = 1\n", "elastic.toml:7: \"min\" of [machines.a] is 2, more than \"max\", 1"),
        ("[machines.a]\nmin = 4\n", "the kinds of machines need 4 workers, more than \"max\" of [workers], 3"),
        ("[machines.a]\nmax_price = 1\n", "elastic.toml:7: \"max_price\" of [machines.a] is for spot capacity only"),
        ("[machines.a]\nmarket = \"sopt\"\n", "did you mean \"spot\"?"),
        ("[machines.a]\ncpus = 0\n", "elastic.toml:7: \"cpus\" of [machines.a] must be an integer from 1"),
        ("[machines.a]\nmemory = \"4 G\"\n", "elastic.toml:7: \"memory\" of [machines.a]: 4 G: is no size"),
        ("[machines.a]\nimage = \"\"\n", "elastic.toml:7: \"image\" of [machines.a]: is empty"),
        ("[machines.a]\nattributes = { X = \"1 +\" }\n", "attribute \"X\" of [machines.a] is no ClassAd expression"),
        ("[machines.a]\nattributes = { memory = 1 }\n", "attribute \"memory\" has a key of its own"),
        ("[machines.a]\nattributes = { \"a b\" = 1 }\n", "\"a b\" cannot name an attribute of [machines.a]"),
        ("[machines.machine]\n", "elastic.toml:6: [machines.machine] has the name of the kind in [machine]"),
        ("[machines.\"a b\"]\n", "elastic.toml:6: \"a b\" cannot name a kind of machines"),
        ("[machines]\n", "elastic.toml:6: [machines] has no kind"),
        ("[engine]\nhigh = 2\n", "elastic.toml:6: [engine] needs \"name\""),
        (
            "[engine]\nname = \"classad\"\nhigh = 2\n",
            "elastic.toml:8: unknown key \"high\" in [engine]\n  \"high\" is a setting of queuelen, not of classad",
        ),
        ("[engine]\nname = \"queuelen\"\nhigh = 2\n", "elastic.toml:6: [engine] needs \"low\""),
        (
            "[engine]\nname = \"queuelen\"\nhigh = 2\nlow = 3\n",
            "elastic.toml:9: \"low\" of [engine] is 3, more than \"high\", 2",
        ),
        (
            "[engine]\nname = \"npreserving\"\npreserve_n = 4\n",
            "elastic.toml:8: \"preserve_n\" of [engine] is 4, more than \"max\" of [workers], 3",
        ),
        (
            "[engine]\nname = \"npreserving\"\npreserve_n = 0\n[engine.unique.a]\n",
            "elastic.toml:8: \"preserve_n\" of [engine] is 0, less than the 1 unique slot",
        ),
        ("[engine]\nname = \"command\"\n", "elastic.toml:6: [engine] needs \"program\""),
        (
            "[engine]\nname = \"coalition\"\n",
            "elastic.toml:6: engine \"coalition\" needs a queue of kind \"coalition\", not \"htcondor\"",
        ),
        ("[engine]\nname = 3\n", "\"name\" of [engine] must be a string, not an integer"),
        ("[[machine]]\n", "invalid TOML"),
        ("[workers\n", "elastic.toml:6: invalid TOML"),
    ] {
        let told_all = problems(&format!("{SMALL}{text}"));
        assert!(told_all.contains(told), "{text}: {told_all}\nwanted: {told}");
    }
}

#[test]
fn a_minimum_that_no_kind_may_fill_is_told() {
    let small = SMALL.replace("[machine]\n", "");
    let text = |more| format!("{small}[workers]\nmin = 3\nmax = 3\n[machines.a]\nmax = 1\n[machines.b]\n{more}\n");
    assert_eq!(
        problems(&text("max = 1")),
        "elastic.toml: the kinds of machines allow 2 workers, fewer than \"min\" of [workers], 3"
    );
    parse(&text("max = 2"));
    parse(&text(""));
}

#[test]
fn sections_must_be_tables() {
    let told = problems(&format!("engine = 3\nworkers = []\nschedule = [1]\n{SMALL}"));
    assert_eq!(
        told,
        "elastic.toml:1: \"engine\" of the fleet's file must be a table, not an integer\n\
         elastic.toml:2: \"workers\" of the fleet's file must be a table, not an array\n\
         elastic.toml:3: \"schedule\" of the fleet's file must be an array of tables, [[schedule]], not an integer"
    );
}

#[test]
fn bad_queues_are_told() {
    let rest = "[cloud]\nprovider = \"local\"\n[machine]\n[engine]\nname = \"queuelen\"\nhigh = 2\nlow = 1\n";
    for (queue, told) in [
        ("", "elastic.toml:4: engine \"queuelen\" needs a [queue]"),
        ("[queue]\n", "elastic.toml:8: [queue] needs \"kind\""),
        ("[queue]\nkind = \"redis\"\n", "elastic.toml:8: [queue] needs \"url\""),
        ("[queue]\nkind = \"sqs\"\nurl = \"https://sqs.example\"\n", "elastic.toml:8: [queue] needs \"queue\""),
        (
            "[queue]\nkind = \"file\"\nurl = \"http://a\"\npath = \"/a\"\n",
            "unknown key \"url\" in [queue]\n  kind \"file\" has no \"url\"; ",
        ),
        (
            "[queue]\nkind = \"http\"\nurl = \"ftp://a\"\n",
            "elastic.toml:10: \"url\" of [queue] is no address that can be used here\n  it begins with http:// or https://",
        ),
        ("[queue]\nkind = \"http\"\nurl = \"http:// a\"\n", "is no address that can be used here"),
        ("[queue]\nkind = \"command\"\nprogram = []\n", "must name at least one"),
        ("[queue]\nkind = \"command\"\nprogram = \"\"\n", "names no program"),
    ] {
        let told_all = problems(&format!("{rest}{queue}"));
        assert!(told_all.contains(told), "{queue}: {told_all}\nwanted: {told}");
    }
}

#[test]
fn an_engine_that_must_know_busy_workers_is_refused_where_nobody_does() {
    for (kind, url) in [("redis", "url = \"redis://a\"\n"), ("rabbitmq", "url = \"http://a\"\n"), ("sqs", "")] {
        let queue = format!("[queue]\nkind = \"{kind}\"\nqueue = \"jobs\"\n{url}");
        let rest = "[cloud]\nprovider = \"local\"\n[machine]\n[engine]\nname = \"elastiq\"\n";
        let told = problems(&format!("{rest}{queue}"));
        assert!(told.contains("elastic.toml:4: engine \"elastiq\" must know which workers are busy"), "{told}");
        assert!(told.contains("name = \"queuelen\" with high and low"), "{told}");
    }
}

#[test]
fn passwords_are_never_quoted() {
    let start = "[cloud]\nprovider = \"local\"\n[machine]\n[engine]\nname = \"queuelen\"\nhigh = 2\nlow = 1\n\
        [queue]\nkind = \"redis\"\nqueue = \"jobs\"\n";
    for queue in [
        "url = \"redis://a\"\npassword = \"hunter22\"\n",
        "url = \"redis://a\"\npassword = { secret = \"hunter22\" }\n",
        "url = \"redis://a\"\npassword = { value = \"hunter22\" }\n",
        "url = \"redis://ann:hunter22@a\"\n",
        "url = \"hunter22@a\"\n",
    ] {
        let told = problems(&format!("{start}{queue}"));
        assert!(!told.contains("hunter22") && told.contains("elastic.toml:11: ") || told.contains(":12: "), "{told}");
        assert!(!told.contains("hunter22"), "{told}");
    }
}

#[test]
fn files_that_others_may_change_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("elastic.toml");
    let load = |text: &str, mode: u32| {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        FleetFile::load(&path).map_err(|problems| problems.to_string())
    };
    let secret =
        SMALL.replace("\"htcondor\"", "\"coalition\"\nurl = \"http://a\"\npassword = { secret = \"file:pw\" }");
    assert_eq!(load(SMALL, 0o644), Ok(parse(SMALL)));
    for mode in [0o664, 0o646] {
        assert!(load(SMALL, mode).unwrap_err().contains(&format!("may be changed by others (mode {mode:04o})")));
    }
    for mode in [0o644, 0o640] {
        assert!(load(&secret, mode).unwrap_err().contains("says where secrets are and may be read by others"));
    }
    let password = load(&secret, 0o600).unwrap().queue.unwrap().password;
    assert_eq!(password, Some(SecretSource::File(directory.path().join("pw"))));
    fs::remove_file(&path).unwrap();
    let missing = FleetFile::load(&path).unwrap_err().to_string();
    assert!(missing.contains("the fleet's file cannot be read: No such file"), "{missing}");
}
