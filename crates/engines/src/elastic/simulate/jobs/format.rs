use serde::Serialize;

use super::event_text::is_header;

/// The notation of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One JSON object a line with `at` and `run`.
    Native,
    /// Standard Workload Format 2.2.
    Swf,
    /// `condor_history -json` or `-jsonl`.
    CondorHistory,
    /// HTCondor's event log as text.
    EventLog,
    /// HTCondor's event log in JSON.
    EventLogJson,
    /// HTCondor's event log in XML.
    EventLogXml,
    /// A scenario file.
    Scenario,
    /// Readings of a living pool, kept by `hoist elastic record`.
    Recording,
}

impl Format {
    /// Tells the notation by the content. None: no known one.
    pub fn of(text: &str) -> Option<Format> {
        let text = text.trim_start();
        let line = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'))?.trim();
        match line.as_bytes().first()? {
            b';' => Some(Format::Swf),
            b'[' => Some(Format::CondorHistory),
            b'<' => Some(Format::EventLogXml),
            b'{' => of_object(text),
            _ if is_header(line) => Some(Format::EventLog),
            _ => {
                let fields = line.split_ascii_whitespace();
                let numbers = fields.clone().filter(|field| field.parse::<f64>().is_ok()).count();
                (numbers >= 11 && numbers == fields.count()).then_some(Format::Swf)
            }
        }
    }
}

/// Number of bytes of an object in which its telling keys are looked for.
const BEGIN: usize = 64 << 10;

/// Tells the notation of objects by the keys near the begin. Cheaper than reading a whole scenario, and right for a
/// file whose first object is damaged further behind.
fn of_object(text: &str) -> Option<Format> {
    let end = (0..=BEGIN.min(text.len())).rev().find(|end| text.is_char_boundary(*end))?;
    let begin = text.get(..end)?;
    let has = |key: &str| begin.contains(&format!("\"{key}\""));
    if begin.starts_with("{\"recorded\":") {
        Some(Format::Recording)
    } else if has("EventTypeNumber") {
        Some(Format::EventLogJson)
    } else if has("QDate") || has("ClusterId") || has("GlobalJobId") {
        Some(Format::CondorHistory)
    } else if has("format") && has("engine") {
        Some(Format::Scenario)
    } else if has("at") || has("run") {
        Some(Format::Native)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_the_notation() {
        let cases = [
            ("# mine\n{\"at\": 0, \"run\": 5}", Format::Native),
            ("; Version: 2.2\n", Format::Swf),
            ("1 0 -1 60 1 -1 -1 1 -1 -1 1 1 1 1 1 -1 -1 -1", Format::Swf),
            ("[\n{\"QDate\": 1}]", Format::CondorHistory),
            ("{\"GlobalJobId\": \"a#1.0\", \"QDate\": 1}", Format::CondorHistory),
            ("000 (012.000.000) 01/31 12:00:00 Job submitted", Format::EventLog),
            ("{\"MyType\": \"SubmitEvent\", \"EventTypeNumber\": 0}", Format::EventLogJson),
            ("{\"recorded\":1,\"at\":5,\"groups\":{}}", Format::Recording),
            ("<?xml version=\"1.0\"?>", Format::EventLogXml),
            ("{\n  \"format\": 1, \"id\": \"a\", \"engine\": \"elastiq\"}", Format::Scenario),
        ];
        for (text, format) in cases {
            assert_eq!(Format::of(text), Some(format), "{text}");
        }
        assert_eq!(["", "hello world", "{\"a\": 1}", "1 2 3"].map(Format::of), [None; 4]);
    }
}
