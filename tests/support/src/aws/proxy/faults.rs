//! What goes wrong: plain values that a test sets, drawn from by a seed, so that the same calls meet the same faults.

use std::time::Duration;

use super::capacity::CapacityRule;
use crate::effect::{Script, strike};

pub use crate::effect::Effect;

/// Everything that the proxy does worse than moto. The default is a healthy EC2: tokens are kept, nothing else is
/// added.
#[derive(Clone, Debug)]
pub struct Faults {
    pub seed: u64,
    /// Shares from 0 to 1 of the calls that something happens to.
    pub chances: Vec<(f64, Effect)>,
    /// The actions that chance strikes, as globs; all when empty.
    pub struck: Vec<String>,
    /// What happens to certain calls for certain.
    pub scripts: Vec<Script>,
    /// AWS's token buckets.
    pub limits: bool,
    pub tokens: Tokens,
    /// When DescribeInstances and TerminateInstances begin to know an instance.
    pub visible: Visible,
    /// How long an instance stays pending.
    pub time_to_run: Duration,
    /// How long an instance stays shutting-down.
    pub time_to_die: Duration,
    /// After how long a terminated instance is no longer described (an hour in EC2).
    pub forgotten_after: Option<Duration>,
    pub capacity: Vec<CapacityRule>,
    /// What an EC2-compatible cloud of old does with tags at launch; it also has no fleets and no launch templates.
    pub plain: Option<TagsAtLaunch>,
    /// Seconds in the cloud for each second of the test.
    pub clock_speed: f64,
    /// By how many seconds the dates of its answers are ahead of this machine's clock.
    pub clock_ahead: i64,
    /// A region in which nothing is allowed, as a policy of the organisation has it.
    pub closed_region: Option<&'static str>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: 1,
            chances: Vec::new(),
            struck: Vec::new(),
            scripts: Vec::new(),
            limits: false,
            tokens: Tokens::Kept { terminated: TerminatedToken::Refused },
            visible: Visible::AtOnce,
            time_to_run: Duration::ZERO,
            time_to_die: Duration::ZERO,
            forgotten_after: None,
            capacity: Vec::new(),
            plain: None,
            clock_speed: 1.0,
            clock_ahead: 0,
            closed_region: None,
        }
    }
}

impl Effect {
    /// An error with the HTTP status that EC2 gives with this code.
    pub fn error(code: &str, message: &str) -> Self {
        let error = super::AwsError::new(code, message);
        Self::Error { status: error.status, code: error.code, message: error.message }
    }

    pub fn throttled() -> Self {
        Self::error("RequestLimitExceeded", "Request limit exceeded.")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    Kept {
        terminated: TerminatedToken,
    },
    /// Every call is one of its own, whatever its token, as moto itself has it.
    Ignored,
}

/// What a call finds whose token stands for instances that are all terminated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminatedToken {
    /// `IdempotentInstanceTerminated`.
    Refused,
    /// The terminated instances.
    Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    AtOnce,
    /// Once it is this old.
    After(Duration),
    /// Once this many calls of DescribeInstances have missed it.
    AfterDescribes(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagsAtLaunch {
    Refused,
    Dropped,
}

impl Faults {
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Lets something happen to this share of the calls.
    pub fn chance(mut self, share: f64, effect: Effect) -> Self {
        self.chances.push((share, effect));
        self
    }

    /// Answers this share of the calls with `RequestLimitExceeded`.
    pub fn throttled(self, share: f64) -> Self {
        self.chance(share, Effect::throttled())
    }

    /// Answers this share of the calls with a server error before they take effect: XML of two kinds, and HTML.
    pub fn server_errors(self, share: f64) -> Self {
        let each = share / 3.0;
        self.chance(each, Effect::error("InternalError", "An internal error has occurred."))
            .chance(each, Effect::error("ServiceUnavailable", "The service is unavailable. Please try again shortly."))
            .chance(each, Effect::Page(503))
    }

    /// Cuts the connection of this share of the calls after they took effect.
    pub fn lost_replies(self, share: f64) -> Self {
        self.chance(share, Effect::LostAfter)
    }

    /// Cuts the connection of this share of the calls before they take effect.
    pub fn lost_requests(self, share: f64) -> Self {
        self.chance(share, Effect::LostBefore)
    }

    /// Chance strikes only these actions.
    pub fn only(mut self, actions: &[&str]) -> Self {
        self.struck.extend(actions.iter().map(|&action| action.to_owned()));
        self
    }

    /// Lets something happen to all calls of an action.
    pub fn always(self, action: &str, effect: Effect) -> Self {
        self.script(action, 0, usize::MAX, effect)
    }

    /// Lets something happen to the first calls of an action.
    pub fn first(self, times: usize, action: &str, effect: Effect) -> Self {
        self.script(action, 0, times, effect)
    }

    /// Lets something happen to calls of an action, after the first `skip`.
    pub fn script(mut self, action: &str, skip: usize, times: usize, effect: Effect) -> Self {
        self.scripts.push(Script { action: action.to_owned(), skip, times, effect });
        self
    }

    /// AWS's token buckets.
    pub fn limits(mut self) -> Self {
        self.limits = true;
        self
    }

    pub fn tokens(mut self, tokens: Tokens) -> Self {
        self.tokens = tokens;
        self
    }

    pub fn visible(mut self, visible: Visible) -> Self {
        self.visible = visible;
        self
    }

    pub fn time_to_run(mut self, time: Duration) -> Self {
        self.time_to_run = time;
        self
    }

    pub fn time_to_die(mut self, time: Duration) -> Self {
        self.time_to_die = time;
        self
    }

    pub fn forgotten_after(mut self, time: Duration) -> Self {
        self.forgotten_after = Some(time);
        self
    }

    pub fn capacity(mut self, rule: CapacityRule) -> Self {
        self.capacity.push(rule);
        self
    }

    pub fn plain(mut self, tags: TagsAtLaunch) -> Self {
        self.plain = Some(tags);
        self
    }

    pub fn clock_speed(mut self, speed: f64) -> Self {
        self.clock_speed = speed;
        self
    }

    pub fn clock_ahead(mut self, seconds: i64) -> Self {
        self.clock_ahead = seconds;
        self
    }

    pub fn closed_region(mut self, region: &'static str) -> Self {
        self.closed_region = Some(region);
        self
    }

    /// What happens to a call of this action, `before` of which came earlier: by script, else by chance.
    pub fn effect_on(&self, action: &str, before: usize) -> Option<Effect> {
        strike(self.seed, &self.scripts, &self.struck, &self.chances, action, before)
    }
}
