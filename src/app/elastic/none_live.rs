//! What is said where no fleet lives.

use std::path::{Path, PathBuf};

use super::list::list;
use super::unit::unit_state;
use crate::app::{CommandError, Operation};
use crate::os::quoted;

/// Says that no fleet lives in the state file, how many have ended, and where the fleets of the unit are.
///
/// # Errors
/// The state file cannot be read.
pub(crate) fn none_live(operation: Operation<'_>) -> Result<String, CommandError> {
    let path = &operation.workspace.state_path;
    let ended = list(operation, true)?.len();
    Ok(sentence(path, ended, unit_state().filter(|unit| unit != path)))
}

fn sentence(path: &Path, ended: usize, unit: Option<PathBuf>) -> String {
    let path = path.display();
    let mut text = match ended {
        0 => format!("no fleets are recorded in {path}; `hoist elastic run --config elastic.toml` begins one"),
        ended => format!("no fleet lives; `hoist elastic list --all` shows {ended} that ended, of {path}"),
    };
    if let Some(unit) = unit {
        let unit = quoted(&unit);
        text.push_str(&format!("; those of the unit: sudo -u hoist hoist elastic status --state {unit}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_was_read_is_named_and_that_of_the_unit() {
        let path = Path::new("/home/ada/hoist.db");
        let none = "no fleets are recorded in /home/ada/hoist.db; `hoist elastic run --config elastic.toml` begins one";
        assert_eq!(sentence(path, 0, None), none);
        let unit = PathBuf::from("/var/lib/hoist-elastic/hoist.db");
        assert_eq!(
            sentence(path, 12, Some(unit)),
            "no fleet lives; `hoist elastic list --all` shows 12 that ended, of /home/ada/hoist.db; those of the unit: \
             sudo -u hoist hoist elastic status --state /var/lib/hoist-elastic/hoist.db"
        );
    }
}
