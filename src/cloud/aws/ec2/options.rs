//! Options of an EC2 cloud.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::cloud::aws::s3::LaunchAddresses;
use crate::cloud::{Announcement, LaunchedAt};
use crate::plan::Bucket;
use crate::retry::{Limit, Pauses, Poller};

/// Options for launches on EC2 in addition to plans.
#[derive(Clone)]
pub struct Ec2Options {
    /// Creates and stores the host keys of new instances; with `None`, no keys are passed.
    pub keys: Option<Arc<dyn HostKeys>>,
    /// Whether something will connect to the instance of this service by SSH; only such instances are given host keys.
    pub reached_by_ssh: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// Launch time of an instance, as far as the caller knows it: an instance that EC2 does not know is gone if it is
    /// older than the consistency window; any other may be invisible yet.
    pub launched_at: Arc<LaunchedAt>,
    /// Launches announced earlier, by any process: where tags are set after a launch, an untagged instance is found by
    /// its token, which is derived from its launch's.
    pub announced: Vec<Announcement>,
    /// Bucket for user data that is too large for an instance.
    pub bucket: Option<Bucket>,
    /// Stores the presigned URLs of stored objects; without it, a launch that needs one is refused.
    pub addresses: Option<Arc<LaunchAddresses>>,
    /// Time limits and polling intervals.
    pub timing: Ec2Timing,
}

/// Time limits and polling intervals for EC2; tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Ec2Timing {
    /// How long a new resource may be unknown (EC2 API reference, "Eventual consistency": back off up to five minutes).
    pub consistency_window: Duration,
    /// First pause between two polls of starting instances: none runs sooner.
    pub poll_first: Duration,
    /// Longest such pause: most instances run within a minute, and describing a thousand is one call.
    pub poll_longest: Duration,
    /// First pause before a resource that is not visible yet is requested again (two seconds according to the same
    /// page).
    pub pause_first: Duration,
    /// Longest such pause.
    pub pause_longest: Duration,
}

impl Ec2Timing {
    /// Returns a poller that waits for a new resource to become visible: [`Poller::pause`] returns false when an
    /// absence is to be believed.
    pub(super) fn until_visible(&self) -> Poller {
        let pauses = Pauses::growing(self.pause_first, self.pause_longest);
        Poller::new(pauses, Limit::Time(self.consistency_window))
    }
}

/// Host keys for instances that are reached by SSH.
pub trait HostKeys: Send + Sync {
    /// Returns the key for the instances of one launch: the same for the same token.
    fn ephemeral(&self, token: &str) -> io::Result<ConsoleHostKey>;

    /// Records this public key as the expected one of this instance.
    fn pin(&self, instance_id: &str, public: &str) -> io::Result<()>;
}

/// A host key.
pub struct ConsoleHostKey {
    /// Private key, in OpenSSH's format.
    pub private: String,
    /// Public key: `ssh-ed25519 AAAA…`.
    pub public: String,
}

impl Default for Ec2Timing {
    fn default() -> Self {
        Self {
            consistency_window: Duration::from_secs(300),
            poll_first: Duration::from_secs(3),
            poll_longest: Duration::from_secs(15),
            pause_first: Duration::from_secs(2),
            pause_longest: Duration::from_secs(30),
        }
    }
}

impl Default for Ec2Options {
    fn default() -> Self {
        Self {
            keys: None,
            reached_by_ssh: Arc::new(|_| false),
            launched_at: Arc::new(|_| None),
            announced: Vec::new(),
            bucket: None,
            addresses: None,
            timing: Ec2Timing::default(),
        }
    }
}

impl fmt::Debug for Ec2Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ec2Options").field("timing", &self.timing).finish_non_exhaustive()
    }
}

impl fmt::Debug for ConsoleHostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostKey").field("public", &self.public).finish_non_exhaustive()
    }
}
