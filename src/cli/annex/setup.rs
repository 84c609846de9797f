//! `hoist annex setup`

use clap::Args;

use super::setup_view::{setup_text, show_cleared, show_set_up};
use crate::app::annex::{SetUpOffer, SetUpRequest, clear_setup, set_up};
use crate::app::{CommandResult, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::cloud::aws::annex::Cidr;

/// Make what annexes need, once in a region: a bucket, roles and a security group, as one stack
///
/// Whoever runs this needs the permissions that `hoist annex policy --for admin` prints; whoever uses annexes then
/// needs only those of `hoist annex policy --for user`. Where there is a set-up, it is changed to what the options say.
#[derive(Args, Debug)]
pub(in crate::cli) struct SetupCommand {
    /// The network of the annexes [default: the set-up's, or the account's default one]
    #[arg(long, value_name = "ID")]
    vpc: Option<String>,

    /// From where the machines may be reached, such as 192.0.2.7/32 or 2001:db8::/32; may be repeated [default: this
    /// machine's address]
    #[arg(long = "from", value_name = "CIDR")]
    from: Vec<Cidr>,

    /// Let in SSH, too, beside HTCondor
    #[arg(long)]
    ssh: bool,

    /// Undo the set-up, with all files that annexes left; refused while an annex lives
    #[arg(long, conflicts_with_all = ["vpc", "from", "ssh"])]
    delete: bool,

    /// Only show what would be done; exit code 2 when there is something to do
    #[arg(long)]
    dry_run: bool,
}

impl SetupCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        if self.delete {
            let cleared = block_on(clear_setup(context.operation(), self.dry_run))??;
            return show_cleared(context, cleared);
        }
        let request =
            SetUpRequest { vpc: self.vpc.clone(), from: self.from.clone(), ssh: self.ssh, dry_run: self.dry_run };
        let show = |offer: &SetUpOffer| self.offer(context, offer);
        let outcome = block_on(set_up(context.operation(), request, &show))??;
        show_set_up(context, outcome)
    }

    /// Shows the offer before anything is changed.
    fn offer(&self, context: &Context, offer: &SetUpOffer) {
        if offer.is_open {
            let warning = context.message_style.warn("warning:");
            context.say(&format!("{warning} everybody is let in; HTCondor's daemons then rest on its password alone"));
        }
        if !self.dry_run && (!context.yes || context.verbosity > 0) {
            context.tell(&setup_text(&offer.plan, &offer.place));
        }
    }
}
