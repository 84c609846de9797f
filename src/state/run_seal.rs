//! The seal of a run: of its row, its plan's digest, and the head and length of its journal and outputs.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::damage::Damage;
use super::digest::{Digest, DigestPart, beginning, digest};

/// A run's row in the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RunFacts {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) tag: String,
    pub(super) plan_name: String,
    pub(super) plan_file: String,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) ended_at: Option<i64>,
    pub(super) summary: String,
}

/// The ends of a run's journal and outputs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RunHead {
    pub(super) plan: Digest,
    pub(super) length: i64,
    pub(super) head: Digest,
    pub(super) outputs: i64,
    pub(super) outputs_head: Digest,
}

/// A run's row and its head, verified against their seal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SealedRun {
    pub(super) facts: RunFacts,
    pub(super) head: RunHead,
    seal: Digest,
}

impl RunFacts {
    pub(super) const COLUMNS: &str = "runs.id, runs.name, runs.tag, runs.plan_name, runs.plan_file, runs.created_at, \
                                      runs.updated_at, runs.ended_at, runs.summary";

    /// Reads [`RunFacts::COLUMNS`], the first of the row.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            tag: row.get(2)?,
            plan_name: row.get(3)?,
            plan_file: row.get(4)?,
            created_at: row.get(5)?,
            updated_at: row.get(6)?,
            ended_at: row.get(7)?,
            summary: row.get(8)?,
        })
    }

    fn sealed_with(&self, head: &RunHead) -> Digest {
        digest(
            "run",
            &[
                DigestPart::Number(self.id),
                DigestPart::Text(&self.name),
                DigestPart::Text(&self.tag),
                DigestPart::Text(&self.plan_name),
                DigestPart::Text(&self.plan_file),
                DigestPart::Number(self.created_at),
                DigestPart::Number(self.updated_at),
                self.ended_at.into(),
                DigestPart::Text(&self.summary),
                DigestPart::Bytes(&head.plan),
                DigestPart::Number(head.length),
                DigestPart::Bytes(&head.head),
                DigestPart::Number(head.outputs),
                DigestPart::Bytes(&head.outputs_head),
            ],
        )
    }
}

impl RunHead {
    /// The columns of the head, and the seal.
    pub(super) const COLUMNS: &str =
        "heads.plan, heads.length, heads.head, heads.outputs, heads.outputs_head, heads.seal";

    /// Returns the head of an empty journal.
    pub(super) fn new(tag: &str, plan: &str) -> Self {
        Self {
            plan: digest("plan", &[DigestPart::Text(plan)]),
            length: 0,
            head: beginning("journal", tag),
            outputs: 0,
            outputs_head: beginning("outputs", tag),
        }
    }

    /// Reads [`RunHead::COLUMNS`] from column `at` on; `None` without a head.
    fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<(Self, Digest)>> {
        if row.get_ref(at)? == rusqlite::types::ValueRef::Null {
            return Ok(None);
        }
        let head = Self {
            plan: row.get(at)?,
            length: row.get(at + 1)?,
            head: row.get(at + 2)?,
            outputs: row.get(at + 3)?,
            outputs_head: row.get(at + 4)?,
        };
        Ok(Some((head, row.get(at + 5)?)))
    }
}

impl SealedRun {
    /// Reads [`RunFacts::COLUMNS`] and [`RunHead::COLUMNS`], which begin the row.
    ///
    /// # Errors
    /// The damage of the row.
    pub(super) fn read(row: &Row<'_>) -> Result<Self, Damage> {
        let id: i64 = row.get(0).map_err(|error| Damage(format!("a run has no number: {error}")))?;
        let facts = RunFacts::read(row)
            .map_err(|error| Damage(format!("what is recorded of run {id} cannot be read: {error}")))?;
        let RunFacts { name, .. } = &facts;
        match RunHead::read(row, 9) {
            Ok(Some((head, seal))) if facts.sealed_with(&head) == seal => Ok(Self { facts, head, seal }),
            Ok(Some(_)) => Err(Damage(format!("what is recorded of run {id} ({name}) is not what was written"))),
            Ok(None) => Err(Damage(format!("the head of the journal of run {id} ({name}) is missing"))),
            Err(error) => Err(Damage(format!("the head of the journal of run {id} ({name}) cannot be read: {error}"))),
        }
    }

    /// Returns the run with this number, or its damage; `None` if there is no such run.
    pub(super) fn find(connection: &Connection, run: i64) -> rusqlite::Result<Option<Result<Self, Damage>>> {
        let mut query = connection.prepare_cached(&format!(
            "SELECT {}, {} FROM runs LEFT JOIN run_heads AS heads ON heads.run = runs.id WHERE runs.id = ?1",
            RunFacts::COLUMNS,
            RunHead::COLUMNS
        ))?;
        query.query_row([run], |row| Ok(Self::read(row))).optional()
    }

    /// Whether the file still has the row that this was read from or written as.
    pub(super) fn is_current(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let query = format!("SELECT {} FROM run_heads AS heads WHERE run = ?1", RunHead::COLUMNS);
        let found =
            connection.prepare_cached(&query)?.query_row([self.facts.id], |row| RunHead::read(row, 0)).optional()?;
        Ok(found.flatten().is_some_and(|(head, seal)| head == self.head && seal == self.seal))
    }

    /// Combines a run's row and head, which are not yet in the file's table of heads.
    pub(super) fn new(facts: RunFacts, head: RunHead) -> Self {
        let seal = facts.sealed_with(&head);
        Self { facts, head, seal }
    }

    /// Marks the run as permanently damaged: its records contradict each other, and later commands must not accept it.
    pub(super) fn broken(self) -> Self {
        Self { seal: [0; 32], ..self }
    }

    /// Writes the head and the seal.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut insert = connection.prepare_cached(
            "INSERT OR REPLACE INTO run_heads (run, plan, length, head, outputs, outputs_head, seal)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let RunHead { plan, length, head, outputs, outputs_head } = &self.head;
        insert.execute(params![self.facts.id, plan, length, head, outputs, outputs_head, self.seal]).map(drop)
    }
}
