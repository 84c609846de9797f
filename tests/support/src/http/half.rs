//! A body that breaks off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Bytes, Frame};

/// What is there of a body, and then an error, which cuts the connection.
pub(super) struct HalfBody {
    half: Option<Bytes>,
    flushed: bool,
}

impl HalfBody {
    pub(super) fn new(half: Bytes) -> Self {
        Self { half: Some(half), flushed: false }
    }
}

impl hyper::body::Body for HalfBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        // What was written is sent only while there is nothing more to write.
        if !std::mem::replace(&mut self.flushed, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::other("cut"))))
    }
}
