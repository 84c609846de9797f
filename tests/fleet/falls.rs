//! Pools that lose sight of most of their machines at once.

use hoist::elastic::engine::{Decision, Limit, Note};
use hoist::scaler::PassRecord;

use super::answers::Tells;
use super::lab::{Lab, burst, file_text};
use super::untold::file;

const ENGINES: [&str; 4] = [
    "name = \"classad\"",
    "name = \"elastiq\"",
    "name = \"queuelen\"\nhigh = 3\nlow = 1",
    "name = \"coalition\"\nminimum_lifetime = \"5m\"",
];

fn says_so(pass: &PassRecord) -> bool {
    pass.notes.iter().any(|note| matches!(note, Note::Held { by: Limit::Fall { .. } }))
}

fn shrinks(decisions: &[Decision]) -> bool {
    decisions.iter().any(|decision| matches!(decision, Decision::Terminate(_) | Decision::Drain(_)))
}

#[tokio::test(start_paused = true)]
async fn a_sudden_fall_of_the_pool_holds_shrinkage_and_says_so() {
    for (engine, tells) in ENGINES.into_iter().map(|engine| (engine, Tells::Pool)).chain([(ENGINES[1], Tells::Hosts)]) {
        let text = match tells {
            Tells::Pool => file_text(0, 4, engine, ""),
            _ => file(0, 4, engine),
        };
        // Two jobs wait, so that none is to go before the fall; then all end.
        let lab = Lab::new(&text, burst(0, 18, 600)).await;
        lab.world.set_tells(tells, false);
        let mut scaler = lab.scaler().await.unwrap();
        while lab.world.nodes().len() < 4 || lab.world.nodes().iter().any(|node| lab.world.claims(node) < 4) {
            lab.run(&mut scaler, 15).await.unwrap();
        }
        lab.run(&mut scaler, 60).await.unwrap();
        lab.world.set_hidden(3);
        lab.run(&mut scaler, 800).await.unwrap();
        assert!(!shrinks(&lab.decisions_since(800)), "{engine} {tells:?}: {:#?}", lab.decisions_since(800));
        let last = || lab.journal.passes().pop().unwrap();
        assert!(says_so(&last()), "{engine} {tells:?}: {:#?}", last());
        // When they are back, it goes on.
        lab.world.set_hidden(0);
        lab.run(&mut scaler, 1800).await.unwrap();
        assert_eq!(lab.alive(), 0, "{engine} {tells:?}: {:#?}", lab.passes_since(60));
        assert!(!says_so(&last()), "{engine} {tells:?}");
        lab.check();
    }
}

#[tokio::test(start_paused = true)]
async fn a_scaler_that_takes_over_knows_the_pool_that_fell() {
    for engine in ENGINES {
        for fallen_before in [true, false] {
            let mut lab = Lab::new(&file_text(0, 4, engine, ""), burst(0, 18, 600)).await;
            let mut scaler = lab.scaler().await.unwrap();
            while lab.world.nodes().len() < 4 || lab.world.nodes().iter().any(|node| lab.world.claims(node) < 4) {
                lab.run(&mut scaler, 15).await.unwrap();
            }
            lab.run(&mut scaler, 60).await.unwrap();
            lab.world.set_hidden(3);
            if fallen_before {
                lab.run(&mut scaler, 120).await.unwrap();
            }
            drop(scaler);
            lab.take_over();
            let mut scaler = lab.scaler().await.unwrap();
            lab.run(&mut scaler, 600).await.unwrap();
            assert!(!shrinks(&lab.decisions_since(600)), "{engine} {fallen_before}: {:#?}", lab.decisions_since(600));
            assert!(says_so(&lab.journal.passes().pop().unwrap()), "{engine} {fallen_before}");
            lab.check();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn workers_that_are_ended_or_lost_at_the_cloud_are_no_fall() {
    for engine in ENGINES {
        let lab = Lab::new(&file_text(0, 4, engine, ""), burst(0, 16, 900)).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 3600).await.unwrap();
        assert_eq!(lab.alive(), 0, "{engine}");
        assert!(!lab.journal.passes().iter().any(says_so), "{engine}");
    }
}
