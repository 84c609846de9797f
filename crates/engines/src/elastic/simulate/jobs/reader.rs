use super::archive;
use super::event_log::{read_event_json, read_event_xml};
use super::event_text::read_event_text;
use super::format::Format;
use super::history::read_history;
use super::input_error::InputError;
use super::native::read_native;
use super::recording::read_recording;
use super::scenario_jobs::read_scenario;
use super::swf::read_swf;
use super::workload::Workload;

/// Reads a workload of any notation, also gzipped.
///
/// # Errors
/// The content is too large, damaged, of no known notation, or an entry has a fault, which is named with its line.
pub fn read(content: &[u8]) -> Result<(Workload, Format), InputError> {
    let text = archive::text(content)?;
    let format = Format::of(&text).ok_or_else(|| InputError::UnknownFormat {
        begin: text.trim_start().chars().take(60).map(|sign| if sign.is_control() { ' ' } else { sign }).collect(),
    })?;
    Ok((read_text(&text, format)?, format))
}

/// Reads a workload of a given notation, also gzipped.
///
/// # Errors
/// The content is too large, damaged, or an entry has a fault, which is named with its line.
pub fn read_as(content: &[u8], format: Format) -> Result<Workload, InputError> {
    read_text(&archive::text(content)?, format)
}

fn read_text(text: &str, format: Format) -> Result<Workload, InputError> {
    match format {
        Format::Native => read_native(text),
        Format::Swf => read_swf(text),
        Format::CondorHistory => read_history(text),
        Format::EventLog => read_event_text(text),
        Format::EventLogJson => read_event_json(text),
        Format::EventLogXml => read_event_xml(text),
        Format::Scenario => read_scenario(text),
        Format::Recording => read_recording(text),
    }
}
