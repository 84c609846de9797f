//! Clients that are killed at any moment.

use std::time::{Duration, Instant};

use hoist::annex::{AnnexCloud as _, AnnexId, AnnexSpec, ObservedAnnex, ObservedState};

use crate::annex_local::lab::{Near, annex, spec};
use crate::local_cloud::support::PATIENCE;

/// How often each kind of change is cut off, each time a little later.
const ROUNDS: u32 = 20;

/// How long a helper takes for something, undisturbed: the kills are spread over that time, to hit everywhere.
fn whole_time(near: &Near, act: &str, id: &AnnexId, spec: &AnnexSpec) -> Duration {
    let began = Instant::now();
    let output = near.start(act, id, spec, act, None).wait_with_output().unwrap();
    assert!(output.status.success());
    began.elapsed()
}

/// Kills a client after so long. Where it was done by then, the time that it takes was less than was thought.
async fn cut_off(near: &Near, act: &str, id: &AnnexId, spec: &AnnexSpec, token: &str, after: Duration) -> Cut {
    let began = Instant::now();
    let mut client = near.start(act, id, spec, token, None);
    let mut done = None;
    while done.is_none() && began.elapsed() < after {
        tokio::time::sleep(after.saturating_sub(began.elapsed()).min(Duration::from_millis(2))).await;
        done = client.try_wait().unwrap().map(|_| began.elapsed());
    }
    client.kill().unwrap();
    client.wait().unwrap();
    done.map_or(Cut::Off, Cut::TooLate)
}

/// What a kill hit.
enum Cut {
    /// A client at work.
    Off,
    /// One that was done, after so long.
    TooLate(Duration),
}

/// The kills of one kind of change: spread over the time that it takes, to hit everywhere.
struct Kills {
    whole: Duration,
    hits: u32,
}

impl Kills {
    fn over(whole: Duration) -> Self {
        Self { whole, hits: 0 }
    }

    /// When the client of a round is killed.
    fn after(&self, round: u32) -> Duration {
        self.whole * round / ROUNDS
    }

    fn count(&mut self, cut: Cut) {
        match cut {
            Cut::Off => self.hits += 1,
            Cut::TooLate(took) => self.whole = self.whole.min(took),
        }
    }
}

#[tokio::test]
async fn a_client_that_is_killed_anywhere_leaves_neither_more_nor_fewer() {
    Near::in_both(kill_clients).await;
}

async fn kill_clients(near: Near) {
    let id = annex("measured");
    let (three, five) = (spec(&id, 3), spec(&id, 5));
    let mut create = Kills::over(whole_time(&near, "apply", &id, &three));
    let mut update = Kills::over(whole_time(&near, "apply", &id, &five));
    let mut delete = Kills::over(whole_time(&near, "delete", &id, &five));
    near.assert_gone(&id).await;
    for round in 0..ROUNDS {
        let id = annex(&format!("round-{round}"));
        let (three, five) = (spec(&id, 3), spec(&id, 5));
        create.count(cut_off(&near, "apply", &id, &three, "create", create.after(round)).await);
        if round % 4 == 3 {
            // Nobody comes back to it: a look finds it whole or finds nothing, once what the client was about to start
            // has let go of the annex.
            let began = Instant::now();
            let is_changing = |seen: &ObservedAnnex| seen.state == ObservedState::Changing;
            while near.look(&id).await.is_some_and(|seen| is_changing(&seen)) {
                assert!(began.elapsed() < PATIENCE, "it does not settle");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if near.look(&id).await.is_some() {
                near.assert_settled(&id, 3).await;
            }
        }
        near.annexes.apply(&id, &three, "create").await.unwrap();
        let first = near.assert_settled(&id, 3).await;

        update.count(cut_off(&near, "apply", &id, &five, "update", update.after(round)).await);
        near.annexes.apply(&id, &five, "update").await.unwrap();
        assert!(first.is_subset(&near.assert_settled(&id, 5).await));

        delete.count(cut_off(&near, "delete", &id, &five, "delete", delete.after(round)).await);
        if round % 2 == 0 {
            near.annexes.delete(&id, None, &[], "delete").await.unwrap();
        } else if near.look(&id).await.is_some() {
            // It was not on its way out yet.
            near.annexes.delete(&id, None, &[], "delete").await.unwrap();
        }
        near.assert_gone(&id).await;
        near.assert_empty().await;
    }
    let hits = [create, update, delete].map(|kills| kills.hits);
    assert!(hits.iter().all(|&hits| hits > ROUNDS / 4), "hardly any client was cut off: {hits:?}");
}
