use super::super::event_sentence;
use super::show_all;
use crate::elastic::engine::{DrainOwner, MachineId, Reason};
use crate::plan::CloudConfig;
use crate::provider::{CapacityError, Offer};
use crate::scaler::{FleetEvent, LaunchIntent, NewWorker, Overrides};

fn machines() -> Vec<MachineId> {
    vec![MachineId::new("i-1"), MachineId::new("i-2")]
}

fn new_worker() -> NewWorker {
    NewWorker { index: 0, id: MachineId::new("i-1"), launched_at: jiff::Timestamp::UNIX_EPOCH, offer: None }
}

fn intent() -> Box<LaunchIntent> {
    Box::new(LaunchIntent {
        token: "t".to_owned(),
        kind: "big".into(),
        names: vec!["crunch-1".to_owned(), "crunch-2".to_owned()],
        offers: Vec::new(),
        slot: None,
        variables: Default::default(),
        expires_at: jiff::Timestamp::UNIX_EPOCH,
        price: None,
        owner: "ada@lovelace".to_owned(),
        state: None,
        digest: String::new(),
        decision: 0,
        reason: Reason::Min { minimum: 2, running: 0, coming: 0 },
    })
}

fn launched(workers: Vec<NewWorker>) -> FleetEvent {
    let offer = Offer { instance_type: Some("m5.large".to_owned()), ..Offer::default() };
    let refusals = vec![CapacityError { offer, reason: "none left".to_owned() }];
    FleetEvent::Launched { token: "t".to_owned(), workers, refusals, error: None }
}

#[test]
fn every_line_of_the_journal_has_its_sentence() {
    let set = Overrides { max: Some(8), paused: true, ..Overrides::default() };
    let drain = |by, reason| FleetEvent::DrainIntended { machines: machines(), by, unclaimed_only: true, reason };
    show_all(
        "event",
        event_sentence,
        &[
            (
                FleetEvent::Configured {
                    path: "/etc/hoist/elastic.toml".into(),
                    text: String::new(),
                    cloud: Box::new(CloudConfig::of("local")),
                    parent: None,
                    parent_service: None,
                },
                "/etc/hoist/elastic.toml was taken in",
            ),
            (
                FleetEvent::Overridden { overrides: set },
                "laid over the fleet file (`hoist elastic set`): max 8, paused",
            ),
            (
                FleetEvent::Overridden { overrides: Overrides::default() },
                "the fleet file holds alone from here on (`hoist elastic set`)",
            ),
            (
                FleetEvent::LaunchIntended { intent: intent() },
                "2 workers of kind big asked for (crunch-1, crunch-2), because the minimum is 2; 0 served and 0 were \
                 on the way",
            ),
            (launched(vec![new_worker()]), "launched: i-1; no capacity for on-demand m5.large: none left"),
            (launched(Vec::new()), "the cloud launched nothing; no capacity for on-demand m5.large: none left"),
            (
                FleetEvent::Adopted { token: "t".to_owned(), worker: new_worker() },
                "i-1 was found by its tags: the answer to its launch had been lost",
            ),
            (FleetEvent::Joined { machines: machines() }, "joined the pool: i-1, i-2"),
            (FleetEvent::CameUp { machines: machines() }, "came up: i-1, i-2"),
            (
                FleetEvent::DrainConfirmed { machines: machines(), leases_end: None },
                "the pool sends no more work to i-1, i-2",
            ),
            (
                FleetEvent::DrainConfirmed {
                    machines: machines(),
                    leases_end: Some(jiff::Timestamp::from_second(600).unwrap()),
                },
                "leases ended, with time to leave until <600>: i-1, i-2",
            ),
            (
                FleetEvent::DrainUndone { machines: machines() },
                "drained no more, and not by the scaler: i-1, i-2; they are drained again",
            ),
            (FleetEvent::Resumed { machines: machines() }, "the pool sends work again to i-1, i-2"),
            (
                drain(DrainOwner::Scaler, Some(Reason::AboveMaximum { maximum: 1, serving: 3 })),
                "to accept no more work if without a claim: i-1, i-2, because the maximum is 1 and 3 served",
            ),
            (
                drain(DrainOwner::Person, None),
                "to accept no more work if without a claim: i-1, i-2, because a person asked for it (`hoist elastic \
                 drain`)",
            ),
            (
                FleetEvent::DrainRefused { machines: machines(), error: "no such host".to_owned() },
                "not drained: i-1, i-2; no such host",
            ),
            (
                FleetEvent::DrainCancelled { machines: machines(), reason: Some(Reason::DemandReturned { jobs: 3 }) },
                "to accept work again: i-1, i-2, because 3 waiting jobs fit on workers that were draining",
            ),
            (
                FleetEvent::TerminationIntended { machines: machines(), reason: None },
                "to be ended: i-1, i-2, because a person asked for it or the fleet ends",
            ),
            (FleetEvent::TerminationAccepted { machines: machines() }, "the cloud accepted the end of i-1, i-2"),
            (
                FleetEvent::TerminationRefused { machines: machines(), error: "not allowed".to_owned() },
                "the cloud refused to end i-1, i-2: not allowed",
            ),
            (FleetEvent::Gone { machines: machines() }, "gone: i-1, i-2"),
            (
                FleetEvent::Renewed { machines: machines(), until: jiff::Timestamp::from_second(600).unwrap() },
                "leases prolonged until <600>: i-1, i-2",
            ),
            (FleetEvent::StopIntended { keep_workers: false, now: false }, "to end, with all its workers"),
            (
                FleetEvent::StopIntended { keep_workers: false, now: true },
                "to end, with all its workers and their jobs at once",
            ),
            (
                FleetEvent::StopIntended { keep_workers: true, now: false },
                "to end; its workers stay until their leases end",
            ),
            (FleetEvent::Ended { kept: Vec::new() }, "ended; every worker is proved gone"),
            (FleetEvent::Ended { kept: machines() }, "ended; these stay until their leases end: i-1, i-2"),
        ],
    );
}
