//! Attributes that read themselves by way of others.

use std::collections::HashMap;

use super::attributes::ALWAYS_FIRST;
use super::names::Names;
use super::place::{Place, Sited};
use super::problem::Findings;
use super::text::{Reference, Text};

/// A text that reads others: an attribute of a declared service, or a variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    Attribute(usize, &'a str),
    Variable(&'a str),
}

struct Node<'a> {
    key: Key<'a>,
    place: &'a Place,
    text: &'a Text,
}

/// How far the search of a node has come.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Unseen,
    Open,
    Done,
}

/// Reports every circle once, with all its members.
///
/// Replicas have equal texts, so they share a node: a circle among them exists exactly when the shared nodes have one.
pub(super) fn report<'a>(
    names: &'a Names<'a>,
    variables: impl Iterator<Item = (&'a str, &'a Place, &'a Text)>,
    findings: &Findings,
) {
    let attributes = names.declared.iter().enumerate().flat_map(|(position, declared)| {
        // What always comes first is read instead of an attribute of that name.
        let read =
            |(name, text): &(&String, &Sited<Text>)| !text.value.is_plain() && !ALWAYS_FIRST.contains(&name.as_str());
        declared.draft.fields.attributes.iter().filter(read).map(move |(name, text)| Node {
            key: Key::Attribute(position, name),
            place: &text.place,
            text: &text.value,
        })
    });
    let variables = variables.map(|(name, place, text)| Node { key: Key::Variable(name), place, text });
    let nodes: Vec<Node<'a>> = attributes.chain(variables).collect();
    let positions: HashMap<Key<'a>, usize> = nodes.iter().enumerate().map(|(at, node)| (node.key, at)).collect();
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

fn find(positions: &HashMap<Key<'_>, usize>, key: &Key<'_>) -> Option<usize> {
    positions.get(key).copied()
}

fn target<'r>(names: &Names<'_>, from: Key<'_>, reference: &'r Reference) -> Option<Key<'r>> {
    match (reference, from) {
        (Reference::Global(name), _) => Some(Key::Variable(name)),
        (Reference::Own(attribute), Key::Attribute(service, _)) => Some(Key::Attribute(service, attribute)),
        (Reference::Own(_), Key::Variable(_)) => None,
        (Reference::Service { service, attribute }, _) => Some(Key::Attribute(names.get(service)?, attribute)),
    }
}

/// Depth first, with its own stack: a chain may be as long as the plan.
fn search(
    start: usize,
    nodes: &[Node<'_>],
    edges: &[Vec<(usize, Reference)>],
    names: &Names<'_>,
    marks: &mut [Mark],
    findings: &Findings,
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

/// Says that the first of these reads itself by way of the others.
fn message(circle: &[usize], nodes: &[Node<'_>], names: &Names<'_>) -> String {
    /// More members than this are not read by anyone; how many there are is.
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

fn shown(key: &Key<'_>, names: &Names<'_>) -> String {
    match key {
        Key::Attribute(service, attribute) => format!("{}.{attribute}", names.declared[*service].draft.name.value),
        Key::Variable(name) => format!("global.{name}"),
    }
}
