//! Whole lives with random troubles and cuts.

use std::collections::BTreeMap;
use std::time::Duration;

use hoist::annex::{AnnexError, AnnexPhase};
use proptest::prelude::*;

use crate::annex_work::lab::{Command, Lab, apply, in_virtual_time, spec};
use crate::annex_work::world::Mood;
use hoist_test_support::dice::Dice;

fn mood(dice: &mut Dice) -> Mood {
    let lag = Duration::from_secs(dice.below(30) as u64);
    Mood {
        troubled: (!dice.one_in(4)).then(|| 3 + dice.below(20)),
        change: Duration::from_secs(31 + dice.below(200) as u64),
        lag,
        // A cloud that tells no tokens shows at once what it has taken.
        tells_tokens: lag > Duration::ZERO || dice.one_in(2),
        too_many: if dice.one_in(3) { 4 } else { u32::MAX },
        refused_from: if dice.one_in(4) { 5 } else { u32::MAX },
        obstacles: if dice.one_in(4) { [("Role".to_owned(), 1 + dice.below(3))].into() } else { BTreeMap::new() },
        stillborn: dice.below(2),
        token_used: dice.one_in(8),
        last_line: usize::MAX,
        in_flight: (!dice.one_in(3)).then(|| dice.moment(Duration::from_secs(10))),
    }
}

/// Most processes are cut off.
fn fuse(dice: &mut Dice) -> Option<usize> {
    (!dice.one_in(4)).then(|| dice.below(30))
}

async fn live(seed: u64) {
    let mut dice = Dice::new(seed, 1);
    let lab = Lab::new(seed, mood(&mut dice));
    let when = format!("seed {seed}: {:?}", lab.cloud.world().mood);
    for _ in 0..1 + dice.below(6) {
        if lab.record().stage == AnnexPhase::Ended {
            break;
        }
        let before = lab.record().spec;
        let wanted = spec(1 + dice.below(5) as u32, 1 + dice.below(4) as i64);
        if dice.one_in(4) && lab.record().made {
            let alive = lab.cloud.world().alive();
            let doomed: Vec<String> = alive.into_iter().take(1 + dice.below(2)).collect();
            lab.insist(&Command::Release(doomed.clone()), || fuse(&mut dice)).await.unwrap();
            let alive = lab.cloud.world().alive();
            assert!(doomed.iter().all(|id| !alive.contains(id)), "{when}");
            continue;
        }
        match lab.insist(&apply(wanted.clone()), || fuse(&mut dice)).await {
            Ok(()) => lab.assert_is(&wanted, &when),
            Err(AnnexError::Ending { what }) => panic!("{when}: {what}"),
            Err(_) if before.is_none() || !lab.record().made => break,
            Err(_) => assert_eq!(lab.record().spec, before, "{when}"),
        }
        lab.assert_right(&when);
    }
    let mut told = 0;
    while let Err(error) = lab.insist(&Command::Delete { force: dice.one_in(2) }, || fuse(&mut dice)).await {
        assert!(matches!(error, AnnexError::Remains { .. }), "{when}: {error}");
        told += 1;
        assert!(told < 5, "{when}: {error}");
    }
    lab.assert_gone(&when);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_nothing_is_leaked_or_doubled(seed: u64) {
        in_virtual_time(live(seed));
    }
}
