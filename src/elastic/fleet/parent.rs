use super::toml_writer::TomlWriter;
use crate::diagnostics::shown;
use crate::plan::Table;

/// The run or annex that a fleet belongs to, by its name in the state file. Its end ends the fleet first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FleetParent {
    /// A run of a plan: `run = "NAME"`.
    Run(String),
    /// An annex: `annex = "NAME"`.
    Annex(String),
}

impl FleetParent {
    /// Reads `run` and `annex`, of which one may be given.
    pub(super) fn read(root: &Table<'_, '_>) -> Option<Self> {
        let (run, annex) = (root.string("run"), root.string("annex"));
        for (key, name) in [("run", &run), ("annex", &annex)] {
            if let Some(name) = name.as_ref().filter(|name| !may_be_a_name(&name.value)) {
                let message = format!("\"{}\" cannot be the name of the fleet's {key}", shown(&name.value));
                let hint = match key {
                    "run" => "hoist plan list names the runs",
                    _ => "hoist annex list names the annexes",
                };
                root.reader.findings.error_with(&name.place, message, Some(hint.to_owned()));
            }
        }
        match (run, annex) {
            (Some(_), Some(annex)) => {
                let message = "a fleet belongs to a run or to an annex, not to both";
                let hint = "take out \"run\" or \"annex\"".to_owned();
                root.reader.findings.error_with(&annex.place, message, Some(hint));
                None
            }
            (Some(run), None) => Some(Self::Run(run.value)),
            (None, annex) => annex.map(|annex| Self::Annex(annex.value)),
        }
    }

    pub(super) fn write(parent: Option<&Self>, out: &mut TomlWriter) {
        let (run, annex) = match parent {
            Some(Self::Run(name)) => (Some(name.as_str()), None),
            Some(Self::Annex(name)) => (None, Some(name.as_str())),
            None => (None, None),
        };
        out.given("run", run);
        out.given("annex", annex);
    }
}

fn may_be_a_name(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}
