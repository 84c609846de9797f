//! Commands as processes lead them: each reads the journal, works, and may be cut off at any point.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hoist::annex::{
    Annex, AnnexError, AnnexId, AnnexPhase, AnnexSpec, InstanceGroup, Market, PollPolicy, PoolSoftware, Progress,
    Reconciler, WaitFor,
};
use hoist::plan::CloudConfig;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::annex_work::cloud::SimulatedCloud;
use crate::annex_work::world::{Mood, World};

/// What a command does with the annex.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Apply(Box<AnnexSpec>),
    Release(Vec<String>),
    Delete { force: bool },
}

/// What came of a command; none where it was cut off.
pub(crate) type Outcome = Option<Result<(), AnnexError>>;

pub(crate) struct Lab {
    pub(crate) cloud: SimulatedCloud,
    pub(crate) told: Mutex<Vec<Progress>>,
}

impl Lab {
    pub(crate) fn new(seed: u64, mood: Mood) -> Self {
        let world = Arc::new(Mutex::new(World::new(seed, mood)));
        Self { cloud: SimulatedCloud { world, cut: Arc::new(Notify::new()) }, told: Mutex::default() }
    }

    /// What a new process reads in the journal.
    pub(crate) fn record(&self) -> Annex {
        let id = AnnexId { name: "foo".parse().unwrap(), nonce: "0123456789ab".to_owned() };
        let mut record = Annex::new(id, CloudConfig::default(), Timestamp::UNIX_EPOCH);
        self.cloud.world().journal.iter().for_each(|event| record.apply(event));
        record
    }

    /// Leads one process: `command`, cut off after `fuse` points.
    pub(crate) async fn lead(&self, command: &Command, fuse: Option<usize>) -> Outcome {
        let tell = |progress: &Progress| self.told.lock().unwrap().push(progress.clone());
        let work = Reconciler { cloud: &self.cloud, journal: &self.cloud, tell: &tell, pace: PollPolicy::default() };
        let mut record = self.record();
        self.cloud.world().fuse = fuse;
        let result = tokio::select! {
            biased;
            result = carry_out(&work, &mut record, command) => Some(result),
            () = self.cloud.cut.notified() => None,
        };
        self.cloud.world().fuse = None;
        if result.is_some() {
            assert_eq!(record, self.record(), "the record is what the journal says");
        }
        // The next one is not there at once.
        sleep(Duration::from_secs(3)).await;
        result
    }

    /// The same command until it is neither cut off nor stopped by what passes.
    pub(crate) async fn insist(
        &self,
        command: &Command,
        mut fuses: impl FnMut() -> Option<usize>,
    ) -> Result<(), AnnexError> {
        for _ in 0..200 {
            match self.lead(command, fuses()).await {
                None | Some(Err(AnnexError::TooSlow { .. })) => {}
                Some(Err(AnnexError::Cloud(error))) if error.kind == hoist::provider::CloudErrorKind::Transient => {}
                Some(result) => return result,
            }
        }
        panic!("it never comes to an end: {:?}", self.record());
    }

    /// The same command, not cut off any more.
    pub(crate) async fn finish(&self, command: &Command) -> Result<(), AnnexError> {
        self.insist(command, || None).await
    }

    /// There is one annex, and it is as `spec` says, by the record and in truth.
    pub(crate) fn assert_is(&self, spec: &AnnexSpec, when: &str) {
        let record = self.record();
        self.assert_right(when);
        assert_eq!((record.stage, record.spec.as_ref()), (AnnexPhase::Settled, Some(spec)), "{when}: {record:?}");
        let world = self.cloud.world();
        let stack = world.stack.as_ref().unwrap_or_else(|| panic!("{when}: there is nothing of it"));
        assert!(stack.change.is_none() && stack.deleting.is_none(), "{when}: {stack:?}");
        assert_eq!(&stack.spec, spec, "{when}");
        assert_eq!(world.alive().len(), spec.count as usize, "{when}: {:?}", world.machines);
    }

    /// There is nothing of the annex, by the record and in truth.
    pub(crate) fn assert_gone(&self, when: &str) {
        self.assert_right(when);
        assert_eq!(self.record().stage, AnnexPhase::Ended, "{when}");
        assert_eq!(self.cloud.world().leaks(), Vec::<String>::new(), "{when}");
    }

    /// Nothing happened that never must.
    pub(crate) fn assert_right(&self, when: &str) {
        let world = self.cloud.world();
        assert_eq!(world.wrong, Vec::<String>::new(), "{when}: {:#?}", world.journal);
    }

    pub(crate) fn points(&self) -> usize {
        self.cloud.world().points
    }
}

async fn carry_out(work: &Reconciler<'_>, record: &mut Annex, command: &Command) -> Result<(), AnnexError> {
    match command {
        Command::Apply(spec) => work.apply(record, spec, WaitFor::Settled).await,
        Command::Release(instances) => {
            work.intend_drain(record, instances).await?;
            work.release(record, instances).await
        }
        Command::Delete { force } => work.delete(record, *force).await,
    }
}

/// To make the annex that, or to change it to that.
pub(crate) fn apply(spec: AnnexSpec) -> Command {
    Command::Apply(Box::new(spec))
}

/// An annex of so many instances whose lease ends after so many hours.
pub(crate) fn spec(count: u32, hours: i64) -> AnnexSpec {
    let start: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    AnnexSpec {
        name: "foo".parse().unwrap(),
        pools: vec![InstanceGroup {
            image: "ami-1".to_owned(),
            instance_types: vec!["t3.small".to_owned()],
            max_price: None,
            weight: 1,
            ..InstanceGroup::default()
        }],
        count,
        market: Market::OnDemand,
        vpc: None,
        subnets: Vec::new(),
        security_groups: Vec::new(),
        key_name: None,
        metadata_hops: None,
        expires_at: start + SignedDuration::from_hours(hours),
        runs_out: false,
        idle_seconds: None,
        software: PoolSoftware::None,
        owner: "ada@lovelace".to_owned(),
        state: None,
        tags: Default::default(),
        user_data: None,
        contents: hoist::annex::FileDigests::default(),
    }
}

/// Runs in virtual time.
pub(crate) fn in_virtual_time<T>(future: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}
