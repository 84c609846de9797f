//! Undoing the set-up.

use hoist::cloud::aws::annex::{SetupDeletion, SetupProgress};

use crate::annex_setup::lab::{Lab, run, terms};
use hoist_test_support::aws::{End, Faults, Verb};

#[test]
fn all_of_it_goes_with_the_files_in_its_bucket() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        assert_eq!(lab.set_up.delete(&lab.tell()).await.unwrap(), SetupDeletion::Nothing);
        lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap();
        let setup = lab.set_up.outputs().await.unwrap().unwrap();
        let bucket = lab.proxy.bucket_named(&setup.bucket);
        // More than a page of a listing.
        (0..1003).for_each(|number| bucket.put(&format!("annexes/a/{number}"), b"x", "ann"));
        assert_eq!(lab.set_up.delete(&lab.tell()).await.unwrap(), SetupDeletion::Deleted);
        assert!(
            lab.told().contains(&SetupProgress::Emptying(1000)) && lab.told().contains(&SetupProgress::Emptying(3))
        );
        assert_eq!(lab.set_up.outputs().await.unwrap(), None);
        assert!(!lab.set_up.exists().await.unwrap());
        assert!(!lab.ask("iam", "ListRoles", &[]).contains("hoist"));
        let groups = lab.ask("ec2", "DescribeSecurityGroups", &[]);
        assert!(!groups.contains(&setup.security_group), "{groups}");
        assert_eq!(lab.set_up.delete(&lab.tell()).await.unwrap(), SetupDeletion::Nothing);
    });
}

#[test]
fn it_stays_while_an_annex_lives() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap();
        for name in ["night-run", "setup"] {
            lab.annex(name);
        }
        let error = lab.set_up.delete(&lab.tell()).await.unwrap_err();
        assert!(error.message.contains("annexes live by it: night-run, setup"), "{error:?}");
        assert!(error.hint.unwrap().contains("hoist annex delete"));
        for name in ["night-run", "setup"] {
            lab.ask("cloudformation", "DeleteStack", &[("StackName", &format!("hoist-annex-{name}"))]);
        }
        assert_eq!(lab.set_up.delete(&lab.tell()).await.unwrap(), SetupDeletion::Deleted);
    });
    assert_eq!(lab.calls("DeleteStack").len(), 1);
}

#[test]
fn the_annexes_of_every_page_count() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell())).unwrap();
    let names: Vec<String> = (0..250).map(|number| format!("a{number:03}")).collect();
    names.iter().for_each(|name| lab.annex(name));
    let error = run(lab.set_up.delete(&lab.tell())).unwrap_err();
    assert!(error.message.ends_with(&names.join(", ")), "{error:?}");
    assert_eq!((lab.calls("ListStacks").len(), lab.calls("DeleteStack").len()), (3, 0));
}

#[test]
fn what_could_not_be_deleted_is_tried_once_more_and_then_named() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let reason = "resource sg-1 has a dependent object (DependencyViolation)";
    run(async {
        lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap();
        lab.fail_next(Verb::Delete, "SecurityGroup", reason);
        assert_eq!(lab.set_up.delete(&lab.tell()).await.unwrap(), SetupDeletion::Deleted);
        assert!(lab.told().contains(&SetupProgress::DeletingAgain));

        lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap();
        lab.fail_next(Verb::Delete, "SecurityGroup", reason);
        lab.fail_next(Verb::Delete, "SecurityGroup", reason);
        let SetupDeletion::Remains { things: remains, .. } = lab.set_up.delete(&lab.tell()).await.unwrap() else {
            panic!("it goes")
        };
        let group = remains.iter().find(|(what, _)| what.starts_with("SecurityGroup sg-")).expect("it is named");
        assert!(group.1.contains("DependencyViolation"), "{remains:?}");
    });
    assert_eq!(lab.calls("DeleteStack").len(), 4);
}

#[test]
fn a_deletion_that_goes_on_is_waited_for() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap();
        lab.script(Verb::Delete, 2, End::Done);
        assert_eq!(lab.set_up.delete(&lab.tell()).await.unwrap(), SetupDeletion::Deleted);
    });
    assert!(lab.told().contains(&SetupProgress::State("DELETE_IN_PROGRESS".to_owned())));
}
