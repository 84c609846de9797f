//! What becomes of a job in a fleet, and by what that is judged.

use serde_json::json;

use crate::elastic_fleet::{FILE, Held};
use crate::lab::Lab;

#[test]
fn why_job_judges_by_what_was_learned_and_says_so() {
    let lab = Lab::new();
    let kinds = "[machine]\ncpus = 2\nmemory = \"4G\"\n[machines.other]\ncpus = 2\nmemory = \"4G\"\n";
    let file = FILE.split("[machine]").next().unwrap().to_owned() + kinds;
    let held = Held::with(&lab, &file.replace("kind = \"file\"\npath = \"jobs\"", "kind = \"htcondor\""));
    held.live_through(&["crunch-1"]);
    let memory = json!({"engine": "classad", "kinds": {"machine": {"template": {
        "revision": "r1", "machine": "i-1", "slots": [{"kind": "partitionable", "count": 1, "ad":
        "[ Cpus = 8; TotalSlotCpus = 8; Memory = 16000; TotalSlotMemory = 16000; Disk = 9000000; \
           TotalSlotDisk = 9000000; Arch = \"X86_64\"; Start = true; Requirements = START ]"}]}}}});
    held.remember(serde_json::from_value(memory).unwrap());
    lab.file("job.ad", "RequestCpus = 4\nRequestMemory = 8000\nRequestDisk = 1000\n");
    lab.hoist("elastic why crunch --job job.ad")
        .exit(0)
        .says("  a new machine would run it, by the ad of crunch-1\n")
        .says(
            "  a new other cannot run it, by its figures in the file: a job asks for 4 of Cpus, and the largest slot \
               has 2\n",
        );
    let kinds = &lab.hoist("elastic why crunch --job job.ad -o json").exit(0).json()["kinds"];
    assert_eq!(
        (&kinds[0]["runs"], &kinds[0]["judged_by"], &kinds[0]["learned_from"]),
        (&json!(true), &json!("ad"), &json!("crunch-1"))
    );
    assert_eq!(
        (&kinds[1]["runs"], &kinds[1]["judged_by"], &kinds[1]["learned_from"]),
        (&json!(false), &json!("figures"), &json!(null))
    );
}
