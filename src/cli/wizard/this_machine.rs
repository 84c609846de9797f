//! Local prerequisites of a cluster.

use nix::unistd::geteuid;

use crate::app::doctor::is_there;
use crate::wizard::{Answers, CloudKind};

/// Lists the obstacles to a launch of the master on this machine, each with a remedy; empty if a cloud launches it
/// elsewhere.
pub(super) fn lacking(answers: &Answers) -> Vec<&'static str> {
    if answers.cloud != CloudKind::Local {
        return Vec::new();
    }
    let has_htcondor = is_there("condor_master");
    let root = "HTCondor takes no jobs from root: launch the master as an ordinary user";
    let absent = "condor_master is in no directory of PATH, and not in /usr/sbin: without HTCondor the master does not start \
                  here (Debian and Ubuntu: apt install htcondor)";
    [(geteuid().is_root(), root), (!has_htcondor, absent)]
        .into_iter()
        .filter_map(|(lacks, what)| lacks.then_some(what))
        .collect()
}
