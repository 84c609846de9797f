//! `hoist orphans`

use std::collections::BTreeSet;

use clap::Args;
use jiff::Timestamp;

use super::clouds::{Clouds, has_ec2_settings};
use super::context::Context;
use super::exit::{CommandError, CommandResult, Exit};
use super::runtime::block_on;
use crate::engine::{Cloud, CloudError, Leftover, Orphan, Run, Selector, Why, missing, orphans};
use crate::plan::CloudConfig;
use crate::report::{Found, count, orphans_human, orphans_json};
use crate::state::{Owner, StateError};

/// Find machines that carry hoist's tags and that no run looks after, and recorded machines that are gone
///
/// Asks every cloud that a recorded run used, and the one that the options and the environment name. A machine past its
/// lease is an orphan whoever launched it.
///
/// Exit code 0 when there is nothing, 2 when there is something, 3 when not everything could be removed or asked.
#[derive(Args, Debug)]
pub(super) struct Orphans {
    /// Terminate the orphans, and remove what they left. Those of other users, whom another state file may know, stay
    /// unless their lease is over
    #[arg(long)]
    terminate: bool,

    /// Terminate those of other users too
    #[arg(long, requires = "terminate")]
    all_owners: bool,

    /// Look in every region that the account may use
    #[arg(long)]
    all_regions: bool,
}

/// A place that was asked.
struct Asked {
    found: Found,
    cloud: std::sync::Arc<dyn Cloud>,
}

impl Orphans {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let clouds = Clouds::new(context)?;
        let (asked, failed) = block_on(self.look(context, &clouds))??;
        let names: Vec<String> = asked.iter().map(|asked| asked.found.place.clone()).collect();
        let clean = asked.iter().all(|asked| asked.found.is_clean());
        let found = || asked.iter().map(|asked| &asked.found);
        if !context.wants_json() {
            let now = Timestamp::now();
            context.print(&orphans_human(&names, found(), now, context.style))?;
        }
        for (place, error) in &failed {
            context.say(&format!("{} could not ask {place}: {}", context.message_style.bad("hoist:"), error.message));
            if let Some(hint) = &error.hint {
                context.say(&format!("  {} {hint}", context.message_style.dim("try:")));
            }
        }
        let removed = if self.terminate && !clean { Some(self.remove(context, &asked)?) } else { None };
        if context.wants_json() {
            let failed: Vec<_> = failed.iter().map(|(place, error)| (place.clone(), error.message.clone())).collect();
            context.print_json(&orphans_json(&names, found(), &failed))?;
        }
        match removed {
            _ if !failed.is_empty() => {
                let message = format!("{} could not be asked", count(failed.len(), "place"));
                Err(CommandError::with_exit(Exit::Remains, message).hint("hoist doctor"))
            }
            Some(left) if left.is_empty() => Ok(Exit::Done),
            Some(left) => {
                Err(CommandError::with_exit(Exit::Remains, left.join("\n")).hint("hoist orphans --terminate"))
            }
            None if clean => Ok(Exit::Done),
            None => Ok(Exit::Changed),
        }
    }

    /// Asks every place; those that could not be asked come second.
    async fn look(
        &self,
        context: &Context,
        clouds: &Clouds,
    ) -> Result<(Vec<Asked>, Vec<(String, CloudError)>), CommandError> {
        let mut failed = Vec::new();
        let mut seen_places = BTreeSet::new();
        let mut shown = Vec::new();
        for config in self.places(context, clouds, &mut failed).await? {
            let name = match clouds.place(&config).await {
                Ok(name) => name,
                Err(error) => {
                    failed.push((config.provider.clone(), error));
                    continue;
                }
            };
            if !seen_places.insert((name.clone(), config.profile.clone())) {
                continue;
            }
            let answer = async {
                let cloud = clouds.open(&config)?;
                let instances = cloud.describe(&Selector::Ours).await?;
                let leftovers = cloud.leftovers(None).await?;
                Ok((cloud, instances, leftovers))
            };
            match answer.await {
                Ok((cloud, instances, leftovers)) => shown.push((name, config, cloud, instances, leftovers)),
                Err(error) => failed.push((name, error)),
            }
        }
        // Read after the clouds were asked: whatever they showed is recorded by now, if it is going to be.
        let runs = recorded(context)?;
        let now = Timestamp::now();
        let mut known = BTreeSet::new();
        let mut asked = Vec::new();
        for (place, config, cloud, mut instances, leftovers) in shown {
            let mut here = BTreeSet::new();
            for run in &runs {
                for (name, cloud_config) in &run.plan.clouds {
                    if same_place(clouds, cloud_config, &config).await {
                        here.insert((run.id.clone(), name.clone()));
                    }
                }
            }
            let absent = runs
                .iter()
                .flat_map(|run| missing(&instances, run, |cloud| here.contains(&(run.id.clone(), cloud.to_owned()))));
            let missing = absent.collect();
            // Two profiles may lead to one account.
            instances.retain(|instance| known.insert(instance.id.clone()));
            let lives = |leftover: &Leftover| {
                let run = runs.iter().find(|run| Some(&run.id) == leftover.run.as_ref());
                run.is_some_and(|run| !run.ended)
            };
            let leftovers = leftovers
                .into_iter()
                .filter(|leftover| !lives(leftover) && known.insert(leftover.id.clone()))
                .collect();
            let orphans = orphans(&instances, &runs, now);
            asked.push(Asked { found: Found { place, orphans, leftovers, missing }, cloud });
        }
        Ok((asked, failed))
    }

    /// Every place that may hold orphans.
    async fn places(
        &self,
        context: &Context,
        clouds: &Clouds,
        failed: &mut Vec<(String, CloudError)>,
    ) -> Result<Vec<CloudConfig>, CommandError> {
        let mut places = vec![CloudConfig { provider: "local".to_owned(), ..CloudConfig::default() }];
        for run in recorded(context)? {
            let used = run.plan.clouds.values().filter(|config| config.provider == "ec2");
            places.extend(used.cloned());
        }
        let global = &context.global;
        if global.region.is_some() || global.profile.is_some() || global.endpoint_url.is_some() || has_ec2_settings() {
            places.push(context.ec2_config());
        }
        places.sort_by_cached_key(|config| format!("{config:?}"));
        places.dedup();
        if !self.all_regions {
            return Ok(places);
        }
        let mut everywhere = Vec::new();
        for config in places {
            if config.provider != "ec2" {
                everywhere.push(config);
                continue;
            }
            match clouds.session(&config).regions().await {
                Ok(regions) => everywhere
                    .extend(regions.into_iter().map(|region| CloudConfig { region: Some(region), ..config.clone() })),
                Err(error) => {
                    failed.push(("the list of regions".to_owned(), error));
                    everywhere.push(config);
                }
            }
        }
        Ok(everywhere)
    }

    /// Removes what may be removed; gives what is left.
    fn remove(&self, context: &Context, asked: &[Asked]) -> Result<Vec<String>, CommandError> {
        let me = Owner::current().to_string();
        let mine = |orphan: &Orphan| match orphan.why {
            Why::LeaseOver(_) | Why::Unused => true,
            Why::Unknown => self.all_owners || orphan.owner() == Some(me.as_str()),
        };
        let doomed: usize = asked.iter().map(|asked| asked.found.orphans.iter().filter(|it| mine(it)).count()).sum();
        let things: usize = asked.iter().map(|asked| asked.found.leftovers.len()).sum();
        let mut left = Vec::new();
        for Asked { found, .. } in asked {
            left.extend(found.orphans.iter().filter(|orphan| !mine(orphan)).map(|orphan| {
                let owner = orphan.owner().unwrap_or("somebody");
                format!("{} in {} belongs to {owner}; --all-owners terminates it too", orphan.instance.id, found.place)
            }));
        }
        if doomed + things == 0 {
            return Ok(left);
        }
        let question = format!("Terminate {} and remove {}?", count(doomed, "machine"), count(things, "other thing"));
        if !context.confirm(&question)? {
            return Ok(vec!["nothing was terminated".to_owned()]);
        }
        for Asked { found, cloud } in asked {
            let ids: Vec<String> =
                found.orphans.iter().filter(|orphan| mine(orphan)).map(|orphan| orphan.instance.id.clone()).collect();
            // Each alone: one that is refused must not keep the others alive.
            let results = block_on(async {
                let mut results = Vec::new();
                match cloud.terminate(&ids).await {
                    Ok(()) => results.extend(ids.iter().map(|id| (id.clone(), Ok(())))),
                    Err(_) => {
                        for id in &ids {
                            results.push((id.clone(), cloud.terminate(std::slice::from_ref(id)).await));
                        }
                    }
                }
                for leftover in &found.leftovers {
                    results.push((leftover.to_string(), cloud.remove_leftover(leftover).await));
                }
                results
            })?;
            for (what, result) in results {
                match result {
                    Ok(()) => context.tell(&format!("removed {what} in {}", found.place)),
                    Err(error) => left.push(format!("{what} in {} is still there: {}", found.place, error.message)),
                }
            }
        }
        Ok(left)
    }
}

/// Every recorded run, also those that have ended.
fn recorded(context: &Context) -> Result<Vec<Run>, CommandError> {
    let Some(state) = context.existing_state()? else { return Ok(Vec::new()) };
    let mut runs = Vec::new();
    for row in state.runs(true)? {
        let (plan, records) = match state.load(row.id) {
            Ok(loaded) => loaded,
            // Forgotten since the list was read.
            Err(StateError::RunNotFound { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let run = Run::replay(row.tag, row.name, plan, &records);
        runs.push(run.map_err(|error| CommandError::new(error.to_string()))?);
    }
    Ok(runs)
}

/// Whether two configurations lead to the same place.
async fn same_place(clouds: &Clouds, one: &CloudConfig, other: &CloudConfig) -> bool {
    if one == other || one.provider != other.provider || one.profile != other.profile {
        return one == other;
    }
    matches!((clouds.place(one).await, clouds.place(other).await), (Ok(one), Ok(other)) if one == other)
}
