use super::parent::Parent;
use crate::app::{CommandError, Interaction};
use crate::provider::{CloudError, Instance};
use crate::report::{count, some_of};
use crate::scaler::{Fleet, fleet_of};

/// What belongs to a run or an annex now.
#[derive(Default)]
pub(crate) struct Dependents {
    /// Its fleets that are recorded in the same state file and have not ended.
    pub(crate) fleets: Vec<Fleet>,
    /// Workers with its tag that belong to no such fleet: their scaler has a ledger of its own. With their clouds.
    pub(crate) others: Vec<(String, Instance)>,
    /// The clouds that did not answer.
    pub(crate) silent: Vec<(String, CloudError)>,
}

impl Dependents {
    /// Looks for all fleets and workers of a run or an annex.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub(crate) async fn of(parent: &Parent<'_>) -> Result<Self, CommandError> {
        Ok(Self::among(parent, &parent.recorded()?).await)
    }

    /// Does the same; `recorded` are all its fleets in the state file.
    pub(crate) async fn among(parent: &Parent<'_>, recorded: &[Fleet]) -> Self {
        let mut found = Self { fleets: parent.ending(recorded), ..Self::default() };
        let mut known = std::collections::BTreeSet::new();
        for (name, cloud) in &parent.clouds {
            let shown = match cloud {
                Ok(cloud) => parent.workers(cloud.as_ref(), recorded).await,
                Err(error) => Err(error.clone()),
            };
            match shown {
                Ok(shown) => {
                    let own = |instance: &Instance| {
                        let of = fleet_of(instance);
                        of.is_some_and(|of| found.fleets.iter().any(|fleet| fleet.id == of))
                    };
                    let others: Vec<Instance> = shown
                        .into_iter()
                        .filter(|instance| !own(instance) && known.insert(instance.id.clone()))
                        .collect();
                    found.others.extend(others.into_iter().map(|instance| (name.clone(), instance)));
                }
                Err(error) => found.silent.push((name.clone(), error)),
            }
        }
        found
    }

    /// Whether nothing belongs to it, as far as everybody could say.
    pub(crate) fn is_none(&self) -> bool {
        self.fleets.is_empty() && self.others.is_empty()
    }

    /// Returns the number of workers.
    pub(crate) fn workers(&self) -> usize {
        self.fleets.iter().map(|fleet| fleet.present().count()).sum::<usize>() + self.others.len()
    }

    /// Tells which workers of `label` will end, if there are any.
    pub(crate) fn announce(&self, user: &dyn Interaction, label: &str) {
        if !self.is_none() {
            let workers = count(self.workers(), "worker");
            user.tell(&format!("first {workers} of fleets of {label} will end:"));
            self.lines().iter().for_each(|line| user.tell(&format!("  {line}")));
        }
    }

    /// Returns a line for each fleet, with its workers, for people.
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for fleet in &self.fleets {
            let mut names: Vec<&str> = fleet.present().map(|worker| worker.name.as_str()).collect();
            names.sort_unstable();
            lines.push(line(&format!("fleet {}", fleet.id.name), &names));
        }
        let mut elsewhere: std::collections::BTreeMap<String, Vec<&str>> = std::collections::BTreeMap::new();
        for (_, instance) in &self.others {
            let name = match fleet_of(instance) {
                Some(fleet) => format!("fleet {}, which is recorded elsewhere", fleet.name),
                None => "no fleet that is known".to_owned(),
            };
            elsewhere.entry(name).or_default().push(&instance.id);
        }
        lines.extend(elsewhere.iter().map(|(name, ids)| line(name, ids)));
        lines
    }
}

fn line(fleet: &str, workers: &[&str]) -> String {
    match workers {
        [] => format!("{fleet}: no workers"),
        workers => format!("{fleet}: {}: {}", count(workers.len(), "worker"), some_of(workers)),
    }
}
