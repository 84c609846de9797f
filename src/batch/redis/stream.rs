//! The entries of a stream that no consumer has been given.

use super::super::net::NetError;
use super::connection::Connection;
use super::reply::Reply;

/// The most groups of a stream that are looked at.
const MOST_GROUPS: usize = 1000;

/// How many entries are counted at once, and in all, where the server does not keep count.
const PAGE: u64 = 1000;
const MOST_COUNTED: u64 = 10_000;

/// The entries of a stream that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backlog {
    /// Their number.
    pub(super) waiting: u64,
    /// Whether there may be more.
    pub(super) at_least: bool,
}

/// A reply of another form than expected.
pub(super) enum StreamError {
    Net(NetError),
    Refused(Reply),
}

impl From<NetError> for StreamError {
    fn from(error: NetError) -> Self {
        Self::Net(error)
    }
}

/// Counts the entries of a stream that its group of consumers has not been given; of several groups the one that is
/// furthest behind counts. Without a group every entry waits.
pub(super) async fn backlog(connection: &mut Connection, key: &[u8]) -> Result<Backlog, StreamError> {
    let groups = match connection.call(&[b"XINFO", b"GROUPS", key]).await? {
        Reply::Array(groups) => groups,
        other => return Err(StreamError::Refused(other)),
    };
    if groups.is_empty() {
        let length = connection.call(&[b"XLEN", key]).await?;
        let waiting = length.count().ok_or(StreamError::Refused(length))?;
        return Ok(Backlog { waiting, at_least: false });
    }
    let mut furthest = Backlog { waiting: 0, at_least: groups.len() > MOST_GROUPS };
    for group in groups.iter().take(MOST_GROUPS) {
        // Kept since Redis 7, and unknown there after entries have been deleted from the middle.
        let behind = match group.field("lag").and_then(Reply::count) {
            Some(waiting) => Backlog { waiting, at_least: false },
            None => {
                let delivered = group.field("last-delivered-id").and_then(Reply::text);
                let delivered = delivered.ok_or_else(|| StreamError::Refused(group.clone()))?;
                count_after(connection, key, delivered).await?
            }
        };
        furthest.at_least |= behind.at_least;
        furthest.waiting = furthest.waiting.max(behind.waiting);
    }
    Ok(furthest)
}

/// Counts the entries behind one, page by page.
async fn count_after(connection: &mut Connection, key: &[u8], mut last: String) -> Result<Backlog, StreamError> {
    let mut waiting = 0;
    loop {
        let (start, page) = (format!("({last}"), PAGE.to_string());
        let entries =
            match connection.call(&[b"XRANGE", key, start.as_bytes(), b"+", b"COUNT", page.as_bytes()]).await? {
                Reply::Array(entries) => entries,
                other => return Err(StreamError::Refused(other)),
            };
        let length = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        waiting += length;
        let end = entries.last().and_then(|entry| match entry {
            Reply::Array(parts) => parts.first().and_then(Reply::text),
            _ => None,
        });
        match end {
            Some(end) if length >= PAGE && waiting < MOST_COUNTED => last = end,
            _ => return Ok(Backlog { waiting, at_least: length >= PAGE }),
        }
    }
}
