//! The state of a simulated cloud, behind one lock that is never held across an await.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::calls::Calls;
use super::clock::VirtualClock;
use super::config::SimConfig;
use super::delay::draw;
use super::execution_log::ExecutionLog;
use super::fault::{FaultKind, Faults};
use super::instance::SimInstance;
use super::machine::SimMachine;
use super::site::HostLocation;
use crate::cloud::dies_after;
use crate::provider::{
    CapacityError, CloudError, CloudErrorKind, HostError, Instance, LaunchRequest, Launched, Offer, Selector, TAG_RUN,
};

/// "Never": a century is past every time limit.
const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The longest token that clouds accept (EC2's client token).
const TOKEN_LIMIT: usize = 64;

/// The number of addresses: that of the smaller one of the two private networks, 172.16.0.0/12.
const ADDRESSES: usize = 1 << 20;

/// The lock around [`State`].
#[derive(Debug)]
pub(super) struct SimState(Mutex<State>);

/// The cloud at this moment.
#[derive(Debug)]
pub(super) struct State {
    pub(super) config: SimConfig,
    pub(super) calls: Calls,
    pub(super) faults: Faults,
    pub(super) executed: Vec<ExecutionLog>,
    pub(super) instances: Vec<SimInstance>,
    /// The number of requests for each offer.
    pub(super) asked: BTreeMap<Offer, usize>,
    clock: VirtualClock,
    by_id: HashMap<String, usize>,
    by_token: HashMap<String, Vec<usize>>,
    by_run: HashMap<String, Vec<usize>>,
    standing: HashMap<String, StaticHost>,
    contents: HashSet<Arc<[u8]>>,
}

/// A host without launch.
#[derive(Debug, Default)]
struct StaticHost {
    answers: Duration,
    machine: SimMachine,
}

impl SimState {
    pub(super) fn new(config: SimConfig) -> Self {
        Self(Mutex::new(State {
            config,
            calls: Calls::default(),
            faults: Faults::default(),
            executed: Vec::new(),
            instances: Vec::new(),
            asked: BTreeMap::new(),
            clock: VirtualClock::start(),
            by_id: HashMap::new(),
            by_token: HashMap::new(),
            by_run: HashMap::new(),
            standing: HashMap::new(),
            contents: HashSet::new(),
        }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether two calls make the same request, apart from the mark of a repetition.
fn same_launch(one: &LaunchRequest, other: &LaunchRequest) -> bool {
    let parts = |request: &LaunchRequest| {
        let LaunchRequest { token, slots: services, machine, offers, tags, expires_at, repeated: _ } = request.clone();
        (token, services, machine, offers, tags, expires_at)
    };
    parts(one) == parts(other)
}

impl State {
    /// Returns the time since the cloud's start.
    pub(super) fn now(&mut self) -> Duration {
        self.clock.now()
    }

    /// Returns the time of the cloud's clock as the time since its start; an earlier time is its start.
    pub(super) fn since_start(&self, at: Timestamp) -> Duration {
        Duration::try_from(at.duration_since(self.config.epoch)).unwrap_or_default()
    }

    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Takes the next fault of a call that is for `services`.
    pub(super) fn fault<T>(&mut self, services: &[String], pick: impl Fn(&FaultKind) -> Option<T>) -> Option<T> {
        self.faults.take(services.iter().map(String::as_str), pick)
    }

    /// Takes the next fault of one service.
    pub(super) fn service_fault<T>(&mut self, service: &str, pick: impl Fn(&FaultKind) -> Option<T>) -> Option<T> {
        self.faults.take([service].into_iter(), pick)
    }

    pub(super) fn launch(&mut self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        self.check(request)?;
        let transient = |kind: &FaultKind| (*kind == FaultKind::Launch(CloudErrorKind::Transient)).then_some(());
        if self.fault(&request.slots, transient).is_some() {
            return Err(failure(CloudErrorKind::Transient, "the service is busy (simulated)"));
        }
        if let Some(known) = self.by_token.get(&request.token).cloned() {
            return self.repeat_launch(request, &known).map(Launched::from);
        }
        let refused = |kind: &FaultKind| match kind {
            FaultKind::Launch(error) => Some(*error),
            _ => None,
        };
        if let Some(kind) = self.fault(&request.slots, refused) {
            let message = match kind {
                CloudErrorKind::Transient => "the service is busy (simulated)",
                CloudErrorKind::NoCapacity => "there are no such machines to be had now (simulated)",
                CloudErrorKind::TokenUsed => "the token was used by instances that are gone (simulated)",
                CloudErrorKind::Rejected | CloudErrorKind::Denied | CloudErrorKind::Quota => {
                    "launching is not allowed (simulated)"
                }
            };
            return Err(failure(kind, message));
        }
        let cut = |kind: &FaultKind| match kind {
            FaultKind::LaunchCut(most) => Some(*most),
            _ => None,
        };
        let free = ADDRESSES - 4 - self.instances.len();
        let most = self.fault(&request.slots, cut).unwrap_or(usize::MAX).min(request.slots.len()).min(free);
        let (granted, refusals) = self.allot(&request.offers, most);
        if granted.is_empty() && !refusals.is_empty() {
            return Ok(Launched { instances: Vec::new(), refusals });
        }
        if granted.is_empty() {
            return Err(failure(CloudErrorKind::NoCapacity, "there are no such machines to be had now (simulated)"));
        }
        let now = self.now();
        let request = Arc::new(request.clone());
        let make = |(index, offer)| self.make_instance(&request, index, offer, now);
        let made: Vec<usize> = granted.into_iter().enumerate().map(make).collect();
        let instances = made.iter().map(|&at| self.instances[at].show(now, self.config.epoch)).collect();
        self.by_token.insert(request.token.clone(), made);
        Ok(Launched { instances, refusals })
    }

    /// Takes up to `wanted` instances from these offers, in their order; returns the offer of each, and the offers that
    /// ran out.
    fn allot(&mut self, offers: &[Offer], wanted: usize) -> (Vec<Option<Offer>>, Vec<CapacityError>) {
        if offers.is_empty() {
            return (vec![None; wanted], Vec::new());
        }
        let mut missing = wanted;
        let (mut granted, mut refusals) = (Vec::with_capacity(wanted), Vec::new());
        for offer in offers {
            if missing == 0 {
                break;
            }
            *self.asked.entry(offer.clone()).or_default() += 1;
            let left = self.config.capacity.get_mut(offer);
            let taken = left.as_ref().map_or(missing, |left| missing.min(**left));
            if let Some(left) = left {
                *left -= taken;
            }
            missing -= taken;
            granted.extend(std::iter::repeat_n(Some(offer.clone()), taken));
            if missing > 0 {
                refusals.push(CapacityError { offer: offer.clone(), reason: format!("it had {taken} (simulated)") });
            }
        }
        (granted, refusals)
    }

    fn check(&self, request: &LaunchRequest) -> Result<(), CloudError> {
        let (count, limit) = (request.slots.len(), self.config.max_batch);
        let problem = if count == 0 || count > limit {
            format!("a launch is for 1 to {limit} instances, not for {count}")
        } else if request.token.is_empty() || request.token.len() > TOKEN_LIMIT || !request.token.is_ascii() {
            format!("the token {:?} is not 1 to {TOKEN_LIMIT} ASCII characters", request.token)
        } else {
            return Ok(());
        };
        Err(failure(CloudErrorKind::Rejected, problem))
    }

    fn repeat_launch(&mut self, request: &LaunchRequest, known: &[usize]) -> Result<Vec<Instance>, CloudError> {
        let now = self.now();
        let first = &self.instances[known[0]];
        if !same_launch(&first.request, request) {
            let message = format!("the token {} was used for another request", request.token);
            return Err(failure(CloudErrorKind::Rejected, message));
        }
        let again: Vec<Instance> = known.iter().map(|&at| self.instances[at].show(now, self.config.epoch)).collect();
        if again.iter().all(|instance| instance.state.is_gone()) {
            let message = format!("the token {} was used by instances that are gone", request.token);
            return Err(failure(CloudErrorKind::TokenUsed, message));
        }
        Ok(again)
    }

    fn make_instance(
        &mut self,
        request: &Arc<LaunchRequest>,
        index: usize,
        offer: Option<Offer>,
        now: Duration,
    ) -> usize {
        let service = request.slots[index].as_str();
        let what = format!("{}\0{index}", request.token);
        let seed = self.config.seed;
        let (high, low) = (draw(seed, "id", &what), draw(seed, "id tail", &what));
        let id = format!("i-{:017x}", (u128::from(high) << 4 | u128::from(low & 0xf)) & ((1 << 68) - 1));

        let stuck = self.service_fault(service, |kind| (*kind == FaultKind::NeverRuns).then_some(())).is_some();
        let late = self.service_fault(service, |kind| match kind {
            FaultKind::Unreachable(delay) => Some(*delay),
            _ => None,
        });
        let dies = self.service_fault(service, |kind| match kind {
            FaultKind::Dies(after) => Some(*after),
            _ => None,
        });
        let dies = dies.or_else(|| dies_after(&request.tags, service));
        let runs = if stuck { NEVER } else { now + self.config.boot.draw(seed, "boot", &what) };
        let answers = runs + self.config.reach.draw(seed, "reach", &what) + late.unwrap_or_default();

        let position = self.instances.len();
        // The first four addresses of a network are reserved, as on EC2.
        let number = position + 4;
        let [_, a, b, c] = (number as u32).to_be_bytes();
        self.instances.push(SimInstance {
            id: id.clone(),
            index,
            offer,
            address: format!("10.{a}.{b}.{c}"),
            private_address: format!("172.{}.{b}.{c}", 16 + a),
            launched: now,
            visible: now + self.config.late_visibility,
            runs,
            answers,
            shutdown: self.config.shutdown.draw(seed, "shutdown", &what),
            fate: dies.map(|after| (now + after, "the instance failed (simulated)")),
            lease: request.expires_at.map(|end| self.since_start(end)),
            changed: Arc::default(),
            machine: SimMachine::default(),
            request: request.clone(),
        });
        self.by_id.insert(id, position);
        if let Some(run) = request.tags.get(TAG_RUN) {
            self.by_run.entry(run.clone()).or_default().push(position);
        }
        position
    }

    pub(super) fn describe(&mut self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        let kind = self.service_fault("", |kind| match kind {
            FaultKind::Describe(error) => Some(*error),
            _ => None,
        });
        if let Some(kind) = kind {
            return Err(failure(kind, "instances cannot be looked at (simulated)"));
        }
        let now = self.now();
        let epoch = self.config.epoch;
        let show = |instance: &SimInstance| instance.is_shown(now).then(|| instance.show(now, epoch));
        Ok(match selector {
            Selector::Run(run) => {
                self.by_run.get(run).into_iter().flatten().filter_map(|&at| show(&self.instances[at])).collect()
            }
            Selector::ManagedByHoist => {
                let ours = self.instances.iter().filter(|instance| instance.request.tags.contains_key(TAG_RUN));
                ours.filter_map(show).collect()
            }
            Selector::Ids(ids) => {
                let mut asked = HashSet::new();
                let known = ids.iter().filter_map(|id| self.position(id)).filter(|&at| asked.insert(at));
                known.filter_map(|at| show(&self.instances[at])).collect()
            }
        })
    }

    /// Returns the content of a host. Fails if the host cannot be reached: an instance answers from its time on until
    /// it ends.
    pub(super) fn machine(&mut self, site: &HostLocation) -> Result<&mut SimMachine, HostError> {
        let now = self.now();
        self.check_alive(site, now)?;
        let answers = self.answers(site);
        if now < answers {
            return Err(HostError::unreachable(format!("{} does not answer yet", self.name(site))));
        }
        match site {
            HostLocation::Instance(at) => Ok(&mut self.instances[*at].machine),
            HostLocation::Standing(service) => Ok(&mut self.standing.entry(service.clone()).or_default().machine),
            HostLocation::Unknown(id) => Err(gone(id)),
        }
    }

    /// Fails if the host's instance is gone at `now`.
    pub(super) fn check_alive(&self, site: &HostLocation, now: Duration) -> Result<(), HostError> {
        match site {
            HostLocation::Instance(at) if self.instances[*at].state(now).is_gone() => {
                Err(gone(&self.instances[*at].id))
            }
            HostLocation::Unknown(id) => Err(gone(id)),
            _ => Ok(()),
        }
    }

    /// Returns when a host begins to answer.
    pub(super) fn answers(&self, site: &HostLocation) -> Duration {
        match site {
            HostLocation::Instance(at) => self.instances[*at].answers,
            HostLocation::Standing(service) => self.standing.get(service).map_or(Duration::ZERO, |host| host.answers),
            HostLocation::Unknown(_) => NEVER,
        }
    }

    /// Adds a host without launch.
    pub(super) fn add_standing(&mut self, service: &str) {
        if self.standing.contains_key(service) {
            return;
        }
        let late = self.service_fault(service, |kind| match kind {
            FaultKind::Unreachable(delay) => Some(*delay),
            _ => None,
        });
        let answers = self.now() + late.unwrap_or_default();
        self.standing.insert(service.to_owned(), StaticHost { answers, machine: SimMachine::default() });
    }

    pub(super) fn service<'a>(&'a self, site: &'a HostLocation) -> &'a str {
        match site {
            HostLocation::Instance(at) => self.instances[*at].service(),
            HostLocation::Standing(service) => service,
            HostLocation::Unknown(_) => "",
        }
    }

    fn name(&self, site: &HostLocation) -> String {
        match site {
            HostLocation::Instance(at) => format!("instance {}", self.instances[*at].id),
            HostLocation::Standing(service) => format!("the host of {service}"),
            HostLocation::Unknown(id) => format!("instance {id}"),
        }
    }

    /// Returns the shared copy of a content, stored once even if it is copied to many hosts.
    pub(super) fn content(&mut self, content: &[u8]) -> Arc<[u8]> {
        if let Some(known) = self.contents.get(content) {
            return known.clone();
        }
        let content: Arc<[u8]> = content.into();
        self.contents.insert(content.clone());
        content
    }

    /// Returns the content of a host, even if its instance is gone.
    pub(super) fn machine_of(&mut self, site: &HostLocation) -> Option<&mut SimMachine> {
        match site {
            HostLocation::Instance(at) => Some(&mut self.instances[*at].machine),
            HostLocation::Standing(service) => self.standing.get_mut(service).map(|host| &mut host.machine),
            HostLocation::Unknown(_) => None,
        }
    }
}

pub(super) fn failure(kind: CloudErrorKind, message: impl Into<String>) -> CloudError {
    CloudError::new(kind, message)
}

fn gone(id: &str) -> HostError {
    HostError::gone(format!("instance {id} no longer exists"))
}
