//! Disks that outlive their machines are found, shown and removed; `doctor` tells whether the project can be used.

use std::collections::BTreeMap;

use hoist::provider::{Cloud as _, LeftoverKind, TAG_EXPIRES, TAG_OWNER, TAG_RUN};
use hoist_test_support::google::Faults;

use crate::cloud_lab::{CloudLab, request, run, token};
use crate::lab::Lab;

#[test]
fn a_disk_of_a_machine_is_no_leftover_and_knows_whose_it_is() {
    let Some(lab) = CloudLab::new(Faults::default()) else { return };
    run(async {
        let mut wanted = request(&token(1), &["a"]);
        wanted.tags.insert(TAG_EXPIRES.to_owned(), "2030-01-01T00:00:00Z".to_owned());
        lab.cloud.launch(&wanted).await.unwrap();
        assert_eq!(lab.cloud.leftovers(None).await.unwrap().found, [], "it has its machine");
        // Somebody keeps the disk, and deletes the machine.
        lab.server.keep_disk(&lab.server.instances()[0].place);
        let ids: Vec<String> = vec![lab.server.instances()[0].place.name.clone() + ".us-central1-a"];
        lab.cloud.terminate(&ids).await.unwrap();
        assert_eq!(lab.server.disks().len(), 1);
        for of in [None, Some("web.1")] {
            let found = lab.cloud.leftovers(of).await.unwrap().found;
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].kind, found[0].bills), (LeftoverKind::Volume, true));
            let told = BTreeMap::from([(TAG_RUN, &found[0].run), (TAG_OWNER, &found[0].owner)]);
            assert_eq!(told[TAG_RUN].as_deref(), Some("web.1"));
            assert_eq!(told[TAG_OWNER].as_deref(), Some("ann@desk"), "not as a label has it");
            assert_eq!(found[0].expires_at.unwrap().to_string(), "2030-01-01T00:00:00Z");
        }
        assert_eq!(lab.cloud.leftovers(Some("other.1")).await.unwrap().found, []);
        lab.server.change(|faults| faults.unreachable = vec!["us-central1-a".to_owned()]);
        assert_eq!(lab.cloud.leftovers(None).await.unwrap().unanswered.len(), 1, "not asked is not proved");
        lab.server.change(|faults| faults.unreachable.clear());
        let left = lab.cloud.leftovers(None).await.unwrap().found;
        for _ in 0..2 {
            lab.cloud.remove_leftover(&left[0]).await.unwrap();
        }
        assert_eq!(lab.server.disks(), []);
    });
}

#[test]
fn doctor_tells_whether_the_project_can_be_used() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let said = lab.hoist("doctor");
    assert!(said.raw_stdout.contains("answers for project hoist-tests"), "{said}");
    lab.cloud.change(|faults| faults.disabled = true);
    let said = lab.hoist("doctor").exit(1);
    assert!(format!("{said}").contains("gcloud services enable compute.googleapis.com"), "{said}");
}
