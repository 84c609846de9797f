//! `plan show`: JSON, text and graph.

use hoist::report::plan::{PlanDocument, show_dot, show_human};
use serde_json::json;

use crate::plans::fixture::Fixture;

fn fixture() -> Fixture {
    Fixture::toml(
        "name = \"webapp\"\n[variables]\nport = \"8080\"\n[clouds.east]\nprovider = \"ec2\"\nregion = \"us-east-1\"\n\
         [[levels]]\nname = \"data\"\n[levels.services.database]\ncloud = \"east\"\nimage = \"ami-1\"\ninstance_type = \"t3.small\"\n\
         boot = { program = \"run.sh\", args = [\"${global.port}\", \"a b\"], config = \"config.json\" }\n\
         ready = { program = \"run.sh\", timeout = \"2m\", retries = 3 }\nattributes = { motto = \"hello\" }\n\
         [[levels]]\n[levels.services.web]\nreplicas = 3\nattributes = { database = \"${database.address}\", token = \"${database.token}\" }\n\
         [levels.services.notify]\nrun_on = \"this-host\"\nattributes = { first = \"${web-0.address}\", text = \"line one\\nand a second line that is far too long to fit into eighty columns\" }\n\
         [levels.services.old]\naddress = \"old.example.org\"\nssh = { user = \"ann\" }\n",
    )
    .file("config.json", "{}")
}

#[test]
fn json_has_the_promised_shape() {
    let fixture = fixture();
    let plan = fixture.plan();
    let shown = serde_json::to_value(PlanDocument::of(&plan)).unwrap();
    let path = |name: &str| fixture.path(name).display().to_string();
    assert_eq!(shown["schema"], 1);
    assert_eq!(shown["plan"], "webapp");
    assert_eq!(shown["levels"][0]["number"], 1);
    assert_eq!(shown["levels"][0]["name"], "data");
    assert_eq!(
        shown["levels"][0]["services"][0],
        json!({
            "name": "database", "cloud": "east", "region": "us-east-1", "image": "ami-1", "instance_type": "t3.small",
            "instance_types": ["t3.small"], "key_name": null, "address": null, "run_on": "instance", "ssh_user": null,
            "boot": { "program": path("run.sh"), "args": ["${global.port}", "a b"], "config": path("config.json") },
            "ready": { "program": path("run.sh"), "args": [], "config": null },
            "terminate": null,
            "attributes": { "motto": "hello" },
        })
    );
    let later: Vec<[&str; 2]> = shown["levels"][1]["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| [service["name"].as_str().unwrap(), service["run_on"].as_str().unwrap()])
        .collect();
    assert_eq!(
        later,
        [
            ["web-0", "instance"],
            ["web-1", "instance"],
            ["web-2", "instance"],
            ["notify", "this-host"],
            ["old", "address"],
        ]
    );
    assert_eq!(shown["levels"][1]["services"][4]["address"], "old.example.org");
    assert_eq!(shown["levels"][1]["services"][4]["ssh_user"], "ann");
}

#[test]
fn text_is_aligned_and_fits_eighty_columns() {
    let shown = show_human(&fixture().plan());
    assert_eq!(
        shown,
        r#"webapp: 6 services in 2 levels
  global.port  8080

level 1  data
  database
    runs on  an instance of east, us-east-1, t3.small, ami-1
    boot     run.sh ${global.port} "a b"
             config config.json
    ready    run.sh
             at most 2m, 3 retries
    motto    = hello

level 2
  web-0 … web-2  (3 replicas)
    runs on   an instance of local
    database  = ${database.address}
    token     = ${database.token}
  notify
    runs on  this host
    first    = ${web-0.address}
    text     = line one\nand a second line that is far too long to fit into eig…
  old
    runs on  the host old.example.org
"#
    );
    assert!(shown.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn the_graph_has_a_cluster_for_each_level_and_an_edge_for_each_reference() {
    let dot = show_dot(&fixture().plan());
    assert_eq!(
        dot,
        r#"digraph "webapp" {
  rankdir=LR;
  node [shape=box];
  subgraph cluster_0 {
    label="1 data";
    "database" [label="database"];
  }
  subgraph cluster_1 {
    label="2 level2";
    "web" [label="web ×3"];
    "notify" [label="notify"];
    "old" [label="old"];
  }
  "notify" -> "web" [label="address"];
  "web" -> "database" [label="address"];
  "web" -> "database" [label="token"];
}
"#
    );
}
