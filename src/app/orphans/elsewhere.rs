//! Resources that other state files on this machine look after.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::annex::TAG_ANNEX;
use crate::engine::Orphan;
use crate::provider::{Instance, TAG_RUN, TAG_STATE, TAG_STATE_FILE};
use crate::report::{LookedAfter, OrphanAnnex};
use crate::scaler::fleet_of;
use crate::state::{Elsewhere, holds_annex, holds_fleet, holds_run};

/// Removes from `orphans` those whose run or fleet is held by another existing state file, and returns them.
pub(super) fn spare_machines(orphans: &mut Vec<Orphan>, mine: Option<&str>) -> Vec<LookedAfter> {
    let mut spared = Vec::new();
    orphans.retain(|orphan| {
        let Some((file, state)) = place(&orphan.instance).filter(|_| orphan.is_elsewhere(mine)) else { return true };
        let Some(run) = orphan.instance.tags.get(TAG_RUN) else { return true };
        let holds = if fleet_of(&orphan.instance).is_some() { holds_fleet } else { holds_run };
        if holds(&file, state, run) != Elsewhere::Holds {
            return true;
        }
        let what = format!("machine {}", orphan.instance.id);
        spared.push(LookedAfter { what, run: Some(run.clone()), state_file: file });
        false
    });
    spared
}

/// Removes from `annexes` those that another state file looks after, and returns them; `instances` has the state files
/// named by the instances of each annex.
pub(super) fn spare_annexes(
    annexes: &mut Vec<OrphanAnnex>,
    instances: &BTreeMap<String, PathBuf>,
    mine: Option<&str>,
) -> Vec<LookedAfter> {
    let mut spared = Vec::new();
    annexes.retain(|annex| {
        let tag = annex.id.tag();
        let (Some(file), Some(state)) = (instances.get(&tag), &annex.state) else { return true };
        if !annex.is_elsewhere(mine) || holds_annex(file, state, &tag) != Elsewhere::Holds {
            return true;
        }
        spared.push(LookedAfter { what: format!("annex {tag}"), run: None, state_file: file.clone() });
        false
    });
    spared
}

/// Returns the state file named by each annex's instances, by the annex's tag.
pub(super) fn annex_files(instances: &[Instance]) -> BTreeMap<String, PathBuf> {
    let file = |instance: &Instance| Some((instance.tags.get(TAG_ANNEX)?.clone(), place(instance)?.0));
    instances.iter().filter_map(file).collect()
}

/// Returns the state file that an instance names, and the id of that file.
fn place(instance: &Instance) -> Option<(PathBuf, &str)> {
    let file = Path::new(instance.tags.get(TAG_STATE_FILE)?);
    Some((file.to_path_buf(), instance.tags.get(TAG_STATE)?))
}
