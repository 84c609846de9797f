use crate::scaler::{FleetId, PassRecord, look_back, tells_all};
use crate::state::{PassQuery, StateError, StateFile};

/// Most passes that are searched for what the last one does not tell.
const SEARCHED: usize = 100;

/// Returns the passes before the last one that tell what later ones did not look at, newest first; each with that
/// alone.
///
/// # Errors
/// The passes cannot be read.
pub(super) fn earlier_passes(
    state: &StateFile,
    fleet: &FleetId,
    last: &PassRecord,
) -> Result<Vec<PassRecord>, StateError> {
    match tells_all(last) {
        true => Ok(Vec::new()),
        false => Ok(look_back(last, state.fleet_passes(fleet, &PassQuery::Newest(SEARCHED))?)),
    }
}
