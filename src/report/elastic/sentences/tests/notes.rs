use super::super::{first_obstacle, note_sentence};
use super::{show_all, with_place};
use crate::elastic::engine::{Fate, KindMisfit, KindTarget, Limit, Misfit, Note, Placement, Share};

fn maximum() -> Limit {
    Limit::Maximum { maximum: 6, live: 6 }
}

fn kind_limited() -> Note {
    Note::KindLimited { kind: "big".into(), reason: "queue".into(), wanted: 4, allowed: 0, by: maximum() }
}

fn misfit(reason: Misfit) -> KindMisfit {
    KindMisfit { kind: "big".into(), reason }
}

fn placed(fate: Fate) -> Note {
    Note::Placed(Placement { group: "a1b2".into(), jobs: 3, shares: vec![Share { jobs: 3, fate }] })
}

#[test]
fn every_note_has_its_sentence() {
    show_all(
        "note",
        note_sentence,
        &[
            (
                Note::StartLimited { reason: "queue".into(), wanted: 4, allowed: 1, by: maximum() },
                "4 workers wanted for waiting jobs, 1 may be launched: the maximum is 6, and 6 live",
            ),
            (
                kind_limited(),
                "4 workers of kind big wanted for waiting jobs, none may be launched: the maximum is 6, and 6 live",
            ),
            (
                Note::IdleKept { idle: 3, ended: 1, minimum: 2 },
                "3 workers without a job, of which 1 ends: the minimum of 2 keeps the rest",
            ),
            (
                Note::QueueWaits { excess: 5, since: 600, allowed: 40 },
                "5 jobs wait beyond what is on the way, since <600>; workers are launched when that has lasted for \
                 40 s (waiting_time), at <640>",
            ),
            (
                Note::QueueWaits { excess: 1, since: 600, allowed: 0 },
                "1 job waits beyond what is on the way, since <600>; workers are launched if the next look finds the \
                 same",
            ),
            (Note::Held { by: Limit::FailedReading { source: "pool".into() } }, "held back: the pool: no answer"),
            (Note::Unservable { jobs: 1 }, "1 waiting job left out: no machine of the fleet can run it"),
            (
                Note::Corrected { setting: "low mark 2, high mark 9".into() },
                "the settings cannot be meant as written; used instead: low mark 2, high mark 9",
            ),
            (
                Note::EndPostponed { machine: "i-1".into(), by: Limit::Cooldown { until: 600 } },
                "i-1 stays for now: the last change was too recent; the next is allowed from <600>",
            ),
            (Note::Remark { text: "schedd b is slow".into() }, "schedd b is slow"),
            (placed(Fate::Running), "group a1b2, 3 jobs:\n  3 jobs: there is free room in the pool"),
            (
                Note::PlacementsOmitted { groups: 7, jobs: 90 },
                "90 more jobs in 7 groups are placed as well and not told one by one",
            ),
            (
                Note::PlacementsOmitted { groups: 1, jobs: 1 },
                "1 more job in 1 group is placed as well and not told one by one",
            ),
            (
                Note::OfferLeftOut {
                    kind: "big".into(),
                    offer: "spot m5.large in us-east-1a".into(),
                    by: Limit::Cooldown { until: 600 },
                },
                "kind big is not launched as spot m5.large in us-east-1a: the last change was too recent; the next is \
                 allowed from <600>",
            ),
            (
                Note::Target(KindTarget {
                    kind: "big".into(),
                    live: 3,
                    coming: 1,
                    draining: 1,
                    needed: 4,
                    target: 4,
                    launches: 1,
                }),
                "kind big: 4 are to serve; 3 live (1 on the way, 1 draining), jobs need 4, 1 launched",
            ),
        ],
    );
}

#[test]
fn every_fate_has_its_sentence() {
    let of_share = |fate: &Fate| super::super::fate_sentence(&Share { jobs: 3, fate: fate.clone() });
    show_all(
        "fate",
        of_share,
        &[
            (Fate::Running, "3 jobs: there is free room in the pool"),
            (Fate::Coming, "3 jobs: there will be room on workers that are on the way"),
            (Fate::DrainCancelled, "3 jobs: drains of workers are cancelled for them"),
            (Fate::New { kind: "big".into() }, "3 jobs: workers of kind big are launched for them"),
            (Fate::Young { until: 600 }, "3 jobs: too young (waiting_time); workers are launched for them from <600>"),
            (
                Fate::Limited { kind: "big".into(), by: maximum() },
                "3 jobs: kind big fits, but the maximum is 6, and 6 live",
            ),
            (Fate::Unservable { kinds: vec![misfit(Misfit::NoSlots)] }, "3 jobs: kind big cannot run them"),
            (Fate::Unservable { kinds: vec![] }, "3 jobs: the fleet has no kind of machine"),
            (
                Fate::Unknown { kinds: vec![misfit(Misfit::NoSlots)] },
                "3 jobs: whether big can run them is not known here, and nothing is launched on a guess",
            ),
        ],
    );
}

#[test]
fn every_misfit_has_its_sentence() {
    let clause = |of_job| Misfit::Clause {
        of_job,
        clause: "TARGET.Memory >= RequestMemory".into(),
        values: vec![("TARGET.Memory".into(), "16000".into()), ("RequestMemory".into(), "1000000".into())],
    };
    let of_kind = |misfit: &Misfit| super::super::misfit_sentence(&self::misfit(misfit.clone()));
    show_all(
        "misfit",
        of_kind,
        &[
            (
                clause(true),
                "big: in the job's Requirements, \"TARGET.Memory >= RequestMemory\" is not true with the machine's Memory = \
                 16000, RequestMemory = 1000000",
            ),
            (
                clause(false),
                "big: in the machine's START, \"TARGET.Memory >= RequestMemory\" is not true with the job's Memory = \
                 16000, RequestMemory = 1000000",
            ),
            (
                Misfit::Resource { resource: "Memory".into(), asked: 1_000_000, offered: 16_000 },
                "big: a job asks for 976.6 GiB of Memory, and the largest slot has 15.6 GiB",
            ),
            (
                Misfit::Lifetime { run_time: 7200, lifetime: 3600 },
                "big: a job runs for 2 h 00 m, and a machine lives for 1 h 00 m",
            ),
            (
                Misfit::Unknown { clause: "userHome(Owner)".into(), needs: "userHome".into() },
                "big: \"userHome(Owner)\" cannot be evaluated here: it needs userHome",
            ),
            (Misfit::NoSlots, "big: its machines have no slots"),
        ],
    );
}

#[test]
fn a_silent_source_weighs_more_than_a_limit_and_a_limit_more_than_a_postponed_end() {
    let silent = Note::Held { by: Limit::FailedReading { source: "slots".into() } };
    let postponed = Note::EndPostponed { machine: "i-1".into(), by: Limit::Cooldown { until: 600 } };
    with_place(|place| {
        let first = |notes: &[Note]| first_obstacle(notes, place).unwrap().remedy;
        assert!(first(&[postponed.clone(), kind_limited(), silent.clone()]).starts_with("bring the pool back"));
        let queue = Note::Held { by: Limit::FailedReading { source: "demand".into() } };
        assert!(first(&[silent, queue]).starts_with("bring back the queue"), "it says what is wanted");
        assert_eq!(first(&[postponed, kind_limited()]), "`hoist elastic set crunch --max 10`");
    });
}

#[test]
fn the_tightest_limit_of_growth_is_told_first() {
    let loose = Note::StartLimited { reason: "queue".into(), wanted: 9, allowed: 3, by: maximum() };
    let by = Limit::MaximumOfKind { maximum: 1, live: 0 };
    let tight = Note::KindLimited { kind: "big".into(), reason: "queue".into(), wanted: 3, allowed: 1, by };
    with_place(|place| {
        let obstacle = first_obstacle(&[loose.clone(), tight.clone()], place).unwrap();
        assert!(obstacle.remedy.starts_with("raise max of [machines.big]"), "{}", obstacle.remedy);
        assert_eq!((obstacle.note, obstacle.share), (1, None));
    });
}

#[test]
fn jobs_that_no_worker_can_run_are_an_obstacle_with_the_clause() {
    let reason = Misfit::Resource { resource: "Memory".into(), asked: 1_048_576, offered: 16_000 };
    let unservable = placed(Fate::Unservable { kinds: vec![misfit(reason)] });
    with_place(|place| {
        let obstacle = first_obstacle(&[unservable], place).unwrap();
        assert_eq!(
            obstacle.sentence,
            "group a1b2, 3 jobs: kind big cannot run them; big: a job asks for 1 TiB of Memory, and the largest slot has 15.6 GiB"
        );
        assert!(obstacle.remedy.contains("condor_qedit"), "{}", obstacle.remedy);
        assert_eq!(first_obstacle(&[placed(Fate::Running)], place), None);
    });
}

#[test]
fn a_count_that_was_set_is_lifted_as_a_count() {
    use crate::report::elastic::sentences::remedy;
    use crate::scaler::Overrides;
    with_place(|place| {
        let overrides = Overrides { count: Some(6), ..Overrides::default() };
        let place = super::FleetPlace::new(place.name, (place.file, place.text), &overrides);
        assert_eq!(remedy(&maximum(), None, 1, &place), "`hoist elastic set crunch --count 7`");
    });
}
