//! What is said when HTCondor does not do what it is asked.

use hoist::annex::machines_of;
use hoist::batch::htcondor::{Draining, HTCondor, HTCondorError};
use hoist::classad::ClassAd;

use crate::pool_tools::lab::{annex, block_on, condor, manager, worker};

#[test]
fn programs_that_are_not_there_are_named() {
    let empty = tempfile::tempdir().unwrap();
    let condor = HTCondor::new(None).with_search_path(empty.path().as_os_str().to_owned());
    let error = block_on(condor.slots(&machines_of(&annex("foo")).unwrap())).unwrap_err();
    assert!(matches!(error, HTCondorError::NotInstalled { program: "condor_status", .. }), "{error:?}");
    let said = error.to_string();
    assert!(said.contains("list the slots of annex foo") && said.contains("install HTCondor"), "{said}");
}

#[test]
fn a_collector_that_is_not_there_is_named() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    // Nothing listens at that address.
    let condor = HTCondor::new(Some("127.0.0.2:1".to_owned())).with_search_path(manager.programs_of("admin").into());
    let ad = ClassAd::new().with("MyType", "HoistTest").with("Name", "x");
    let errors = [
        block_on(condor.slots(&machines_of(&annex("foo")).unwrap())).unwrap_err(),
        block_on(condor.advertise(&[ad])).unwrap_err(),
        block_on(condor.drain("i-1", Draining::Peaceful)).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, HTCondorError::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains("CONDOR_HOST") && error.to_string().contains("127.0.0.2"), "{error}");
    }
}

#[test]
fn who_has_no_right_is_told_which_one_is_needed() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    let id = annex("guarded");
    let _machine = worker(manager, &id, "i-guarded");
    // Somebody on the manager's machine whom the pool does not know.
    let of_games = condor(manager, "games");
    let error = block_on(of_games.drain("i-guarded", Draining::Peaceful)).unwrap_err();
    assert!(matches!(error, HTCondorError::NotAuthorised { program: "condor_off", .. }), "{error:?}");
    assert!(error.to_string().contains("ADMINISTRATOR"), "{error}");
    let ad = ClassAd::new().with("MyType", "HoistTest").with("Name", "x");
    let error = block_on(of_games.advertise(&[ad])).unwrap_err();
    assert!(matches!(error, HTCondorError::NotAuthorised { program: "condor_advertise", .. }), "{error:?}");
    assert!(error.to_string().contains("ALLOW_DAEMON"), "{error}");
    let slots = block_on(condor(manager, "admin").slots(&machines_of(&id).unwrap())).unwrap();
    assert_eq!((slots.len(), slots[0].state.as_str()), (1, "Unclaimed"), "nothing has changed");
}
