//! A plan as text for a person.

use std::fmt::Write as _;
use std::path::Path;

use super::on_host;
use super::replicas::groups;
use super::written::{shown_duration, shown_lease};
use crate::diagnostics::printable;
use crate::plan::{
    DEFAULT_CHECK_RETRIES, DEFAULT_PROGRAM_TIMEOUT, LaunchSpec, Lease, Market, NO_LIMIT, OnFailure, Plan, Program,
    RunOn, Service, SshAddress, Text, local_time,
};
use crate::report::count;

/// Maximum width of the text, in columns.
const WIDTH: usize = 80;

/// Formats the plan for a person, at most 80 columns wide. Replicas are shown once; paths are relative to the plan's
/// directory.
pub fn show_human(plan: &Plan) -> String {
    let mut text =
        format!("{}: {} in {}\n", plan.name, count(plan.service_count(), "service"), count(plan.levels.len(), "level"));
    let directory = plan.file.parent().unwrap_or(Path::new("/"));
    let variables: Vec<(String, String)> =
        plan.variables.iter().map(|(name, value)| (format!("global.{name}"), value.clone())).collect();
    rows(&mut text, "  ", &variables);
    for level in &plan.levels {
        let _ = write!(text, "\nlevel {}", level.number);
        if level.name != format!("level{}", level.number) {
            let _ = write!(text, "  {}", level.name);
        }
        text.push('\n');
        for group in groups(&level.services) {
            line(&mut text, "  ", &title(group));
            rows(&mut text, "    ", &details(plan, &group[0], directory));
        }
    }
    text
}

fn title(group: &[Service]) -> String {
    match group {
        [one] => one.name.clone(),
        [first, .., last] => format!("{} … {}  ({} replicas)", first.name, last.name, group.len()),
        [] => String::new(),
    }
}

fn details(plan: &Plan, service: &Service, directory: &Path) -> Vec<(String, String)> {
    let mut rows = vec![("runs on".to_owned(), place(plan, service))];
    rows.extend(service.launch.iter().flat_map(|launch| terms(plan, service, launch)));
    for (kind, program) in service.programs.iter() {
        let mut words = vec![shown_path(&program.file.path, directory)];
        words.extend(program.args.iter().map(|arg| quoted(arg.as_str())));
        rows.push((kind.to_owned(), words.join(" ")));
        if let Some(config) = &program.config {
            rows.push((String::new(), format!("config {}", shown_path(&config.path, directory))));
        }
        let limits = limits(kind, program);
        if !limits.is_empty() {
            rows.push((String::new(), limits));
        }
    }
    if let Some(elastic) = &service.elastic {
        let stop = elastic.stop.as_ref().map(|words| format!(", stopped by {}", words.join(" ")));
        rows.push(("elastic".to_owned(), printable(&format!("runs a scaler{}", stop.unwrap_or_default()))));
    }
    rows.extend(on_host::rows(service));
    rows.extend(service.attributes.iter().map(|(name, value)| (name.clone(), format!("= {value}"))));
    rows.extend(service.secrets.iter().map(|(name, source)| (name.clone(), format!("secret, from {source}"))));
    rows
}

fn place(plan: &Plan, service: &Service) -> String {
    let mut parts = Vec::new();
    if let Some(launch) = &service.launch {
        parts.push(format!("an instance of {}", service.cloud));
        let region = plan.clouds.get(&service.cloud).and_then(|cloud| cloud.region.as_ref());
        parts.extend(region.filter(|region| **region != service.cloud).cloned());
        parts.extend(Some(in_turn(&launch.instance_types)).filter(|types| !types.is_empty()));
        parts.extend(launch.image.as_ref().map(Text::to_string));
    }
    parts.extend(service.address.as_ref().map(|address| format!("the host {address}")));
    if service.run_on == RunOn::ThisHost {
        parts.insert(0, "this host".to_owned());
    }
    parts.join(", ")
}

/// Describes the terms of a launch: its alternatives in order, and its price and time limits.
fn terms(plan: &Plan, service: &Service, launch: &LaunchSpec) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut row = |label: &str, value: String| {
        if !value.is_empty() {
            rows.push((label.to_owned(), value));
        }
    };
    row("zone", in_turn(&launch.zones));
    row("subnet", in_turn(&launch.subnets));
    let mut markets: Vec<String> = launch
        .markets
        .iter()
        .map(|market| match market {
            Market::Spot => "spot".to_owned(),
            Market::OnDemand => "on-demand".to_owned(),
        })
        .collect();
    if let (Some(price), Some(spot)) = (&launch.max_price, markets.iter_mut().find(|market| *market == "spot")) {
        spot.push_str(&format!(" at most at {price} dollars an hour"));
    }
    row("market", markets.join(", then "));
    row("disk", launch.disk.as_ref().map(ToString::to_string).unwrap_or_default());
    row("metadata hops", launch.metadata_hop_limit.map(|hops| hops.to_string()).unwrap_or_default());
    row("reservation", launch.capacity_reservation.as_ref().map(Text::to_string).unwrap_or_default());
    row("placement group", launch.placement_group.as_ref().map(Text::to_string).unwrap_or_default());
    row("tenancy", launch.tenancy.map(|tenancy| tenancy.as_str().to_owned()).unwrap_or_default());
    if service.ssh.address == SshAddress::Private {
        row("ssh", "by its private address".to_owned());
    }
    let lease = plan.lease_of(service).map(|lease| match lease {
        Lease::For(_) => shown_lease(lease),
        Lease::Until(end) => local_time(end),
    });
    row("lease", lease.unwrap_or_default());
    rows
}

fn in_turn(texts: &[Text]) -> String {
    texts.iter().map(Text::to_string).collect::<Vec<_>>().join(", then ")
}

/// Describes limits of a program that differ from the defaults.
fn limits(kind: &str, program: &Program) -> String {
    let mut parts = Vec::new();
    if program.timeout != DEFAULT_PROGRAM_TIMEOUT {
        parts.push(match program.timeout {
            NO_LIMIT => "no time limit".to_owned(),
            limit => format!("at most {}", shown_duration(limit)),
        });
    }
    let usual = if kind == "ready" { DEFAULT_CHECK_RETRIES } else { 0 };
    if program.retries != usual {
        parts.push(match program.retries {
            1 => "1 retry".to_owned(),
            retries => format!("{retries} retries"),
        });
    }
    if program.optional {
        parts.push("optional".to_owned());
    }
    if program.on_failure == OnFailure::Continue {
        parts.push("goes on where it fails".to_owned());
    }
    parts.join(", ")
}

fn shown_path(path: &Path, directory: &Path) -> String {
    path.strip_prefix(directory).unwrap_or(path).display().to_string()
}

fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\'));
    if plain { word.to_owned() } else { format!("{word:?}") }
}

/// Writes labels and values in two columns.
fn rows(text: &mut String, indent: &str, rows: &[(String, String)]) {
    const WIDEST_LABEL: usize = 24;
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).min(WIDEST_LABEL);
    for (label, value) in rows {
        line(text, indent, &format!("{label:width$}  {value}"));
    }
}

/// Writes one line with control characters escaped, truncated to the width.
fn line(text: &mut String, indent: &str, content: &str) {
    let room = WIDTH - indent.len();
    let clean = printable(content);
    text.push_str(indent);
    if clean.chars().count() > room {
        text.extend(clean.chars().take(room - 1));
        text.push('…');
    } else {
        text.push_str(clean.trim_end());
    }
    text.push('\n');
}
