//! One client's connection to the init.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use crate::host::protocol::{REQUEST_LIMIT, Reply, Request};

/// The event that a client waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// None: the request has not arrived completely.
    Request,
    /// The end of the user data.
    Start,
    /// The end of the command with this name.
    Job(String),
    /// The end of all processes.
    End,
    /// None: the answer is being sent.
    Answered,
}

/// A client's connection to the init. Never blocks.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    input: Vec<u8>,
    output: Vec<u8>,
    sent: usize,
    /// The event that the client waits for.
    pub(super) waiting: Waiting,
}

/// The outcome of reading from a client.
#[derive(Debug)]
pub(super) enum Received {
    /// No complete request yet.
    Nothing,
    /// A request. The bytes that follow it in the stream are returned by [`Connection::into_parts`].
    Request(Box<Request>),
    /// The client is gone, or sent an invalid request.
    Closed,
}

impl Connection {
    /// Wraps an accepted stream.
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, input: Vec::new(), output: Vec::new(), sent: 0, waiting: Waiting::Request })
    }

    /// The stream, for polling.
    pub(super) fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// Returns the stream, and the bytes that were read after the request.
    pub(super) fn into_parts(self) -> (UnixStream, Vec<u8>) {
        (self.stream, self.input)
    }

    /// Reads the available bytes.
    pub(super) fn receive(&mut self) -> Received {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Received::Closed,
                Ok(count) if self.waiting == Waiting::Request => {
                    let known = self.input.len();
                    self.input.extend_from_slice(&buffer[..count]);
                    if let Some(end) = self.input[known..].iter().position(|&byte| byte == b'\n') {
                        let rest = self.input.split_off(known + end + 1);
                        let line = std::mem::replace(&mut self.input, rest);
                        return serde_json::from_slice(&line).map_or(Received::Closed, Received::Request);
                    }
                    if self.input.len() > REQUEST_LIMIT {
                        return Received::Closed;
                    }
                }
                // Data after the request is ignored.
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Received::Nothing,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Received::Closed,
            }
        }
    }

    /// Queues the answer, which is the last message.
    pub(super) fn answer(&mut self, reply: &Reply) {
        self.tell(reply);
        self.waiting = Waiting::Answered;
    }

    /// Queues a message that precedes the answer.
    pub(super) fn tell(&mut self, reply: &Reply) {
        // A reply always serializes to JSON.
        if let Ok(mut line) = serde_json::to_vec(reply) {
            line.push(b'\n');
            self.output.extend(line);
        }
    }

    /// Returns whether there is data left to send.
    pub(super) fn wants_to_send(&self) -> bool {
        self.sent < self.output.len()
    }

    /// Sends as much as possible without blocking. Returns whether the connection can be closed.
    pub(super) fn send(&mut self) -> bool {
        while self.wants_to_send() {
            match self.stream.write(&self.output[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return true,
            }
        }
        self.waiting == Waiting::Answered
    }
}
