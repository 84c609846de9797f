use std::time::Duration;

/// Time limits of calls to servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// Maximum time of connecting, with TLS. A server that is up accepts within a second.
    pub connect: Duration,
    /// Maximum time from a request to the end of its answer. A busy RabbitMQ collects its figures for some seconds.
    pub answer: Duration,
    /// Maximum time of a program that counts jobs.
    pub program: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), answer: Duration::from_secs(30), program: Duration::from_secs(60) }
    }
}
