//! The servers that the tests run against.

mod certificate;
mod coalition_server;
mod daemon;
mod http_server;
mod rabbitmq_server;
mod reading;
mod redis_server;

pub(crate) use certificate::Certificate;
pub(crate) use coalition_server::{CoalitionServer, TestJob};
pub(crate) use daemon::Daemon;
pub(crate) use http_server::{Asked, HttpServer, Reply};
pub(crate) use rabbitmq_server::RabbitmqServer;
pub(crate) use reading::{DEMAND, POOL, access, demand, failure, open, password, stale, until, waiting};
pub(crate) use redis_server::RedisServer;
