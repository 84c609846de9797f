//! Report on a created or changed annex.

use crate::app::CommandError;
use crate::app::annex::ChangedAnnex;
use crate::cli::context::Context;
use crate::report::{AnnexChangeDocument, annex_summary_human};

/// Shows the annex in its current state, with the commands to continue.
pub(super) fn show_change(context: &Context, changed: &ChangedAnnex) -> Result<(), CommandError> {
    let ChangedAnnex { record, change, instances } = changed;
    let (outcome, instances) = (change.as_str(), instances.as_deref());
    if context.wants_json() {
        return context.print_json(&AnnexChangeDocument::new(record, outcome, instances));
    }
    context.print_with_advice(&annex_summary_human(record, outcome, instances, context.style))
}
