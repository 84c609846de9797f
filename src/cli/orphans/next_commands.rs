//! Suggested commands that remove orphans.

use crate::app::orphans::{AuditReport, Claim, in_words};
use crate::app::{CommandError, Exit};
use crate::cli::context::Context;
use crate::os::quoted;
use crate::report::{Cell, table};
use crate::state::{StateError, StateFile};

/// Returns the flags that remove resources of this claim.
pub(super) fn flags(claim: Claim) -> &'static [&'static str] {
    match claim {
        Claim::Nobody => &["--terminate"],
        Claim::OtherState => &["--terminate", "--other-states"],
        Claim::OtherOwner => &["--terminate", "--all-owners"],
    }
}

/// Describes the effect of those flags.
pub(super) fn deed(claim: Claim) -> &'static str {
    match claim {
        Claim::Nobody => "removes what is yours, or past its lease",
        Claim::OtherState => "removes also what another state file of yours may look after",
        Claim::OtherOwner => "removes also what others launched, which they may need",
    }
}

/// Lists the commands that would remove findings, a line each.
pub(super) fn offers(context: &Context, report: &AuditReport, all_regions: bool) -> String {
    let AuditReport { audit, claims, .. } = report;
    let mut rows = Vec::new();
    for claim in Claim::ALL {
        let each = || audit.found.iter();
        let machines = each().flat_map(|it| &it.orphans).filter(|it| claims.machine(it) == claim).count();
        let things = each().flat_map(|it| &it.leftovers).filter(|it| claims.leftover(it) == claim).count();
        let annexes = each().flat_map(|it| &it.annexes).filter(|it| claims.annex(it) == claim).count();
        if machines + things + annexes > 0 {
            let what = format!("{}: {}", deed(claim), in_words(machines, things, annexes));
            rows.push(vec![Cell::from(again(context, all_regions, flags(claim))), what.into()]);
        }
    }
    table(2, &rows)
}

/// Returns `hoist orphans` with these flags, for the same places and state file as this time.
pub(super) fn again(context: &Context, all_regions: bool, flags: &[&str]) -> String {
    let clouds = &context.workspace.clouds;
    let mut words = vec!["hoist", "orphans"];
    words.extend(flags);
    words.extend(all_regions.then_some("--all-regions"));
    let mut command = words.join(" ");
    let state = context.state_option.as_ref().map(|path| path.to_string_lossy().into_owned());
    let options = [
        ("--profile", clouds.profile.clone()),
        ("--region", clouds.region.clone()),
        ("--endpoint-url", clouds.endpoint_url.clone()),
        ("--state", state),
    ];
    for (option, value) in options {
        let Some(value) = value else { continue };
        command.push_str(&format!(" {option} {}", quoted(&value)));
    }
    command
}

/// Returns the error for a damaged state file, with which nothing is removed: an instance missing from it may be in
/// use.
pub(super) fn not_ended(context: &Context, damage: StateError, all_regions: bool) -> CommandError {
    // A file that is no state file belongs to somebody else: the user has to name another one rather than move it.
    let is_ours = !matches!(damage, StateError::NotState { .. });
    let is_there = !damage.is_loss_of_all();
    let CommandError { message, hints, .. } = damage.into();
    let message = format!("{message}; nothing is ended on its word");
    let error = CommandError { hints, ..CommandError::with_exit(Exit::Remains, message) };
    if !is_ours {
        return error;
    }
    let file = context.workspace.state_path.to_string_lossy();
    let (from, to) = (quoted(&*file), quoted(format!("{file}.damaged")));
    let end = again(context, all_regions, flags(Claim::OtherState));
    if !is_there {
        return error.hint(format!("once you have looked at what is listed: `{end}` ends what carries our tags"));
    }
    let mut aside = format!("mv {from} {to}");
    if let Some(count) = StateFile::count_beside(&context.workspace.state_path) {
        // With the count in place, no new state file can be created there.
        aside.push_str(&format!(" && mv {} {}", quoted(&count), quoted(format!("{file}.damaged-head"))));
    }
    error.hint(format!("once you have looked at what is listed: {aside}; then `{end}` ends what carries our tags"))
}
