//! The native notation.

use std::time::Duration;

use hoist::plan::{HostKeyPolicy, RunOn};

use crate::plans::fixture::{Fixture, names, service};

const WEBAPP: &str = r#"
name = "webapp"
[variables]
port = "8080"
workers = 4
[defaults]
cloud = "local"
[clouds.east]
provider = "ec2"
region = "us-east-1"
[[levels]]
name = "data"
[levels.services.database]
cloud = "east"
image = "ami-1"
instance_type = "t3.small"
boot  = { program = "database/boot.sh", args = ["${global.port}", 7], config = "database/config.json" }
ready = { program = "database/ready.sh", timeout = "2m", retries = 3, optional = true }
terminate = "database/stop.sh"
attributes = { motto = "hello", fast = true, share = 0.5 }
[[levels]]
[levels.services.web]
replicas = 3
attributes = { database = "${database.address}" }
[levels.services.admin]
address = "${database.address}"
ssh = { user = "ann", port = 2222, host_key = "accept-new" }
[levels.services.notify]
run_on = "this-host"
market = "spot"
timeout = 90
"#;

fn webapp() -> Fixture {
    Fixture::toml(WEBAPP)
        .file("database/boot.sh", "boot")
        .file("database/ready.sh", "ready")
        .file("database/stop.sh", "stop")
        .file("database/config.json", "{\"motto\": \"$motto\", \"at\": \"${address}\"}")
}

#[test]
fn a_plan_becomes_levels_of_services() {
    let fixture = webapp();
    let plan = fixture.plan();
    assert_eq!(plan.name, "webapp");
    assert_eq!(plan.variables["workers"], "4");
    assert_eq!(names(&plan), [vec!["database"], vec!["web-0", "web-1", "web-2", "admin", "notify"]]);
    assert_eq!((plan.levels[0].name.as_str(), plan.levels[1].name.as_str()), ("data", "level2"));
    assert_eq!(plan.clouds.keys().collect::<Vec<_>>(), ["east", "local"]);
    assert_eq!(plan.clouds["east"].region.as_deref(), Some("us-east-1"));

    let database = service(&plan, "database");
    assert_eq!(database.run_on, RunOn::Instance);
    assert_eq!(database.launch.as_ref().unwrap().image.as_ref().unwrap().as_str(), "ami-1");
    assert_eq!(database.attributes["fast"].as_str(), "true");
    assert_eq!(database.attributes["share"].as_str(), "0.5");
    let boot = database.programs.boot.as_ref().unwrap();
    assert_eq!(boot.file.path, fixture.path("database/boot.sh"));
    // printf boot | sha256sum
    assert_eq!(boot.file.digest, "4509beb0ab401d71fa4a5cd94a55c9a74f13332776ae4019c5bfc4c2005157ff");
    assert_eq!(boot.args.iter().map(|arg| arg.as_str()).collect::<Vec<_>>(), ["${global.port}", "7"]);
    assert_eq!((boot.timeout, boot.retries, boot.optional), (Duration::from_secs(1200), 0, false));
    let ready = database.programs.ready.as_ref().unwrap();
    assert_eq!((ready.timeout, ready.retries, ready.optional), (Duration::from_secs(120), 3, true));
    assert_eq!(database.programs.terminate.as_ref().unwrap().retries, 0);

    let web = service(&plan, "web-1");
    assert_eq!((web.replica_of.as_deref(), web.cloud.as_str()), (Some("web"), "local"));
    let admin = service(&plan, "admin");
    assert_eq!((admin.run_on, admin.launch.is_none(), admin.ssh.port), (RunOn::Address, true, Some(2222)));
    assert_eq!(admin.ssh.host_key, HostKeyPolicy::AcceptNew);
    let notify = service(&plan, "notify");
    assert_eq!((notify.run_on, notify.launch.is_none(), notify.timeout.as_secs()), (RunOn::ThisHost, true, 90));
}
