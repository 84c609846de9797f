use super::fleet::FleetPhase;
use super::fleet_scaler::Scaler;
use super::old_news::hold_old_news;
use super::pass::take_readings;
use super::pass_record::PassRecord;
use super::scaler_error::ScalerError;
use crate::elastic::engine::{Limit, Note, Outcome, Pass, Wants};

/// Most steps of a pass. Engines have a few.
const STEPS: usize = 64;

impl Scaler {
    /// Tells what a pass would do now: takes readings and lets the engine decide, but records, calls and changes
    /// nothing, neither cool-downs nor clocks. In a pass of several steps each goes by the world as it is.
    ///
    /// # Errors
    /// The settings that hold now make no engine.
    pub async fn dry_pass(&self) -> Result<PassRecord, ScalerError> {
        let begun = self.clock.now();
        let mut copy = self.detached(begun)?;
        let mut record = copy.new_record(begun);
        for token in self.fleet.launching.keys() {
            record.notes.push(Note::Remark { text: format!("the launch {token} was announced and has no answer yet") });
        }
        if copy.fleet.phase != FleetPhase::Running || copy.fleet.overrides.paused {
            if copy.fleet.overrides.paused {
                record.notes.push(Note::Held { by: Limit::Paused });
            }
            let pool = copy.has_pool();
            let wants = Wants { machines: true, pool, slots: pool, ..Wants::default() };
            let observed = copy.see(wants).await;
            take_readings(&mut record, &observed);
            if copy.fleet.phase == FleetPhase::Stopping && !copy.fleet.keeps_workers {
                let plan = copy.plan(Default::default(), &observed, &[]);
                record.notes.extend(plan.notes);
                record.decisions = plan.decisions;
            }
            return Ok(record);
        }
        copy.look_for_namesakes(&mut record.notes).await;
        for _ in 0..STEPS {
            let wants = copy.wants(&copy.memory, begun);
            let observed = copy.see(wants).await;
            take_readings(&mut record, &observed);
            let directory = copy.directory().to_owned();
            let before = copy.memory.clone();
            let Pass { mut decisions, notes, memory } =
                copy.decider.decide(&observed.observation(), before, &directory).await;
            record.notes.extend(notes.iter().cloned());
            hold_old_news(&mut decisions, &observed.work, &mut record.notes);
            copy.hold_by_fall(&mut decisions, &observed, &mut record.notes);
            let plan = copy.plan(copy.limits(&observed).admit(decisions), &observed, &notes);
            record.notes.extend(plan.notes);
            record.decisions.extend(plan.decisions);
            copy.memory = copy.decider.settle(&Outcome::nothing(observed.now.as_second()), memory);
            if !copy.decider.unfinished(&copy.memory) {
                break;
            }
        }
        Ok(record)
    }
}
