use jiff::{SignedDuration, Timestamp};

use serde_json::{Value, json};

use super::super::annex_document::ObservedAnnexView;
use super::*;
use crate::annex::{AnnexId, AnnexInstance, JOIN_GRACE, ObservedAnnex, ObservedState, join};
use crate::batch::htcondor::Slot;
use crate::classad::read_ads;

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn instance(id: &str, state: InstanceState, age: i64) -> AnnexInstance {
    AnnexInstance {
        id: id.to_owned(),
        state,
        pool: 1,
        instance_type: Some("t3.small".to_owned()),
        zone: Some("us-east-1a".to_owned()),
        spot: true,
        price: Some("0.0062".parse().unwrap()),
        private_address: Some("10.0.0.7".to_owned()),
        address: None,
        launched_at: now() - SignedDuration::from_secs(age),
        astray: false,
    }
}

fn slot(instance: &str, state: &str, activity: &str) -> Slot {
    Slot {
        name: format!("slot1@{instance}"),
        instance: Some(instance.to_owned()),
        address: None,
        state: state.to_owned(),
        activity: activity.to_owned(),
        is_partitionable: false,
        is_used_up: false,
        since: Some(now()),
    }
}

fn status(change: impl FnOnce(&mut Vec<AnnexInstance>, &mut ObservedAnnex)) -> AnnexStatus {
    use InstanceState::{Running, Terminated};
    let id = AnnexId { name: "night-run".parse().unwrap(), nonce: "0123456789ab".to_owned() };
    let mut seen = ObservedAnnex {
        expires_at: Some("2026-11-20T14:10:00Z".parse().unwrap()),
        ..ObservedAnnex::new(ObservedState::Settled, 3)
    };
    let mut instances = vec![
        instance("i-0aaaaaaaaaaaaaaa1", Running, 3600),
        instance("i-0aaaaaaaaaaaaaaa2", Running, 1200),
        instance("i-0aaaaaaaaaaaaaaa3", Terminated, 9000),
    ];
    change(&mut instances, &mut seen);
    let slots = vec![
        slot("i-0aaaaaaaaaaaaaaa1", "Claimed", "Busy"),
        slot("i-0aaaaaaaaaaaaaaa3", "Claimed", "Busy"),
        slot("i-0bbbbbbbbbbbbbbb1", "Unclaimed", "Idle"),
    ];
    join(id, seen, instances, Some(slots), now(), JOIN_GRACE)
}

fn document(status: &AnnexStatus) -> Value {
    serde_json::to_value(ObservedAnnexView::of(status)).unwrap()
}

#[test]
fn people_see_both_sides_in_one_row() {
    let end = local("2026-11-20T14:10:00Z".parse().unwrap());
    assert_eq!(
        annex_human(&status(|_, _| {}), Style::new(false)),
        format!(
            "\
night-run is settled: 2 of 3 instances running; its lease ends at {end}, in 2 h 10 m
  2 spot instances at 0.0124 an hour in all, at the present spot price; disks are not counted
  INSTANCE             STATE    TYPE      ZONE        PRICE/H      AGE        SLOTS  POOL
  i-0aaaaaaaaaaaaaaa1  running  t3.small  us-east-1a  0.0062 spot  1 h 00 m   1/1    Claimed/Busy
  i-0aaaaaaaaaaaaaaa2  running  t3.small  us-east-1a  0.0062 spot  20 m 00 s  -      not joined
  i-0aaaaaaaaaaaaaaa3  ended    t3.small  us-east-1a  0.0062 spot  2 h 30 m   1/1    Claimed (gone)
! running, and not in the pool: i-0aaaaaaaaaaaaaaa2; `hoist annex logs night-run` tells why
! ended, with slots that the pool still has: i-0aaaaaaaaaaaaaaa3; it forgets them within minutes
! i-0bbbbbbbbbbbbbbb1 is no instance of it, and has 1 slot of it in the pool
"
        )
    );
}

#[test]
fn what_is_known_of_prices_is_told_for_each_market_and_for_disks() {
    let mut status = status(|instances, _| {
        (instances[1].spot, instances[1].price) = (false, None);
    });
    let dollars = |text: &str| Some(text.parse().unwrap());
    status.add_prices(|pool| dollars("0.02").filter(|_| pool == 1), &[None, dollars("0.001")]);
    let shown = annex_human(&status, Style::new(false));
    let line = "  1 spot instance at 0.0062 an hour in all, at the present spot price\n  1 instance on demand at 0.02 an hour \
                in all, as was said; all disks at 0.002 an hour\n";
    assert!(shown.contains(line), "{shown}");
    let told = document(&status);
    assert_eq!((&told["instances"][1]["price_per_hour"], &told["disks_per_hour"]), (&json!("0.02"), &json!("0.002")));
}

#[test]
fn the_widest_names_that_there_are_fit_a_hundred_columns() {
    let wide = status(|instances, seen| {
        seen.state = ObservedState::DeleteFailed(vec![]);
        for instance in instances {
            instance.instance_type = Some("u7inh-32tb.480xlarge".to_owned());
            instance.zone = Some("us-west-2-lax-1a".to_owned());
            instance.price = Some("407.6805".parse().unwrap());
        }
    });
    let shown = annex_human(&wide, Style::new(false));
    let lines: Vec<&str> = shown.lines().filter(|line| line.starts_with("  ")).collect();
    let [price, table @ ..] = lines.as_slice() else { panic!("{shown}") };
    assert_eq!(
        *price,
        "  2 spot instances at 815.361 an hour in all, at the present spot price; disks are not counted"
    );
    assert_eq!(table.len(), 4);
    for line in table {
        assert!(line.chars().count() <= WIDEST, "{line}");
        assert!(!line.contains("us-west-2-lax-1a") && line.contains("  "), "{line}");
    }
    assert!(shown.contains("u7inh-32tb.480xlarge"));
    let told = document(&wide);
    assert_eq!(told["instances"][0]["zone"], "us-west-2-lax-1a", "the document has what the table has not");
}

#[test]
fn nothing_that_a_cloud_or_pool_says_moves_the_cursor() {
    let shown = annex_human(
        &status(|instances, seen| {
            instances[0].id = "i-\u{1b}[2J\n".to_owned();
            seen.state = ObservedState::Failed("no\u{1b}[31m".to_owned());
        }),
        Style::new(false),
    );
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn the_document_says_all_of_it() {
    let told = document(&status(|_, _| {}));
    assert_eq!(told["schema"], 1);
    assert_eq!(told["lease_left_seconds"], 7800);
    assert_eq!(told["tag"], "night-run/0123456789ab");
    let instance = &told["instances"][0];
    assert_eq!(
        (instance["state"].as_str(), instance["slots"]["state"].as_str(), instance["slots"]["claimed"].as_u64()),
        (Some("running"), Some("Claimed"), Some(1))
    );
    assert_eq!((instance["price_per_hour"].as_str(), instance["age_seconds"].as_u64()), (Some("0.0062"), Some(3600)));
    let marks: Vec<&Value> = ["instances", "strays"]
        .iter()
        .flat_map(|key| told[key].as_array().unwrap())
        .map(|entry| &entry["mark"])
        .collect();
    assert_eq!(marks, [&json!(null), &json!("not-joined"), &json!("gone"), &json!("astray")]);
}

#[test]
fn the_ads_read_back() {
    let ads = read_ads(&annex_classads(&status(|_, seen| {
        seen.state = ObservedState::Failed("\"quoted\"\nMyType = \"Machine\"".to_owned());
    })))
    .unwrap();
    assert_eq!(ads.len(), 4);
    let (annex, instance) = (&ads[0], &ads[2]);
    assert_eq!((annex.text("MyType"), annex.text("Name")), (Some("HoistAnnex"), Some("night-run/0123456789ab")));
    assert_eq!(annex.text("AnnexStateReason"), Some("\"quoted\" MyType = \"Machine\""));
    let counts = ["InstancesRunning", "InstancesNotJoined", "Slots", "SlotsClaimed", "SlotsAstray", "LeaseLeft"];
    assert_eq!(counts.map(|name| annex.int(name).unwrap()), [2, 1, 2, 2, 1, 7800]);
    assert_eq!(
        (instance.text("Mark"), instance.text("HoistInstance")),
        (Some("not-joined"), Some("i-0aaaaaaaaaaaaaaa2"))
    );
}
