//! Configs that are JSON by name.

use serde_json::{Value, json};

use crate::lab::Lab;

fn plan(config: &str) -> String {
    format!(
        "[[levels]]\n[levels.services.web]\nrun_on = \"this-host\"\n\
         boot = {{ program = \"keep.sh\", config = \"{config}\" }}\n\
         attributes = {{ motto = 'say \"hi\" \\ bye', port = \"8080\" }}\n"
    )
}

#[test]
fn values_with_quotes_give_valid_json_and_numbers_stay_numbers() {
    let lab = Lab::with_plan(&plan("web.json"));
    lab.file("web.json", "{\"motto\": \"<$motto>\", \"port\": $port, \"price\": \"$$5\"}\n");
    lab.program("keep.sh", &format!("cp bootconf.json {}", lab.path("kept").display()));
    lab.hoist("plan validate demo.toml").exit(0);
    lab.hoist("plan boot demo.toml").exit(0);
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(lab.path("kept")).unwrap()).unwrap();
    assert_eq!(kept, json!({"motto": "<say \"hi\" \\ bye>", "port": 8080, "price": "$5"}));
}

#[test]
fn a_config_of_another_name_is_filled_as_it_is() {
    let lab = Lab::with_plan(&plan("web.txt"));
    lab.file("web.txt", "motto = \"$motto\"\n");
    lab.program("keep.sh", &format!("cp bootconf.json {}", lab.path("kept").display()));
    lab.hoist("plan boot demo.toml").exit(0);
    assert_eq!(std::fs::read_to_string(lab.path("kept")).unwrap(), "motto = \"say \"hi\" \\ bye\"\n");
}

#[test]
fn what_is_no_json_is_said_at_validation() {
    let lab = Lab::with_plan(&plan("web.json"));
    lab.file("web.json", "{\"motto\": \"$motto\",\n \"port\": \"$port\",\n}\n").program("keep.sh", "exit 0");
    let refused = lab.hoist("plan validate demo.toml").exit(1);
    let said = "web.json:3: config of service \"web\" is no JSON, which its name says it is: trailing comma";
    assert!(refused.stderr.contains(said), "{refused}");
    assert!(refused.stderr.contains("does not end in .json"), "{refused}");
    lab.hoist("plan boot demo.toml").exit(1);
    // cloudinit.d takes any text, so it is only a warning there.
    lab.file("top.conf", "[runlevels]\nlevel1: level.conf\n[defaults]\niaas: local\n");
    lab.file("deps.conf", "[deps]\nmotto: x\nport: 1\n");
    lab.file(
        "level.conf",
        "[svc-web]\nhostname: localhost\nlocal_exe: true\niaas_launch: false\nbootpgm: keep.sh\nbootconf: web.json\ndeps: deps.conf\n",
    );
    let warned = lab.hoist("plan validate top.conf").exit(0);
    assert!(warned.stderr.contains("is no JSON, which its name says it is"), "{warned}");
}
