//! What is said when a command has done what it could.

use std::time::Duration;

use serde_json::{Value, json};

use super::alike::alike;
use super::guard::{in_one_line, printable};
use super::not_gone::verdict;
use super::service_failure::{explain, try_this};
use super::time::duration;
use super::{Cell, Style, count, stale, table};
use crate::engine::{DriveResult, Failure, Goal, Phase, Remain, Run, ServiceState};

/// The most broken services that are explained; the rest is counted.
const MOST_EXPLAINED: usize = 5;

/// The most services that a table of results names.
const MOST_LISTED: usize = 40;

/// How a command ended, beside what the run tells.
#[derive(Clone, Debug, Default)]
pub struct RunEnding {
    /// What is left beside the services' machines.
    pub remains: Vec<Remain>,
    /// What could not be done for a reason that is on the operator's side, by service.
    pub blocked: Vec<(String, Failure)>,
    /// The terminate programs that failed, by service.
    pub farewells: Vec<(String, Failure)>,
    /// The services that are ready by the record alone.
    pub unproved: Vec<String>,
    /// Those of them whose instance is gone, and why.
    pub gone: Vec<(String, String)>,
    /// Those of them whose cloud could not say, and why.
    pub unknown: Vec<(String, String)>,
    /// How long it took.
    pub took: Duration,
}

/// How it went, with the commands that go on.
pub fn conclusion(run: &Run, halt: DriveResult, ending: &RunEnding, style: Style) -> String {
    let (name, took) = (style.bold(&run.name), duration(ending.took));
    let all = run.records().len();
    let services = count(all, "service");
    let told =
        |diagnostics: Vec<String>| diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect::<String>();
    let way_on = way_on(run, halt, ending);
    match halt {
        DriveResult::Up if !ending.gone.is_empty() || !ending.unknown.is_empty() => {
            let head = match ending.gone.len() {
                0 => format!("{name} is recorded as up; what is there is {}\n", style.warn("unknown")),
                gone => {
                    format!("{name} is recorded as up, and is {}: {gone} of {services} gone\n", style.bad("unhealthy"))
                }
            };
            format!("{head}{}{way_on}", told(diagnostics(run, halt, ending)))
        }
        DriveResult::Up => {
            let degraded: Vec<(usize, &str)> = degraded(run).collect();
            let up = style.good("up");
            let mut text = match ending.unproved.len() {
                0 => format!("{name} is {up}: {services} ready, {took}\n"),
                recorded if recorded == all => format!(
                    "{name} is recorded as {up}: {services} ready; their machines are there, nothing was checked\n"
                ),
                recorded => format!("{name} is {up}: {services} ready, {recorded} of them as recorded, {took}\n"),
            };
            text.push_str(&addresses(run, style));
            for (position, reason) in degraded {
                let service = &run.service(position).name;
                text.push_str(&format!("  {} {service}: {}\n", style.warn("degraded"), in_one_line(reason)));
            }
            text.push_str(&stale::of_run(run, style));
            text.push_str(&told(diagnostics(run, halt, ending)));
            text.push_str(&way_on);
            text
        }
        DriveResult::Terminated => {
            let given_up = given_up(run, style);
            let but = if given_up.is_empty() { "" } else { " but what lies on hosts that were given up" };
            let gone = style.good("gone");
            let head = format!("{name} is {gone}: {services}, nothing is left of them{but}, {took}\n{given_up}");
            format!("{head}{}", told(diagnostics(run, halt, ending)))
        }
        DriveResult::Failed => {
            let broken = run.summary().failed;
            let head = format!("\n{name} {}: {broken} of {services}, {took}\n", style.bad("failed"));
            let diagnostics = told(diagnostics(run, halt, ending));
            format!("{head}{}{}{diagnostics}{way_on}", explain(run, style, MOST_EXPLAINED), stale::told(run, style))
        }
        DriveResult::Blocked => {
            let head = format!(
                "\n{name} {}: what is missing is on this side, and its machines stay as they are\n",
                style.warn("stopped")
            );
            format!("{head}{}{}{way_on}", told(diagnostics(run, halt, ending)), explain(run, style, MOST_EXPLAINED))
        }
        DriveResult::LeftoversRemain => {
            let (word, what) = verdict(run, &ending.remains);
            let head = format!("\n{name} {}: {what}\n", style.bad(word));
            format!("{head}{}{way_on}", remains(run, &ending.remains, style))
        }
        DriveResult::Interrupted => {
            let summary = run.summary();
            let head = format!(
                "{name} {}: {} of {services} ready, {} left\n",
                style.warn("stopped"),
                summary.ready,
                count(summary.instances, "instance")
            );
            format!("{head}{}{way_on}", addresses(run, style))
        }
    }
}

/// What went wrong beside broken services and what remains, a line each.
pub fn diagnostics(run: &Run, halt: DriveResult, ending: &RunEnding) -> Vec<String> {
    let mut diagnostics = Vec::new();
    for (service, reason) in &ending.gone {
        diagnostics.push(format!("  {service}: recorded as ready; {}", in_one_line(reason)));
    }
    for (service, reason) in &ending.unknown {
        diagnostics.push(format!("  {service}: recorded as ready; its cloud could not say: {}", in_one_line(reason)));
    }
    for (service, failure) in &ending.blocked {
        diagnostics.push(format!("  {service}: {}", in_one_line(&failure.reason)));
        diagnostics.extend(failure.hint.iter().map(|hint| format!("    try: {}", try_this(hint, &run.name))));
    }
    let kept: Vec<&str> = kept(run, halt).map(|(service, _)| service).collect();
    for (service, failure) in &ending.farewells {
        let has_machine = run.position(service).is_some_and(|position| run.service(position).launch.is_some());
        let fate = match (kept.contains(&service.as_str()), has_machine) {
            (true, true) => "its machine is kept",
            (true, false) => "what it has on its host is kept",
            (false, true) => "its machine went all the same",
            (false, false) => "what it had on its host went all the same",
        };
        diagnostics
            .push(format!("  {service}: its terminate program failed: {}; {fate}", in_one_line(&failure.reason)));
    }
    diagnostics
}

/// The services whose machines are kept because their terminate programs failed.
fn kept(run: &Run, halt: DriveResult) -> impl Iterator<Item = (&str, &Failure)> {
    let held = move |position: usize| match &run.record(position).phase {
        Phase::Terminating(farewell) if halt == DriveResult::LeftoversRemain && farewell.failure.is_none() => {
            Some((run.service(position).name.as_str(), farewell.program_failure.as_ref()?))
        }
        _ => None,
    };
    (0..run.records().len()).filter_map(held)
}

/// Adds to the document of a command how it ended.
pub fn add_ending(document: &mut Value, run: &Run, halt: DriveResult, ending: &RunEnding) {
    let failed = |failures: &[(String, Failure)]| -> Value {
        failures.iter().map(|(service, failure)| json!({ "service": service, "failure": failure })).collect()
    };
    let told = |reasons: &[(String, String)]| -> Value {
        reasons.iter().map(|(service, reason)| json!({ "service": service, "reason": reason })).collect()
    };
    if halt == DriveResult::LeftoversRemain {
        let hint = insisting(run);
        let of_services = kept(run, halt).map(|(service, failure)| {
            json!({ "what": format!("{service}: its terminate program failed: {}", failure.reason), "hint": hint })
        });
        let below = kept_below(run, halt).map(
            |service| json!({ "what": format!("{service}: kept, since what was raised after it is"), "hint": hint }),
        );
        let others = ending.remains.iter().map(|other| {
            let mut document = json!({ "what": other.what, "hint": other.hint });
            if other.unproved {
                document["unproved"] = json!(true);
            }
            document
        });
        document["remains"] = of_services.chain(below).chain(others).collect();
    }
    let parts = [
        ("blocked", !ending.blocked.is_empty(), failed(&ending.blocked)),
        ("terminate_failures", !ending.farewells.is_empty(), failed(&ending.farewells)),
        ("gone", !ending.gone.is_empty(), told(&ending.gone)),
        ("unknown", !ending.unknown.is_empty(), told(&ending.unknown)),
    ];
    for (key, _, value) in parts.into_iter().filter(|(_, given, _)| *given) {
        document[key] = value;
    }
}

/// The command that ends what a terminate program keeps.
fn insisting(run: &Run) -> String {
    format!("hoist plan terminate {} --force", run.name)
}

/// The services that nothing was done to, because machines of later levels are kept.
fn kept_below(run: &Run, halt: DriveResult) -> impl Iterator<Item = &str> {
    let any = kept(run, halt).next().is_some();
    let stays = move |position: &usize| any && !run.record(*position).phase.is_going();
    (0..run.records().len()).filter(stays).map(|position| run.service(position).name.as_str())
}

/// Names the services whose hosts were given up in the document of a command, where there are any.
pub fn put_abandoned(run: &Run, document: &mut Value) {
    let of = |(position, record): (usize, &ServiceState)| {
        let address = record.abandoned.as_ref()?;
        Some(json!({ "service": run.service(position).name, "address": address }))
    };
    let abandoned: Vec<Value> = run.records().iter().enumerate().filter_map(of).collect();
    if !abandoned.is_empty() {
        document["abandoned"] = Value::from(abandoned);
    }
}

/// The command that goes on with the run where it was stopped.
pub fn goes_on(run: &Run) -> String {
    match run.goal {
        // It acts without a question where nobody can be asked.
        Some(Goal::Down { force: true }) => insisting(run),
        Some(Goal::Down { .. }) => format!("hoist plan terminate {}", run.name),
        _ => format!("hoist plan resume {}", run.name),
    }
}

/// The commands that go on from here.
pub fn way_on(run: &Run, halt: DriveResult, ending: &RunEnding) -> String {
    let name = &run.name;
    let repair = || match stale::told(run, Style::new(false)).is_empty() {
        true => (format!("hoist plan repair {name}"), "replaces what is broken"),
        false => {
            (stale::remedy(run), "runs boot programs again that were given other values, and replaces what is broken")
        }
    };
    let commands: Vec<(String, &str)> = match halt {
        DriveResult::Up if !ending.gone.is_empty() => vec![repair()],
        DriveResult::Up => vec![
            (format!("hoist plan status {name}"), "asks whether it still works"),
            (format!("hoist plan terminate {name}"), "brings it down"),
        ],
        DriveResult::Terminated => Vec::new(),
        DriveResult::Failed => {
            let mut commands: Vec<(String, &str)> = (0..run.records().len())
                .filter(|&position| run.record(position).phase.is_broken())
                .take(1)
                .map(|position| {
                    (
                        format!("hoist plan logs {name} {}", run.service(position).name),
                        "shows what its programs printed",
                    )
                })
                .collect();
            let broken = || run.records().iter().filter(|record| record.phase.is_broken());
            // What is lost has no machine to try again on.
            if broken().any(|record| !matches!(record.phase, Phase::Lost(_))) {
                commands.push((format!("hoist plan resume {name}"), "tries again on the same machines"));
            }
            // What could not be seen may work.
            if broken().any(|record| !record.phase.is_blind()) {
                commands.push(repair());
            }
            commands.push((format!("hoist plan terminate {name}"), "brings everything down"));
            commands
        }
        DriveResult::LeftoversRemain if kept(run, halt).next().is_some() => vec![
            (format!("hoist plan terminate {name}"), "runs what failed again, and goes on"),
            (insisting(run), "ends it whatever its terminate program says"),
            (format!("hoist plan history {name}"), "lists every machine"),
        ],
        DriveResult::LeftoversRemain => vec![
            (format!("hoist plan terminate {name}"), "goes on"),
            (format!("hoist plan history {name}"), "lists every machine"),
        ],
        DriveResult::Interrupted | DriveResult::Blocked if run.goal.as_ref().is_some_and(Goal::is_down) => {
            vec![(goes_on(run), "goes on")]
        }
        DriveResult::Interrupted | DriveResult::Blocked => vec![
            (format!("hoist plan resume {name}"), "goes on"),
            (format!("hoist plan terminate {name}"), "brings everything down"),
        ],
    };
    let rows: Vec<Vec<Cell>> = commands.into_iter().map(|(command, what)| vec![command.into(), what.into()]).collect();
    table(2, &rows)
}

fn degraded(run: &Run) -> impl Iterator<Item = (usize, &str)> {
    run.records().iter().enumerate().filter_map(|(position, record)| match &record.phase {
        Phase::Ready { degraded: Some(reason) } => Some((position, reason.as_str())),
        _ => None,
    })
}

/// The services whose hosts were given up.
fn given_up(run: &Run, style: Style) -> String {
    let mut text = String::new();
    for (position, record) in run.records().iter().enumerate() {
        let Some(address) = &record.abandoned else { continue };
        let host = if address.is_empty() { "its host".to_owned() } else { printable(address) };
        let service = style.bold(&run.service(position).name);
        let what = match run.service(position).launch {
            Some(_) => "its terminate program did not run".to_owned(),
            None => format!("what was put on {host} and what runs there stays"),
        };
        text.push_str(&format!("  {} {service}: {what}\n", style.warn("given up")));
    }
    text
}

/// What exists, as far as is recorded.
fn addresses(run: &Run, style: Style) -> String {
    let mut rows = Vec::new();
    for (level, range) in run.plan.levels.iter().zip(run.levels()) {
        for position in range.clone() {
            let record = run.record(position);
            if record.instance.is_none() && record.address.is_none() {
                continue;
            }
            rows.push(vec![
                Cell::painted(&level.name, style.dim(&level.name)),
                run.service(position).name.clone().into(),
                record.address.clone().unwrap_or_default().into(),
                record.instance_id().unwrap_or_default().to_owned().into(),
            ]);
        }
    }
    let left = rows.len().saturating_sub(MOST_LISTED);
    rows.truncate(MOST_LISTED);
    let mut text = table(2, &rows);
    if left > 0 {
        text.push_str(&format!("  … and {left} more: hoist plan show {}\n", run.name));
    }
    text
}

/// Everything that could not be removed, or is kept.
fn remains(run: &Run, others: &[Remain], style: Style) -> String {
    let mut text = String::new();
    let mut failures = Vec::new();
    let below: Vec<&str> = kept_below(run, DriveResult::LeftoversRemain).collect();
    for (position, record) in run.records().iter().enumerate() {
        let name = run.service(position).name.as_str();
        let id = record.instance_id().unwrap_or("no instance");
        match &record.phase {
            Phase::Terminated { .. } => {}
            _ if below.contains(&name) => {}
            Phase::Terminating(farewell) => match (&farewell.failure, &farewell.program_failure) {
                (Some(failure), _) => failures.push((name, record.instance_id(), failure)),
                (None, Some(failure)) => {
                    let why = in_one_line(&failure.reason);
                    let name = style.bold(name);
                    text.push_str(&format!("  {name}: its terminate program failed: {why}; kept: {id}\n"));
                    if let Some(hint) = &failure.hint {
                        text.push_str(&format!("    {} {}\n", style.dim("try:"), try_this(hint, &run.name)));
                    }
                }
                (None, None) => text.push_str(&format!("  {}: {id}\n", style.bold(name))),
            },
            _ => text.push_str(&format!("  {}: {id}\n", style.bold(name))),
        }
    }
    if !below.is_empty() {
        text.push_str(&format!("  kept with it, since it was raised on them: {}\n", listed(&below)));
    }
    for group in alike(failures) {
        let failure = group.failure;
        text.push_str(&format!("  {}: {}\n", style.bold(group.who()), in_one_line(&failure.reason)));
        if let Some(others) = group.others() {
            text.push_str(&format!("    {} {others}\n", style.dim("the same of")));
        }
        if let Some(hint) = &failure.hint {
            text.push_str(&format!("    {} {}\n", style.dim("try:"), try_this(hint, &run.name)));
        }
    }
    for Remain { what, hint, .. } in others {
        text.push_str(&format!("  {}\n", printable(what)));
        if let Some(hint) = hint {
            text.push_str(&format!("    {} {}\n", style.dim("try:"), try_this(hint, &run.name)));
        }
    }
    text
}

fn listed(names: &[&str]) -> String {
    let shown = names[..names.len().min(MOST_LISTED)].join(", ");
    match names.len().saturating_sub(MOST_LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
