use jiff::Timestamp;

use super::bounds::Bounds;
use super::section::Section;
use super::toml_writer::TomlWriter;
use super::when::When;
use super::workers::Workers;
use crate::diagnostics::counted;

/// `[[schedule]]`: other limits at some times of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The times.
    pub when: When,
    /// Minimum number of workers at these times. None: that of `[workers]`.
    pub min: Option<u32>,
    /// Maximum number of workers at these times. None: that of `[workers]`.
    pub max: Option<u32>,
}

impl Schedule {
    /// Returns the limits if they hold at `at`; `workers` has those that the schedule leaves out.
    pub fn bounds(&self, at: Timestamp, workers: &Workers) -> Option<Bounds> {
        let bounds = Bounds { min: self.min.unwrap_or(workers.min), max: self.max.unwrap_or(workers.max) };
        self.when.contains(at).then_some(bounds)
    }

    /// Reads an item of the array.
    pub(super) fn read(section: Section<'_, '_>, workers: &Workers) -> Option<Self> {
        section.needs("when", "when = \"mon-fri 08:00-18:00 Europe/Rome\"");
        let when = section.table.string("when").and_then(|text| match text.value.parse::<When>() {
            Ok(when) => Some(when),
            Err(problem) => {
                section.table.invalid(&text.place, "when", &problem.to_string());
                None
            }
        });
        let (min, max) = (section.workers("min"), section.workers("max"));
        let is_idle = section.table.get("min").is_none() && section.table.get("max").is_none();
        let findings = section.table.reader.findings;
        if is_idle {
            findings.error(&section.place, "[[schedule]] needs \"min\" or \"max\"");
        }
        let (least, most) = (min.as_ref().map(|min| min.value), max.as_ref().map(|max| max.value));
        let limits = (least.unwrap_or(workers.min), most.unwrap_or(workers.max));
        // Without a limit of its own that is out of order, the error is that of [workers].
        if !is_idle && limits.0 > limits.1 {
            let place = min.or(max).map_or_else(|| section.place.clone(), |limit| limit.place);
            let message = format!("[[schedule]] has at least {} and at most {}", counted(limits.0, "worker"), limits.1);
            let hint = "a limit that is left out is that of [workers]".to_owned();
            findings.error_with(&place, message, Some(hint));
        }
        section.table.finish();
        Some(Self { when: when?, min: least, max: most })
    }

    pub(super) fn write(&self, out: &mut TomlWriter) {
        out.item("schedule");
        out.put("when", self.when.to_string());
        out.given("min", self.min);
        out.given("max", self.max);
    }
}
