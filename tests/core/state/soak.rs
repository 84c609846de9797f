//! Many runs one after the other, forgotten now and then: the file does not grow. `HOIST_SOAK=N` makes N runs.

use std::fs;
use std::time::Instant;

use hoist::state::{NewRun, Owner, StateFile};
use tempfile::tempdir;

use crate::state::support::{annex_journal, append, batch, ended, output, plan, record_annex};

/// Runs between two prunes.
const CYCLE: usize = 50;

#[test]
#[allow(clippy::print_stdout, reason = "a long soak tells its figures")]
fn a_file_that_is_pruned_stays_small() {
    let runs: usize = std::env::var("HOIST_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let me = Owner::current();
    let state = StateFile::open(&file).unwrap();
    let (kept, lock) = state.create_run(&NewRun { name: "kept", plan: &plan("demo") }, &me).unwrap();
    append(&*lock.store(), batch(1..=3)).unwrap();
    drop(lock);
    let mut sizes = Vec::new();
    let mut times = Vec::new();
    for _ in 0..runs / CYCLE {
        let began = Instant::now();
        for n in 0..CYCLE {
            let state = StateFile::open(&file).unwrap();
            let name = format!("run-{n}");
            let (_, lock) = state.create_run(&NewRun { name: &name, plan: &plan("demo") }, &me).unwrap();
            let mut next = batch(1..=12);
            next.outputs.push(output("web", &"line\n".repeat(1500)));
            append(&*lock.store(), next).unwrap();
            append(&*lock.store(), ended(13)).unwrap();
            drop(lock);
            let place = hoist::plan::CloudConfig { provider: "local".to_owned(), ..Default::default() };
            let (record, lock) = state.create_annex(&name.parse().unwrap(), &place, &me).unwrap();
            annex_journal().iter().for_each(|line| record_annex(&*lock.journal(), line).unwrap());
            drop(lock);
            if n % 2 == 0 {
                state.forget_annex(&record.id).unwrap();
            }
        }
        let ended: Vec<_> =
            state.runs(true).unwrap().into_iter().filter(|run| run.ended_at.is_some()).map(|run| run.id).collect();
        assert_eq!(ended.len(), CYCLE);
        state.forget_all(&ended).unwrap();
        for row in state.annexes(true).unwrap() {
            state.forget_annex(&row.record.id).unwrap();
        }
        state.give_space_back();
        sizes.push(
            fs::metadata(&file).unwrap().len() + fs::metadata(file.with_file_name("hoist.db-wal")).unwrap().len(),
        );
        times.push(began.elapsed());
    }
    let (first, last) = (sizes[0], sizes[sizes.len() - 1]);
    assert!(last <= first.max(1 << 20) * 3 / 2, "{sizes:?}");
    if runs >= 1000 {
        // Told, and not judged: the machine has other work.
        println!("{runs} runs: {first} bytes after the first prune, {last} after the last; cycles took {times:?}");
    }
    assert_eq!(state.load(kept).unwrap().1.len(), 3);
}
