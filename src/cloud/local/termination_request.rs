//! Termination by id, of recorded instances and of unrecorded ones that still run.

use std::collections::BTreeSet;

use super::describe::look;
use super::process_view::ProcessView;
use super::reservation::Reservation;
use super::state_dir::StateDir;
use super::terminate::{TerminatingInstance, terminate};
use super::{stray, tombstones};
use crate::provider::CloudError;

/// Terminates the instances with these ids; unknown ids count as terminated.
pub(super) fn by_ids(root: &StateDir, ids: &[String]) -> Result<(), CloudError> {
    let ledger = tombstones::read(root)?;
    let eyes = ProcessView::default();
    let mut condemned = Vec::new();
    let mut left: BTreeSet<&String> = ids.iter().collect();
    for reservation in Reservation::of_instances(root, ids)? {
        for (index, id) in reservation.ids.iter().cloned().enumerate() {
            if left.remove(&id) {
                let (instance, _) = look(root, &reservation, index, id, &ledger, &eyes)?;
                condemned.push(TerminatingInstance { token: reservation.token.clone(), instance });
            }
        }
    }
    // Unrecorded instances may still have processes.
    for id in left {
        let entry = ledger.get(id);
        let token = entry.map(|entry| entry.token.clone()).unwrap_or_default();
        let instance = match stray::look(root, id, &ledger, &eyes)? {
            Some(stray) => stray.instance,
            None => match entry {
                Some(entry) if !entry.is_over() => entry.instance.clone(),
                _ => continue,
            },
        };
        condemned.push(TerminatingInstance { token, instance });
    }
    terminate(root, condemned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::process::Command;

    use super::*;
    use crate::cloud::local::reservation::TOKEN_FILE;
    use crate::provider::{InstanceSpec, LaunchRequest, Offer};

    /// Covers each step at which a launch may be cut off.
    #[test]
    fn of_a_launch_that_was_cut_off_before_an_init_was_started_nothing_is_left() {
        // Its parent process may have exited: such a process could belong to a started instance.
        let mut daemon = Command::new("setsid").args(["sleep", "100"]).spawn().unwrap();
        for written in [0, 1, 2] {
            let directory = tempfile::tempdir().unwrap();
            let root = StateDir::open(directory.path()).unwrap();
            root.make().unwrap();
            let request = LaunchRequest {
                token: format!("token-{written}"),
                slots: vec!["a".to_owned()],
                machine: InstanceSpec::default(),
                offers: vec![Offer::default()],
                tags: BTreeMap::new(),
                expires_at: None,
                repeated: false,
            };
            let reservation = Reservation::new(&root, &request, false).unwrap();
            reservation.write(&root).unwrap();
            let instance = root.instance(&reservation.ids[0]);
            if written > 0 {
                fs::create_dir(&instance).unwrap();
            }
            if written > 1 {
                fs::write(instance.join(TOKEN_FILE), &request.token).unwrap();
            }
            by_ids(&root, &reservation.ids).unwrap_or_else(|error| panic!("{written}: {error:?}"));
            assert!(!instance.exists(), "{written}");
        }
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }
}
