//! An annex ends with its lease, though every hoist is dead for ever.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hoist::annex::{AnnexCloud as _, AnnexId, AnnexSpec};
use hoist::provider::{Cloud as _, InstanceState, LaunchRequest, Selector};
use jiff::Timestamp;

use crate::annex_local::clock::Clock;
use crate::annex_local::lab::{Near, annex, in_seconds, inits, spec};
use crate::local_cloud::support::{Lab, eventually, processes_of, request};

/// Longer than an init waits between two looks at its lease.
const A_LOOK: Duration = Duration::from_secs(6);

/// Longer than an init takes to wake up when its lease is over.
const A_MOMENT: Duration = Duration::from_millis(200);

fn lasting(id: &AnnexId, count: u32, seconds: i64) -> AnnexSpec {
    AnnexSpec { expires_at: in_seconds(seconds), ..spec(id, count) }
}

/// Leases of an hour are watched by another clock than this process has: nothing that it does can end them.
async fn in_both<F: Future<Output = ()>>(test: impl Fn(Near, Clock) -> F) {
    let both = Lab::both().into_iter().map(|lab| {
        let clock = Clock::new()?;
        let near = Near::by(&clock, lab);
        Some(test(near, clock))
    });
    let mut both = both.flatten();
    if let (Some(first), Some(second)) = (both.next(), both.next()) {
        tokio::join!(first, second);
    }
}

async fn ended(near: &Near, ids: &BTreeSet<String>) {
    // A process that ends loses its environment a moment before its locks.
    let is_over = |id: &String| processes_of(id).is_empty() && !near.lab.has_init(id);
    eventually("its processes end", || ids.iter().all(is_over)).await;
}

#[tokio::test]
async fn a_lease_ends_an_annex_whose_client_is_dead_and_nothing_of_another() {
    in_both(|near, clock| async move {
        let (id, other) = (annex("foo"), annex("foobar"));
        let wanted = lasting(&id, 2, 3600);
        // The client is another process, and killed.
        let mut client = near.start("apply", &id, &wanted, "one", None);
        assert!(client.wait().unwrap().success());
        near.annexes.apply(&other, &lasting(&other, 1, 3 * 3600), "one").await.unwrap();
        let (ids, others) = (near.assert_settled(&id, 2).await, near.assert_settled(&other, 1).await);
        for instance in near.lab.cloud.describe(&Selector::ManagedByHoist).await.unwrap() {
            let host = near.lab.cloud.host("", &instance).unwrap();
            host.reach().await.unwrap();
            crate::local_cloud::support::run(
                &host,
                "escape",
                "setsid sh -c 'trap \"\" TERM; sleep 86399 & wait; wait' &",
            )
            .await
            .unwrap();
        }
        clock.set(120);
        ended(&near, &ids).await;
        assert_eq!(inits(&others), 1);
        assert_eq!(near.asked_by(&clock, "look", &id, &wanted, ""), "none");
        assert!(!near.directory(&id).exists());
        assert_eq!(near.asked_by(&clock, "look", &other, &wanted, ""), "Settled 1");
        assert_eq!(inits(&others), 1);
        let late =
            near.asked_by(&clock, "apply", &id, &AnnexSpec { expires_at: in_seconds(9 * 3600), ..wanted }, "two");
        assert!(late.contains("has ended"), "{late}");
        let shown = near.lab.cloud.describe(&Selector::Ids(Vec::from_iter(ids))).await.unwrap();
        assert!(shown.iter().all(|one| one.reason.as_deref() == Some("its lease is over")), "{shown:?}");
        clock.set(240);
        ended(&near, &others).await;
        assert_eq!(near.asked_by(&clock, "look", &other, &spec(&other, 1), ""), "none");
        near.assert_empty().await;
    })
    .await;
}

#[tokio::test]
async fn renewing_moves_the_end_for_instances_that_run_and_so_does_cutting_short() {
    in_both(|near, clock| async move {
        let (renewed, control, cut) = (annex("renewed"), annex("control"), annex("cut"));
        for id in [&renewed, &control, &cut] {
            near.annexes.apply(id, &lasting(id, 2, 3600), "one").await.unwrap();
        }
        let [of_renewed, of_control, of_cut] =
            [near.ids(&renewed).await, near.ids(&control).await, near.ids(&cut).await];
        near.annexes.apply(&renewed, &lasting(&renewed, 2, 3 * 3600), "two").await.unwrap();
        near.annexes.apply(&cut, &lasting(&cut, 2, 1800), "two").await.unwrap();
        clock.set(45);
        ended(&near, &of_cut).await;
        clock.set(120);
        ended(&near, &of_control).await;
        // Every init has looked at its lease by that clock after this.
        tokio::time::sleep(A_LOOK).await;
        assert_eq!(inits(&of_renewed), 2);
        assert_eq!(near.asked_by(&clock, "look", &renewed, &spec(&renewed, 2), ""), "Settled 2");
        clock.set(240);
        ended(&near, &of_renewed).await;
        for id in [&renewed, &control, &cut] {
            assert_eq!(near.asked_by(&clock, "look", id, &spec(id, 2), ""), "none");
        }
        near.assert_empty().await;
    })
    .await;
}

#[tokio::test]
async fn an_instance_that_cannot_read_its_lease_ends_with_the_last_one_it_knew() {
    in_both(|near, clock| async move {
        let (removed, damaged) = (annex("removed"), annex("damaged"));
        for id in [&removed, &damaged] {
            near.annexes.apply(id, &lasting(id, 1, 3600), "one").await.unwrap();
        }
        let ids: BTreeSet<String> = near.ids(&removed).await.into_iter().chain(near.ids(&damaged).await).collect();
        std::fs::remove_dir_all(near.directory(&removed)).unwrap();
        std::fs::write(near.directory(&damaged).join("lease"), "nonsense").unwrap();
        tokio::time::sleep(A_LOOK).await;
        assert_eq!(inits(&ids), 2);
        assert_eq!(near.annexes.all().await.unwrap(), [damaged.clone(), removed.clone()], "known by its instance");
        clock.set(120);
        ended(&near, &ids).await;
        near.annexes.delete(&removed, None, &[], "gone").await.unwrap();
        near.annexes.delete(&damaged, None, &[], "gone").await.unwrap();
        near.assert_gone(&removed).await;
        near.assert_empty().await;
    })
    .await;
}

#[tokio::test]
async fn machines_of_plans_end_with_their_leases_by_the_same_clock() {
    in_both(|near, clock| async move {
        let leased = LaunchRequest { expires_at: Some(in_seconds(3600)), ..request("leased", &["web"]) };
        let instance = near.cloud().launch(&leased).await.unwrap().instances.remove(0);
        clock.set(120);
        ended(&near, &BTreeSet::from([instance.id.clone()])).await;
        let shown = near.lab.cloud.describe(&Selector::ManagedByHoist).await.unwrap().remove(0);
        assert_eq!((shown.state, shown.reason.as_deref()), (InstanceState::Terminated, Some("its lease is over")));
    })
    .await;
}

/// A lease that is renewed in its last moment is renewed for all instances or for none.
#[tokio::test]
async fn a_renewal_that_races_the_end_wins_or_loses_as_a_whole() {
    Near::in_both(|near| async move {
        let began = Instant::now();
        let measured = annex("measured");
        near.annexes.apply(&measured, &lasting(&measured, 3, 3600), "one").await.unwrap();
        near.annexes.delete(&measured, None, &[], "gone").await.unwrap();
        // Much longer than it takes to make an annex, however slow the machine.
        let lease = Duration::from_millis(300) + 3 * began.elapsed();
        // One after the other, since they are in each other's way otherwise; each is done with its lease when the next
        // begins. The next is closer to the end where the last was won, and further away where it was lost.
        let (mut won, mut before) = (0, Duration::ZERO);
        for number in 0..RACES {
            if race(&near, number, lease, before).await {
                won += 1;
                before /= 2;
            } else {
                before = 2 * before + Duration::from_millis(1);
            }
        }
        assert!(won > 0 && won < RACES, "no race at all: {won} of {RACES} were won");
        near.assert_empty().await;
    })
    .await;
}

const RACES: u32 = 14;

/// Renews a lease so long before its end; whether that was in time.
async fn race(near: &Near, number: u32, lease: Duration, before: Duration) -> bool {
    let id = annex(&format!("race-{number}"));
    let end = Timestamp::now() + lease + before;
    near.annexes.apply(&id, &AnnexSpec { expires_at: end, ..spec(&id, 3) }, "one").await.unwrap();
    let ids = near.ids(&id).await;
    let longer = lasting(&id, 3, 3600);
    let left = Duration::try_from(end.duration_since(Timestamp::now())).unwrap_or_default();
    tokio::time::sleep(left.saturating_sub(before)).await;
    let renewed = near.annexes.apply(&id, &longer, "two").await;
    if let Err(error) = &renewed {
        assert!(error.message.contains("ended"), "{error}");
        ended(near, &ids).await;
        near.assert_gone(&id).await;
        return false;
    }
    let left = Duration::try_from(end.duration_since(Timestamp::now())).unwrap_or_default();
    tokio::time::sleep(left + A_MOMENT).await;
    assert_eq!(near.assert_settled(&id, 3).await, ids);
    near.annexes.delete(&id, None, &[], "gone").await.unwrap();
    near.assert_gone(&id).await;
    true
}
