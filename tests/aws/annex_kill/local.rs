//! Kills at random moments on the local cloud.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::annex_cli::lab::Lab;
use hoist_test_support::dice::Dice;

/// How often each of create, update and delete is killed.
const ROUNDS: usize = 20;

/// What must come about comes about within this, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How many lives are led at once.
const SIDE_BY_SIDE: usize = 4;

/// Runs a command and kills it after this time; tells whether it was killed.
fn killed_after(lab: &Lab, words: &str, time: Duration) -> bool {
    let hoist = lab.command(words).spawn();
    std::thread::sleep(time);
    hoist.kill()
}

/// The processes that name this place.
pub(crate) fn processes(place: &Path) -> Vec<String> {
    let place = place.to_string_lossy();
    let look = |entry: fs::DirEntry| {
        let _: i32 = entry.file_name().to_str()?.parse().ok()?;
        let command = String::from_utf8_lossy(&fs::read(entry.path().join("cmdline")).ok()?).replace('\0', " ");
        command.contains(&*place).then_some(command)
    };
    fs::read_dir("/proc").unwrap().flatten().filter_map(look).collect()
}

fn entries(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn commands(name: &str) -> [String; 3] {
    [
        format!("annex create {name} --cloud local --pool-software none --count 3 --lease 6h --yes"),
        format!("annex update {name} --count 5 --yes"),
        format!("annex delete {name} --yes"),
    ]
}

/// How many instances run, by the inits that there are.
fn running(lab: &Lab) -> usize {
    processes(lab.root()).iter().filter(|process| process.contains(" __init ")).count()
}

fn assert_nothing_left(lab: &Lab, when: &str) {
    let deadline = Instant::now() + PATIENCE;
    // What was killed may have left a process that is about to find that it comes too late.
    while !processes(lab.root()).is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(processes(lab.root()), Vec::<String>::new(), "{when}");
    for directory in ["annexes", "instances"] {
        assert_eq!(entries(&lab.path("state/local").join(directory)), Vec::<String>::new(), "{when}: {directory}");
    }
}

/// Each command is killed once and given again; tells which were killed.
fn live(lab: &Lab, dice: &mut Dice, number: usize, whole: [Duration; 3]) -> [usize; 3] {
    let name = format!("life-{number}");
    let mut kills = [0; 3];
    for ((words, wanted), (kills, whole)) in commands(&name).iter().zip([3, 5, 0]).zip(kills.iter_mut().zip(whole)) {
        let time = dice.moment(whole);
        let when = format!("life {number}: {words}, killed after {time:?}");
        *kills = usize::from(killed_after(lab, words, time));
        let again = lab.hoist(words);
        assert_eq!(again.code, Some(0), "{when}\n{}\n{}", again.raw_stdout, again.raw_stderr);
        if wanted == 0 {
            assert_nothing_left(lab, &when);
        } else {
            let deadline = Instant::now() + PATIENCE;
            while running(lab) != wanted && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(20));
            }
            assert_eq!(running(lab), wanted, "{when}");
        }
    }
    kills
}

#[test]
fn kills_at_any_moment_leak_and_double_nothing() {
    // Undisturbed, to know how long each command takes.
    let lab = Lab::local();
    let whole = commands("undisturbed").map(|words| {
        let began = Instant::now();
        lab.hoist(&words).exit(0);
        began.elapsed()
    });
    assert_nothing_left(&lab, "undisturbed");
    let rounds = ROUNDS * std::env::var("HOIST_ANNEX_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let next = AtomicUsize::new(0);
    let kills = [const { AtomicUsize::new(0) }; 3];
    std::thread::scope(|scope| {
        for seed in 0..SIDE_BY_SIDE {
            let (next, kills) = (&next, &kills);
            scope.spawn(move || {
                let (lab, mut dice) = (Lab::local(), Dice::new(17, seed as u64));
                // Some commands end before they are killed: as many lives as it takes.
                while kills.iter().any(|kills| kills.load(Ordering::Relaxed) < rounds) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    assert!(number < 10 * rounds, "hardly any command is killed");
                    for (total, new) in kills.iter().zip(live(&lab, &mut dice, number, whole)) {
                        total.fetch_add(new, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let text = kills.map(|kills| kills.into_inner().to_string()).join(", ");
    let _ = writeln!(std::io::stderr(), "kills of create, update, delete: {text}; {whole:?} undisturbed");
}
