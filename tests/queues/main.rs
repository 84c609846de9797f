//! Sources of work besides HTCondor: against real RabbitMQ and Redis, moto's SQS, a stand-in for coalition's server,
//! and HTTP servers that behave badly.

mod coalition;
mod http;
mod job_ads;
mod peers;
mod rabbitmq;
mod redis;
#[cfg(feature = "aws")]
mod sqs;
