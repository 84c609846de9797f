//! `hoist orphans`

mod audit;
mod claim;
mod damage;
mod elsewhere;
mod remove;
mod remove_annex;
mod scope;

use clap::Args;
use jiff::Timestamp;

use super::clouds::Clouds;
use super::context::Context;
use super::exit::{CommandError, CommandResult, Exit};
use super::runtime::block_on;
use crate::report::{Audit, Cell, OrphansDocument, count, orphans_human, table};
use crate::state::{Owner, RoomToEnd};
use audit::audit;
use claim::{Claim, Claims, again};
use damage::{damage, not_ended};
use remove::{Spared, in_words, remove};

/// Find machines that carry hoist's tags and that no run looks after, what they left behind, annexes that no record is
/// of, and recorded machines that are gone
///
/// Asks this machine, every cloud that a recorded run or annex launches on, and the one that the options or credentials
/// in the environment name; a region alone names none that must answer. A machine past its lease is an orphan whoever
/// launched it. What another state file may look after is shown apart, and left alone where that file stands on this
/// machine and holds the run.
///
/// Exit code 0 when there is nothing, 2 when there is something, 3 when not everything could be removed or asked.
#[derive(Args, Debug)]
pub(super) struct Orphans {
    /// Terminate the orphans, delete the annexes, and remove what they left. Those of other users, whom another state
    /// file may know, stay unless their lease is over
    #[arg(long)]
    terminate: bool,

    /// Terminate those of other users too
    #[arg(long, requires = "terminate")]
    all_owners: bool,

    /// Terminate those of this user, too, that another state file may look after: its runs and annexes are not recorded
    /// here
    #[arg(long, requires = "terminate")]
    other_states: bool,

    /// Look in every region that the account may use
    #[arg(long)]
    all_regions: bool,
}

impl Orphans {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let clouds = Clouds::new(context)?;
        // Whoever wants what other state files may know wants what this one knew, too, once it knows nothing.
        let damage = damage(context).filter(|damage| !(self.other_states && damage.is_loss_of_all()));
        let (mut found, scopes) = audit(context, &clouds, self.all_regions).await?;
        let (me, now) = (Owner::current().to_string(), Timestamp::now());
        if !context.wants_json() {
            context.print_with_advice(&orphans_human(&found, &me, now, context.style))?;
        }
        let (state, known_runs) = (found.state.clone(), found.known_runs.clone());
        let claims = Claims { me: &me, state: state.as_deref(), known_runs: &known_runs, now };
        // Nothing is ended on the word of a damaged record.
        if !self.terminate && damage.is_none() {
            context.tell(&self.offers(context, &found, &claims));
        }
        for failed in &found.failed {
            context.say(&format!("{} {}", context.message_style.bad("could not ask"), failed.what));
            let hint = failed.hint.iter();
            hint.for_each(|hint| context.say(&format!("  {} {hint}", context.message_style.dim("try:"))));
        }
        if let Some(damage) = damage {
            if context.wants_json() {
                context.print_json(&OrphansDocument::new(&found, &me))?;
            }
            return Err(not_ended(context, damage, self.all_regions));
        }
        let _room = self.terminate.then(|| RoomToEnd::beside(&context.state_path));
        let kept = match self.terminate {
            true => remove(context, &mut found, &scopes, &claims, &self.taken()).await?,
            false => None,
        };
        if context.wants_json() {
            context.print_json(&OrphansDocument::new(&found, &me))?;
        }
        self.conclude(context, &found, kept)
    }

    /// Whose things the flags end.
    fn taken(&self) -> Vec<Claim> {
        let wanted = |claim: &Claim| match claim {
            Claim::Nobody => self.terminate,
            Claim::OtherState => self.other_states,
            Claim::OtherOwner => self.all_owners,
        };
        Claim::ALL.into_iter().filter(wanted).collect()
    }

    /// The flags that were given, but for those of places.
    fn given(&self) -> Vec<&'static str> {
        let flags =
            [(self.terminate, "--terminate"), (self.all_owners, "--all-owners"), (self.other_states, "--other-states")];
        flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag).collect()
    }

    /// The commands that would end something of what was found, a line each.
    fn offers(&self, context: &Context, found: &Audit, claims: &Claims<'_>) -> String {
        let mut rows = Vec::new();
        for claim in Claim::ALL {
            let each = || found.found.iter();
            let machines = each().flat_map(|it| &it.orphans).filter(|it| claims.machine(it) == claim).count();
            let things = each().flat_map(|it| &it.leftovers).filter(|it| claims.leftover(it) == claim).count();
            let annexes = each().flat_map(|it| &it.annexes).filter(|it| claims.annex(it) == claim).count();
            if machines + things + annexes > 0 {
                let what = format!("{}: {}", claim.deed(), in_words(machines, things, annexes));
                rows.push(vec![Cell::from(again(context, self.all_regions, claim.flags())), what.into()]);
            }
        }
        table(2, &rows)
    }

    /// The exit code, by what was found and what became of it.
    fn conclude(&self, context: &Context, found: &Audit, kept: Option<Spared>) -> CommandResult {
        let again = |flags: &[&str]| again(context, self.all_regions, flags);
        let (mut diagnostics, mut hints) = (Vec::new(), Vec::new());
        if let Some(Spared { spared, failed }) = &kept
            && !found.remains.is_empty()
        {
            diagnostics.push(format!("{} still there", count(found.remains.len(), "thing")));
            if *failed {
                hints.push(format!("{}  tries again, once nothing is in the way", again(&self.given())));
            }
            hints.extend(spared.iter().map(|claim| format!("{}  {}", again(claim.flags()), claim.deed())));
        }
        if !found.failed.is_empty() {
            diagnostics
                .push(format!("{} could not be asked; orphans may be there", count(found.failed.len(), "place")));
            hints.push(format!("{}  asks again, once what is named above is mended", again(&self.given())));
        }
        if !diagnostics.is_empty() {
            let colon = if found.remains.is_empty() { "" } else { ":" };
            let message =
                [&[format!("{}{colon}", diagnostics.join("; "))], found.remains.as_slice()].concat().join("\n");
            return Err(CommandError { hints, ..CommandError::with_exit(Exit::Remains, message) });
        }
        let missing = found.found.iter().any(|found| !found.missing.is_empty());
        Ok(match kept.is_some() {
            true if missing => Exit::Changed,
            true => Exit::Done,
            false if found.is_clean() => Exit::Done,
            false => Exit::Changed,
        })
    }
}
