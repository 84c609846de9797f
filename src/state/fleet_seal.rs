//! The seal of a fleet's row, of its journal's head and length, and of what is kept beside the journal.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::damage::Damage;
use super::digest::{Digest, DigestPart, beginning, digest};

/// A fleet's row and the end of its journal, verified against their seal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SealedFleet {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) nonce: String,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) ended_at: Option<i64>,
    /// Number of lines, with those of the snapshot.
    pub(super) length: i64,
    /// Digest of the last line.
    pub(super) head: Digest,
    /// Digest of the snapshot, if there is one.
    pub(super) snapshot: Option<Digest>,
    /// Digest of the engine's memory, if there is one.
    pub(super) memory: Option<Digest>,
    /// Sequence of the oldest pass that is kept.
    pub(super) first_pass: i64,
    /// Sequence of the newest pass: one less than the first if there is none.
    pub(super) last_pass: i64,
    /// Length of all passes that are kept, in bytes.
    pub(super) pass_bytes: i64,
}

impl SealedFleet {
    pub(super) const COLUMNS: &str = "fleets.id, fleets.name, fleets.nonce, fleets.created_at, fleets.updated_at, \
                                      fleets.ended_at, heads.length, heads.head, heads.snapshot, heads.memory, \
                                      heads.first_pass, heads.last_pass, heads.pass_bytes, heads.seal";
    /// The number of these columns.
    pub(super) const WIDTH: usize = 14;
    pub(super) const TABLES: &str = "fleets NOT INDEXED LEFT JOIN fleet_heads AS heads ON heads.fleet = fleets.id";

    /// Creates the row of a new fleet, with an empty journal.
    pub(super) fn new(id: i64, name: String, nonce: String, created_at: i64) -> Self {
        let mut sealed = Self {
            id,
            name,
            nonce,
            created_at,
            updated_at: created_at,
            ended_at: None,
            length: 0,
            head: [0; 32],
            snapshot: None,
            memory: None,
            first_pass: 1,
            last_pass: 0,
            pass_bytes: 0,
        };
        sealed.head = sealed.beginning();
        sealed
    }

    /// Returns name and nonce, as in messages.
    pub(super) fn tag(&self) -> String {
        format!("{}/{}", self.name, self.nonce)
    }

    /// Returns the head of the empty journal.
    pub(super) fn beginning(&self) -> Digest {
        beginning("fleet journal", &self.tag())
    }

    /// Returns the digest of something that is kept beside the journal.
    pub(super) fn digest_of(&self, what: &str, parts: &[DigestPart<'_>]) -> Digest {
        let tag = self.tag();
        let parts: Vec<DigestPart<'_>> = std::iter::once(DigestPart::Text(&tag)).chain(parts.iter().copied()).collect();
        digest(what, &parts)
    }

    /// Reads [`SealedFleet::COLUMNS`], which begin the row.
    ///
    /// # Errors
    /// The damage of the row.
    pub(super) fn read(row: &Row<'_>) -> Result<Self, Damage> {
        let id: i64 = row.get(0).map_err(|error| Damage(format!("a fleet has no number: {error}")))?;
        let mut sealed = Self::read_row(row, id)
            .map_err(|error| Damage(format!("what is recorded of fleet {id} cannot be read: {error}")))?;
        let tag = sealed.tag();
        let seal = sealed
            .read_head(row)
            .map_err(|_| Damage(format!("the head of the journal of fleet {tag} is missing or cannot be read")))?;
        if sealed.seal() == seal {
            Ok(sealed)
        } else {
            Err(Damage(format!("what is recorded of fleet {tag} is not what was written")))
        }
    }

    fn read_row(row: &Row<'_>, id: i64) -> rusqlite::Result<Self> {
        let new = Self::new(id, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Self { updated_at: row.get(4)?, ended_at: row.get(5)?, ..new })
    }

    /// Reads the head into this; returns the seal.
    fn read_head(&mut self, row: &Row<'_>) -> rusqlite::Result<Digest> {
        (self.length, self.head) = (row.get(6)?, row.get(7)?);
        (self.snapshot, self.memory) = (row.get(8)?, row.get(9)?);
        (self.first_pass, self.last_pass, self.pass_bytes) = (row.get(10)?, row.get(11)?, row.get(12)?);
        row.get(13)
    }

    /// Returns the fleet with this number, or its damage.
    pub(super) fn find(connection: &Connection, fleet: i64) -> rusqlite::Result<Option<Result<Self, Damage>>> {
        let query = format!("SELECT {} FROM {} WHERE fleets.id = ?1", Self::COLUMNS, Self::TABLES);
        connection.prepare_cached(&query)?.query_row([fleet], |row| Ok(Self::read(row))).optional()
    }

    /// Whether the file still has the head that this was read from or written as.
    pub(super) fn is_current(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let mut query = connection.prepare_cached("SELECT seal FROM fleet_heads WHERE fleet = ?1")?;
        let seal: Option<Digest> = query.query_row([self.id], |row| row.get(0)).optional()?;
        Ok(seal == Some(self.seal()))
    }

    fn seal(&self) -> Digest {
        digest(
            "fleet",
            &[
                DigestPart::Number(self.id),
                DigestPart::Text(&self.name),
                DigestPart::Text(&self.nonce),
                DigestPart::Number(self.created_at),
                DigestPart::Number(self.updated_at),
                self.ended_at.into(),
                DigestPart::Number(self.length),
                DigestPart::Bytes(&self.head),
                self.snapshot.as_ref().map_or(DigestPart::Nothing, |digest| DigestPart::Bytes(digest)),
                self.memory.as_ref().map_or(DigestPart::Nothing, |digest| DigestPart::Bytes(digest)),
                DigestPart::Number(self.first_pass),
                DigestPart::Number(self.last_pass),
                DigestPart::Number(self.pass_bytes),
            ],
        )
    }

    /// Writes the head and the seal.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut insert = connection.prepare_cached(
            "INSERT OR REPLACE INTO fleet_heads
                 (fleet, length, head, snapshot, memory, first_pass, last_pass, pass_bytes, seal)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        let Self { id, length, head, snapshot, memory, first_pass, last_pass, pass_bytes, .. } = self;
        let parameters = params![id, length, head, snapshot, memory, first_pass, last_pass, pass_bytes, self.seal()];
        insert.execute(parameters).map(drop)
    }
}
