use serde::{Deserialize, Deserializer};

/// A job as the server tells of it, as far as it is used.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Job {
    pub(super) id: i64,
    /// `WAITING`, `WORKING`, `PENDING`, `FINISHED`, `ERROR` or, when it is paused itself, `PAUSED`.
    pub(super) state: String,
    /// What it runs. A group of jobs runs nothing.
    #[serde(default)]
    pub(super) command: String,
    /// The properties that it asks for itself, joined by commas.
    #[serde(default)]
    pub(super) affinity: Option<String>,
    /// Whether it or one of its groups is paused, or has to wait for other jobs.
    #[serde(default, deserialize_with = "flag")]
    pub(super) h_paused: bool,
}

impl Job {
    pub(super) fn is_group(&self) -> bool {
        self.command.is_empty()
    }

    pub(super) fn waits(&self) -> bool {
        self.state == "WAITING"
    }

    /// Whether the jobs of a group are held with it.
    pub(super) fn holds(&self) -> bool {
        self.h_paused || matches!(self.state.as_str(), "PAUSED" | "PENDING")
    }
}

/// Reads a truth value, which the server's databases write as such or as a number.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    use serde_json::Value as Json;
    let value = Option::<Json>::deserialize(deserializer)?;
    Ok(match value {
        Some(Json::Bool(value)) => value,
        Some(Json::Number(number)) => number.as_f64() != Some(0.0),
        Some(Json::String(text)) => !matches!(text.as_str(), "" | "0"),
        _ => false,
    })
}
