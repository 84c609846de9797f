use super::super::{limit_sentence, remedy};
use super::{show_all, with_place};
use crate::elastic::engine::{Limit, Money};

const DOLLAR: Money = Money::from_millionths(1_000_000);

/// Each limit with its sentence, and with what lifts it.
fn examples() -> Vec<(Limit, &'static str, &'static str)> {
    let price = Money::from_millionths(400_000);
    vec![
        (Limit::Maximum { maximum: 6, live: 6 }, "the maximum is 6, and 6 live", "`hoist elastic set crunch --max 8`"),
        (Limit::Maximum { maximum: 1, live: 1 }, "the maximum is 1, and 1 lives", "`hoist elastic set crunch --max 3`"),
        (
            Limit::Breaker { failures: 3, until: Some(600) },
            "3 workers in a row failed to come up, so launches are stopped; one is tried from <600>",
            "find out why workers do not join (`hoist elastic why crunch --machine ID`, the machine's console); one is \
             tried at <600>",
        ),
        (
            Limit::NoCapacity { until: 600 },
            "it had no capacity a short time ago; it is tried again from <600>",
            "wait until <600>; nothing needs to be done",
        ),
        (
            Limit::Breaker { failures: 3, until: None },
            "3 workers in a row failed to come up, so launches are stopped; one is being tried now",
            "wait for the one that is tried (`hoist elastic status crunch`); when it joins, launches go on",
        ),
        (
            Limit::FailedReading { source: "slots".into() },
            "the pool's slots: no answer",
            "bring the pool back (`hoist doctor` looks at what it needs); the scaler goes on by itself",
        ),
        (
            Limit::StaleReading { source: "machines".into(), age: 90, allowed: 0 },
            "the cloud: the last answer is 1 m 30 s old, and nothing is decided on old answers",
            "bring the cloud back (`hoist doctor` looks at what it needs); the scaler goes on by itself",
        ),
        (
            Limit::StaleReading { source: "groups".into(), age: 90, allowed: 60 },
            "the queue's job groups: the last answer is 1 m 30 s old; answers are used for 1 m 00 s",
            "bring the queue back (`hoist doctor` looks at what it needs); the scaler goes on by itself",
        ),
        (
            Limit::Starting { machines: 2 },
            "2 workers that are on the way must come up first",
            "wait until they have joined or failed; nothing needs to be done",
        ),
        (
            Limit::Cooldown { until: 600 },
            "the last change was too recent; the next is allowed from <600>",
            "wait until <600>; nothing needs to be done",
        ),
        (
            Limit::MaximumOfKind { maximum: 2, live: 2 },
            "the maximum of this kind is 2, and 2 live",
            "raise max of [machines.big] (/etc/hoist/elastic.toml:8), then `hoist elastic reload crunch`",
        ),
        (
            Limit::HourlyBudget { budget: DOLLAR, committed: price.times(2), price },
            "an hour may cost $1.00; the workers cost $0.80, and one more $0.40",
            "raise budget_per_hour of [limits] (/etc/hoist/elastic.toml:6), then `hoist elastic reload crunch`",
        ),
        (
            Limit::Budget { budget: DOLLAR.times(40), spent: DOLLAR.times(39), committed: price.times(2), price },
            "the fleet may cost $40.00 in all; $39.00 are spent, what runs may cost $0.80 until its leases end, and one more \
             $0.40",
            "raise budget of [limits] (/etc/hoist/elastic.toml:5), then `hoist elastic reload crunch`",
        ),
        (
            Limit::NoPrice,
            "there is a budget, and the price of this kind is not known",
            "give price of [machines.big] (/etc/hoist/elastic.toml:9), then `hoist elastic reload crunch`",
        ),
        (
            Limit::LaunchRate { maximum: 60, launched: 60 },
            "at most 60 launches a minute are allowed, and 60 were made in the last one",
            "wait a minute, or raise launches_per_minute of [limits] (/etc/hoist/elastic.toml), then `hoist elastic \
             reload crunch`",
        ),
        (
            Limit::LaunchRate { maximum: 1, launched: 1 },
            "at most 1 launch a minute is allowed, and 1 was made in the last one",
            "wait a minute, or raise launches_per_minute of [limits] (/etc/hoist/elastic.toml), then `hoist elastic \
             reload crunch`",
        ),
        (
            Limit::Refused { refusals: 2, until: 600 },
            "the cloud refused launches in 2 passes in a row; one is tried from <600>",
            "wait until <600>, or let the cloud give more: another `instance_type` of [machines.big] \
             (/etc/hoist/elastic.toml), or a higher quota",
        ),
        (
            Limit::Paused,
            "the fleet is paused: nothing is launched, drained or ended",
            "`hoist elastic set crunch --resume`",
        ),
        (
            Limit::Claimed { claims: 2 },
            "it has 2 claims, whose jobs go on",
            "wait until its jobs have ended; it is ended then",
        ),
        (Limit::Claimed { claims: 0 }, "it may have jobs", "wait until its jobs have ended; it is ended then"),
        (
            Limit::MayHaveJobs { until: 600 },
            "draining: the source does not tell who is busy; it has until <600> (grace of [lease])",
            "wait: it leaves when its work is done, at the latest at <600>, and earlier where the source tells that it has \
             none",
        ),
        (
            Limit::DrainUnseen,
            "it is not certain yet that it accepts no more work, so a job may still start on it",
            "wait for the pool's next update of it (UPDATE_INTERVAL); nothing needs to be done",
        ),
        (
            Limit::PersonsDrain,
            "a person drained it, and only a person decides about it",
            "let it work again (`condor_drain -cancel HOST`), or take it out: `hoist elastic drain crunch --machine \
             ID`",
        ),
        (Limit::NotOwn, "the fleet has no such machine", "name a machine of `hoist elastic status crunch`"),
        (
            Limit::UnknownKind { kind: "huge".into() },
            "the fleet has no kind of machine named \"huge\"",
            "name a kind of /etc/hoist/elastic.toml: [machine] is \"machine\", [machines.NAME] is NAME",
        ),
        (
            Limit::Minimum { minimum: 2, live: 2 },
            "the minimum is 2, and 2 serve or are on the way",
            "`hoist elastic set crunch --min 1` lets one more go",
        ),
        (
            Limit::NoOffer { until: 600 },
            "none of the kind's offers had capacity a short time ago; one is tried again from <600>",
            "wait until <600>, or add instance types or zones to [machines.big] (/etc/hoist/elastic.toml)",
        ),
        (
            Limit::ProgramFailed { error: "exit code 1".into() },
            "the program that decides failed: exit code 1",
            "mend the program of [engine] (/etc/hoist/elastic.toml); it is asked again in the next pass",
        ),
        (
            Limit::Fall { missing: 30, before: 40, until: 1200 },
            "30 of the pool's 40 slots disappeared at once, which looks like a failure of the pool; nothing is ended \
             until they are back, or until <1200>",
            "look at the collector; if the slots left on purpose, wait until <1200>, or raise freeze_fall of [limits] \
             (/etc/hoist/elastic.toml)",
        ),
    ]
}

#[test]
fn every_limit_has_its_sentence() {
    let sentences: Vec<(Limit, &str)> = examples().into_iter().map(|(limit, sentence, _)| (limit, sentence)).collect();
    show_all("limit", limit_sentence, &sentences);
}

#[test]
fn every_limit_says_what_lifts_it() {
    let remedies: Vec<(Limit, &str)> = examples().into_iter().map(|(limit, _, remedy)| (limit, remedy)).collect();
    with_place(|place| show_all("limit", |limit| remedy(limit, Some(&"big".into()), 2, place), &remedies));
}
