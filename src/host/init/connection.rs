//! One client's connection to the init.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use crate::host::protocol::{REQUEST_LIMIT, Reply, Request};

/// What a client waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// Nothing: its request is still on the way.
    Request,
    /// The end of the user data.
    Start,
    /// The end of the command of this name.
    Job(String),
    /// The end of everything.
    End,
    /// Nothing more: its answer is on the way.
    Answered,
}

/// One client's connection to the init. Never blocks.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    input: Vec<u8>,
    output: Vec<u8>,
    sent: usize,
    /// What it waits for.
    pub(super) waiting: Waiting,
}

/// What came in.
#[derive(Debug)]
pub(super) enum Received {
    /// Nothing that is complete.
    Nothing,
    /// A request; what follows it in the stream is left in [`Connection::into_parts`].
    Request(Box<Request>),
    /// The client is gone, or talks nonsense.
    Closed,
}

impl Connection {
    /// Takes over an accepted connection.
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, input: Vec::new(), output: Vec::new(), sent: 0, waiting: Waiting::Request })
    }

    /// The stream, to wait for.
    pub(super) fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// The stream, and what was read of what follows the request.
    pub(super) fn into_parts(self) -> (UnixStream, Vec<u8>) {
        (self.stream, self.input)
    }

    /// Reads what there is.
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
                // A client that goes on talking after its request is not listened to.
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Received::Nothing,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Received::Closed,
            }
        }
    }

    /// Queues the answer.
    pub(super) fn answer(&mut self, reply: &Reply) {
        self.tell(reply);
        self.waiting = Waiting::Answered;
    }

    /// Queues something that is to be known before the answer.
    pub(super) fn tell(&mut self, reply: &Reply) {
        // A reply holds nothing that JSON cannot.
        if let Ok(mut line) = serde_json::to_vec(reply) {
            line.push(b'\n');
            self.output.extend(line);
        }
    }

    /// Whether there is something left to send.
    pub(super) fn wants_to_send(&self) -> bool {
        self.sent < self.output.len()
    }

    /// Sends what can be sent now; whether the connection has served its purpose.
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
