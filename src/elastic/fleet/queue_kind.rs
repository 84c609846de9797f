/// Kinds of sources of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueKind {
    /// The queue of an HTCondor pool.
    Htcondor,
    /// A server of coalition's.
    Coalition,
    /// A queue of a RabbitMQ server.
    Rabbitmq,
    /// A list of a Redis server.
    Redis,
    /// A queue of Amazon SQS.
    Sqs,
    /// A number that an HTTP server returns.
    Http,
    /// A number that a program prints.
    Command,
    /// A number in a file.
    File,
}

/// Keys that a kind needs and those that it may have, besides `kind`.
pub(super) struct QueueKeys {
    pub(super) needs: &'static [&'static str],
    pub(super) may: &'static [&'static str],
    /// Schemes of its `url`.
    pub(super) schemes: &'static [&'static str],
}

impl QueueKind {
    /// All kinds, with their names.
    pub const ALL: [(&str, Self); 8] = [
        ("htcondor", Self::Htcondor),
        ("coalition", Self::Coalition),
        ("rabbitmq", Self::Rabbitmq),
        ("redis", Self::Redis),
        ("sqs", Self::Sqs),
        ("http", Self::Http),
        ("command", Self::Command),
        ("file", Self::File),
    ];

    /// Whether its workers are drained by the source. Others are told by their leases.
    pub fn has_pool(self) -> bool {
        matches!(self, Self::Htcondor | Self::Coalition)
    }

    /// Whether it tells the number of waiting jobs alone, so that no engine learns which workers are busy.
    pub fn counts_alone(self) -> bool {
        matches!(self, Self::Rabbitmq | Self::Redis | Self::Sqs)
    }

    /// Whether its answer may hold groups of jobs and slots of machines.
    pub fn may_tell_groups(self) -> bool {
        matches!(self, Self::Htcondor | Self::Command | Self::File | Self::Http)
    }

    /// Returns the engines that a queue of a kind can serve; `None` is no queue. Which of them a program, a file or an
    /// HTTP server serves is up to what it tells: classad asks for groups and slots, elastiq for hosts.
    pub fn engines(kind: Option<Self>) -> Vec<&'static str> {
        let mut engines = Vec::new();
        engines.extend(kind.is_some_and(Self::may_tell_groups).then_some("classad"));
        engines.extend((kind == Some(Self::Coalition)).then_some("coalition"));
        engines.extend(kind.is_some_and(|kind| !kind.counts_alone()).then_some("elastiq"));
        engines.extend(kind.is_some().then_some("queuelen"));
        engines.extend(["npreserving", "command"]);
        engines
    }

    /// Returns the kind's name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    pub(super) fn keys(self) -> QueueKeys {
        const HTTP: &[&str] = &["http", "https"];
        let (needs, may, schemes): (&[&str], &[&str], &[&str]) = match self {
            Self::Htcondor => (&[], &["pool"], &[]),
            Self::Coalition => (&["url"], &["user", "password"], HTTP),
            Self::Rabbitmq => (&["url", "queue"], &["user", "password"], &["http", "https", "amqp", "amqps"]),
            Self::Redis => (&["url", "queue"], &["user", "password"], &["redis", "rediss"]),
            Self::Sqs => (&["queue"], &["url"], HTTP),
            Self::Http => (&["url"], &["field", "user", "password"], HTTP),
            Self::Command => (&["program"], &[], &[]),
            Self::File => (&["path"], &[], &[]),
        };
        QueueKeys { needs, may, schemes }
    }

    pub(super) fn has(self, key: &str) -> bool {
        let keys = self.keys();
        keys.needs.contains(&key) || keys.may.contains(&key)
    }
}
