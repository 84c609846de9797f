//! How a cloud of EC2 is to work.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::cloud::aws::s3::LaunchAddresses;
use crate::cloud::{Announcement, LaunchedAt};
use crate::plan::Bucket;
use crate::retry::{Limit, Pauses, Poller};

/// What EC2 is launched with beside what plans say.
#[derive(Clone)]
pub struct Ec2Options {
    /// Makes and keeps the host keys of new machines; none passes no keys.
    pub keys: Option<Arc<dyn HostKeys>>,
    /// Whether something will connect to the machine of this service by SSH; only such machines are given host keys.
    pub reached_by_ssh: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// When an instance was launched, as far as the caller knows: one that EC2 does not know and that is older than the
    /// visibility grace is gone, any other may only be invisible yet.
    pub launched_at: Arc<LaunchedAt>,
    /// The launches that were announced before, by whatever process: where tags are set after a launch, an instance
    /// that lacks them is found by the token that follows from its launch's.
    pub announced: Vec<Announcement>,
    /// Where user data is stored that is too large to be given to a machine.
    pub bucket: Option<Bucket>,
    /// Keeps the signed addresses of what is stored; without it, a launch that needs one is refused.
    pub addresses: Option<Arc<LaunchAddresses>>,
    /// The times that it takes.
    pub timing: Ec2Timing,
}

/// How long things take at EC2; tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Ec2Timing {
    /// How long something that was just made may be unknown (EC2 API reference, "Eventual consistency": back off up to
    /// five minutes).
    pub consistency_window: Duration,
    /// The first pause between two looks at machines that come up: none runs sooner.
    pub poll_first: Duration,
    /// The longest such pause: most machines run within a minute, and a look at a thousand is one call.
    pub poll_longest: Duration,
    /// The first pause before something that is not visible yet is asked for again (two seconds, says the same page).
    pub pause_first: Duration,
    /// The longest such pause.
    pub pause_longest: Duration,
}

impl Ec2Timing {
    /// Waits for something to be visible that may be too new: [`Poller::pause`] gives false when it is time to believe
    /// what is seen.
    pub(super) fn until_visible(&self) -> Poller {
        let pauses = Pauses::growing(self.pause_first, self.pause_longest);
        Poller::new(pauses, Limit::Time(self.consistency_window))
    }
}

/// Host keys for machines that are to be reached by SSH.
pub trait HostKeys: Send + Sync {
    /// The key for the machines of one launch: the same for the same token.
    fn ephemeral(&self, token: &str) -> io::Result<ConsoleHostKey>;

    /// From now on, this machine is expected to have this public key.
    fn pin(&self, instance_id: &str, public: &str) -> io::Result<()>;
}

/// A host key.
pub struct ConsoleHostKey {
    /// The private half, in OpenSSH's form.
    pub private: String,
    /// The public half: `ssh-ed25519 AAAA…`.
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
