//! The seal of an annex's row and of the head and length of its journal.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::damage::Damage;
use super::digest::{Digest, DigestPart, beginning, digest};

/// An annex's row and the end of its journal, verified against their seal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SealedAnnex {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) nonce: String,
    pub(super) place: String,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) ended_at: Option<i64>,
    pub(super) length: i64,
    pub(super) head: Digest,
}

impl SealedAnnex {
    pub(super) const COLUMNS: &str = "annexes.id, annexes.name, annexes.nonce, annexes.place, annexes.created_at, \
                                      annexes.updated_at, annexes.ended_at, heads.length, heads.head, heads.seal";
    pub(super) const TABLES: &str = "annexes NOT INDEXED LEFT JOIN annex_heads AS heads ON heads.annex = annexes.id";

    /// Returns name and nonce, as in messages.
    pub(super) fn tag(&self) -> String {
        format!("{}/{}", self.name, self.nonce)
    }

    /// Resets the head to that of an empty journal.
    pub(super) fn begin(&mut self) {
        (self.length, self.head) = (0, beginning("annex journal", &self.tag()));
    }

    /// Reads the row without the head.
    pub(super) fn read_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            nonce: row.get(2)?,
            place: row.get(3)?,
            created_at: row.get(4)?,
            updated_at: row.get(5)?,
            ended_at: row.get(6)?,
            length: 0,
            head: [0; 32],
        })
    }

    /// Reads [`SealedAnnex::COLUMNS`], which begin the row.
    ///
    /// # Errors
    /// The damage of the row.
    pub(super) fn read(row: &Row<'_>) -> Result<Self, Damage> {
        let id: i64 = row.get(0).map_err(|error| Damage(format!("an annex has no number: {error}")))?;
        let mut sealed = Self::read_row(row)
            .map_err(|error| Damage(format!("what is recorded of annex {id} cannot be read: {error}")))?;
        let tag = sealed.tag();
        let head = || -> rusqlite::Result<(i64, Digest, Digest)> { Ok((row.get(7)?, row.get(8)?, row.get(9)?)) };
        let (length, head, seal) = head()
            .map_err(|_| Damage(format!("the head of the journal of annex {tag} is missing or cannot be read")))?;
        (sealed.length, sealed.head) = (length, head);
        if sealed.seal() == seal {
            Ok(sealed)
        } else {
            Err(Damage(format!("what is recorded of annex {tag} is not what was written")))
        }
    }

    /// Returns the annex with this number, or its damage.
    pub(super) fn find(connection: &Connection, annex: i64) -> rusqlite::Result<Option<Result<Self, Damage>>> {
        let query = format!("SELECT {} FROM {} WHERE annexes.id = ?1", Self::COLUMNS, Self::TABLES);
        connection.prepare_cached(&query)?.query_row([annex], |row| Ok(Self::read(row))).optional()
    }

    fn seal(&self) -> Digest {
        digest(
            "annex",
            &[
                DigestPart::Number(self.id),
                DigestPart::Text(&self.name),
                DigestPart::Text(&self.nonce),
                DigestPart::Text(&self.place),
                DigestPart::Number(self.created_at),
                DigestPart::Number(self.updated_at),
                self.ended_at.into(),
                DigestPart::Number(self.length),
                DigestPart::Bytes(&self.head),
            ],
        )
    }

    /// Writes the head and the seal.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut insert = connection
            .prepare_cached("INSERT OR REPLACE INTO annex_heads (annex, length, head, seal) VALUES (?1, ?2, ?3, ?4)")?;
        insert.execute(params![self.id, self.length, self.head, self.seal()]).map(drop)
    }
}
