//! Redis: lists, streams, sets and sorted sets in which work waits.

mod connection;
mod reply;
mod source;
mod stream;

pub(super) use source::RedisSource;
