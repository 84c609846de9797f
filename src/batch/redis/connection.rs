use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::time::timeout;

use super::super::net::{Address, NetError, Stream, TimeLimits, Trust, connect};
use super::reply::{Reply, read_reply};

/// A connection to a Redis server.
pub(super) struct Connection {
    stream: BufReader<Box<dyn Stream>>,
    limit: Duration,
}

impl Connection {
    pub(super) async fn open(server: &Address, trust: &Trust, limits: &TimeLimits) -> Result<Self, NetError> {
        let stream = connect(server, trust, limits.connect).await?;
        Ok(Self { stream: BufReader::new(stream), limit: limits.answer })
    }

    /// Makes a call and reads its reply.
    pub(super) async fn call(&mut self, words: &[&[u8]]) -> Result<Reply, NetError> {
        let limit = self.limit;
        timeout(limit, self.exchange(&encode(words))).await.unwrap_or(Err(NetError::AnswerTimeout(limit)))
    }

    /// Logs in with `AUTH`. A user is known since Redis 6; before, there is a password alone.
    pub(super) async fn authenticate(
        &mut self,
        user: Option<&str>,
        password: &SecretString,
    ) -> Result<Reply, NetError> {
        let password = password.expose_secret().as_bytes();
        match user {
            Some(user) => self.call(&[b"AUTH", user.as_bytes(), password]).await,
            None => self.call(&[b"AUTH", password]).await,
        }
    }

    async fn exchange(&mut self, message: &[u8]) -> Result<Reply, NetError> {
        self.stream.write_all(message).await.map_err(|error| NetError::of_io(&error))?;
        self.stream.flush().await.map_err(|error| NetError::of_io(&error))?;
        read_reply(&mut self.stream).await
    }
}

/// Encodes a call as a list of texts.
fn encode(words: &[&[u8]]) -> Vec<u8> {
    let mut message = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        message.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        message.extend_from_slice(word);
        message.extend_from_slice(b"\r\n");
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_hold_anything() {
        assert_eq!(encode(&[b"LLEN", b"a\r\nb"]), b"*2\r\n$4\r\nLLEN\r\n$4\r\na\r\nb\r\n");
    }
}
