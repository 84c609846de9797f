//! Hosts of the simulated cloud, on which programs are simulated.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{sleep, timeout};

use super::ExecutionLog;
use super::config::Execution;
use super::fault::FaultKind;
use super::machine::SimFile;
use super::site::HostLocation;
use super::state::{SimState, State};
use crate::plan::ProgramKind;
use crate::provider::{Command, CompletedProcess, Host, HostError, HostReady, Upload};

/// The parent of stage directories.
const STAGE_BASE: &str = "/tmp/hoist";

/// The host of an instance, or one without an instance.
#[derive(Debug)]
pub struct SimHost {
    world: Arc<SimState>,
    site: HostLocation,
}

impl SimHost {
    pub(super) fn new(world: Arc<SimState>, site: HostLocation) -> Self {
        Self { world, site }
    }

    /// Returns its files, even after its instance is gone.
    pub fn files(&self) -> BTreeMap<PathBuf, SimFile> {
        self.world.lock().machine_of(&self.site).map(|machine| machine.files().clone()).unwrap_or_default()
    }

    /// Waits until this moment of the cloud's clock; fails as soon as the instance is gone.
    async fn wait_until(&self, moment: Duration) -> Result<(), HostError> {
        loop {
            let (pause, changed) = {
                let mut state = self.world.lock();
                let now = state.now();
                state.check_alive(&self.site, now)?;
                if now >= moment {
                    return Ok(());
                }
                match self.site {
                    HostLocation::Instance(at) => {
                        let instance = &state.instances[at];
                        let until = instance.goes().map_or(moment, |(goes, _)| goes.min(moment));
                        // Created before the lock is released, so that no change is missed.
                        (until - now, Some(instance.changed.clone().notified_owned()))
                    }
                    _ => (moment - now, None),
                }
            };
            match changed {
                // The loop checks again, woken early or not.
                Some(changed) => drop(timeout(pause, changed).await),
                None => sleep(pause).await,
            }
        }
    }

    /// Runs `act` on the machine, after the duration of a copy.
    async fn after_copy<T>(
        &self,
        path: &Path,
        act: impl FnOnce(&mut State, &HostLocation) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let moment = {
            let mut state = self.world.lock();
            let (now, seed) = (state.now(), state.config.seed);
            let what = format!("{:?}\0{}", self.site, path.display());
            now + state.config.copy.draw(seed, "copy", &what)
        };
        self.wait_until(moment).await?;
        act(&mut self.world.lock(), &self.site)
    }
}

#[async_trait]
impl Host for SimHost {
    async fn reach(&self) -> Result<HostReady, HostError> {
        let answers = {
            let mut state = self.world.lock();
            state.calls.reach += 1;
            state.answers(&self.site)
        };
        self.wait_until(answers).await.map(|()| HostReady::default())
    }

    fn stage_base(&self) -> PathBuf {
        PathBuf::from(STAGE_BASE)
    }

    async fn upload(&self, file: &Upload) -> Result<(), HostError> {
        self.after_copy(&file.path, |state, site| {
            state.calls.upload += 1;
            let content = state.content(&file.content);
            state.machine(site)?.upload(file, content);
            Ok(())
        })
        .await
    }

    async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError> {
        self.after_copy(path, |state, site| {
            state.calls.download += 1;
            let now = state.now();
            match state.machine(site)?.read(path, now) {
                Some(content) if content.len() > limit => {
                    let size = content.len();
                    Err(HostError::failed(format!("{} has {size} bytes, more than {limit}", path.display())))
                }
                content => Ok(content.map(|content| content.to_vec())),
            }
        })
        .await
    }

    async fn run(&self, command: &Command) -> Result<CompletedProcess, HostError> {
        let program = program_of(&command.key);
        let ends = begin(&mut self.world.lock(), &self.site, command, program)?;
        self.wait_until(ends).await?;

        let mut state = self.world.lock();
        let service = state.service(&self.site).to_owned();
        let lost = |kind: &FaultKind| match kind {
            FaultKind::ProgramReplyLost(of) if Some(*of) == program => Some(()),
            _ => None,
        };
        if state.service_fault(&service, lost).is_some() {
            return Err(HostError::unreachable(format!(
                "the connection to the host of {service} was lost (simulated)"
            )));
        }
        let run = state.machine(&self.site)?.execution(&command.key);
        run.map(|run| run.finished.clone()).ok_or_else(|| {
            HostError::failed(format!("{} was removed from the host of {service} while it ran", command.key))
        })
    }

    async fn remove(&self, path: &Path) -> Result<(), HostError> {
        self.after_copy(path, |state, site| {
            state.machine(site)?.remove(path);
            Ok(())
        })
        .await
    }

    async fn release(&self) -> Result<(), HostError> {
        if let Some(machine) = self.world.lock().machine_of(&self.site) {
            machine.clear();
        }
        Ok(())
    }
}

/// Begins the execution unless its key has one already; returns the moment at which it ends.
fn begin(
    state: &mut State,
    site: &HostLocation,
    command: &Command,
    program: Option<ProgramKind>,
) -> Result<Duration, HostError> {
    state.calls.run += 1;
    if let Some(known) = state.machine(site)?.execution(&command.key) {
        return Ok(known.ends);
    }
    let service = state.service(site).to_owned();
    let mut reaction = state.config.reaction(&Execution { service: &service, program, command });
    let hangs = |kind: &FaultKind| match kind {
        FaultKind::ProgramHangs(of) if Some(*of) == program => Some(()),
        _ => None,
    };
    let fails = |kind: &FaultKind| match kind {
        FaultKind::ProgramFails { program: of, outcome, output } if Some(*of) == program => {
            Some((*outcome, output.clone()))
        }
        _ => None,
    };
    if state.service_fault(&service, hangs).is_some() {
        reaction.takes = Duration::MAX;
    } else if let Some((outcome, output)) = state.service_fault(&service, fails) {
        (reaction.outcome, reaction.output) = (outcome, output);
    }
    let now = state.now();
    let machine = state.machine(site)?;
    let finished = machine.begin(command, reaction, now);
    let (ends, outcome) = (finished.ends, finished.finished.outcome);
    state.executed.push(ExecutionLog { service, program, key: command.key.clone(), began: now, ends, outcome });
    Ok(ends)
}

/// Returns the program of a key: the first part after the service's name that names one of the three programs.
fn program_of(key: &str) -> Option<ProgramKind> {
    let kinds = [ProgramKind::Boot, ProgramKind::Ready, ProgramKind::Terminate];
    key.split('/').skip(1).find_map(|part| kinds.into_iter().find(|kind| kind.as_str() == part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_their_program() {
        assert_eq!(program_of("web-0/boot/1"), Some(ProgramKind::Boot));
        assert_eq!(program_of("boot/ready/2/1"), Some(ProgramKind::Ready));
        assert_eq!(program_of("web/1/terminate"), Some(ProgramKind::Terminate));
        assert_eq!(program_of("boot"), None);
    }
}
