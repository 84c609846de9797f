use crate::classad::{ClassAd, Scope, evaluate, matches};

/// Whether jobs and slots match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// They do.
    Yes,
    /// They do not.
    No,
    /// That cannot be known here.
    Unknown,
}

/// Tells whether a job and a slot match by the requirements of both. A slot that shows no `Requirements` is asked for
/// its `Start`.
pub(super) fn fit(job: &ClassAd, slot: &ClassAd, now: i64) -> Fit {
    let of_slot = slot.attribute("Requirements").or_else(|| slot.attribute("Start"));
    let sides = [(job.attribute("Requirements"), job, slot), (of_slot, slot, job)];
    let mut unknown = false;
    for (requirements, my, target) in sides {
        let Some(requirements) = requirements else { continue };
        let evaluation = evaluate(requirements, Scope::new(my, Some(target), now));
        if evaluation.unknown.is_some() {
            unknown = true;
        } else if !evaluation.value.is_true() {
            return Fit::No;
        }
    }
    // A side that is unknown as a whole may still fail for sure by a part of it.
    match unknown {
        false => Fit::Yes,
        true if matches(job, slot, now).is_match() == Some(false) => Fit::No,
        true => Fit::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_decide_and_what_is_unknown_is_no_match() {
        let ad = |text: &str| ClassAd::from_long_text(text).unwrap();
        let job = ad("Requirements = TARGET.Memory >= 10\nOwner = \"a\"");
        assert_eq!(fit(&job, &ad("Memory = 10"), 0), Fit::Yes);
        assert_eq!(fit(&job, &ad("Memory = 10\nStart = TARGET.Owner == \"b\""), 0), Fit::No);
        assert_eq!(fit(&job, &ad("Memory = 10\nRequirements = START\nStart = undefined"), 0), Fit::No);
        assert_eq!(fit(&job, &ad("Memory = 10\nStart = siteRule(TARGET.Owner)"), 0), Fit::Unknown);
    }
}
