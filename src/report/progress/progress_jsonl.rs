//! Progress as JSON, one event per line on standard output.

use std::io::Write;

use super::run_event_line::RunEventLine;
use crate::engine::{JournalEntry, Observer, Run, Wait};

/// Writer of each entry of the journal as a JSON document, followed by the run's name and the service's state.
#[derive(Default)]
pub struct Events;

impl Events {
    fn write(&self, line: &RunEventLine<'_>) {
        // Entries of the journal have been written to the state file as JSON before.
        let Ok(value) = serde_json::to_value(line) else { return };
        let mut stdout = std::io::stdout().lock();
        // A closed pipe does not stop the run; its events are still recorded.
        let _ = writeln!(stdout, "{value}").and_then(|()| stdout.flush());
    }
}

impl Observer for Events {
    fn recorded(&mut self, run: &Run, records: &[JournalEntry]) {
        records.iter().for_each(|record| self.write(&RunEventLine::recorded(&run.name, record)));
    }

    fn note(&mut self, text: &str) {
        self.write(&RunEventLine::note(text));
    }

    fn waits(&mut self, run: &Run, position: usize, wait: &Wait) {
        self.write(&RunEventLine::waiting(&run.name, &run.service(position).name, wait));
    }
}
