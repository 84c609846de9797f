//! Adds chains and seals to a file of an older format.

use rusqlite::{Connection, params};

use super::annex_seal::SealedAnnex;
use super::digest::line;
use super::journal_row::{output_link, read_output};
use super::run_seal::{RunFacts, RunHead, SealedRun};

/// The beginning of a run's last record, in every format.
const ENDED: &str = "{\"event\":\"ended\"";

/// Seals every run and every annex in its current state. A run whose row and journal contradict each other is marked as
/// damaged.
pub(super) fn seal_all(connection: &Connection) -> rusqlite::Result<()> {
    let query = format!("SELECT {}, plan FROM runs", RunFacts::COLUMNS);
    let mut query = connection.prepare(&query)?;
    let runs = query.query_map([], |row| Ok((RunFacts::read(row)?, row.get(9)?)))?;
    let runs: Vec<(RunFacts, String)> = runs.collect::<rusqlite::Result<_>>()?;
    for (facts, plan) in runs {
        let mut head = RunHead::new(&facts.tag, &plan);
        let ended = seal_records(connection, facts.id, &mut head)?;
        seal_outputs(connection, facts.id, &mut head)?;
        let contradicts = ended != facts.ended_at.is_some();
        let sealed = SealedRun::new(facts, head);
        if contradicts { sealed.broken() } else { sealed }.write(connection)?;
    }
    let query = "SELECT id, name, nonce, place, created_at, updated_at, ended_at FROM annexes";
    let mut query = connection.prepare(query)?;
    let annexes: Vec<SealedAnnex> = query.query_map([], SealedAnnex::read_row)?.collect::<rusqlite::Result<_>>()?;
    for mut annex in annexes {
        annex.begin();
        for (sequence, at, event) in lines(connection, "annex_records", "annex", annex.id)? {
            annex.head = line(&annex.head, sequence, at, &event);
            annex.length = sequence;
            let update = "UPDATE annex_records SET digest = ?3 WHERE annex = ?1 AND sequence = ?2";
            connection.prepare_cached(update)?.execute(params![annex.id, sequence, annex.head])?;
        }
        annex.write(connection)?;
    }
    Ok(())
}

/// Seals a run's journal; returns whether the run has ended, by its journal. A gap in the journal stays detectable: the
/// stored length is the last number.
fn seal_records(connection: &Connection, run: i64, head: &mut RunHead) -> rusqlite::Result<bool> {
    let mut ended = false;
    for (sequence, at, event) in lines(connection, "records", "run", run)? {
        head.head = line(&head.head, sequence, at, &event);
        head.length = sequence;
        ended |= event.starts_with(ENDED);
        let update = "UPDATE records SET digest = ?3 WHERE run = ?1 AND sequence = ?2";
        connection.prepare_cached(update)?.execute(params![run, sequence, head.head])?;
    }
    Ok(ended)
}

fn seal_outputs(connection: &Connection, run: i64, head: &mut RunHead) -> rusqlite::Result<()> {
    let query = "SELECT service, program, at, outcome, seconds, text, id FROM outputs WHERE run = ?1 ORDER BY id";
    let mut query = connection.prepare_cached(query)?;
    let mut rows = query.query([run])?;
    while let Some(row) = rows.next()? {
        let outcome: String = row.get(3)?;
        head.outputs_head = output_link(&head.outputs_head, &read_output(row)?, &outcome);
        head.outputs += 1;
        let update = "UPDATE outputs SET digest = ?2 WHERE id = ?1";
        connection.prepare_cached(update)?.execute(params![row.get::<_, i64>(6)?, head.outputs_head])?;
    }
    Ok(())
}

fn lines(connection: &Connection, table: &str, column: &str, key: i64) -> rusqlite::Result<Vec<(i64, i64, String)>> {
    let query = format!("SELECT sequence, at, event FROM {table} WHERE {column} = ?1 ORDER BY sequence");
    let mut query = connection.prepare_cached(&query)?;
    query.query_map([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}
