//! What goes wrong: plain values that a test sets, drawn from by a seed, so that the same calls meet the same faults.

use std::time::Duration;

use super::capacity::CapacityRule;
use super::error::GoogleError;
use super::operation::OperationError;
use super::quota::Quota;
use crate::effect::{Script, strike};

pub use crate::effect::Effect;

/// Everything that the cloud does worse than it could. The default is a healthy one, in which all is done at once.
#[derive(Clone, Debug)]
pub struct Faults {
    pub seed: u64,
    /// Shares from 0 to 1 of the calls that something happens to.
    pub chances: Vec<(f64, Effect)>,
    /// The methods that chance strikes, as globs; all when empty.
    pub struck: Vec<String>,
    /// What happens to certain calls for certain.
    pub scripts: Vec<Script>,
    /// When lists and gets begin to know an instance.
    pub visible: Visible,
    /// How long an instance is PROVISIONING, and how long STAGING after that.
    pub time_to_stage: Duration,
    pub time_to_run: Duration,
    /// How long an instance is STOPPING.
    pub time_to_die: Duration,
    /// How long operations take that change no instance's state.
    pub time_to_operate: Duration,
    pub capacity: Vec<CapacityRule>,
    pub quotas: Vec<Quota>,
    /// Where a quota that is used up is told.
    pub quota_told: Told,
    /// Shares from 0 to 1 of the new instances that fail within their operation.
    pub failing: Vec<(f64, OperationError)>,
    /// What the operation of a bulk says that made only a part, but no less than its minimum.
    pub partial: Partial,
    /// Whether instances are at addresses of this machine, each at one of its own.
    pub on_loopback: bool,
    /// Zones that do not answer.
    pub unreachable: Vec<String>,
    /// Permissions that the caller lacks, such as `compute.instances.create`.
    pub denied: Vec<String>,
    /// Whether the project has not switched the API on.
    pub disabled: bool,
    /// The access tokens that are taken; `None` asks for none.
    pub tokens: Option<Vec<String>>,
    /// For how long a request's id is remembered.
    pub request_memory: Duration,
    /// Seconds in the cloud for each second of the test.
    pub clock_speed: f64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: 1,
            chances: Vec::new(),
            struck: Vec::new(),
            scripts: Vec::new(),
            visible: Visible::AtOnce,
            time_to_stage: Duration::ZERO,
            time_to_run: Duration::ZERO,
            time_to_die: Duration::ZERO,
            time_to_operate: Duration::ZERO,
            capacity: Vec::new(),
            quotas: Vec::new(),
            quota_told: Told::InTheCall,
            failing: Vec::new(),
            partial: Partial::Silent,
            on_loopback: false,
            unreachable: Vec::new(),
            denied: Vec::new(),
            disabled: false,
            tokens: None,
            request_memory: Duration::from_secs(60 * 60),
            clock_speed: 1.0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    AtOnce,
    /// Once it is this old.
    After(Duration),
    /// Once this many lists and gets have missed it.
    AfterReads(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    InTheCall,
    InTheOperation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partial {
    /// Nothing but the numbers in its metadata, which is what Google's own clients look at; the operations of the single
    /// instances have the errors.
    Silent,
    /// The errors of what is missing, too.
    Told,
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

    /// Answers this share of the calls with `rateLimitExceeded`, of both kinds.
    pub fn throttled(self, share: f64) -> Self {
        self.chance(share / 2.0, GoogleError::rate_limited(403).effect())
            .chance(share / 2.0, GoogleError::rate_limited(429).effect())
    }

    /// Answers this share of the calls with a server error before they take effect: JSON and HTML.
    pub fn server_errors(self, share: f64) -> Self {
        self.chance(share / 2.0, GoogleError::backend().effect()).chance(share / 2.0, Effect::Page(502))
    }

    /// Cuts the connection of this share of the calls after they took effect.
    pub fn lost_replies(self, share: f64) -> Self {
        self.chance(share, Effect::LostAfter)
    }

    /// Chance strikes only these methods.
    pub fn only(mut self, methods: &[&str]) -> Self {
        self.struck.extend(methods.iter().map(|&method| method.to_owned()));
        self
    }

    /// Lets something happen to all calls of a method (a glob: `compute.instances.*`).
    pub fn always(self, method: &str, effect: Effect) -> Self {
        self.script(method, 0, usize::MAX, effect)
    }

    /// Lets something happen to the first calls of a method.
    pub fn first(self, times: usize, method: &str, effect: Effect) -> Self {
        self.script(method, 0, times, effect)
    }

    /// Lets something happen to calls of a method, after the first `skip`.
    pub fn script(mut self, method: &str, skip: usize, times: usize, effect: Effect) -> Self {
        self.scripts.push(Script { action: method.to_owned(), skip, times, effect });
        self
    }

    pub fn visible(mut self, visible: Visible) -> Self {
        self.visible = visible;
        self
    }

    /// How long an instance is PROVISIONING, and how long STAGING after that.
    pub fn time_to_run(mut self, provisioning: Duration, staging: Duration) -> Self {
        (self.time_to_stage, self.time_to_run) = (provisioning, staging);
        self
    }

    pub fn time_to_die(mut self, time: Duration) -> Self {
        self.time_to_die = time;
        self
    }

    pub fn time_to_operate(mut self, time: Duration) -> Self {
        self.time_to_operate = time;
        self
    }

    pub fn capacity(mut self, rule: CapacityRule) -> Self {
        self.capacity.push(rule);
        self
    }

    pub fn quota(mut self, quota: Quota) -> Self {
        self.quotas.push(quota);
        self
    }

    pub fn quota_told(mut self, told: Told) -> Self {
        self.quota_told = told;
        self
    }

    /// Lets this share of the new instances fail within their operation.
    pub fn failing(mut self, share: f64, error: OperationError) -> Self {
        self.failing.push((share, error));
        self
    }

    pub fn partial(mut self, partial: Partial) -> Self {
        self.partial = partial;
        self
    }

    /// Puts instances at addresses of this machine, where a test may let machines listen.
    pub fn on_loopback(mut self) -> Self {
        self.on_loopback = true;
        self
    }

    pub fn unreachable(mut self, zone: &str) -> Self {
        self.unreachable.push(zone.to_owned());
        self
    }

    pub fn denied(mut self, permission: &str) -> Self {
        self.denied.push(permission.to_owned());
        self
    }

    pub fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// Only calls with this access token are taken, or with another that was given so.
    pub fn token(mut self, token: &str) -> Self {
        self.tokens.get_or_insert_default().push(token.to_owned());
        self
    }

    pub fn request_memory(mut self, time: Duration) -> Self {
        self.request_memory = time;
        self
    }

    pub fn clock_speed(mut self, speed: f64) -> Self {
        self.clock_speed = speed;
        self
    }

    /// What happens to a call of this method, `before` of which came earlier.
    pub(super) fn effect_on(&self, method: &str, before: usize) -> Option<Effect> {
        strike(self.seed, &self.scripts, &self.struck, &self.chances, method, before)
    }
}
