//! Changes that cannot be made.

use hoist::annex::{AnnexCloud as _, AnnexSpec, ObservedState};
use hoist::cloud::local::{LocalCloud, LocalCloudConfig};
use hoist::provider::{Cloud as _, CloudErrorKind};

use crate::annex_local::lab::{Near, annex, in_seconds, spec};
use crate::local_cloud::support::{Lab, init_program, write_program};

/// A cloud whose inits do not start while a file is there.
fn breakable(lab: Lab) -> (Near, std::path::PathBuf) {
    let broken = lab.directory.path().join("broken");
    let program = lab.directory.path().join("init.sh");
    let text =
        format!("#!/bin/sh\n[ ! -e '{}' ] || exit 1\nexec '{}' \"$@\"\n", broken.display(), init_program().display());
    write_program(&program, &text);
    (Near::with_program(lab, program), broken)
}

#[tokio::test]
async fn a_change_that_fails_leaves_the_annex_as_it_was() {
    for lab in Lab::both() {
        let (near, broken) = breakable(lab);
        let id = annex("breaks");
        let two = spec(&id, 2);
        near.annexes.apply(&id, &two, "one").await.unwrap();
        let known = near.assert_settled(&id, 2).await;
        std::fs::write(&broken, "").unwrap();
        let four = AnnexSpec { count: 4, expires_at: in_seconds(7200), ..two.clone() };
        let error = near.annexes.apply(&id, &four, "two").await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Rejected);
        let seen = near.look(&id).await.unwrap();
        assert!(matches!(&seen.state, ObservedState::Failed(why) if why.contains("cannot start instance")), "{seen:?}");
        assert_eq!((seen.wanted, seen.expires_at, seen.token.as_deref()), (2, Some(two.expires_at), Some("two")));
        assert_eq!(near.ids(&id).await, known);

        std::fs::remove_file(&broken).unwrap();
        near.annexes.apply(&id, &four, "three").await.unwrap();
        assert!(known.is_subset(&near.assert_settled(&id, 4).await));
        near.annexes.delete(&id, None, &[], "gone").await.unwrap();
        near.assert_gone(&id).await;
        near.assert_empty().await;
    }
}

#[tokio::test]
async fn an_annex_that_cannot_be_made_has_no_instances_and_can_be_tried_again_or_deleted() {
    for again in [true, false] {
        let lab = Lab::new(true);
        let (near, broken) = breakable(lab);
        // What namespaces there are is known by now.
        assert_eq!(near.lab.isolated, near.lab.cloud.capabilities().lacks.is_empty());
        let id = annex("breaks");
        std::fs::write(&broken, "").unwrap();
        near.annexes.apply(&id, &spec(&id, 2), "one").await.unwrap_err();
        let seen = near.look(&id).await.unwrap();
        assert!(matches!(seen.state, ObservedState::Failed(_)) && seen.wanted == 0, "{seen:?}");
        assert!(near.annexes.instances(&id).await.unwrap().is_empty());
        std::fs::remove_file(&broken).unwrap();
        if again {
            near.annexes.apply(&id, &spec(&id, 2), "one").await.unwrap();
            near.assert_settled(&id, 2).await;
        }
        near.annexes.delete(&id, None, &[], "gone").await.unwrap();
        near.assert_gone(&id).await;
        near.assert_empty().await;
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_made() {
    let near = Near::both().remove(1);
    let id = annex("refused");
    let past = AnnexSpec { expires_at: in_seconds(-1), ..spec(&id, 1) };
    let error = near.annexes.apply(&id, &past, "one").await.unwrap_err();
    assert!(error.message.contains("which is past"), "{error}");
    let nothing = AnnexSpec { user_data: Some("/nowhere/to/be/found".into()), ..spec(&id, 1) };
    for error in [
        near.annexes.check(&id, &nothing).await.unwrap().remove(0),
        near.annexes.apply(&id, &nothing, "one").await.unwrap_err(),
    ] {
        assert!(error.message.contains("/nowhere/to/be/found"), "{error}");
    }
    let other = near.lab.directory.path().join("other");
    std::fs::write(&other, "#include\nhttp://x/").unwrap();
    let wrong = near.annexes.check(&id, &AnnexSpec { user_data: Some(other), ..spec(&id, 1) }).await.unwrap();
    assert!(wrong[0].message.contains("#include"), "{wrong:?}");
    let wrong = near.annexes.check(&id, &spec(&id, u32::MAX)).await.unwrap();
    assert!(wrong[0].message.contains("too many for this machine"), "{wrong:?}");
    assert_eq!(near.look(&id).await, None);
    near.assert_empty().await;
}

#[tokio::test]
async fn what_cannot_be_ended_is_named_and_tried_again() {
    let near = Near::both().remove(1);
    let id = annex("stuck");
    near.annexes.apply(&id, &spec(&id, 2), "one").await.unwrap();
    let stuck = near.assert_settled(&id, 2).await.pop_first().unwrap();
    // Where its directory would be moved to, there is something that cannot be replaced.
    let in_the_way = near.lab.directory.path().join(format!("instances/.gone-{stuck}"));
    std::fs::create_dir(&in_the_way).unwrap();
    let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "stuck"]).arg(&in_the_way).status();
    if !mounted.is_ok_and(|status| status.success()) {
        std::fs::remove_dir(&in_the_way).unwrap();
        near.annexes.delete(&id, None, &[], "gone").await.unwrap();
        hoist_test_support::skip::skip("mounting takes root");
        return;
    }
    near.annexes.delete(&id, None, &[], "gone").await.unwrap();
    let seen = near.look(&id).await.unwrap();
    let ObservedState::DeleteFailed(left) = &seen.state else { panic!("{seen:?}") };
    assert_eq!(left.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&stuck]);
    assert!(left[0].1.contains("mounted"), "{left:?}");
    let error = near.annexes.apply(&id, &spec(&id, 2), "two").await.unwrap_err();
    assert!(error.message.contains("on its way out"), "{error}");
    // Left alone, it remains and nothing else does.
    near.annexes.delete(&id, None, std::slice::from_ref(&stuck), "without it").await.unwrap();
    assert_eq!(near.look(&id).await, None);
    let remains = near.annexes.remains(&id, None).await.unwrap();
    assert_eq!(remains.iter().map(|one| (one.kind, &one.id)).collect::<Vec<_>>(), [("instance", &stuck)]);
    assert!(std::process::Command::new("umount").arg(&in_the_way).status().unwrap().success());
    near.annexes.delete(&id, None, &[], "gone").await.unwrap();
    near.assert_gone(&id).await;
    near.assert_empty().await;
}

#[tokio::test]
async fn a_cloud_of_before_there_were_annexes_holds_them() {
    let near = Near::both().remove(1);
    near.lab.one("before").await;
    near.lab.terminate_all().await;
    std::fs::remove_dir(near.lab.directory.path().join("annexes")).unwrap();
    let root = near.lab.directory.path().to_owned();
    drop(LocalCloud::new(LocalCloudConfig { root, init_program: init_program(), namespaces: false }).unwrap());
    let id = annex("new");
    near.annexes.apply(&id, &spec(&id, 1), "one").await.unwrap();
    near.assert_settled(&id, 1).await;
    near.annexes.delete(&id, None, &[], "gone").await.unwrap();
    near.assert_empty().await;
}
