//! Comparison of a requested annex with the recorded one of the same name.

use jiff::Timestamp;

use super::draft::{AddressChoice, AnnexDraft};
use super::locked_annex::LockedAnnex;
use crate::annex::{AnnexName, AnnexPhase, AnnexSpec, ChangeKind, SpecDiff};
use crate::app::{CommandError, Exit};
use crate::report::time::local;

/// Action for an existing annex.
pub(super) enum ExistingAnnex {
    /// None: the annex is as requested.
    Same {
        /// Number of created instances that are left; some may have ended by themselves.
        left: u32,
    },
    /// Continue an unfinished command with this specification, whose lease ends as recorded.
    GoOn(Box<AnnexSpec>),
    /// The lease is over: clear the annex and create it anew.
    Over,
}

/// Compares the existing annex with the requested one.
///
/// # Errors
/// The two differ (with hints how to change the annex), or the annex is being deleted.
pub(super) async fn compare(held: &mut LockedAnnex, draft: &AnnexDraft) -> Result<ExistingAnnex, CommandError> {
    let AnnexDraft { spec: wanted, cloud, lease, .. } = draft;
    let name = wanted.name.clone();
    let now = Timestamp::now();
    if held.record.stage == AnnexPhase::Deleting && held.record.rolled_back {
        // An earlier command failed to create the annex and was stopped during the rollback; this command reports the
        // cause again.
        return Ok(ExistingAnnex::GoOn(Box::new(wanted.clone())));
    }
    if held.record.stage == AnnexPhase::Deleting {
        let message = format!("annex {name} is being deleted");
        return Err(CommandError::new(message).hint(format!("hoist annex delete {name} sees it through")));
    }
    if held.record.place.provider != cloud.provider {
        let message = format!("there is an annex {name} already, on {}", held.record.place.provider);
        return Err(CommandError::new(message).hint("another name, or hoist annex delete first"));
    }
    if held.record.spec.as_ref().is_some_and(|spec| spec.expires_at <= now) {
        return Ok(ExistingAnnex::Over);
    }
    let is_new = held.record.stage == AnnexPhase::New;
    let mut left = None;
    if !is_new {
        let seen = held.refresh().await?;
        if seen.is_none() && held.record.stage != AnnexPhase::Applying {
            return Ok(ExistingAnnex::Over);
        }
        left = seen.map(|seen| seen.wanted);
    }
    let Some(spec) = &held.record.spec else {
        return Ok(ExistingAnnex::GoOn(Box::new(wanted.clone())));
    };
    let mut wanted = wanted.clone();
    wanted.expires_at = spec.expires_at;
    wanted.owner.clone_from(&spec.owner);
    wanted.contents.password_at = spec.contents.password_at;
    adopt(&mut wanted, spec, draft);
    let mut differences = spec.differences(&wanted);
    if let Some(end) = lease.named_end().filter(|end| end.as_second() != spec.expires_at.as_second()) {
        let (is, asked) = (local(spec.expires_at), local(end));
        differences.push(SpecDiff { what: "--expiry", is, asked, way: ChangeKind::Extend });
    }
    if !differences.is_empty() {
        return Err(differs(&wanted.name, &differences, spec.runs_out));
    }
    match held.record.stage {
        AnnexPhase::Settled => Ok(ExistingAnnex::Same { left: left.unwrap_or(wanted.count) }),
        _ => Ok(ExistingAnnex::GoOn(Box::new(wanted))),
    }
}

/// Takes over what the recorded annex got without being asked for, and keeps what was asked for.
fn adopt(wanted: &mut AnnexSpec, recorded: &AnnexSpec, draft: &AnnexDraft) {
    for (wanted, recorded) in wanted.pools.iter_mut().zip(&recorded.pools) {
        wanted.fallen_back = recorded.fallen_back;
    }
    let (Some(wanted), Some(recorded)) = (wanted.joining_mut(), recorded.joining()) else { return };
    wanted.token_file.clone_from(&recorded.token_file);
    wanted.owner_key.clone_from(&recorded.owner_key);
    wanted.with_nul = recorded.with_nul;
    if wanted.identity.is_none() {
        wanted.identity.clone_from(&recorded.identity);
    }
    if !draft.is_pool_named {
        wanted.pool_name.clone_from(&recorded.pool_name);
    }
    if draft.addresses == AddressChoice::LikeManager {
        wanted.public_address = recorded.public_address;
    }
    if draft.ccb.is_none() {
        wanted.ccb = recorded.ccb;
    }
}

fn differs(name: &AnnexName, differences: &[SpecDiff], runs_out: bool) -> CommandError {
    let lines: Vec<String> = differences
        .iter()
        .map(|SpecDiff { what, is, asked, .. }| format!("{what} is {is}, and {asked} was asked for"))
        .collect();
    let message = format!("there is an annex {name} already, another one:\n{}", lines.join("\n"));
    let can = |way: ChangeKind| differences.iter().any(|difference| difference.way == way);
    let mut error = CommandError::with_exit(Exit::Failed, message);
    if can(ChangeKind::Update) {
        error = error.hint(format!("hoist annex update {name} --count N (or --pool …) changes it"));
    }
    if can(ChangeKind::Files) {
        error = error.hint(format!("hoist annex update {name} --files gives new instances the files as they are now"));
    }
    if can(ChangeKind::Extend) {
        error = error.hint(match runs_out {
            true => format!(
                "its lease runs out (--let-run-out): hoist annex extend {name} --shorten can only end it earlier"
            ),
            false => format!("hoist annex extend {name} --lease DURATION changes when it ends"),
        });
    }
    if can(ChangeKind::Replace) {
        error = error.hint(format!("hoist annex delete {name}, then the same command again; or another name"));
    }
    error
}
