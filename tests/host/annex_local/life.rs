//! From the first instance to the last.

use hoist::annex::{AnnexCloud as _, AnnexId, AnnexSpec, ObservedState, PoolPrice};
use hoist::provider::{Cloud as _, InstanceState, Selector};

use crate::annex_local::lab::{Near, annex, in_seconds, pool, spec};
use crate::local_cloud::support::{output, processes_of};

#[tokio::test]
async fn an_annex_grows_and_shrinks_and_leaves_nothing() {
    Near::in_both(|near| async move {
        let id = annex("near");
        let script = near.lab.directory.path().join("user-data.sh");
        std::fs::write(&script, "#!/bin/sh\necho here > \"$HOME/was\"\n").unwrap();
        let first = AnnexSpec { user_data: Some(script.clone()), ..spec(&id, 3) };
        assert!(near.annexes.check(&id, &first).await.unwrap().is_empty());
        assert_eq!(near.annexes.prices(&first).await.unwrap(), [PoolPrice::free()]);
        assert_eq!(near.look(&id).await, None);
        near.annexes.apply(&id, &first, "one").await.unwrap();
        // Whatever it was made from may go.
        std::fs::remove_file(&script).unwrap();
        let three = near.assert_settled(&id, 3).await;
        let seen = near.look(&id).await.unwrap();
        assert_eq!((seen.expires_at, seen.token.as_deref()), (Some(first.expires_at), Some("one")));
        near.annexes.apply(&id, &first, "one").await.unwrap();
        assert_eq!(near.assert_settled(&id, 3).await, three, "the same again is nothing new");

        let described = near.lab.cloud.describe(&Selector::ManagedByHoist).await.unwrap();
        for instance in &described {
            for (tag, value) in
                [("hoist:annex", id.tag()), ("hoist:owner", "me@here".to_owned()), ("project", "tests".to_owned())]
            {
                assert_eq!(instance.tags.get(tag), Some(&value), "{tag}");
            }
            // It would stay as it was when the lease is renewed.
            assert!(!instance.tags.contains_key("hoist:expires-at"));
            let host = near.lab.cloud.host("", instance).unwrap();
            host.reach().await.unwrap();
            assert_eq!(output(&host, "was", "cat \"$HOME/was\"").await, "here");
        }
        let shown = &near.running(&id).await[0];
        assert_eq!((shown.zone.as_deref(), shown.instance_type.as_deref()), (Some("local"), Some("local")));
        assert!(shown.price.is_none() && !shown.spot && shown.address == shown.private_address);
        assert!(shown.address.as_ref().unwrap().starts_with("127."));

        std::fs::write(&script, "#!/bin/sh\necho there > \"$HOME/was\"\n").unwrap();
        let more = AnnexSpec { count: 5, ..first.clone() };
        near.annexes.apply(&id, &more, "two").await.unwrap();
        let five = near.assert_settled(&id, 5).await;
        assert!(three.is_subset(&five));
        near.annexes.apply(&id, &AnnexSpec { count: 3, ..first.clone() }, "three").await.unwrap();
        assert_eq!(near.assert_settled(&id, 3).await, three, "the youngest go");

        let released = three.iter().next().unwrap().clone();
        for _ in 0..2 {
            near.annexes.release(&id, std::slice::from_ref(&released)).await.unwrap();
            let left = near.assert_settled(&id, 2).await;
            assert!(!left.contains(&released) && left.is_subset(&three));
        }
        assert!(processes_of(&released).is_empty());
        near.annexes.release(&id, &["i-unknown".to_owned()]).await.unwrap();

        assert_eq!(near.annexes.all().await.unwrap(), std::slice::from_ref(&id));
        assert_eq!(near.annexes.remains(&id, None).await.unwrap().len(), 3, "two instances and a directory");
        for _ in 0..2 {
            near.annexes.delete(&id, None, &[], "four").await.unwrap();
            near.assert_gone(&id).await;
        }
        near.assert_empty().await;
        let error = near.annexes.apply(&id, &first, "one").await.unwrap_err();
        assert!(error.message.contains("has ended"), "{error}");
        near.assert_empty().await;
    })
    .await;
}

#[tokio::test]
async fn annexes_whose_names_begin_alike_do_not_touch_each_other() {
    let near = Near::both().remove(0);
    let long = |last: char| annex(&format!("{}{last}", "x".repeat(99)));
    let all: Vec<AnnexId> = vec![annex("foo"), annex("foobar"), annex("f"), long('a'), long('b')];
    let mut instances = Vec::new();
    for id in &all {
        near.annexes.apply(id, &spec(id, 2), "one").await.unwrap();
        instances.push(near.assert_settled(id, 2).await);
    }
    // Releasing another annex's instance ends nothing.
    let stranger: Vec<String> = instances[1].iter().cloned().collect();
    near.annexes.release(&all[0], &stranger).await.unwrap();
    for (number, id) in all.iter().enumerate() {
        near.annexes.delete(id, None, &[], "gone").await.unwrap();
        near.assert_gone(id).await;
        for (other, known) in all.iter().zip(&instances).skip(number + 1) {
            assert_eq!(&near.assert_settled(other, 2).await, known, "{}", other.name);
        }
    }
    near.assert_empty().await;
}

#[tokio::test]
async fn two_annexes_of_one_name_are_not_taken_for_each_other() {
    let near = Near::both().remove(0);
    let (first, second) = (annex("near"), AnnexId { nonce: "ba9876543210".to_owned(), ..annex("near") });
    near.annexes.apply(&first, &spec(&first, 1), "one").await.unwrap();
    let known = near.assert_settled(&first, 1).await;
    for error in [
        near.annexes.check(&second, &spec(&second, 1)).await.unwrap().remove(0),
        near.annexes.apply(&second, &spec(&second, 1), "one").await.unwrap_err(),
    ] {
        assert!(error.message.contains("another annex near"), "{error}");
    }
    assert_eq!(near.look(&second).await, None);
    near.annexes.delete(&second, None, &[], "gone").await.unwrap();
    assert_eq!(near.assert_settled(&first, 1).await, known);
    near.annexes.delete(&first, None, &[], "gone").await.unwrap();
    near.annexes.apply(&second, &spec(&second, 1), "one").await.unwrap();
    near.assert_settled(&second, 1).await;
    near.annexes.delete(&second, None, &[], "gone").await.unwrap();
    near.assert_empty().await;
}

#[tokio::test]
async fn instances_are_shared_out_over_pools() {
    let near = Near::both().remove(1);
    let id = annex("shared");
    let parts = |instances: Vec<hoist::annex::AnnexInstance>| {
        [0, 1].map(|pool| instances.iter().filter(|instance| instance.pool == pool).count())
    };
    let two = AnnexSpec { pools: vec![pool(1), pool(3)], ..spec(&id, 4) };
    near.annexes.apply(&id, &two, "one").await.unwrap();
    near.assert_settled(&id, 4).await;
    assert_eq!(parts(near.running(&id).await), [1, 3]);
    near.annexes.apply(&id, &AnnexSpec { pools: vec![pool(1)], count: 2, ..two }, "two").await.unwrap();
    near.assert_settled(&id, 2).await;
    assert_eq!(parts(near.running(&id).await), [2, 0]);
    near.annexes.delete(&id, None, &[], "gone").await.unwrap();
}

/// Ends the init of an instance without leave, and all that runs in it.
fn crash(instance: &str) {
    let give_up = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while let Some(process) = processes_of(instance).first() {
        assert!(std::time::Instant::now() < give_up, "{instance} does not die");
        let id = process.split(' ').next().unwrap();
        let _ = std::process::Command::new("kill").args(["-KILL", id]).status();
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[tokio::test]
async fn an_instance_that_died_is_replaced_unless_it_was_let_go() {
    Near::in_both(|near| async move {
        let id = annex("crash");
        near.annexes.apply(&id, &spec(&id, 3), "one").await.unwrap();
        let known: Vec<String> = near.assert_settled(&id, 3).await.into_iter().collect();
        crash(&known[0]);
        // Whoever sees it first is none of the annex's.
        near.lab.cloud.describe(&Selector::ManagedByHoist).await.unwrap();
        let replaced = near.assert_settled(&id, 3).await;
        let came: Vec<&String> = replaced.iter().filter(|one| !known.contains(one)).collect();
        assert!(!replaced.contains(&known[0]) && came.len() == 1, "{replaced:?} of {known:?}");
        assert_eq!(near.assert_settled(&id, 3).await, replaced, "once");
        // A longer lease and a repeated call leave them as they are.
        near.annexes.apply(&id, &AnnexSpec { expires_at: in_seconds(7200), ..spec(&id, 3) }, "two").await.unwrap();
        assert_eq!(near.assert_settled(&id, 3).await, replaced);

        // Who is drained is let go, and so is who came in its place before that was done.
        near.annexes.release(&id, &known[..1]).await.unwrap();
        let two = near.assert_settled(&id, 2).await;
        assert!(two.iter().all(|one| known.contains(one)), "{two:?}");
        crash(&known[1]);
        near.annexes.release(&id, &known[1..2]).await.unwrap();
        assert_eq!(near.assert_settled(&id, 1).await.into_iter().collect::<Vec<_>>(), known[2..]);

        // An annex on its way out replaces nobody.
        crash(&known[2]);
        near.annexes.delete(&id, None, &[], "gone").await.unwrap();
        near.assert_gone(&id).await;
        near.assert_empty().await;
    })
    .await;
}

#[tokio::test]
async fn an_instance_that_turned_itself_off_is_wanted_no_more() {
    Near::in_both(|near| async move {
        let id = annex("idle");
        near.annexes.apply(&id, &spec(&id, 3), "one").await.unwrap();
        let known = near.assert_settled(&id, 3).await;
        let idle = near.running(&id).await.remove(1).id;
        let instance = near.lab.cloud.describe(&Selector::Ids(vec![idle.clone()])).await.unwrap().remove(0);
        let host = near.lab.cloud.host("", &instance).unwrap();
        // As HTCondor's master does it when it has had no job for long enough.
        let _ = crate::local_cloud::support::run(&host, "off", "kill -USR2 $PPID; sleep 60").await;
        // A process that ends is not seen any more a little before it lets go of what it holds.
        let mut seen = near.look(&id).await.unwrap();
        let give_up = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while seen.wanted == 3 {
            assert!(std::time::Instant::now() < give_up, "{seen:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            seen = near.look(&id).await.unwrap();
        }
        let left = near.assert_settled(&id, 2).await;
        assert!(left.is_subset(&known) && !left.contains(&idle));
        let ended = near.annexes.instances(&id).await.unwrap().into_iter().find(|one| one.id == idle).unwrap();
        assert_eq!(ended.state, InstanceState::Terminated);

        // A longer lease brings nobody back, as no launch group that stays as it is does on AWS; asking for three does.
        let longer = AnnexSpec { expires_at: in_seconds(7200), ..spec(&id, 3) };
        near.annexes.apply(&id, &longer, "two").await.unwrap();
        assert_eq!(near.assert_settled(&id, 2).await, left);
        assert_eq!(near.look(&id).await.unwrap().state, ObservedState::Settled);
        near.annexes.apply(&id, &longer, "three").await.unwrap();
        assert!(left.is_subset(&near.assert_settled(&id, 3).await));
        near.annexes.delete(&id, None, &[], "gone").await.unwrap();
        near.assert_gone(&id).await;
    })
    .await;
}
