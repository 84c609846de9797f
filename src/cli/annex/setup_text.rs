//! What a set-up for annexes is to be, for people.

use crate::cloud::aws::annex::SetupPlan;

/// What is to be made, or what changes.
pub(super) fn setup_text(plan: &SetupPlan, place: &str) -> String {
    let SetupPlan { terms, before, present, .. } = plan;
    let verb = match present {
        None => "make",
        Some(_) if plan.is_so() => "leave as it is",
        Some(_) => "change",
    };
    let services = if terms.ssh { "HTCondor (port 9618) and SSH (port 22)" } else { "HTCondor (port 9618)" };
    let vpc = terms.vpc.as_deref().unwrap_or_default();
    let mut lines = vec![
        format!("would {verb} the set-up for annexes in {place}: the stack hoist-setup, of"),
        "  a bucket          private and encrypted, for configuration and passwords on their way to annexes".to_owned(),
        format!("  a security group  in {vpc}, which lets in {services} from {}", terms.cidrs.join(", ")),
        "  two roles         for CloudFormation to make annexes with, and for EventBridge Scheduler to end them with"
            .to_owned(),
        "  a boundary        of what the machines of annexes may do: read their files, and leave".to_owned(),
    ];
    let gone = before.iter().flat_map(|before| &before.cidrs).filter(|cidr| !terms.cidrs.contains(cidr));
    lines.extend(gone.map(|cidr| format!("  {cidr} is not let in any more")));
    if before.as_ref().is_some_and(|before| before.ssh && !terms.ssh) {
        lines.push("  SSH is not let in any more".to_owned());
    }
    lines.join("\n")
}
