//! Offers of a kind that have no capacity, or whose machines do not come up.

use std::collections::BTreeMap;
use std::time::Duration;

use hoist::cloud::sim::SimConfig;
use hoist::elastic::engine::{Limit, Note};
use hoist::provider::Offer;

use super::lab::{Lab, burst, file_text};
use super::world::Job;

const ENGINES: [&str; 5] = [
    "name = \"classad\"",
    "name = \"elastiq\"",
    "name = \"queuelen\"\nhigh = 3\nlow = 1",
    "name = \"coalition\"\nminimum_lifetime = \"5m\"",
    "name = \"npreserving\"\npreserve_n = 3",
];

fn offer(zone: &str) -> Offer {
    Offer { instance_type: Some("small".into()), zone: Some(zone.into()), ..Offer::default() }
}

/// A lab whose kind has these offers.
async fn lab(engine: &str, jobs: Vec<Job>, zones: &[&str], capacity: &[(&str, usize)]) -> Lab {
    let capacity = capacity.iter().map(|(zone, number)| (offer(zone), *number)).collect::<BTreeMap<_, _>>();
    let config = SimConfig { capacity, ..SimConfig::default() };
    let mut lab = Lab::with(&file_text(0, 4, engine, ""), jobs, config, true).await;
    lab.kinds.get_mut("machine").unwrap().machine.offers = zones.iter().map(|zone| offer(zone)).collect();
    lab
}

fn asked(lab: &Lab, zone: &str) -> u64 {
    lab.cloud.sim.asked().get(&offer(zone)).copied().unwrap_or(0) as u64
}

fn launched(lab: &Lab, zone: &str) -> usize {
    lab.cloud.sim.launched().iter().filter(|launch| launch.instance.offer.as_ref() == Some(&offer(zone))).count()
}

#[tokio::test(start_paused = true)]
async fn a_restarted_scaler_leaves_alone_what_had_no_capacity() {
    for engine in ENGINES {
        let mut lab = lab(engine, burst(0, 12, 3600), &["a", "b"], &[("a", 0)]).await;
        let mut scaler = lab.scaler().await.unwrap();
        while asked(&lab, "a") == 0 {
            lab.run(&mut scaler, 5).await.unwrap();
        }
        let alive = lab.alive();
        assert!(alive > 0, "{engine}");
        // More is wanted at once, by a process that has seen nothing of it.
        for id in lab.cloud.sim.alive().into_iter().map(|launch| launch.service) {
            lab.cloud.sim.kill(&id);
        }
        drop(scaler);
        lab.take_over();
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 150).await.unwrap();
        assert_eq!(asked(&lab, "a"), 1, "{engine}: {:#?}", lab.passes_since(200));
        assert!(launched(&lab, "b") > alive, "{engine}: {:#?}", lab.passes_since(200));
        let told = lab.journal.passes().into_iter().flat_map(|pass| pass.notes).any(|note| {
            let why = matches!(note, Note::OfferLeftOut { by: Limit::NoCapacity { .. }, .. });
            why && format!("{note:?}").contains("on-demand small in a")
        });
        assert!(told, "{engine}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_one_offers_machines_never_join_the_others_go_on() {
    for engine in &ENGINES[..2] {
        let mut lab = lab(engine, burst(0, 16, 7200), &["bad", "good"], &[]).await;
        lab.world.set_mute_offers(&[offer("bad")]);
        let mut scaler = lab.scaler().await.unwrap();
        // Two rounds fail in the first offer, each within the time to deploy; then the rest comes up elsewhere.
        lab.run(&mut scaler, 40 * 60).await.unwrap();
        let first = launched(&lab, "bad");
        assert!(launched(&lab, "good") >= 3, "{engine}: {:#?}", lab.passes_since(3600));
        assert!(lab.world.nodes().len() >= 3, "{engine}");
        // Whoever asks why is told of the offer, and so is a process that has just started.
        drop(scaler);
        lab.take_over();
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 60).await.unwrap();
        let named = |note: &Note| match note {
            Note::OfferLeftOut { offer, by: Limit::Breaker { failures, .. }, .. } => {
                offer == "on-demand small in bad" && *failures >= 2
            }
            _ => false,
        };
        let last = lab.journal.passes().pop().unwrap();
        assert!(last.notes.iter().any(named), "{engine}: {last:#?}");
        // All work is done, and the offer that fails is probed by one machine at a time.
        lab.run(&mut scaler, 6 * 3600).await.unwrap();
        assert_eq!(lab.world.unfinished(), 0, "{engine}");
        assert!(launched(&lab, "bad") <= first + 8, "{engine}: {first}, then {}", launched(&lab, "bad"));
        lab.check();
        lab.check_ledger();
        // It is mended: the next probe joins, and it is the first choice again.
        lab.world.set_mute_offers(&[]);
        let before = launched(&lab, "bad");
        for _ in 0..3 {
            lab.world.submit(burst(lab.clock.now().as_second(), 16, 1800));
            lab.run(&mut scaler, 2 * 3600).await.unwrap();
        }
        assert!(launched(&lab, "bad") >= before + 4, "{engine}: {before}, then {}", launched(&lab, "bad"));
        lab.check();
        lab.check_ledger();
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_that_boots_nowhere_is_probed_by_one_machine_at_a_time() {
    for engine in &ENGINES[..2] {
        let zones = ["a", "b", "c", "d", "e", "f"];
        let lab = lab(engine, burst(0, 16, 600), &zones, &[]).await;
        lab.world.set_mute(true);
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 12 * 3600).await.unwrap();
        let launched = lab.cloud.sim.launched().len();
        // Two offers fail twice with as many as are wanted; from then on one machine is tried at a time.
        assert!((8..=90).contains(&launched), "{engine}: {launched}");
        let late: Vec<usize> = lab.passes_since(6 * 3600).iter().map(|pass| launches(&pass.decisions)).collect();
        assert!(late.iter().all(|number| *number <= 1), "{engine}: {late:?}");
        assert!(late.iter().sum::<usize>() > 0, "{engine}");
        lab.check_ledger();
    }
}

fn launches(decisions: &[hoist::elastic::engine::Decision]) -> usize {
    let number = |decision: &hoist::elastic::engine::Decision| match decision {
        hoist::elastic::engine::Decision::Launch(launch) => launch.count as usize,
        _ => 0,
    };
    decisions.iter().map(number).sum()
}

#[tokio::test(start_paused = true)]
async fn machines_that_die_young_count_against_their_offer() {
    for engine in ENGINES {
        let lab = lab(engine, burst(0, 400, 1800), &["bad", "good"], &[]).await;
        let mut scaler = lab.scaler().await.unwrap();
        // The first zone takes its machines back after a minute or two.
        for _ in 0..120 {
            lab.run(&mut scaler, 60).await.unwrap();
            for launch in lab.cloud.sim.alive() {
                if launch.instance.offer == Some(offer("bad")) {
                    lab.cloud.sim.kill(&launch.service);
                }
            }
        }
        let (bad, good) = (launched(&lab, "bad"), launched(&lab, "good"));
        assert!(good >= 3 && bad <= 24, "{engine}: {bad} and {good}");
        assert!(lab.alive() >= 3, "{engine}: {:#?}", lab.passes_since(600));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(lab.world.violations().is_empty());
    }
}
