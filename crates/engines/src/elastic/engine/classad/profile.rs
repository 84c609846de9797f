use std::collections::BTreeSet;
use std::sync::Arc;

use super::attribute_use::AttributeUse;
use super::expression_walk::{reads_clock, visit, wants_at_least};
use super::request::Request;
use super::resources::Resources;
use crate::classad::{ClassAd, Name};

/// What matters of the ad of a group of jobs.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    /// What each job takes. None: that depends on the slot.
    pub(super) request: Option<Arc<Request>>,
    /// Whether a match depends on the amounts of a slot in other ways than that they suffice.
    pub(super) exact: bool,
    /// Whether a match depends on the time.
    pub(super) timed: bool,
}

impl Profile {
    /// Looks at an ad. Adds what it reads of slots.
    pub(super) fn new(ad: &Arc<ClassAd>, resources: &Resources, now: i64, reads: &mut AttributeUse) -> Profile {
        let requirements = ad.attribute("Requirements");
        let requests = resources.requests().iter().filter_map(|name| ad.get(name));
        let mut seen = BTreeSet::new();
        let mut timed = false;
        for expression in requirements.into_iter().chain(requests) {
            reads.follow(expression, ad, &mut seen, now);
            visit(expression, &mut |node| timed |= reads_clock(node));
        }
        for name in &seen {
            if let Some(own) = ad.get(&Name::new(name)) {
                visit(own, &mut |node| timed |= reads_clock(node));
            }
        }
        let request = Request::of(resources, ad, None, now).filter(|_| !timed).map(Arc::new);
        let exact = request.is_none() || requirements.is_some_and(|text| !wants_at_least(text, ad, resources));
        Profile { request, exact, timed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> (Profile, Vec<String>) {
        let mut reads = AttributeUse::default();
        let ad = Arc::new(ClassAd::from_long_text(text).unwrap());
        let profile = Profile::new(&ad, &Resources::default(), 0, &mut reads);
        (profile, reads.iter().map(|(name, _)| name.clone()).collect())
    }

    #[test]
    fn an_ordinary_job_reads_the_slot_and_depends_on_sufficient_amounts() {
        let (profile, reads) = profile(
            "RequestMemory = 2000\nRequestCpus = 2\nMinimum = 3\n\
             Requirements = TARGET.Arch == \"X86_64\" && TARGET.Memory >= RequestMemory && Level > Minimum",
        );
        assert_eq!(reads, ["arch", "level", "memory"]);
        assert_eq!((profile.exact, profile.timed), (false, false));
        assert_eq!(profile.request.unwrap().asked, [2, 2000, 1024, 0]);
    }

    #[test]
    fn the_clock_is_found_behind_an_attribute() {
        let (profile, _) = profile("Late = time() > 5\nRequirements = Late");
        assert!(profile.timed);
    }
}
