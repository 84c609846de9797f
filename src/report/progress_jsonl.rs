//! Progress as JSON, one event a line on standard output.

use std::io::Write;

use serde_json::json;

use crate::engine::{JournalEntry, Observer, Run, Wait};

/// Writes each line of the journal as a JSON document, with the run's name and the service's state after it.
#[derive(Default)]
pub struct Events;

impl Events {
    fn write(&self, value: &serde_json::Value) {
        let mut stdout = std::io::stdout().lock();
        // A reader that has gone away does not stop the run; it is recorded all the same.
        let _ = writeln!(stdout, "{value}").and_then(|()| stdout.flush());
    }
}

impl Observer for Events {
    fn recorded(&mut self, run: &Run, records: &[JournalEntry]) {
        for record in records {
            let mut value = json!(record);
            // The plan that a reload brings is the state file's, not a log's.
            if let Some(goal) = value.get_mut("goal").and_then(|goal| goal.as_object_mut()) {
                goal.remove("plan");
            }
            value["schema"] = json!(1);
            value["run"] = json!(run.name);
            self.write(&value);
        }
    }

    fn note(&mut self, text: &str) {
        self.write(&json!({ "schema": 1, "event": "note", "text": text }));
    }

    fn waits(&mut self, run: &Run, position: usize, wait: &Wait) {
        self.write(&json!({
            "schema": 1,
            "event": "waiting",
            "run": run.name,
            "service": run.service(position).name,
            "for": wait.what,
            "why": wait.why,
            "tries": wait.tries,
            "gives_up_in_seconds": wait.gives_up_in.map(|left| left.as_secs()),
            "hint": wait.hint,
        }));
    }
}
