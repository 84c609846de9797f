//! Attributes that reference themselves through others.

use std::collections::HashMap;

use super::attributes::ALWAYS_FIRST;
use super::diagnostic_sink::DiagnosticSink;
use super::located::Located;
use super::service_index::ServiceIndex;
use super::text::{Reference, Text};
use crate::diagnostics::Place;

/// A text with references: an attribute of a declared service, or a variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum NodeKey<'a> {
    Attribute(usize, &'a str),
    Variable(&'a str),
}

struct CycleNode<'a> {
    key: NodeKey<'a>,
    place: &'a Place,
    text: &'a Text,
}

/// The state of a node in the search.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Unseen,
    Open,
    Done,
}

/// Reports every cycle once, with all its members.
///
/// Replicas have equal texts, so they share a node: there is a cycle among them exactly if the shared nodes have one.
pub(super) fn report<'a>(
    names: &'a ServiceIndex<'a>,
    variables: impl Iterator<Item = (&'a str, &'a Place, &'a Text)>,
    findings: &DiagnosticSink,
) {
    let attributes = names.declared.iter().enumerate().flat_map(|(position, declared)| {
        // Attributes that take precedence are read in place of an attribute with the same name.
        let read =
            |(name, text): &(&String, &Located<Text>)| !text.value.is_plain() && !ALWAYS_FIRST.contains(&name.as_str());
        declared.draft.fields.attributes.iter().filter(read).map(move |(name, text)| CycleNode {
            key: NodeKey::Attribute(position, name),
            place: &text.place,
            text: &text.value,
        })
    });
    let variables = variables.map(|(name, place, text)| CycleNode { key: NodeKey::Variable(name), place, text });
    let nodes: Vec<CycleNode<'a>> = attributes.chain(variables).collect();
    let positions: HashMap<NodeKey<'a>, usize> = nodes.iter().enumerate().map(|(at, node)| (node.key, at)).collect();
    let edges: Vec<Vec<(usize, Reference)>> = nodes
        .iter()
        .map(|node| {
            let targets = node.text.references().filter_map(|reference| {
                let key = target(names, node.key, &reference)?;
                // The key borrows the reference; the position outlives it.
                let at = find(&positions, &key)?;
                Some((at, reference))
            });
            targets.collect()
        })
        .collect();
    let mut marks = vec![Mark::Unseen; nodes.len()];
    for start in 0..nodes.len() {
        if marks[start] == Mark::Unseen {
            search(start, &nodes, &edges, names, &mut marks, findings);
        }
    }
}

fn find(positions: &HashMap<NodeKey<'_>, usize>, key: &NodeKey<'_>) -> Option<usize> {
    positions.get(key).copied()
}

fn target<'r>(names: &ServiceIndex<'_>, from: NodeKey<'_>, reference: &'r Reference) -> Option<NodeKey<'r>> {
    match (reference, from) {
        (Reference::Global(name), _) => Some(NodeKey::Variable(name)),
        (Reference::Own(attribute), NodeKey::Attribute(service, _)) => Some(NodeKey::Attribute(service, attribute)),
        (Reference::Own(_), NodeKey::Variable(_)) => None,
        (Reference::Service { service, attribute }, _) => Some(NodeKey::Attribute(names.get(service)?, attribute)),
    }
}

/// Searches depth first, with an explicit stack: a chain may be as long as the plan.
fn search(
    start: usize,
    nodes: &[CycleNode<'_>],
    edges: &[Vec<(usize, Reference)>],
    names: &ServiceIndex<'_>,
    marks: &mut [Mark],
    findings: &DiagnosticSink,
) {
    let mut path: Vec<(usize, usize)> = vec![(start, 0)];
    marks[start] = Mark::Open;
    while let Some((node, next)) = path.last_mut() {
        let node = *node;
        let Some(&(to, _)) = edges[node].get(*next) else {
            marks[node] = Mark::Done;
            path.pop();
            continue;
        };
        *next += 1;
        match marks[to] {
            Mark::Done => {}
            Mark::Unseen => {
                marks[to] = Mark::Open;
                path.push((to, 0));
            }
            Mark::Open => {
                let from = path.iter().position(|&(on_path, _)| on_path == to).unwrap_or(0);
                let circle: Vec<usize> = path[from..].iter().map(|&(at, _)| at).collect();
                findings.error(nodes[to].place, message(&circle, nodes, names));
            }
        }
    }
}

/// Returns the message that the first of these references itself through the others.
fn message(circle: &[usize], nodes: &[CycleNode<'_>], names: &ServiceIndex<'_>) -> String {
    /// The maximum number of members listed. Of the others, only the number is told.
    const SHOWN: usize = 30;
    let member = |&at: &usize| shown(&nodes[at].key, names);
    let first = circle.first().map(member).unwrap_or_default();
    if circle.len() == 1 {
        return format!("{first} reads itself");
    }
    let mut members: Vec<String> = circle.iter().take(SHOWN).map(member).collect();
    if circle.len() > SHOWN {
        members.push(format!("… {} more …", circle.len() - SHOWN));
    }
    members.push(first.clone());
    format!("{first} reads itself, in a circle: {}", members.join(" → "))
}

fn shown(key: &NodeKey<'_>, names: &ServiceIndex<'_>) -> String {
    match key {
        NodeKey::Attribute(service, attribute) => format!("{}.{attribute}", names.declared[*service].draft.name.value),
        NodeKey::Variable(name) => format!("global.{name}"),
    }
}
