use super::resources::Resources;
use crate::classad::{ClassAd, Scope, Value, evaluate};

/// What a job takes of a slot, in the order of [`Resources::names`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// As the job asks: a static slot must have it.
    pub(super) asked: Vec<i64>,
    /// As a partitionable slot deals out: rounded up (HTCondor: `MODIFY_REQUEST_EXPR_…`).
    pub(super) dealt: Vec<i64>,
}

/// Steps in which a partitionable slot deals out cores, MiB and KiB, by HTCondor's defaults.
const STEPS: [i64; 3] = [1, 128, 1024];

/// What a job takes that does not say: HTCondor's `JOB_DEFAULT_REQUEST…`, as far as they are constant.
const DEFAULTS: [i64; 3] = [1, 128, 1024];

impl Request {
    /// Evaluates what a job asks of a slot. None: without the slot it cannot be told.
    pub(super) fn of(resources: &Resources, job: &ClassAd, slot: Option<&ClassAd>, now: i64) -> Option<Request> {
        let mut request = Request { asked: Vec::new(), dealt: Vec::new() };
        for (position, name) in resources.requests().iter().enumerate() {
            let default = DEFAULTS.get(position).copied().unwrap_or(0);
            let asked = match job.get(name) {
                None => default,
                Some(expression) => match number(&evaluate(expression, Scope::new(job, slot, now)).value) {
                    Some(number) => number,
                    None if slot.is_none() => return None,
                    None => default,
                },
            };
            let step = STEPS.get(position).copied().unwrap_or(1);
            request.asked.push(asked);
            request.dealt.push(asked.saturating_add(step - 1) / step * step);
        }
        Some(request)
    }

    /// Returns the number of such jobs that fit in a room.
    pub(super) fn fits(&self, room: &[i64], partitionable: bool) -> u64 {
        if !partitionable {
            let fits = self.asked.iter().zip(room).all(|(asked, has)| asked <= has);
            return u64::from(fits);
        }
        let each = self.dealt.iter().zip(room).filter(|(dealt, _)| **dealt > 0);
        let fits = each.map(|(dealt, has)| (*has).max(0) / *dealt).min().unwrap_or(0);
        u64::try_from(fits).unwrap_or(0)
    }

    /// Takes the share of `jobs` jobs out of a room.
    pub(super) fn take(&self, room: &mut [i64], partitionable: bool, jobs: u64) {
        if !partitionable {
            room.fill(0);
            return;
        }
        let jobs = i64::try_from(jobs).unwrap_or(i64::MAX);
        for (has, dealt) in room.iter_mut().zip(&self.dealt) {
            *has = has.saturating_sub(dealt.saturating_mul(jobs)).max(0);
        }
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(value) => Some((*value).max(0)),
        // Saturates.
        Value::Real(value) if value.is_finite() => Some((value.ceil() as i64).max(0)),
        Value::Boolean(value) => Some(i64::from(*value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Request> {
        Request::of(&Resources::default(), &ClassAd::from_long_text(text).unwrap(), None, 0)
    }

    #[test]
    fn a_partitionable_slot_deals_out_in_steps() {
        let request = of("RequestMemory = 100\nRequestDisk = DiskUsage * 2\nDiskUsage = 600").unwrap();
        assert_eq!(request.asked, [1, 100, 1200, 0]);
        assert_eq!(request.dealt, [1, 128, 2048, 0]);
        assert_eq!(request.fits(&[8, 600, 1_000_000, 0], true), 4);
        let mut room = [8, 600, 1_000_000, 0];
        request.take(&mut room, true, 4);
        assert_eq!(room, [4, 88, 991_808, 0]);
    }

    #[test]
    fn a_static_slot_is_taken_as_a_whole_and_rounds_nothing() {
        let request = of("RequestMemory = 1850").unwrap();
        assert_eq!((request.fits(&[1, 1900, 5000, 0], false), request.fits(&[1, 1900, 5000, 0], true)), (1, 0));
    }

    #[test]
    fn what_depends_on_the_slot_is_told_with_it() {
        assert_eq!(of("RequestCpus = TARGET.TotalCpus"), None);
        let job = ClassAd::from_long_text("RequestCpus = TARGET.TotalCpus").unwrap();
        let slot = ClassAd::from_long_text("TotalCpus = 8").unwrap();
        let request = Request::of(&Resources::default(), &job, Some(&slot), 0).unwrap();
        assert_eq!(request.asked[0], 8);
    }
}
