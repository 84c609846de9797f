use super::affinity::Affinity;
use super::job::Job;
use crate::elastic::engine::Demand;

/// A group whose jobs are to be looked at, and what it passes on to them.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) id: i64,
    /// Whether its jobs are held by a pause, or by jobs that must be finished first.
    is_held: bool,
    affinity: Affinity,
}

/// Counts jobs, group by group, in the server's own sense of waiting: jobs in state `WAITING` that are not paused
/// themselves. Those that no worker takes are unservable: groups, which run nothing; the jobs of a group that is paused
/// or has to wait; jobs that ask for properties that no worker has.
#[derive(Debug)]
pub(super) struct JobTree {
    /// What the workers have.
    offers: Vec<Affinity>,
    pub(super) demand: Demand,
    /// Groups that are still to be looked at.
    pub(super) open: Vec<Group>,
}

impl JobTree {
    /// Begins with the properties that workers have.
    pub(super) fn new(offers: Vec<Affinity>) -> Self {
        Self { offers, demand: Demand::default(), open: Vec::new() }
    }

    /// Counts the jobs of a group; None: those in no group.
    pub(super) fn add(&mut self, group: Option<&Group>, jobs: &[Job]) {
        for job in jobs {
            let own = Affinity::parse(job.affinity.as_deref().unwrap_or_default());
            let affinity = group.map_or_else(|| own.clone(), |group| group.affinity.and(&own));
            let is_held = job.holds() || group.is_some_and(|group| group.is_held);
            // A group is finished when all its jobs are.
            if job.is_group() && job.state != "FINISHED" {
                self.open.push(Group { id: job.id, is_held, affinity: affinity.clone() });
            }
            if !job.waits() {
                continue;
            }
            // The server gives a job that asks for nothing itself to any worker, whatever its groups ask for.
            let is_servable = !job.is_group() && !is_held && (own.is_empty() || self.is_offered(&affinity));
            if is_servable {
                self.demand.waiting += 1;
            } else {
                self.demand.unservable += 1;
            }
        }
    }

    fn is_offered(&self, wanted: &Affinity) -> bool {
        self.offers.iter().any(|offer| offer.covers(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: i64, state: &str, command: &str, affinity: &str) -> Job {
        let (state, command) = (state.to_owned(), command.to_owned());
        Job { id, state, command, affinity: Some(affinity.to_owned()), h_paused: false }
    }

    #[test]
    fn jobs_that_workers_take_and_those_that_only_look_like_it() {
        let mut tree = JobTree::new(vec![Affinity::parse("linux,gpu")]);
        tree.add(
            None,
            &[
                job(1, "WAITING", "render", ""),
                job(2, "WAITING", "render", "gpu"),
                job(3, "WAITING", "render", "win"),
                job(4, "WORKING", "render", ""),
                job(5, "PENDING", "render", ""),
                job(6, "PAUSED", "render", ""),
                job(7, "WAITING", "", "win"),
                job(8, "PAUSED", "", ""),
                job(9, "FINISHED", "", ""),
                job(10, "PENDING", "", ""),
            ],
        );
        assert_eq!(tree.demand, Demand { waiting: 2, unservable: 2 });
        let open: Vec<Group> = std::mem::take(&mut tree.open);
        assert_eq!(open.iter().map(|group| group.id).collect::<Vec<_>>(), [7, 8, 10]);
        // Of a group that asks for what no worker has: a job that asks for nothing is taken, one that asks is not.
        tree.add(Some(&open[0]), &[job(11, "WAITING", "render", ""), job(12, "WAITING", "render", "gpu")]);
        assert_eq!(tree.demand, Demand { waiting: 3, unservable: 3 });
        // Of a paused group, and of one that has to wait.
        tree.add(Some(&open[1]), &[job(13, "WAITING", "render", ""), job(14, "WAITING", "", "")]);
        tree.add(Some(&open[2]), &[job(15, "WAITING", "render", "")]);
        assert_eq!(tree.demand, Demand { waiting: 3, unservable: 6 });
        // A group in a paused group.
        let inner = tree.open.pop().unwrap();
        tree.add(Some(&inner), &[job(16, "WAITING", "render", "")]);
        assert_eq!(tree.demand, Demand { waiting: 3, unservable: 7 });
    }

    #[test]
    fn the_servers_own_word_for_held_counts() {
        let mut tree = JobTree::new(Vec::new());
        let jobs = r#"[{"id": 1, "state": "WAITING", "command": "x", "affinity": "", "h_paused": 1},
            {"id": 2, "state": "WAITING", "command": "x", "h_paused": false, "title": "t", "total": 0},
            {"id": 3, "state": "WAITING", "command": "x", "affinity": null, "h_paused": "0"}]"#;
        tree.add(None, &serde_json::from_str::<Vec<Job>>(jobs).unwrap());
        assert_eq!(tree.demand, Demand { waiting: 2, unservable: 1 });
    }
}
