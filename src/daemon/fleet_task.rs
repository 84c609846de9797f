use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::daemon_state::DaemonState;
use super::fleet_end::FleetEnd;
use super::fleet_reader::{FleetReader, NewSettings};
use super::notice::{News, Notice};
use super::orders::Orders;
use super::pass_news::PassNews;
use super::room_watch::RoomWatch;
use crate::provider::Clock;
use crate::scaler::{RequestAnswer, Scaler, ScalerError, Taken, Unrecorded};

/// Pause between two looks for requests of other processes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A fleet with all that serving it takes.
pub struct FleetTask {
    /// Its scaler.
    pub scaler: Scaler,
    /// Reads its file again.
    pub reader: Arc<dyn FleetReader>,
    /// Label of its cloud, for messages.
    pub place: String,
    /// What holds the fleet for this process; dropped at the task's end.
    pub lock: Box<dyn Send>,
}

/// A fleet that is being served.
pub(super) struct RunningFleet {
    task: FleetTask,
    name: String,
    clock: Clock,
    state: Arc<DaemonState>,
    news: PassNews,
    /// Why nothing can be recorded; none while it can.
    room: watch::Receiver<Option<Unrecorded>>,
}

impl RunningFleet {
    pub(super) fn new(mut task: FleetTask, clock: Clock, state: Arc<DaemonState>) -> Self {
        let name = task.scaler.fleet().id.name.to_string();
        let room = task.scaler.wait_for_room();
        Self { task, name, clock, state, news: PassNews::default(), room }
    }

    /// Serves the fleet until it is over, the daemon ends, or nothing can be recorded any more. `reloaded` is called
    /// after each reload that was ordered.
    pub(super) async fn serve(mut self, mut orders: watch::Receiver<Orders>, reloaded: impl Fn(&str)) -> FleetEnd {
        self.started();
        let watch = RoomWatch {
            fleet: self.name.clone(),
            clock: self.clock,
            state: self.state.clone(),
            room: self.room.clone(),
            orders: orders.clone(),
        };
        let served = tokio::select! {
            biased;
            served = self.turns(&mut orders, reloaded) => served,
            // What is not recorded is found again at the cloud by the next start.
            () = watch.until_ordered_to_stop() => Ok(FleetEnd::Left),
        };
        let end = served.unwrap_or_else(|error| {
            let (error, held) = lost(&error);
            self.state.vitals().stopped(&self.name, &error);
            self.tell(News::Lost { error: error.clone() });
            FleetEnd::Lost { error, held }
        });
        match end {
            FleetEnd::Over => {
                self.state.vitals().ended(&self.name);
                let kept = self.task.scaler.fleet().present().count();
                self.tell(News::Ended { kept });
            }
            FleetEnd::Left => {
                let fleet = self.task.scaler.fleet();
                let until = fleet.present().map(|worker| worker.expires_at).max();
                self.tell(News::Left { workers: fleet.present().count(), until });
            }
            FleetEnd::Lost { .. } => {}
        }
        end
    }

    async fn turns(
        &mut self,
        orders: &mut watch::Receiver<Orders>,
        reloaded: impl Fn(&str),
    ) -> Result<FleetEnd, ScalerError> {
        let mut reloads = orders.borrow().reloads;
        let mut look = Instant::now();
        loop {
            if self.task.scaler.is_over() {
                return Ok(FleetEnd::Over);
            }
            let ordered = *orders.borrow_and_update();
            if ordered.stop {
                return Ok(FleetEnd::Left);
            }
            if ordered.reloads != reloads {
                reloads = ordered.reloads;
                self.reload_by_signal().await?;
                reloaded(&self.name);
                self.pass().await?;
                continue;
            }
            let mut is_due = false;
            if Instant::now() >= look {
                is_due = self.requests().await?;
                look = Instant::now() + LOOK_EVERY;
            }
            if self.task.scaler.is_over() {
                continue;
            }
            let wait = until(self.clock.now(), self.task.scaler.next_due());
            if wait.is_zero() || is_due {
                self.pass().await?;
                continue;
            }
            let wake = look.min(Instant::now() + wait);
            tokio::select! {
                // The daemon is gone with its sender; then there is nobody left to tell.
                changed = orders.changed() => if changed.is_err() { return Ok(FleetEnd::Left) },
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    async fn reload_by_signal(&mut self) -> Result<(), ScalerError> {
        match self.reload(false).await? {
            Ok(consequences) => self.tell(News::Reloaded { consequences }),
            Err(problems) => self.tell(News::ReloadRefused { problems }),
        }
        Ok(())
    }

    /// Takes in the requests of other processes; returns whether a pass is due because of them.
    async fn requests(&mut self) -> Result<bool, ScalerError> {
        let mut changed = false;
        loop {
            let Taken { changed: more, answered, reload } = self.task.scaler.take_requests().await?;
            changed |= more;
            answered.into_iter().for_each(|answered| self.tell(News::Answered(answered)));
            let Some((request, confirmed)) = reload else { return Ok(changed) };
            let (answer, news) = match self.reload(confirmed).await? {
                Ok(consequences) => {
                    let message = match consequences.as_slice() {
                        [] => "the file was read again and holds; the next pass decides by it".to_owned(),
                        some => format!("the file was read again and holds: {}", some.join("; ")),
                    };
                    (RequestAnswer::Done { message }, News::Reloaded { consequences })
                }
                Err(problems) => {
                    let message = problems.join("\n");
                    (RequestAnswer::Refused { message, hint: None }, News::ReloadRefused { problems })
                }
            };
            self.task.scaler.answer(request, &answer).await?;
            self.tell(news);
            changed = true;
        }
    }

    /// Reads the file again. What it says holds from here on, as a whole and with all clocks, or else what held before.
    /// Returns what follows, or the problems.
    async fn reload(&mut self, confirmed: bool) -> Result<Result<Vec<String>, Vec<String>>, ScalerError> {
        let scaler = &mut self.task.scaler;
        let new = match self.task.reader.read(scaler.fleet(), scaler.file()).await {
            Ok(new) => new,
            Err(problems) => return Ok(Err(problems.0.iter().map(ToString::to_string).collect())),
        };
        let max = scaler.fleet().overrides.most(new.file.bounds(self.clock.now()).max);
        let above = scaler.fleet().above(max);
        if !confirmed && above > 0 {
            let problem = format!(
                "the maximum would be {max}, so {above} of its workers would be drained and ended; \
                 `hoist elastic reload {}` asks, and does it",
                self.name
            );
            return Ok(Err(vec![problem]));
        }
        let NewSettings { file, text, machines, notes } = new;
        match scaler.reconfigure(file, machines, text).await {
            Ok(consequences) => Ok(Ok(notes.into_iter().chain(consequences).collect())),
            // What was set by hand does not fit the file, for example.
            Err(ScalerError::Engine(error)) => Ok(Err(vec![error.to_string()])),
            Err(error) => Err(error),
        }
    }

    async fn pass(&mut self) -> Result<(), ScalerError> {
        let pass = match self.task.scaler.pass().await {
            Ok(pass) => pass,
            Err(error) => {
                self.state.metrics().failed(&self.name);
                return Err(error);
            }
        };
        let waits = self.task.scaler.take_queue_waits();
        let scaler = &self.task.scaler;
        self.state.metrics().waited(&self.name, &waits);
        self.state.metrics().passed(scaler.fleet(), scaler.file(), &pass);
        self.beat();
        for news in self.news.of(&pass) {
            self.tell(news);
        }
        self.state.vitals().silent(&self.name, self.news.silent());
        Ok(())
    }

    fn started(&self) {
        self.beat();
        let (scaler, place) = (&self.task.scaler, self.task.place.clone());
        let engine = scaler.fleet().overrides.engine.clone();
        let engine = engine.unwrap_or_else(|| scaler.file().engine.name().to_owned());
        let bounds = (scaler.bounds().min, scaler.bounds().max);
        self.tell(News::Started { place, engine, bounds, workers: scaler.fleet().present().count() });
    }

    /// Notes a sign of life.
    fn beat(&self) {
        let period = until(self.clock.now(), self.task.scaler.next_due());
        self.state.vitals().passed(&self.name, period);
    }

    fn tell(&self, what: News) {
        self.state.tell(&Notice { fleet: self.name.clone(), at: self.clock.now(), what });
    }
}

fn until(now: Timestamp, due: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO)
}

/// Returns the sentence of an error that ends the service, and whether another process serves the fleet by now.
fn lost(error: &ScalerError) -> (String, bool) {
    let held = matches!(error, ScalerError::Journal(error) if error.lock_lost);
    (error.to_string(), held)
}
