use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::super::decision::Decision;
use super::super::interface::Wants;
use super::super::limit::Limit;
use super::super::machine::MachineId;
use super::super::memory::Memory;
use super::super::note::Note;
use super::super::observation::Observation;
use super::super::pass::Pass;
use super::super::seconds::Seconds;
use super::answer::{Answer, remark};
use super::config::CommandConfig;
use super::error::CommandError;
use super::memory::CommandMemory;
use super::strict_json::StrictJson;

/// Largest memory of a program that is kept, in bytes.
const MOST_MEMORY: usize = 1 << 20;

/// Most decisions and notes of one answer; further ones are left out.
const MOST: usize = 1000;

/// The notation of a program that decides: what it is asked, and what its answer means.
#[derive(Clone, Debug)]
pub struct CommandEngine {
    config: CommandConfig,
}

impl CommandEngine {
    /// Makes an engine.
    pub fn new(config: CommandConfig) -> CommandEngine {
        CommandEngine { config }
    }

    /// Returns the memory of a scaler that starts with none.
    pub fn start(&self) -> Memory {
        Memory::Command(Box::default())
    }

    /// Returns the time from which a pass has something to do.
    pub fn next_due(&self, memory: &Memory) -> Seconds {
        match memory {
            Memory::Command(memory) => {
                memory.last_pass.map_or(Seconds::MIN, |last| last.saturating_add(self.config.every))
            }
            _ => Seconds::MIN,
        }
    }

    /// Returns the readings that a program is given: all.
    pub fn wants(&self) -> Wants {
        Wants { demand: true, machines: true, pool: true, groups: true, slots: true }
    }

    /// Returns what the program reads: `{"observation": …, "memory": …, "settings": …}`, one line of JSON.
    ///
    /// # Errors
    /// The observation cannot be written as JSON.
    pub fn question(&self, observation: &Observation<'_>, memory: &Memory) -> Result<Vec<u8>, serde_json::Error> {
        let of_program = match memory {
            Memory::Command(memory) => &memory.memory,
            _ => &Value::Null,
        };
        let question = json!({"observation": observation, "memory": of_program, "settings": self.config});
        let mut bytes = serde_json::to_vec(&question)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads what the program printed. Decisions about machines that are not the fleet's, or kinds that it has not, are
    /// left out with a note.
    ///
    /// # Errors
    /// The answer is none in the notation; then nothing is decided and the memory stays.
    pub fn answer(&self, output: &[u8], observation: &Observation<'_>) -> Result<Pass, CommandError> {
        let unreadable = |error: serde_json::Error| CommandError::Unreadable(error.to_string());
        let StrictJson(answer) = serde_json::from_slice(output).map_err(unreadable)?;
        if !answer.is_object() {
            // A list would be read as the fields in their order.
            return Err(CommandError::Unreadable("it is no object".to_owned()));
        }
        let answer = Answer::deserialize(answer).map_err(unreadable)?;
        let bytes = serde_json::to_vec(&answer.memory).map_or(usize::MAX, |bytes| bytes.len());
        if bytes > MOST_MEMORY {
            return Err(CommandError::MemoryTooLarge { bytes, most: MOST_MEMORY });
        }
        let mut notes: Vec<Note> = answer.notes.iter().take(MOST).map(|note| remark(note)).collect();
        let own: BTreeSet<&MachineId> = observation
            .fresh_machines()
            .into_iter()
            .flatten()
            .filter(|machine| machine.own && machine.state.is_live())
            .map(|machine| &machine.id)
            .collect();
        let decisions = answer.decisions.into_iter().take(MOST).map(Decision::from);
        let decisions = decisions.filter_map(|decision| self.checked(decision, &own, &mut notes)).collect();
        let memory = CommandMemory { memory: answer.memory, last_pass: Some(observation.now) };
        Ok(Pass { decisions, notes, memory: Memory::Command(Box::new(memory)) })
    }

    /// Returns the pass of a program that failed: nothing is decided, and its memory stays.
    pub fn failed(&self, error: String, now: Seconds, memory: Memory) -> Pass {
        let mut memory = match memory {
            Memory::Command(memory) => memory,
            _ => Box::default(),
        };
        memory.last_pass = Some(now);
        let notes = vec![Note::Held { by: Limit::ProgramFailed { error } }];
        Pass { decisions: Vec::new(), notes, memory: Memory::Command(memory) }
    }

    fn checked(&self, mut decision: Decision, own: &BTreeSet<&MachineId>, notes: &mut Vec<Note>) -> Option<Decision> {
        let machines = match &mut decision {
            Decision::Launch(launch) => {
                return match self.config.unknown(launch.kind.as_deref()) {
                    Some(by) => {
                        let wanted = i64::from(launch.count);
                        notes.push(Note::StartLimited { reason: "program".into(), wanted, allowed: 0, by });
                        None
                    }
                    None => (launch.count > 0).then_some(decision),
                };
            }
            Decision::Terminate(termination) => &mut termination.machines,
            Decision::Drain(drain) => &mut drain.machines,
            Decision::CancelDrain(cancellation) => &mut cancellation.machines,
        };
        let mut named = BTreeSet::new();
        machines.retain(|machine| {
            let known = own.contains(machine);
            if !known {
                notes.push(Note::EndPostponed { machine: machine.to_string(), by: Limit::NotOwn });
            }
            known && named.insert(machine.clone())
        });
        (!machines.is_empty()).then_some(decision)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::super::machine::{Health, Machine, MachineState};
    use super::super::super::reading::Reading;
    use super::super::super::reason::Reason;
    use super::super::config::CommandKind;
    use super::*;

    fn engine() -> CommandEngine {
        let kinds = vec![CommandKind { name: "small".into(), price_per_hour: None, max: None }];
        CommandEngine::new(CommandConfig {
            min: 0,
            max: 4,
            jobs_per_machine: 1,
            idle: 300,
            waiting_time: 40,
            deploy_time: 1200,
            kinds,
            every: 15,
        })
    }

    fn observation() -> Observation<'static> {
        let machine = |id: &str, own| Machine {
            id: MachineId::new(id),
            kind: None,
            state: MachineState::Running,
            launched_at: Some(0),
            state_since: None,
            own,
            health: Health::Unknown,
            unique: None,
            ends_at: None,
        };
        let machines = Cow::Owned(vec![machine("i-1", true), machine("i-2", false)]);
        Observation { machines: Reading::Fresh { value: machines }, ..Observation::unread(100) }
    }

    #[test]
    fn a_program_reads_everything_and_its_memory() {
        let memory = CommandMemory { memory: json!({"seen": 3}), last_pass: None };
        let question = engine().question(&observation(), &Memory::Command(Box::new(memory))).unwrap();
        let read: Value = serde_json::from_slice(&question).unwrap();
        assert_eq!(read["memory"], json!({"seen": 3}));
        assert_eq!(read["settings"]["max"], json!(4));
        assert_eq!(read["observation"]["machines"]["value"][0]["id"], json!("i-1"));
    }

    #[test]
    fn decisions_are_read_and_those_about_foreign_machines_left_out() {
        let output = br#"{"decisions": [{"decision": "launch", "count": 2, "reason": "it is Monday"},
            {"decision": "launch", "kind": "huge", "count": 2},
            {"decision": "terminate", "machines": ["i-1", "i-2", "i-3", "i-1"]},
            {"decision": "drain", "machines": ["i-2"]}], "notes": ["so it is"], "memory": [1]}"#;
        let pass = engine().answer(output, &observation()).unwrap();
        assert_eq!(pass.decisions.len(), 2);
        let Decision::Launch(launch) = &pass.decisions[0] else { panic!("{:?}", pass.decisions) };
        assert_eq!(launch.reason, Reason::Program { text: "it is Monday".into() });
        let Decision::Terminate(termination) = &pass.decisions[1] else { panic!("{:?}", pass.decisions) };
        assert_eq!(termination.machines, [MachineId::new("i-1")]);
        assert_eq!(pass.notes.len(), 5, "{:?}", pass.notes);
        let Memory::Command(memory) = &pass.memory else { panic!("{:?}", pass.memory) };
        assert_eq!((&memory.memory, memory.last_pass), (&json!([1]), Some(100)));
        assert_eq!(engine().next_due(&pass.memory), 115);
    }

    #[test]
    fn a_broken_answer_decides_nothing_and_says_so() {
        let twice = r#"{"decisions": [], "decisions": [{"decision": "launch", "count": 2}]}"#;
        for broken in
            [twice, "", "{", "[]", r#"{"decisions": 3}"#, r#"{"decisions": [{"decision": "boil"}]}"#, "{\"a\": 1}"]
        {
            let error = engine().answer(broken.as_bytes(), &observation()).unwrap_err();
            assert!(matches!(error, CommandError::Unreadable(_)), "{broken}");
        }
        let kept = Memory::Command(Box::new(CommandMemory { memory: json!(7), last_pass: Some(1) }));
        let pass = engine().failed("it ended with 1".into(), 50, kept);
        let Memory::Command(memory) = &pass.memory else { panic!("{:?}", pass.memory) };
        assert_eq!((&memory.memory, memory.last_pass, pass.decisions.len()), (&json!(7), Some(50), 0));
    }

    #[test]
    fn memory_round_trips_as_any_value() {
        for value in [Value::Null, json!(3), json!([1, {"a": "b"}])] {
            let memory = Memory::Command(Box::new(CommandMemory { memory: value, last_pass: Some(3) }));
            let text = serde_json::to_string(&memory).unwrap();
            assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), memory);
        }
    }
}
