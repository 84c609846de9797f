//! A service whose machine runs the scaler of a fleet.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The default time limit of the program that stops a scaler: it finishes the calls under way first.
pub const DEFAULT_STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// Stops the unit that `hoist elastic unit` prints, and the one that would start it again: as root, or by sudo.
const STOP_UNIT: &str = r#"stop='systemctl stop'
[ "$(id -u)" = 0 ] || stop="sudo -n $stop"
$stop hoist-elastic.path 2> /dev/null || :
exec $stop hoist-elastic.service"#;

/// Stops the scalers among the processes of a local instance, and waits until they are gone.
const STOP_LOCAL: &str = r#"scalers() {
  for process in /proc/[0-9]*; do
    [ "${process#/proc/}" != "$$" ] || continue
    tr '\0' '\n' 2> /dev/null < "$process/environ" | grep -qxF "HOIST_INSTANCE=$HOIST_INSTANCE" || continue
    case $(tr '\0' ' ' 2> /dev/null < "$process/cmdline") in *' elastic 'run' '*) echo "${process#/proc/}" ;; esac
  done
}
found=$(scalers)
[ -z "$found" ] || kill -TERM $found 2> /dev/null || :
while [ -n "$(scalers)" ]; do sleep 0.2; done"#;

/// A scaler on the machine of a service, which has a ledger of its own there: `elastic = { stop = [...] }`. The end of
/// the run stops it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElasticService {
    /// The program that stops it, with its arguments. None: that of the unit that `hoist elastic unit` prints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Vec<String>>,
    /// How long that may take.
    pub timeout: Duration,
}

impl ElasticService {
    /// Returns the program that stops the scaler, with its arguments. An instance of the local cloud has no services of
    /// its own; there the scaler's processes are told to end.
    pub fn stop(&self, is_local_instance: bool) -> Vec<String> {
        let script = if is_local_instance { STOP_LOCAL } else { STOP_UNIT };
        self.stop.clone().unwrap_or_else(|| ["sh", "-c", script].map(str::to_owned).to_vec())
    }
}
