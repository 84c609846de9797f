//! HTCondor's event logs in JSON and XML.

use serde_json::{Map, Value as Json};

use super::event_record::add_event;
use super::event_time::EventClock;
use super::event_xml::EventXml;
use super::input_error::{Fault, InputError, Place};
use super::job_story::JobStories;
use super::workload::Workload;
use super::workload_builder::WorkloadBuilder;

/// Reads a log of JSON objects, one after the other.
pub(super) fn read_event_json(text: &str) -> Result<Workload, InputError> {
    let records = serde_json::Deserializer::from_str(text).into_iter();
    read(records.map(|record| record.map_err(|error| InputError::at(Place::Line(error.line()), Fault::Json(error)))))
}

/// Reads a log of XML ads.
pub(super) fn read_event_xml(text: &str) -> Result<Workload, InputError> {
    read(EventXml::new(text).map(Ok))
}

fn read(records: impl Iterator<Item = Result<Map<String, Json>, InputError>>) -> Result<Workload, InputError> {
    let mut builder = WorkloadBuilder::default();
    let (mut stories, mut clock) = (JobStories::default(), EventClock::default());
    for (position, record) in records.enumerate() {
        add_event(&mut builder, &mut stories, &mut clock, record?)
            .map_err(|fault| InputError::at(Place::Record(position + 1), fault))?;
    }
    stories.finish(&mut builder);
    Ok(builder.finish_from_first())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [(u32, &str, &str); 4] = [
        (0, "2026-01-31T12:00:00", ""),
        (1, "2026-01-31T12:00:20.123", ""),
        (28, "2026-01-31T12:00:20", "Want"),
        (5, "2026-01-31T12:05:20", "RequestCpus"),
    ];

    #[test]
    fn json_and_xml_read_alike() {
        let (mut json, mut xml) = (String::new(), String::from("<?xml version=\"1.0\"?>\n<classads>\n"));
        for (code, time, extra) in EVENTS {
            let more = if extra.is_empty() { String::new() } else { format!(", \"{extra}\": 3") };
            json.push_str(&format!(
                "{{\"MyType\": \"Event\", \"EventTypeNumber\": {code}, \"EventTime\": \"{time}\", \"Cluster\": 7, \
                 \"Proc\": 1{more}}}\n"
            ));
            let more = if extra.is_empty() { String::new() } else { format!("<a n=\"{extra}\"><i>3</i></a>") };
            xml.push_str(&format!(
                "<c>\n<a n=\"EventTypeNumber\"><i>{code}</i></a><a n=\"EventTime\"><s>{time}</s></a>\n\
                 <a n=\"Cluster\"><i>7</i></a><a n=\"Proc\"><i>1</i></a>{more}</c>\n"
            ));
        }
        let from_json = read_event_json(&json).unwrap();
        assert_eq!(from_json.jobs.iter().map(|job| (job.at, job.run)).collect::<Vec<_>>(), [(0, 300)]);
        assert_eq!(from_json.classes[0].needs.cpus, 3);
        assert_eq!(read_event_xml(&xml).unwrap(), from_json);
    }

    #[test]
    fn a_fault_names_its_record() {
        let error = read_event_json("{\"EventTypeNumber\": 0, \"EventTime\": \"noon\"}").unwrap_err().to_string();
        assert_eq!(error, "record 1: `EventTime` is `noon`, but must be a time like 2026-01-31T12:00:00");
    }
}
