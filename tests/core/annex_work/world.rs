//! What is really there, whatever is shown of it: one annex, its files and its machines, in virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hoist::annex::{AnnexEvent, AnnexSpec};
use tokio::time::Instant;

use hoist_test_support::dice::Dice;

/// How the cloud behaves.
#[derive(Clone, Debug)]
pub(crate) struct Mood {
    /// One call in so many fails for a reason that passes, half of those after it took effect. None: none does.
    pub(crate) troubled: Option<usize>,
    /// How long a change takes.
    pub(crate) change: Duration,
    /// How long a new annex, or a change, is not visible.
    pub(crate) lag: Duration,
    /// Whether the cloud tells the token of the last change at any time, or only of what failed.
    pub(crate) tells_tokens: bool,
    /// Changes to so many instances fail.
    pub(crate) too_many: u32,
    /// Calls that ask for so many are refused.
    pub(crate) refused_from: u32,
    /// How often each of these cannot be deleted.
    pub(crate) obstacles: BTreeMap<String, usize>,
    /// How many instances never come to run.
    pub(crate) stillborn: usize,
    /// The lines after this one cannot be recorded.
    pub(crate) last_line: usize,
    /// Whether tokens of changes are refused once, as if they had been used before.
    pub(crate) token_used: bool,
    /// How much later a call takes effect whose caller was cut off while making it. None: it never does.
    pub(crate) in_flight: Option<Duration>,
}

impl Default for Mood {
    fn default() -> Self {
        Self {
            troubled: None,
            change: Duration::from_secs(60),
            lag: Duration::ZERO,
            tells_tokens: true,
            too_many: u32::MAX,
            refused_from: u32::MAX,
            obstacles: BTreeMap::new(),
            stillborn: 0,
            last_line: usize::MAX,
            token_used: false,
            in_flight: None,
        }
    }
}

/// A call that takes effect.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Upload { token: String },
    Apply { spec: Box<AnnexSpec>, token: String },
    Delete { retain: Vec<String> },
    RemoveFiles,
    Release { instances: Vec<String> },
}

/// Why a call takes no effect.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Busy,
    Used,
    No(&'static str),
}

#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) spec: AnnexSpec,
    pub(crate) token: String,
    pub(crate) visible_at: Instant,
    pub(crate) change: Option<Change>,
    /// The token and reason of the last change, if it failed.
    pub(crate) failed: Option<(String, String)>,
    /// Whether it was ever what it was to be.
    pub(crate) made: bool,
    pub(crate) deleting: Option<Deleting>,
}

#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) spec: AnnexSpec,
    pub(crate) token: String,
    pub(crate) visible_at: Instant,
    done_at: Instant,
}

#[derive(Debug)]
pub(crate) struct Deleting {
    retain: Vec<String>,
    done_at: Instant,
    pub(crate) failed: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) launched_at: Instant,
    pub(crate) runs_at: Option<Instant>,
    pub(crate) ended: bool,
}

pub(crate) struct World {
    pub(crate) journal: Vec<AnnexEvent>,
    pub(crate) stack: Option<Stack>,
    pub(crate) machines: BTreeMap<String, Machine>,
    pub(crate) files: BTreeSet<String>,
    /// What was left alone when the rest was deleted.
    pub(crate) retained: Vec<String>,
    pub(crate) mood: Mood,
    pub(crate) dice: Dice,
    /// How many more points are passed before whoever works is cut off.
    pub(crate) fuse: Option<usize>,
    /// How many points were passed.
    pub(crate) points: usize,
    /// How many calls to change something took effect or were refused.
    pub(crate) changes: usize,
    /// What must never happen and did.
    pub(crate) wrong: Vec<String>,
    late: Vec<(Instant, Effect)>,
    next_machine: usize,
    existed: bool,
}

impl World {
    pub(crate) fn new(seed: u64, mood: Mood) -> Self {
        Self {
            journal: Vec::new(),
            stack: None,
            machines: BTreeMap::new(),
            files: BTreeSet::new(),
            retained: Vec::new(),
            mood,
            dice: Dice::new(seed, 0),
            fuse: None,
            points: 0,
            changes: 0,
            wrong: Vec::new(),
            late: Vec::new(),
            next_machine: 0,
            existed: false,
        }
    }

    /// What is there that should not be once an annex is gone.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let mut leaks: Vec<String> = self.alive();
        leaks.extend(self.files.iter().cloned());
        leaks.extend(self.stack.iter().map(|_| "the stack".to_owned()));
        let adds = |effect: &Effect| matches!(effect, Effect::Upload { .. } | Effect::Apply { .. });
        leaks.extend(self.late.iter().filter(|(_, effect)| adds(effect)).map(|(_, effect)| format!("{effect:?}")));
        leaks
    }

    pub(crate) fn alive(&self) -> Vec<String> {
        self.machines.iter().filter(|(_, machine)| !machine.ended).map(|(id, _)| id.clone()).collect()
    }

    /// Lets happen what is due.
    pub(crate) fn advance(&mut self) {
        let now = Instant::now();
        let due: Vec<Effect> =
            self.late.iter().filter(|(at, _)| *at <= now).map(|(_, effect)| effect.clone()).collect();
        self.late.retain(|(at, _)| *at > now);
        for effect in due {
            // Too late for some of them; nobody hears of it.
            let _ = self.take(&effect);
        }
        let Some(stack) = &mut self.stack else { return };
        if stack.change.as_ref().is_some_and(|change| change.done_at <= now)
            && let Some(change) = stack.change.take()
        {
            if change.spec.count >= self.mood.too_many {
                stack.failed = Some((change.token, "there is no capacity".to_owned()));
            } else {
                (stack.spec, stack.token, stack.failed, stack.made) = (change.spec, change.token, None, true);
                self.resize();
            }
        }
        self.finish_deleting(now);
    }

    /// Makes or ends machines until there are as many as there are to be.
    fn resize(&mut self) {
        let Some(stack) = &self.stack else { return };
        let wanted = stack.spec.count as usize;
        let mut alive = self.alive();
        while alive.len() > wanted {
            if let Some(id) = alive.pop() {
                self.machines.get_mut(&id).unwrap().ended = true;
            }
        }
        for _ in alive.len()..wanted {
            let id = format!("i-{}", self.next_machine);
            let launched_at = Instant::now();
            let comes = self.next_machine >= self.mood.stillborn;
            let runs_at = comes.then(|| launched_at + Duration::from_secs(10 + self.dice.below(50) as u64));
            self.machines.insert(id, Machine { launched_at, runs_at, ended: false });
            self.next_machine += 1;
        }
    }

    fn finish_deleting(&mut self, now: Instant) {
        let Some(Stack { deleting: Some(deleting), .. }) = &mut self.stack else { return };
        if deleting.done_at > now || !deleting.failed.is_empty() {
            return;
        }
        for (name, times) in &mut self.mood.obstacles {
            if *times > 0 && !deleting.retain.contains(name) {
                *times -= 1;
                deleting.failed.push((name.clone(), "it is in use".to_owned()));
            }
        }
        if !deleting.failed.is_empty() {
            return;
        }
        self.retained.append(&mut deleting.retain);
        self.stack = None;
        self.machines.values_mut().for_each(|machine| machine.ended = true);
    }

    /// A call whose caller was cut off, and that is still on its way.
    pub(crate) fn take_late(&mut self, effect: Effect) {
        if let Some(delay) = self.mood.in_flight {
            self.late.push((Instant::now() + delay, effect));
        }
    }

    /// Lets a call take effect.
    pub(crate) fn take(&mut self, effect: &Effect) -> Result<(), Refusal> {
        match effect {
            Effect::Upload { token } => {
                self.files.insert(format!("file of {token}"));
                Ok(())
            }
            Effect::Apply { spec, token } => self.change(spec, token),
            Effect::Delete { retain } => self.delete(retain),
            Effect::RemoveFiles => {
                self.files.clear();
                Ok(())
            }
            Effect::Release { instances } => {
                for id in instances {
                    if let Some(machine) = self.machines.get_mut(id)
                        && !machine.ended
                    {
                        machine.ended = true;
                        let Some(stack) = &mut self.stack else { continue };
                        stack.spec.count = stack.spec.count.saturating_sub(1);
                        if let Some(change) = &mut stack.change {
                            change.spec.count = change.spec.count.saturating_sub(1);
                        }
                    }
                }
                Ok(())
            }
        }
    }

    fn change(&mut self, spec: &AnnexSpec, token: &str) -> Result<(), Refusal> {
        if spec.count >= self.mood.refused_from {
            return Err(Refusal::No("that many are not allowed"));
        }
        if std::mem::take(&mut self.mood.token_used) {
            return Err(Refusal::Used);
        }
        let now = Instant::now();
        let visible_at = now + self.mood.lag;
        let change =
            Change { spec: spec.clone(), token: token.to_owned(), visible_at, done_at: now + self.mood.change };
        match &mut self.stack {
            None => {
                if self.existed {
                    self.wrong.push("an annex that was there before is made anew".to_owned());
                }
                self.existed = true;
                self.stack = Some(Stack {
                    spec: spec.clone(),
                    token: token.to_owned(),
                    visible_at,
                    change: Some(change),
                    failed: None,
                    made: false,
                    deleting: None,
                });
            }
            Some(stack) => {
                let known = stack.change.as_ref().map_or(&stack.token, |change| &change.token);
                if stack.deleting.is_some() {
                    return Err(Refusal::No("it is being deleted"));
                } else if known == token {
                    return Ok(());
                } else if stack.change.is_some() {
                    return Err(Refusal::Busy);
                } else if !stack.made {
                    return Err(Refusal::No("it could not be made"));
                }
                stack.change = Some(change);
            }
        }
        Ok(())
    }

    fn delete(&mut self, retain: &[String]) -> Result<(), Refusal> {
        let done_at = Instant::now() + self.mood.change;
        let Some(stack) = &mut self.stack else { return Ok(()) };
        match &stack.deleting {
            Some(deleting) if deleting.failed.is_empty() => Ok(()),
            None if stack.made && stack.change.is_some() => Err(Refusal::No("it is being changed")),
            _ => {
                stack.change = None;
                stack.deleting = Some(Deleting { retain: retain.to_vec(), done_at, failed: Vec::new() });
                Ok(())
            }
        }
    }

    /// The lease is over: what the cloud ends by itself goes, the files stay.
    pub(crate) fn lapse(&mut self) {
        self.stack = None;
        self.machines.values_mut().for_each(|machine| machine.ended = true);
    }
}
