//! A run's health, for people.

use std::collections::BTreeMap;

use super::alike::alike;
use super::health::{Health, Observed, ServiceHealth};
use super::service_failure::{failure_text, try_this};
use super::stale::stale_lines;
use crate::engine::RunStatus;
use crate::report::guard::in_one_line;
use crate::report::time::duration;
use crate::report::{Cell, Style, count, table};

/// Formats the output of `hoist plan status` for people.
pub fn health_human(health: &Health, held_by: Option<String>, style: Style) -> String {
    let head = match (health.is_ill(), health.is_unknown(), health.is_degraded()) {
        (true, ..) => style.bad("unhealthy"),
        (_, true, _) => style.warn("unknown"),
        (.., true) => style.warn("degraded"),
        _ => style.good("healthy"),
    };
    let head = if health.status == RunStatus::Terminated { style.dim("nothing is left of it") } else { head };
    let is_held = held_by.is_some();
    let source = if health.observed_at.is_some() { "checked now" } else { "as recorded, nothing was checked" };
    let mut text =
        format!("{} is {}, {head} ({source})\n", style.bold(&health.name), style.state(health.status.word(is_held)));
    if let Some(holder) = held_by {
        text.push_str(&format!("  held by {holder}\n"));
    }
    if let Some(workers) = health.workers.filter(|workers| *workers > 0) {
        text.push_str(&format!("  {} of its fleets\n", count(workers, "worker")));
    }
    let mut rows: Vec<Vec<Cell>> = vec![
        ["LEVEL", "SERVICE", "RECORDED", "AGE", "INSTANCE", "CHECK", "ADDRESS"]
            .map(|title| Cell::painted(title, style.dim(title)))
            .into(),
    ];
    for (number, name, services) in &health.levels {
        for service in services {
            let seen = |pick: fn(&Observed) -> String| service.observed.as_ref().map_or_else(|| "-".to_owned(), pick);
            let instance = seen(|observed| observed.instance.clone().unwrap_or_else(|| "-".to_owned()));
            let check = seen(|observed| observed.check.to_owned());
            let painted = |word: &str| match word {
                "passed" | "running" => style.good(word),
                "failed" | "gone" | "terminated" | "shutting-down" | "stopped" | "stopping" => style.bad(word),
                "degraded" | "unknown" | "pending" => style.warn(word),
                _ => word.to_owned(),
            };
            rows.push(vec![
                format!("{number} {name}").into(),
                service.name.clone().into(),
                Cell::painted(service.state, style.state(service.state)),
                service.age.map_or_else(|| "-".to_owned(), duration).into(),
                Cell::painted(&instance, painted(&instance)),
                Cell::painted(&check, painted(&check)),
                service.moved_to.clone().or_else(|| service.address.clone()).unwrap_or_default().into(),
            ]);
        }
    }
    text.push_str(&table(2, &rows));
    text.push_str(&health.leases.lines(health.now, style));
    let is_read = health.services().any(ServiceHealth::is_broken_and_read);
    let failures = health
        .services()
        .filter_map(|service| Some((service.name.as_str(), service.instance_id.as_deref(), service.failure.as_ref()?)));
    for group in alike(failures) {
        text.push_str(&failure_text(&group.who(), group.failure, style));
        text.extend(group.failure.hint.iter().map(|hint| try_line(hint, &health.name, is_read, style)));
    }
    let mut told: BTreeMap<(&str, Option<&str>), Vec<&str>> = BTreeMap::new();
    for service in health.services() {
        if service.failure.is_some() {
            continue;
        }
        if let Some((seen, detail)) = service.observed.as_ref().and_then(|seen| Some((seen, seen.detail.as_ref()?))) {
            told.entry((detail, seen.hint)).or_default().push(&service.name);
        } else if let Some(reason) = &service.degraded {
            text.push_str(&format!("{} {}: {}\n", style.warn("!"), service.name, in_one_line(reason)));
        }
    }
    // A cloud that cannot be asked is reported once for all its instances.
    for ((detail, hint), services) in told {
        let more = services.len() - 1;
        let others = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.push_str(&format!("{} {}{others}: {}\n", style.warn("!"), services[0], in_one_line(detail)));
        if let Some(hint) = hint {
            text.push_str(&try_line(hint, &health.name, is_read, style));
        }
    }
    let mut configure = false;
    for service in health.services() {
        if let (Some(address), Some(recorded)) = (&service.moved_to, &service.address) {
            let name = &service.name;
            text.push_str(&format!("{} {name} is at {address} now; {recorded} is recorded\n", style.warn("!")));
        }
        configure |= !service.stale.is_empty();
        text.push_str(&stale_lines(&service.name, &service.stale, style));
    }
    if let Some((command, what)) = way_on(health, is_held, configure, is_read) {
        let name = &health.name;
        let mut rows: Vec<Vec<Cell>> = vec![vec![command.into(), what.into()]];
        if health.status == RunStatus::Terminating && health.services().any(|service| service.is_kept) {
            let insisting = format!("hoist plan terminate {name} --force");
            rows.push(vec![insisting.into(), "ends it even if its terminate program fails".into()]);
        }
        rows.push(vec![format!("hoist plan logs {name} SERVICE").into(), "shows what its programs printed".into()]);
        text.push_str(&table(2, &rows));
    }
    text
}

/// Returns the line with the remedy of a fault, which names the same repair as the end of the report; `is_read`: others
/// were configured with a service that is to be replaced.
fn try_line(hint: &str, run: &str, is_read: bool, style: Style) -> String {
    let hint = try_this(hint, run);
    let repair = format!("`hoist plan repair {run}");
    let hint = match is_read {
        true => hint.replace(&format!("{repair}`"), &format!("{repair} --with-dependents`")),
        false => hint,
    };
    format!("  {} {hint}\n", style.dim("try:"))
}

/// Returns the command to continue with and its effect; `configure`: boot programs have stale values.
fn way_on(health: &Health, is_held: bool, configure: bool, is_read: bool) -> Option<(String, &'static str)> {
    let name = &health.name;
    let repair = || format!("hoist plan repair {name}");
    let repair_readers = || format!("hoist plan repair {name} --with-dependents");
    match health.status {
        RunStatus::Terminated => None,
        // The process that holds the run continues it.
        _ if is_held => None,
        RunStatus::Up if !health.is_ill() && configure => {
            Some((repair_readers(), "runs the boot programs of such services again"))
        }
        RunStatus::Up if !health.is_ill() && health.services().any(|service| service.moved_to.is_some()) => {
            Some((format!("hoist plan resume {name}"), "takes the new address up"))
        }
        _ if !health.is_ill() => None,
        RunStatus::Booting if health.services().any(ServiceHealth::has_lost_its_machine) => {
            let command = if is_read { repair_readers() } else { repair() };
            let what = if is_read {
                "replaces what is broken, configures its readers again, and goes on"
            } else {
                "replaces what is broken, and goes on"
            };
            Some((command, what))
        }
        RunStatus::Booting => Some((format!("hoist plan resume {name}"), "goes on")),
        RunStatus::Terminating => Some((format!("hoist plan terminate {name}"), "goes on")),
        // Services that could not be checked may work.
        RunStatus::Failed if health.services().all(|service| !service.is_seen_broken()) => {
            Some((format!("hoist plan resume {name}"), "looks again"))
        }
        RunStatus::Up | RunStatus::Failed if configure => {
            Some((repair_readers(), "runs the boot programs of such services again, and replaces what is broken"))
        }
        RunStatus::Up | RunStatus::Failed if is_read => {
            Some((repair_readers(), "replaces what is broken, and runs the boot programs again that read its values"))
        }
        RunStatus::Up | RunStatus::Failed => Some((repair(), "replaces what is broken")),
    }
}
