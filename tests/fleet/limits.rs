//! Budgets, rates, schedules.

use hoist::elastic::engine::{Limit, Money, Note};
use hoist::scaler::KindSpec;

use super::lab::{Lab, burst, file_text};

#[tokio::test(start_paused = true)]
async fn budgets_are_kept() {
    for engine in ["name = \"classad\"", "name = \"elastiq\"", "name = \"queuelen\"\nhigh = 3\nlow = 1"] {
        let text = file_text(0, 8, engine, "[limits]\nbudget_per_hour = 1.2\n");
        let lab = Lab::new(&text, burst(0, 60, 1800)).await;
        lab.set_max(2);
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 3 * 3600).await.unwrap();
        assert_eq!(lab.alive(), 2, "{engine}");
        lab.check();

        let text = file_text(0, 8, engine, "[limits]\nbudget = 3\n");
        let lab = Lab::new(&text, burst(0, 400, 1800)).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 24 * 3600).await.unwrap();
        assert_eq!(lab.alive(), 0, "{engine}: {:#?}", lab.passes_since(300));
        // Jobs that run are not interrupted, so the last of them may cost a little more.
        let cost = lab.journal.fleet().cost(lab.clock.now());
        let most = Money::from_units(3.0 + 6.0 * 0.5 * 0.6).unwrap();
        assert!(cost > Money::from_units(2.0).unwrap() && cost < most, "{engine}: {cost}");
        lab.check();
    }
}

#[tokio::test(start_paused = true)]
async fn a_budget_pays_for_leases_to_their_ends() {
    for engine in
        ["name = \"elastiq\"", "name = \"queuelen\"\nhigh = 3\nlow = 1", "name = \"npreserving\"\npreserve_n = 4"]
    {
        // A lease of 10.5 hours costs $5.25.
        for (budget, launched) in [(5, 0), (11, 2)] {
            let limits = format!("[limits]\nbudget = {budget}\n[lease]\nlength = \"10h\"\ngrace = \"30m\"\n");
            let lab = Lab::new(&file_text(0, 4, engine, &limits), burst(0, 60, 1800)).await;
            let mut scaler = lab.scaler().await.unwrap();
            lab.run(&mut scaler, 900).await.unwrap();
            assert_eq!(lab.alive(), launched, "{engine} {budget}: {:#?}", lab.passes_since(60));
            let limited = |note: &Note| matches!(note, Note::StartLimited { by: Limit::Budget { .. }, .. });
            let passes = lab.passes_since(900);
            assert!(passes.iter().any(|pass| pass.notes.iter().any(limited)), "{engine} {budget}: {passes:#?}");
            lab.check();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn launches_within_a_minute_are_limited() {
    let text = file_text(0, 40, "name = \"npreserving\"\npreserve_n = 40", "[limits]\nlaunches_per_minute = 10\n");
    let lab = Lab::new(&text, Vec::new()).await;
    let mut scaler = lab.scaler().await.unwrap();
    let first = scaler.pass().await.unwrap();
    assert_eq!(lab.alive(), 10);
    let limited = |note: &Note| matches!(note, Note::StartLimited { by: Limit::LaunchRate { maximum: 10, .. }, .. });
    assert!(first.notes.iter().any(limited), "{first:#?}");
    lab.run(&mut scaler, 55).await.unwrap();
    assert_eq!(lab.alive(), 10);
    lab.run(&mut scaler, 300).await.unwrap();
    assert_eq!(lab.alive(), 40);
    lab.check_ledger();
}

#[tokio::test(start_paused = true)]
async fn schedules_bring_other_limits_at_their_minute() {
    for engine in ["name = \"classad\"", "name = \"elastiq\"", "name = \"coalition\""] {
        let schedule = "[[schedule]]\nwhen = \"08:00-18:00 UTC\"\nmin = 3\n";
        let lab = Lab::new(&file_text(0, 4, engine, schedule), Vec::new()).await;
        let mut scaler = lab.scaler().await.unwrap();
        for _ in 0..48 {
            lab.run(&mut scaler, 1800).await.unwrap();
            let hour = lab.clock.now().strftime("%H").to_string().parse::<u32>().unwrap();
            // Within an hour of the change, workers may be on their way up or down.
            match hour {
                9..=17 => assert_eq!(lab.alive(), 3, "{engine} at {hour}: {:#?}", lab.passes_since(1800)),
                20..=23 | 0..=7 => assert_eq!(lab.alive(), 0, "{engine} at {hour}: {:#?}", lab.passes_since(60)),
                _ => {}
            }
        }
        lab.check();
        lab.check_ledger();
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_limits_the_tightest_is_told() {
    let text = file_text(0, 9, "name = \"npreserving\"\npreserve_n = 9", "[limits]\nlaunches_per_minute = 2\n");
    let text = text.replace("[machine]\n", "[machine]\nmax = 5\n");
    let lab = Lab::new(&text, Vec::new()).await;
    let mut scaler = lab.scaler().await.unwrap();
    let limits = |notes: &[Note]| -> Vec<Limit> {
        let by = |note: &Note| match note {
            Note::StartLimited { by, .. } | Note::KindLimited { by, .. } => Some(by.clone()),
            _ => None,
        };
        notes.iter().filter_map(by).collect()
    };
    let first = scaler.pass().await.unwrap();
    assert_eq!(limits(&first.notes), [Limit::LaunchRate { maximum: 2, launched: 0 }], "{first:#?}");
    lab.run(&mut scaler, 300).await.unwrap();
    let last = scaler.pass().await.unwrap();
    assert_eq!(limits(&last.notes), [Limit::MaximumOfKind { maximum: 5, live: 5 }], "{last:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_maximum_of_a_kind_does_not_allow_is_of_the_next_kind() {
    let engines = ["classad\"", "elastiq\"", "queuelen\"\nhigh = 3\nlow = 1", "npreserving\"\npreserve_n = 5"]
        .map(|it| format!("name = \"{it}"));
    for engine in engines {
        let one = "cpus = 4\nmemory = \"4G\"\nprice = ";
        let two = format!("[machines.small]\nmax = 2\n{one}0.5\n[machines.large]\n{one}0.7");
        let text = file_text(5, 8, &engine, "").replace(&format!("[machine]\n{one}0.5"), &two);
        let mut lab = Lab::new(&text, Vec::new()).await;
        let spec = lab.kinds.remove("machine").unwrap();
        let large = KindSpec { price: Money::from_units(0.7), ..spec.clone() };
        lab.kinds = [("small".to_owned(), spec), ("large".to_owned(), large)].into();
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 900).await.unwrap();
        let fleet = lab.journal.fleet();
        let count = |kind: &str| fleet.present().filter(|worker| *worker.kind == *kind).count();
        assert_eq!((count("small"), count("large")), (2, 3), "{engine}: {:#?}", lab.passes_since(60));
        lab.check();
        lab.check_ledger();
    }
}
