//! What goes wrong: plain values that a test sets, drawn from by a seed, so that the same calls meet the same faults.

use std::time::Duration;

use super::capacity::CapacityRule;

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

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// This error, and nothing else takes place.
    Error { status: u16, code: String, message: String },
    /// It takes effect, and is then answered with this error.
    ErrorAfterwards { status: u16, code: String, message: String },
    /// A page of a load balancer instead of an answer; nothing takes place.
    Page(u16),
    /// The connection is cut before anything takes place.
    LostBefore,
    /// It takes effect, and then the connection is cut without an answer.
    LostAfter,
    /// It takes effect, and half of its answer comes through.
    CutShort,
    /// It takes effect at once, and is answered this much later (by the clock of the test).
    Slow(Duration),
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

/// Something that happens to some calls of an action: after the first `skip`, to `times` of them.
#[derive(Clone, Debug)]
pub struct Script {
    /// A glob.
    pub action: String,
    pub skip: usize,
    pub times: usize,
    pub effect: Effect,
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
        let strikes = |script: &&Script| {
            let skipped = before.checked_sub(script.skip);
            glob(&script.action, action) && skipped.is_some_and(|number| number < script.times)
        };
        if let Some(script) = self.scripts.iter().find(strikes) {
            return Some(script.effect.clone());
        }
        if !self.struck.is_empty() && !self.struck.iter().any(|pattern| glob(pattern, action)) {
            return None;
        }
        let mut drawn = draw(self.seed, action, before);
        for (share, effect) in &self.chances {
            if drawn < *share {
                return Some(effect.clone());
            }
            drawn -= share;
        }
        None
    }
}

/// A number from 0 to 1 that depends on these alone, so that calls of other actions in between change nothing.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn draw(seed: u64, action: &str, number: usize) -> f64 {
    // FNV-1a over the name, then the finish of SplitMix64.
    let name = action
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut bits = name ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = bits.wrapping_add((number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whether a pattern with `*` and `?` matches all of a text.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| glob(rest, &text[at..]))
        }
        Some(first) => {
            let mut characters = text.chars();
            characters.next().is_some_and(|c| first == '?' || c == first)
                && glob(&pattern[first.len_utf8()..], characters.as_str())
        }
    }
}
