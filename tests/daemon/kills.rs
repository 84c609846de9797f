//! The daemon is killed anywhere.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hoist_test_support::dice::Dice;
use hoist_test_support::eventually::{PATIENCE, eventually};
use hoist_test_support::running::Running;
use nix::sys::signal::Signal;

use crate::coalition::Coalition;
use crate::station::{FLEET, Station};
use crate::tracer::Traced;

/// Number of kills.
const KILLS: u32 = 20;

/// Longest time that a daemon lives.
const LONGEST_LIFE: Duration = Duration::from_millis(2500);

#[test]
fn whenever_it_is_killed_nothing_leaks_and_there_are_never_too_many() {
    let station = Station::new(&FLEET.replace("min = 1", "min = 0"));
    let mut dice = Dice::new(7, 0);
    for kill in 0..KILLS {
        // The work comes and goes, so that kills hit launches and ends.
        let (waiting, busy) = if kill % 2 == 0 { ("5", "1") } else { ("0", "0") };
        station.file("waiting", waiting).file("busy", busy);
        let daemon = station.hoist("elastic run").spawn();
        std::thread::sleep(dice.moment(LONGEST_LIFE));
        daemon.kill();
        let running = station.instances().len();
        assert!(running <= 3, "{running} instances after kill {kill}");
    }
    station.file("busy", "1").file("waiting", "5");
    let daemon = station.start();
    station.await_instances(3);
    station.file("busy", "0").file("waiting", "0");
    station.await_instances(0);
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
    eventually("no reservation is left", || {
        let left = std::fs::read_dir(station.path("state/local/reservations"));
        (left.into_iter().flatten().count() == 0).then_some(())
    });
    station.hoist("orphans").exit(0);
}

/// Lives side by side: they wait for clocks far more than they work.
const SIDE_BY_SIDE: usize = 8;

/// Points from one kill to the next. Odd, so that kills before a commit and after one take turns; the environment
/// variable HOIST_KILL_EACH, however it is set, makes it 1.
const STRIDE: usize = 5;

/// The file of what the first daemon of a life says.
const SAID: &str = "said";

/// Most workers of the fleet.
const MAX: usize = 3;

/// The daemon of a life: until it is killed, the one that is traced; then others.
enum Daemon {
    Traced(Traced),
    Next(Running),
}

impl Daemon {
    fn is_over(&mut self) -> bool {
        match self {
            Self::Traced(daemon) => daemon.is_over(),
            Self::Next(daemon) => daemon.is_over(),
        }
    }

    fn signal(&self, signal: Signal) {
        match self {
            Self::Traced(daemon) => daemon.signal(signal),
            Self::Next(daemon) => daemon.signal(signal),
        }
    }
}

/// What happens to a fleet, in this order. Each may be begun again.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// Work comes, and workers are launched.
    Launch,
    /// A person asks that a busy worker is drained.
    Drain,
    /// The work is done: that worker ends, and idle ones are drained and ended by the scaler.
    Shrink,
    /// Its file is read again, with another minimum.
    Reload,
    /// It is stopped.
    Stop,
}

const STEPS: [Step; 5] = [Step::Launch, Step::Drain, Step::Shrink, Step::Reload, Step::Stop];

struct Life {
    station: Station,
    pool: Coalition,
    victim: Option<String>,
    /// Whether the request to drain it is recorded.
    asked: bool,
    stop: Option<Running>,
}

impl Life {
    fn new() -> Self {
        let station = Station::new("");
        let pool = Coalition::start(&station.path(""));
        let fleet = FLEET.replace("kind = \"command\"\nprogram = [\"./pool\"]", "kind = \"coalition\"");
        let fleet = fleet.replace("[cloud]", &format!("url = \"{}\"\n[cloud]", pool.url())).replace("\"2s\"", "\"1s\"");
        station.file("elastic.toml", &fleet);
        Self { station, pool, victim: None, asked: false, stop: None }
    }

    /// Lives it, with a daemon that is killed at a point. Returns the number of points that it passed, and whether it
    /// was killed.
    fn live(mut self, point: usize) -> (usize, bool) {
        let command = self.station.hoist("elastic run");
        let said = File::create(self.station.path(SAID)).unwrap();
        let mut daemon = Daemon::Traced(Traced::start(command.into_command(), said, point));
        let mut passed = (0, false);
        for step in STEPS {
            self.begin(step, &daemon);
            let give_up = Instant::now() + PATIENCE;
            while !self.is_done(step) {
                assert!(Instant::now() < give_up, "point {point}: no end of {step:?}: {}", self.told());
                if daemon.is_over() && step != Step::Stop {
                    daemon = self.take_over(daemon, &mut passed);
                    self.begin(step, &daemon);
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        eventually("the daemon has ended", || daemon.is_over().then_some(()));
        if let Daemon::Traced(daemon) = daemon {
            passed = (daemon.points(), daemon.was_killed());
        }
        self.check(point);
        passed
    }

    /// What the daemon that was killed had said.
    fn told(&self) -> String {
        let said = std::fs::read_to_string(self.station.path(SAID)).unwrap_or_default();
        let status = self.station.hoist("elastic status crunch").run();
        format!("{:?}, its daemon said: {said}\n{status}", self.station.instances())
    }

    fn take_over(&self, daemon: Daemon, passed: &mut (usize, bool)) -> Daemon {
        match daemon {
            Daemon::Traced(daemon) => *passed = (daemon.points(), daemon.was_killed()),
            Daemon::Next(daemon) => panic!("{}", daemon.stderr()),
        }
        assert!(passed.1, "it ended by itself after {} points", passed.0);
        Daemon::Next(self.station.hoist("elastic run").spawn())
    }

    fn begin(&mut self, step: Step, daemon: &Daemon) {
        match step {
            Step::Launch => drop(self.station.file("busy", "1").file("waiting", "5")),
            Step::Drain => {
                self.station.file("waiting", "0");
                self.victim.get_or_insert_with(|| self.station.instances().remove(0));
            }
            Step::Shrink => drop(self.station.file("busy", "0")),
            Step::Reload => {
                let text = std::fs::read_to_string(self.station.path("elastic.toml")).unwrap();
                self.station.file("elastic.toml", &text.replace("min = 1", "min = 2"));
                if let Daemon::Next(daemon) = daemon {
                    // Before that it knows no signals, and may have read the old file or the new one.
                    eventually("the next daemon serves", || daemon.stderr().contains(" served on ").then_some(()));
                }
                daemon.signal(Signal::SIGHUP);
            }
            Step::Stop => self.stop = Some(self.station.hoist("elastic stop crunch --yes").spawn()),
        }
    }

    fn is_done(&mut self, step: Step) -> bool {
        let instances = self.station.instances();
        assert!(instances.len() <= MAX, "{step:?}: {instances:?}");
        let victim = self.victim.as_deref().unwrap_or_default();
        let is_there = instances.iter().any(|instance| instance == victim);
        match step {
            Step::Launch => instances.len() == MAX,
            Step::Drain => {
                if !self.asked {
                    // An instance is a worker as soon as its launch's answer is recorded.
                    let words = format!("elastic drain crunch --machine {victim} --no-wait");
                    let asked = self.station.hoist(&words).run();
                    self.asked = asked.code == Some(0);
                    return false;
                }
                self.pool.is_stopped(victim)
            }
            Step::Shrink => instances.len() == 1 && !is_there,
            Step::Reload => instances.len() == 2,
            Step::Stop => self.has_stopped() && instances.is_empty(),
        }
    }

    /// Whether the command that stops the fleet has ended well. When the daemon dies, the same command goes on.
    fn has_stopped(&mut self) -> bool {
        if let Some(mut stop) = self.stop.take() {
            if !stop.is_over() {
                self.stop = Some(stop);
                return false;
            }
            let ended = stop.wait();
            if ended.code != Some(0) && !ended.raw_stderr.contains("has ended") {
                self.stop = Some(self.station.hoist("elastic stop crunch --yes").spawn());
            }
        }
        self.stop.is_none()
    }

    /// Nothing is left, and nothing was launched twice.
    fn check(&self, point: usize) {
        let fleets = self.station.hoist("elastic list --all -o json").exit(0).json();
        assert_eq!(fleets["fleets"][0]["live"], 0, "point {point}: {fleets}");
        self.station.hoist("orphans").exit(0);
        eventually("no reservation is left", || {
            let left = std::fs::read_dir(self.station.path("state/local/reservations"));
            (left.into_iter().flatten().count() == 0).then_some(())
        });
    }
}

#[test]
fn killed_at_a_record_of_a_launch_a_drain_a_reload_or_a_stop_it_goes_on() {
    let (points, killed) = Life::new().live(usize::MAX);
    assert!(points > 30 && !killed, "{points}");
    let stride = if std::env::var_os("HOIST_KILL_EACH").is_some() { 1 } else { STRIDE };
    let (next, kills) = (AtomicUsize::new(1), AtomicUsize::new(0));
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                let lives = std::iter::from_fn(|| Some(next.fetch_add(stride, Ordering::SeqCst)));
                for point in lives.take_while(|point| *point <= points && !failed.load(Ordering::SeqCst)) {
                    let lived = std::panic::catch_unwind(|| Life::new().live(point));
                    let Ok((passed, killed)) = lived else { return failed.store(true, Ordering::SeqCst) };
                    if !killed && passed >= point {
                        return failed.store(true, Ordering::SeqCst);
                    }
                    kills.fetch_add(usize::from(killed), Ordering::SeqCst);
                }
            });
        }
    });
    assert!(!failed.into_inner());
    let kills = kills.into_inner();
    // Who came to a point was killed there; the last points are of passes, which are fewer where a machine is slow.
    assert!(4 * kills >= 3 * points.div_ceil(stride), "{kills} of {points}, each {stride}");
}
