use super::pass_record::Seen;

/// Which of the sources a pass asked: engines with clocks of their own ask what is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whether it asked the queue.
    pub queue: bool,
    /// Whether it asked the pool.
    pub pool: bool,
    /// Whether it asked the cloud.
    pub cloud: bool,
}

/// The names of readings of the queue, of the pool, and of the cloud.
const QUEUE: [&str; 2] = ["demand", "groups"];
const POOL: [&str; 2] = ["pool", "slots"];
const CLOUD: [&str; 1] = ["machines"];

impl Asked {
    pub(super) const QUEUE: Self = Self { queue: true, pool: false, cloud: false };
    pub(super) const POOL: Self = Self { queue: false, pool: true, cloud: false };
    pub(super) const CLOUD: Self = Self { queue: false, pool: false, cloud: true };

    /// Returns the source that a reading of this name is of.
    pub(super) fn of(reading: &str) -> Self {
        match reading {
            reading if QUEUE.contains(&reading) => Self::QUEUE,
            reading if POOL.contains(&reading) => Self::POOL,
            _ => Self::CLOUD,
        }
    }

    /// Whether every source was asked.
    pub fn is_all(self) -> bool {
        self.queue && self.pool && self.cloud
    }

    /// Whether everything was asked that `other` asked.
    pub fn covers(self, other: Self) -> bool {
        self.or(other) == self
    }

    /// Returns what both asked.
    pub fn and(self, other: Self) -> Self {
        let Self { queue, pool, cloud } = other;
        Self { queue: self.queue && queue, pool: self.pool && pool, cloud: self.cloud && cloud }
    }

    /// Returns what either asked.
    pub fn or(self, other: Self) -> Self {
        let Self { queue, pool, cloud } = other;
        Self { queue: self.queue || queue, pool: self.pool || pool, cloud: self.cloud || cloud }
    }
}

impl Seen {
    /// Returns which sources were asked, whether or not they answered.
    pub fn asked(&self) -> Asked {
        let failed =
            |names: &[&str]| names.iter().any(|name| self.failed.contains_key(*name) || self.stale.contains_key(*name));
        Asked {
            queue: self.waiting.is_some() || failed(&QUEUE),
            pool: self.hosts.is_some() || self.slots.is_some() || failed(&POOL),
            cloud: !self.machines.is_empty() || failed(&CLOUD),
        }
    }

    /// Returns what is told here of the sources that `later` did not ask.
    pub fn beyond(&self, later: Asked) -> Self {
        let mut seen = self.clone();
        if later.queue {
            (seen.waiting, seen.unservable, seen.hidden, seen.held) = (None, None, None, None);
            seen.forget(&QUEUE);
        }
        if later.pool {
            (seen.hosts, seen.busy, seen.slots) = (None, None, None);
            seen.forget(&POOL);
        }
        if later.cloud {
            seen.machines.clear();
            seen.forget(&CLOUD);
        }
        seen
    }

    fn forget(&mut self, names: &[&str]) {
        for name in names {
            self.stale.remove(*name);
            self.failed.remove(*name);
            self.answers_from.remove(*name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_pass_asked_is_not_told_again() {
        let machines = || [("running".to_owned(), 2)].into();
        let failed = [("pool".to_owned(), "refused".to_owned())].into();
        let queue = Seen { waiting: Some(3), held: Some(1), machines: machines(), failed, ..Seen::default() };
        assert_eq!(queue.asked(), Asked { queue: true, pool: true, cloud: true });
        let cloud = Seen { machines: machines(), ..Seen::default() };
        let told = queue.beyond(cloud.asked());
        assert_eq!(told, Seen { machines: Default::default(), ..queue.clone() });
        assert_eq!(queue.beyond(queue.asked()), Seen::default());
        assert!(cloud.asked().or(told.asked()).is_all());
    }
}
