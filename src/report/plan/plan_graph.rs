//! A plan as a graph.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::replicas::{groups, node};
use crate::plan::{Plan, PlanIndex, Reference};

/// Formats the plan as a graph for Graphviz: a cluster per level, a node per service (shared by its replicas), and an
/// edge from each reader to the service it reads.
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
