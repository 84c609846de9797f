use serde::{Deserialize, Serialize};

/// Settings of a fleet that `hoist elastic set` lays over its file, and that stay until they are set again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// Minimum number of workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// Maximum number of workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// Constant number of workers: minimum and maximum at once, and `preserve_n` of the engine npreserving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Name of the engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Whether nothing is launched, drained or ended. Leases are renewed all the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}

impl Overrides {
    /// Returns the maximum that holds where the file has this one.
    pub fn most(&self, of_file: u32) -> u32 {
        self.count.or(self.max).unwrap_or(of_file)
    }

    /// Returns the settings that hold once these are laid over earlier ones, which `reset` drops first. `pause` says
    /// whether the fleet is paused or goes on, where that changes.
    pub fn laid_over(&self, earlier: &Self, pause: Option<bool>, reset: bool) -> Self {
        let earlier = if reset { Self::default() } else { earlier.clone() };
        // A constant number and limits exclude each other: the later ones hold.
        let sets_limits = self.min.is_some() || self.max.is_some();
        Self {
            min: self.min.or(earlier.min.filter(|_| self.count.is_none())),
            max: self.max.or(earlier.max.filter(|_| self.count.is_none())),
            count: self.count.or(earlier.count.filter(|_| !sets_limits)),
            engine: self.engine.clone().or(earlier.engine),
            paused: pause.unwrap_or(earlier.paused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_and_limits_replace_each_other_and_the_rest_stays() {
        let engine = Some("queuelen".to_owned());
        let earlier = Overrides { count: Some(4), engine: engine.clone(), paused: true, ..Overrides::default() };
        let max = Overrides { max: Some(5), ..Overrides::default() };
        let limited = Overrides { max: Some(5), engine, paused: true, ..Overrides::default() };
        assert_eq!(max.laid_over(&earlier, None, false), limited);
        let count = Overrides { count: Some(2), ..Overrides::default() };
        assert_eq!(count.laid_over(&limited, None, false), Overrides { count: Some(2), max: None, ..limited.clone() });
        assert_eq!(max.laid_over(&earlier, Some(false), true), max);
    }
}
