//! The real program is killed at random times, again and again: one command always goes on, nothing is there twice, no
//! boot program runs twice, and nothing is left in the end.
//!
//! `HOIST_KILLS=N` kills N times (200 by default); `HOIST_KILL_SEED=N` repeats the dice of an earlier run.

mod life;
mod remains;
mod tally;
mod world;

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use tally::Tally;

/// How many kills are enough unless the environment says otherwise.
const KILLS: u64 = 200;

/// Lives side by side. They wait for programs and for what does not want to end far more than they work.
const SIDE_BY_SIDE: usize = 12;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}

#[test]
fn killed_at_any_time_a_run_goes_on_and_goes_away() {
    let Some(shared) = world::shared_directory() else {
        return hoist_test_support::skip::skip("no directory that can be written is seen from inside of instances");
    };
    let seed = number("HOIST_KILL_SEED").unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        now.as_secs()
    });
    let tally = Tally::new(number("HOIST_KILLS").unwrap_or(KILLS));
    // Undisturbed, to know how long each command takes.
    life::Life::new(&shared, seed, 0, &tally).undisturbed();
    let next = AtomicU64::new(1);
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while !tally.is_enough() {
                    life::Life::new(&shared, seed, next.fetch_add(1, Ordering::Relaxed), &tally).live();
                }
            });
        }
    });
    let _ = writeln!(std::io::stderr(), "seed {seed}: {tally}");
}
