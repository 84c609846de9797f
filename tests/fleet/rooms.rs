//! A journal that cannot be written for a while.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hoist::elastic::engine::Note;
use hoist::engine::JournalError;
use hoist::provider::Clock;
use hoist::scaler::{
    FleetBatch, FleetEvent, FleetId, FleetJournal, FleetRequest, MemoryFleetJournal, RequestAnswer, Scaler, ScalerParts,
};
use jiff::{SignedDuration, Timestamp};

use super::lab::{Lab, burst, file_text};

/// The longest time from a decision to the line that announces it.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(2);

/// How long there is no room.
const LENGTH: SignedDuration = SignedDuration::from_mins(15);

/// A journal without room from the first launch on, for a while. Launches that it takes are of that moment.
struct Full {
    journal: Arc<MemoryFleetJournal>,
    clock: Clock,
    /// When there is room again, and how many launches were refused.
    state: Mutex<(Option<Timestamp>, usize)>,
}

#[async_trait]
impl FleetJournal for Full {
    fn id(&self) -> &FleetId {
        self.journal.id()
    }

    async fn record(&self, batch: &FleetBatch) -> Result<(), JournalError> {
        let now = self.clock.now();
        let launches = batch.events.iter().any(|event| matches!(event, FleetEvent::LaunchIntended { .. }));
        let is_full = {
            let (until, refused) = &mut *self.state.lock().unwrap();
            if launches && until.is_none() {
                *until = Some(now + LENGTH);
            }
            let is_full = until.is_some_and(|until| now < until);
            *refused += usize::from(launches && is_full);
            is_full
        };
        if is_full {
            return Err(JournalError { passes: true, ..JournalError::plain("the disk is full") });
        }
        assert!(!launches || now.duration_since(batch.at) < AT_ONCE, "announced at {now}: {batch:#?}");
        self.journal.record(batch).await
    }

    async fn requests(&self) -> Result<Vec<(u64, FleetRequest)>, JournalError> {
        self.journal.requests().await
    }

    async fn answer(&self, request: u64, answer: &RequestAnswer, batch: &FleetBatch) -> Result<(), JournalError> {
        self.journal.answer(request, answer, batch).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_announced_at_once_is_decided_anew() {
    for engine in ["name = \"classad\"", "name = \"elastiq\"", "name = \"queuelen\"\nhigh = 3\nlow = 1"] {
        let lab = Lab::new(&file_text(0, 4, engine, ""), burst(50, 12, 1800)).await;
        let journal = Arc::new(Full { journal: lab.journal.clone(), clock: lab.clock, state: Mutex::default() });
        let mut scaler = Scaler::start(ScalerParts { journal: journal.clone(), ..lab.parts() }).await.unwrap();
        let waiting = scaler.wait_for_room();
        lab.run(&mut scaler, 1500).await.unwrap();
        assert!(waiting.borrow().is_none(), "{engine}: there is room again");
        assert_eq!(journal.state.lock().unwrap().1, 1, "{engine}: the same is not announced again");
        let passes = lab.passes_since(1500);
        let told = |note: &Note| matches!(note, Note::Remark { text } if text.contains("was not done"));
        let dropped: Vec<_> = passes.iter().filter(|pass| pass.notes.iter().any(told)).collect();
        assert!(matches!(dropped[..], [pass] if pass.decisions.is_empty()), "{engine}: {dropped:#?}");
        assert!(lab.alive() > 0, "{engine}: {passes:#?}");
        lab.check();
        lab.check_ledger();
    }
}
