use super::words::{length, source, time};
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::Limit;

/// Says which limit held a decision back, with its numbers.
pub fn limit_sentence(limit: &Limit) -> String {
    match limit {
        Limit::Maximum { maximum, live } => {
            format!("the maximum is {maximum}, and {live} {}", agreeing(*live, "lives", "live"))
        }
        Limit::Breaker { failures, until: Some(until) } => format!(
            "{} in a row failed to come up, so launches are stopped; one is tried from {}",
            counted(*failures, "worker"),
            time(*until)
        ),
        Limit::Breaker { failures, until: None } => format!(
            "{} in a row failed to come up, so launches are stopped; one is being tried now",
            counted(*failures, "worker")
        ),
        Limit::FailedReading { source: name } => format!("{}: no answer", source(name)),
        Limit::StaleReading { source: name, age, allowed: 0 } => {
            format!("{}: the last answer is {} old, and nothing is decided on old answers", source(name), length(*age))
        }
        Limit::StaleReading { source: name, age, allowed } => format!(
            "{}: the last answer is {} old; answers are used for {}",
            source(name),
            length(*age),
            length(*allowed)
        ),
        Limit::Starting { machines } => format!("{} on the way must come up first", are(*machines, "worker")),
        Limit::Cooldown { until } => {
            format!("the last change was too recent; the next is allowed from {}", time(*until))
        }
        Limit::MaximumOfKind { maximum, live } => {
            format!("the maximum of this kind is {maximum}, and {live} {}", agreeing(*live, "lives", "live"))
        }
        Limit::HourlyBudget { budget, committed, price } => {
            format!("an hour may cost ${budget}; the workers cost ${committed}, and one more ${price}")
        }
        Limit::Budget { budget, spent, committed, price } => format!(
            "the fleet may cost ${budget} in all; ${spent} are spent, what runs may cost ${committed} until its leases end, \
             and one more ${price}"
        ),
        Limit::NoPrice => "there is a budget, and the price of this kind is not known".to_owned(),
        Limit::LaunchRate { maximum, launched } => {
            let (are, were) = (agreeing(*maximum, "is", "are"), agreeing(*launched, "was", "were"));
            format!(
                "at most {} a minute {are} allowed, and {launched} {were} made in the last one",
                counted(*maximum, "launch")
            )
        }
        Limit::Refused { refusals, until } => format!(
            "the cloud refused launches in {} in a row; one is tried from {}",
            counted(*refusals, "pass"),
            time(*until)
        ),
        Limit::Paused => "the fleet is paused: nothing is launched, drained or ended".to_owned(),
        Limit::Claimed { claims: 0 } => "it may have jobs".to_owned(),
        Limit::Claimed { claims } => format!("it has {}, whose jobs go on", counted(*claims, "claim")),
        Limit::MayHaveJobs { until } => {
            format!("draining: the source does not tell who is busy; it has until {} (grace of [lease])", time(*until))
        }
        Limit::DrainUnseen => {
            "it is not certain yet that it accepts no more work, so a job may still start on it".to_owned()
        }
        Limit::PersonsDrain => "a person drained it, and only a person decides about it".to_owned(),
        Limit::NotOwn => "the fleet has no such machine".to_owned(),
        Limit::UnknownKind { kind } => format!("the fleet has no kind of machine named \"{kind}\""),
        Limit::Minimum { minimum, live } => format!(
            "the minimum is {minimum}, and {live} {} on the way",
            agreeing(*live, "serves or is", "serve or are")
        ),
        Limit::NoOffer { until } => {
            format!("none of the kind's offers had capacity a short time ago; one is tried again from {}", time(*until))
        }
        Limit::NoCapacity { until } => {
            format!("it had no capacity a short time ago; it is tried again from {}", time(*until))
        }
        Limit::ProgramFailed { error } => format!("the program that decides failed: {error}"),
        Limit::Fall { missing, before, until } => format!(
            "{missing} of the pool's {} disappeared at once, which looks like a failure of the pool; nothing is ended \
             until {} back, or until {}",
            counted(*before, "slot"),
            agreeing(*missing, "it is", "they are"),
            time(*until)
        ),
    }
}

fn are(count: i64, noun: &str) -> String {
    format!("{} that {}", counted(count, noun), agreeing(count, "is", "are"))
}
