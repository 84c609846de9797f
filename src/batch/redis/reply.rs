use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

use super::super::net::NetError;

/// The longest text of a reply in bytes, and the most items of a list: replies that are asked for are far smaller.
const LONGEST: i64 = 64 << 20;
const MOST_ITEMS: i64 = 1 << 20;

/// The longest line in bytes.
const LONGEST_LINE: u64 = 64 << 10;

/// The deepest nesting of lists.
const DEEPEST: usize = 8;

/// A reply of a Redis server (RESP2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// A word, like `OK`.
    Status(String),
    /// A refusal: its code and words.
    Error(String),
    /// A number.
    Integer(i64),
    /// A text.
    Bulk(Vec<u8>),
    /// Nothing.
    Nil,
    /// A list.
    Array(Vec<Reply>),
}

impl Reply {
    /// Returns the text of a word or a text.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Status(text) => Some(text.clone()),
            Self::Bulk(bytes) => String::from_utf8(bytes.clone()).ok(),
            _ => None,
        }
    }

    /// Returns the number of a count.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Returns the value behind a name in a list of names and values.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        let Self::Array(items) = self else { return None };
        let pairs = items.chunks_exact(2);
        pairs.filter(|pair| pair.first().and_then(Self::text).as_deref() == Some(name)).find_map(|pair| pair.get(1))
    }
}

/// Reads a reply.
pub(super) async fn read_reply(stream: &mut (impl AsyncBufRead + Send + Unpin)) -> Result<Reply, NetError> {
    read_nested(stream, DEEPEST).await
}

async fn read_nested(stream: &mut (impl AsyncBufRead + Send + Unpin), depth: usize) -> Result<Reply, NetError> {
    const GARBLED: NetError = NetError::Protocol("Redis");
    let line = read_line(stream).await?;
    let mut characters = line.chars();
    let kind = characters.next().ok_or(GARBLED)?;
    let rest = characters.as_str();
    let number = || rest.parse::<i64>().map_err(|_| GARBLED);
    match kind {
        '+' => Ok(Reply::Status(rest.to_owned())),
        '-' => Ok(Reply::Error(rest.to_owned())),
        ':' => Ok(Reply::Integer(number()?)),
        '$' => match number()? {
            -1 => Ok(Reply::Nil),
            length @ 0..=LONGEST => {
                let mut bytes = vec![0; usize::try_from(length).map_err(|_| GARBLED)? + 2];
                stream.read_exact(&mut bytes).await.map_err(|error| NetError::of_io(&error))?;
                let text = bytes.strip_suffix(b"\r\n").ok_or(GARBLED)?;
                Ok(Reply::Bulk(text.to_vec()))
            }
            _ => Err(GARBLED),
        },
        '*' => match number()? {
            -1 => Ok(Reply::Nil),
            length @ 0..=MOST_ITEMS if depth > 0 => {
                let mut items = Vec::new();
                for _ in 0..length {
                    items.push(Box::pin(read_nested(stream, depth - 1)).await?);
                }
                Ok(Reply::Array(items))
            }
            _ => Err(GARBLED),
        },
        _ => Err(GARBLED),
    }
}

async fn read_line(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<String, NetError> {
    let mut line = Vec::new();
    let read = stream.take(LONGEST_LINE).read_until(b'\n', &mut line).await;
    if read.map_err(|error| NetError::of_io(&error))? == 0 {
        return Err(NetError::Cut);
    }
    let text = line.strip_suffix(b"\r\n").ok_or(NetError::Protocol("Redis"))?;
    String::from_utf8(text.to_vec()).map_err(|_| NetError::Protocol("Redis"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Reply, String> {
        read_reply(&mut &*bytes).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn replies_of_every_kind() {
        assert_eq!(read(b"+OK\r\n").await, Ok(Reply::Status("OK".to_owned())));
        assert_eq!(read(b"-ERR no\r\n").await, Ok(Reply::Error("ERR no".to_owned())));
        assert_eq!(read(b":7\r\n").await.unwrap().count(), Some(7));
        assert_eq!(read(b":-7\r\n").await.unwrap().count(), None);
        assert_eq!(read(b"$4\r\na\r\nb\r\n").await, Ok(Reply::Bulk(b"a\r\nb".to_vec())));
        assert_eq!(read(b"$-1\r\n").await, Ok(Reply::Nil));
        let list = read(b"*2\r\n$3\r\nlag\r\n*1\r\n:3\r\n").await.unwrap();
        assert_eq!(list.field("lag"), Some(&Reply::Array(vec![Reply::Integer(3)])));
        assert_eq!(list.field("log"), None);
    }

    #[tokio::test]
    async fn other_protocols_are_told_apart_from_cut_connections() {
        for garbled in
            ["HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "$-2\r\n", "$1\r\nabc", "*99999999999\r\n", "\r\n", "+a\n", ":1"]
        {
            let error = read(garbled.as_bytes()).await.expect_err(garbled);
            assert_eq!(error, "it answers with something that is no Redis", "{garbled}");
        }
        for cut in ["", "$5\r\nab", "*2\r\n:1\r\n"] {
            assert!(read(cut.as_bytes()).await.unwrap_err().contains("closed the connection"), "{cut}");
        }
        let deep = "*1\r\n".repeat(100);
        assert!(read(deep.as_bytes()).await.is_err());
    }
}
