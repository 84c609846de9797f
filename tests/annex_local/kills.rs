//! Clients that are killed at any moment.

use std::time::{Duration, Instant};

use hoist::annex::{AnnexCloud as _, AnnexId, AnnexSpec};

use crate::lab::{Near, annex, spec};

/// How often each kind of change is cut off, each time a little later.
const ROUNDS: u32 = 20;

/// How long a helper takes for something, undisturbed: the kills are spread over that time, to hit everywhere.
fn whole_time(near: &Near, act: &str, id: &AnnexId, spec: &AnnexSpec) -> Duration {
    let began = Instant::now();
    let output = near.start(act, id, spec, act, None).wait_with_output().unwrap();
    assert!(output.status.success());
    began.elapsed()
}

async fn cut_off(near: &Near, act: &str, id: &AnnexId, spec: &AnnexSpec, token: &str, after: Duration) -> bool {
    let mut client = near.start(act, id, spec, token, None);
    tokio::time::sleep(after).await;
    let ran = client.try_wait().unwrap().is_none();
    client.kill().unwrap();
    client.wait().unwrap();
    ran
}

#[tokio::test]
async fn a_client_that_is_killed_anywhere_leaves_neither_more_nor_fewer() {
    Near::in_both(kill_clients).await;
}

async fn kill_clients(near: Near) {
    let id = annex("measured");
    let (three, five) = (spec(&id, 3), spec(&id, 5));
    let create = whole_time(&near, "apply", &id, &three);
    let update = whole_time(&near, "apply", &id, &five);
    let delete = whole_time(&near, "delete", &id, &five);
    near.assert_gone(&id).await;
    let mut cut = [0; 3];
    for round in 0..ROUNDS {
        let id = annex(&format!("round-{round}"));
        let part = |whole: Duration| whole * round / ROUNDS;
        let (three, five) = (spec(&id, 3), spec(&id, 5));
        cut[0] += u32::from(cut_off(&near, "apply", &id, &three, "create", part(create)).await);
        if round % 4 == 3 {
            // Nobody comes back to it: a look finds it whole or finds nothing.
            if near.look(&id).await.is_some() {
                near.assert_settled(&id, 3).await;
            }
        }
        near.annexes.apply(&id, &three, "create").await.unwrap();
        let first = near.assert_settled(&id, 3).await;

        cut[1] += u32::from(cut_off(&near, "apply", &id, &five, "update", part(update)).await);
        near.annexes.apply(&id, &five, "update").await.unwrap();
        assert!(first.is_subset(&near.assert_settled(&id, 5).await));

        cut[2] += u32::from(cut_off(&near, "delete", &id, &five, "delete", part(delete)).await);
        if round % 2 == 0 {
            near.annexes.delete(&id, None, &[], "delete").await.unwrap();
        } else if near.look(&id).await.is_some() {
            // It was not on its way out yet.
            near.annexes.delete(&id, None, &[], "delete").await.unwrap();
        }
        near.assert_gone(&id).await;
        near.assert_empty().await;
    }
    assert!(cut.iter().all(|&times| times > ROUNDS / 4), "hardly any client was cut off: {cut:?}");
}
