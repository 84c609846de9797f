use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::daemon_state::DaemonState;
use super::fleet_end::FleetEnd;
use super::fleet_task::{FleetTask, RunningFleet};
use super::listener::Listener;
use super::notice::Notice;
use super::orders::Orders;
use super::service_manager::ServiceManager;
use super::signals::{DaemonSignal, Signals};
use crate::diagnostics::counted;
use crate::provider::Clock;

/// Serves fleets, each in a task of its own, until all have ended or a signal ends the daemon.
pub struct FleetDaemon {
    /// The fleets; at least one.
    pub fleets: Vec<FleetTask>,
    /// Where metrics and health are asked for.
    pub listener: Option<Listener>,
    /// Takes the notices.
    pub tell: Arc<dyn Fn(&Notice) + Send + Sync>,
    /// The clock of the scalers.
    pub clock: Clock,
}

/// How a daemon has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonEnd {
    /// The signal that ended it. None: all fleets had ended.
    pub signal: Option<DaemonSignal>,
    /// How each fleet's task ended, by name; without those that a second signal cut off.
    pub fleets: Vec<(String, FleetEnd)>,
}

impl FleetDaemon {
    /// Serves the fleets. Signals are taken from `signals`; the first that ends lets the calls under way end and
    /// records them, the second waits for nothing.
    pub async fn run(self, mut signals: Signals) -> DaemonEnd {
        let state = Arc::new(DaemonState::new(self.tell));
        let (orders, ordered) = watch::channel(Orders::default());
        let (reloaded, mut reloads_done) = mpsc::unbounded_channel::<String>();
        let mut tasks = JoinSet::new();
        let mut served = BTreeSet::new();
        for task in self.fleets {
            let name = task.scaler.fleet().id.name.to_string();
            served.insert(name.clone());
            let (ordered, reloaded) = (ordered.clone(), reloaded.clone());
            let fleet = RunningFleet::new(task, self.clock, state.clone());
            tasks.spawn(async move {
                let heard = move |name: &str| {
                    // The daemon waits for its tasks, so it hears this.
                    let _ = reloaded.send(name.to_owned());
                };
                let end = fleet.serve(ordered, heard).await;
                (name, end)
            });
        }
        let page_state = state.clone();
        let pages = self.listener.map(|listener| tokio::spawn(listener.serve(move |path| page_state.page(path))));
        let manager = ServiceManager;
        manager.ready(&serving(served.len()));
        let mut signs_of_life = manager.sign_of_life_every().map(every);
        let mut end = DaemonEnd { signal: None, fleets: Vec::new() };
        let mut reloading = BTreeSet::new();
        while !tasks.is_empty() {
            tokio::select! {
                Some(ended) = tasks.join_next() => {
                    if let Ok((name, how)) = ended {
                        let name: String = name;
                        served.remove(&name);
                        is_ready(&mut reloading, &name, served.len());
                        end.fleets.push((name, how));
                    }
                    manager.status(&serving(served.len()));
                }
                Some(name) = reloads_done.recv() => is_ready(&mut reloading, &name, served.len()),
                () = tick(&mut signs_of_life) => manager.alive(),
                signal = signals.next() => match signal {
                    DaemonSignal::Reload => {
                        manager.reloading();
                        reloading.clone_from(&served);
                        orders.send_modify(|orders| orders.reloads += 1);
                    }
                    _ if end.signal.is_some() => {
                        tasks.abort_all();
                        while tasks.join_next().await.is_some() {}
                    }
                    signal => {
                        manager.stopping("finishing the calls under way; workers stay until their leases end");
                        end.signal = Some(signal);
                        orders.send_modify(|orders| orders.stop = true);
                    }
                }
            }
        }
        if let Some(pages) = pages {
            pages.abort();
        }
        end
    }
}

/// Takes in that a fleet has read its file again, or has ended; tells the service manager after the last one.
fn is_ready(reloading: &mut BTreeSet<String>, fleet: &str, served: usize) {
    if reloading.remove(fleet) && reloading.is_empty() {
        ServiceManager.ready(&serving(served));
    }
}

fn serving(fleets: usize) -> String {
    format!("serving {}", counted(fleets, "fleet"))
}

fn every(pause: std::time::Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + pause, pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn tick(ticks: &mut Option<Interval>) {
    match ticks {
        Some(ticks) => {
            ticks.tick().await;
        }
        None => std::future::pending().await,
    }
}
