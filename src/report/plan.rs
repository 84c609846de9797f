//! A plan as JSON, as text, and as a graph.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::on_host;
use crate::plan::{
    DEFAULT_CHECK_RETRIES, DEFAULT_PROGRAM_TIMEOUT, LaunchSpec, Lease, Market, NO_LIMIT, OnFailure, Plan, PlanIndex,
    Program, Reference, RunOn, Service, SshAddress, Text, local_time,
};

/// The width that the text fits.
const WIDTH: usize = 80;

/// The plan in the shape that `plan show -o json` promises: schema 1, attributes and arguments as written.
pub fn show_json(plan: &Plan) -> Value {
    let levels: Vec<Value> = plan
        .levels
        .iter()
        .map(|level| {
            let services: Vec<Value> = level.services.iter().map(|service| service_json(plan, service)).collect();
            json!({ "number": level.number, "name": level.name, "services": services })
        })
        .collect();
    json!({ "schema": 1, "plan": plan.name, "levels": levels })
}

fn service_json(plan: &Plan, service: &Service) -> Value {
    let launch = service.launch.as_ref();
    let program = |program: &Option<Program>| match program {
        None => Value::Null,
        Some(program) => json!({
            "program": program.file.path,
            "args": program.args,
            "config": program.config.as_ref().map(|config| &config.path),
        }),
    };
    let mut attributes = json!(service.attributes);
    for (name, source) in &service.secrets {
        attributes[name] = json!({ "secret": source.to_string() });
    }
    let mut document = json!({
        "name": service.name,
        "cloud": service.cloud,
        "region": plan.clouds.get(&service.cloud).and_then(|cloud| cloud.region.as_ref()),
        "image": launch.and_then(|launch| launch.image.as_ref()),
        "instance_type": launch.and_then(|launch| launch.instance_types.first()),
        "key_name": launch.and_then(|launch| launch.key_name.as_ref()),
        "address": service.address,
        "run_on": service.run_on,
        "ssh_user": service.ssh.user,
        "boot": program(&service.programs.boot),
        "ready": program(&service.programs.ready),
        "terminate": program(&service.programs.terminate),
        "attributes": attributes,
    });
    for (key, value) in on_host::given(&service.ssh) {
        document[key] = value;
    }
    if service.programs.terminate.as_ref().is_some_and(|program| program.on_failure == OnFailure::Continue) {
        document["terminate"]["on_failure"] = json!(OnFailure::Continue);
    }
    if let Some(launch) = launch {
        let given = [
            ("instance_types", json!(launch.instance_types)),
            ("zones", json!(launch.zones)),
            ("subnets", json!(launch.subnets)),
            ("markets", json!(launch.markets)),
        ];
        for (key, values) in given {
            if values.as_array().is_some_and(|values| !values.is_empty()) {
                document[key] = values;
            }
        }
        if let Some(price) = &launch.max_price {
            document["max_price"] = json!(price);
        }
        if let Some(disk) = &launch.disk {
            document["disk"] = json!(disk);
        }
        if let Some(hops) = launch.metadata_hop_limit {
            document["metadata_hop_limit"] = json!(hops);
        }
        if let Some(reservation) = &launch.capacity_reservation {
            document["capacity_reservation"] = json!(reservation);
        }
        if let Some(group) = &launch.placement_group {
            document["placement_group"] = json!(group);
        }
        if let Some(tenancy) = launch.tenancy {
            document["tenancy"] = json!(tenancy);
        }
        if service.ssh.address == SshAddress::Private {
            document["ssh_address"] = json!(service.ssh.address);
        }
        if let Some(lease) = plan.lease_of(service) {
            document["lease"] = json!(shown_lease(lease));
        }
    }
    document
}

/// The plan for a person, at most 80 columns wide. Replicas are shown once; paths are as seen from the plan's
/// directory.
pub fn show_human(plan: &Plan) -> String {
    let mut text = format!(
        "{}: {} in {}\n",
        plan.name,
        counted(plan.service_count(), "service"),
        counted(plan.levels.len(), "level")
    );
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

/// Runs of replicas of the same service.
fn groups(services: &[Service]) -> impl Iterator<Item = &[Service]> {
    services.chunk_by(|a, b| a.replica_of.is_some() && a.replica_of == b.replica_of)
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

/// What else is tried, in which order, for how much and for how long.
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

/// As plans write it.
fn shown_lease(lease: Lease) -> String {
    match lease {
        Lease::For(length) => shown_duration(length),
        Lease::Until(end) => end.to_string(),
    }
}

/// What of a program's limits is not as usual.
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

fn shown_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect()
}

fn shown_path(path: &Path, directory: &Path) -> String {
    path.strip_prefix(directory).unwrap_or(path).display().to_string()
}

fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\'));
    if plain { word.to_owned() } else { format!("{word:?}") }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Labels and values in two columns.
fn rows(text: &mut String, indent: &str, rows: &[(String, String)]) {
    const WIDEST_LABEL: usize = 24;
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).min(WIDEST_LABEL);
    for (label, value) in rows {
        line(text, indent, &format!("{label:width$}  {value}"));
    }
}

/// One line, its control characters escaped, cut where it would not fit.
fn line(text: &mut String, indent: &str, content: &str) {
    let room = WIDTH - indent.len();
    let clean: String =
        content.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect();
    text.push_str(indent);
    if clean.chars().count() > room {
        text.extend(clean.chars().take(room - 1));
        text.push('…');
    } else {
        text.push_str(clean.trim_end());
    }
    text.push('\n');
}

/// The plan as a graph for Graphviz: a cluster for each level, a node for each service (replicas share one), an edge
/// from each reader to what it reads.
pub fn show_dot(plan: &Plan) -> String {
    let index = PlanIndex::new(std::sync::Arc::new(plan.clone()));
    let mut dot = format!("digraph {} {{\n  rankdir=LR;\n  node [shape=box];\n", dot_quoted(&plan.name));
    for (position, level) in plan.levels.iter().enumerate() {
        let label = format!("{} {}", level.number, level.name);
        let _ = write!(dot, "  subgraph cluster_{position} {{\n    label={};\n", dot_quoted(&label));
        for group in groups(&level.services) {
            let label = match group.len() {
                1 => group[0].name.clone(),
                replicas => format!("{} ×{replicas}", node(&group[0])),
            };
            let _ = writeln!(dot, "    {} [label={}];", dot_quoted(node(&group[0])), dot_quoted(&label));
        }
        dot.push_str("  }\n");
    }
    let mut edges = BTreeSet::new();
    for group in plan.levels.iter().flat_map(|level| groups(&level.services)) {
        for reference in group[0].texts().flat_map(|text| text.references().collect::<Vec<_>>()) {
            if let Reference::Service { service, attribute } = reference
                && let Some(target) = index.service(&service)
            {
                edges.insert((node(&group[0]).to_owned(), node(target).to_owned(), attribute));
            }
        }
    }
    for (from, to, attribute) in edges {
        let _ = writeln!(dot, "  {} -> {} [label={}];", dot_quoted(&from), dot_quoted(&to), dot_quoted(&attribute));
    }
    dot.push_str("}\n");
    dot
}

fn node(service: &Service) -> &str {
    service.replica_of.as_deref().unwrap_or(&service.name)
}

fn dot_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
