//! Summary of an annex after a command has created or changed it.

use jiff::Timestamp;

use crate::annex::{Annex, AnnexInstance};
use crate::provider::InstanceState;
use crate::report::time::{age, lease, local};
use crate::report::{Cell, Style, count, table};

/// Formats the summary of a created or changed annex for people, with the commands to continue.
pub fn annex_summary_human(record: &Annex, outcome: &str, instances: Option<&[AnnexInstance]>, style: Style) -> String {
    let name = &record.id.name;
    let bold = style.bold(name);
    let Some(spec) = &record.spec else { return format!("{bold} is recorded\n") };
    let how = match (outcome, instances) {
        ("unchanged", _) => format!("{bold} is as it should be: nothing to change; "),
        (_, Some(instances)) => {
            let all = count(spec.count, "instance");
            format!("{bold} is {}: {} of {all} running; ", style.good("up"), running(instances))
        }
        (_, None) => format!("{bold} is {}: {}; ", style.good("asked for"), count(spec.count, "instance")),
    };
    let left = lease(age(Timestamp::now(), spec.expires_at));
    let end = format!("its lease ends at {}, in {left}\n", local(spec.expires_at));
    let extend = (format!("hoist annex extend {name} --lease 6h"), "keeps it for longer");
    let commands = [
        Some((format!("hoist annex status {name}"), "shows the instances, in the cloud and in the pool")),
        Some(extend).filter(|_| !spec.runs_out),
        Some((format!("hoist annex delete {name}"), "ends it")),
    ];
    let commands = commands.into_iter().flatten();
    let rows: Vec<Vec<Cell>> = commands.map(|(command, what)| vec![command.into(), what.into()]).collect();
    format!("{how}{end}{}", table(2, &rows))
}

fn running(instances: &[AnnexInstance]) -> usize {
    instances.iter().filter(|instance| instance.state == InstanceState::Running).count()
}
