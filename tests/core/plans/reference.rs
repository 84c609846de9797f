//! `docs/plan.md` names every key that a plan or a rehearsal may have, and no other.

use std::collections::BTreeSet;
use std::path::Path;

const REFERENCE: &str = include_str!("../../../docs/plan.md");

fn source(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The first words of the tables' rows in a part of the reference.
fn rows(part: &str) -> BTreeSet<String> {
    let rows = part.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(key, _)| key.to_owned()).collect()
}

/// What is read by these methods of the reader of tables: words in quotes after `METHOD(`, perhaps after the table.
fn keys_read(text: &str) -> BTreeSet<String> {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let methods = "string text texts scalar integer number boolean boolean_or duration limit choice choices one_or_several table pairs \
                   pairs_and_tables get program path";
    let mut keys = BTreeSet::new();
    for method in methods.split_whitespace() {
        for (at, call) in text.match_indices(&format!("{method}(")) {
            let before = text[..at].chars().next_back();
            let rest = text[at + call.len()..].trim_start().trim_start_matches("table, ");
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            keys.extend(rest.strip_prefix('"').and_then(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }
    keys
}

#[test]
fn every_key_of_a_plan_is_in_the_reference() {
    let (plan, _) = REFERENCE.split_once("\n## Faults\n").unwrap();
    let files = ["mod", "service", "elastic", "ssh", "hardware"].map(|name| source(&format!("plan/native/{name}.rs")));
    let read = files.iter().flat_map(|text| keys_read(text)).collect::<BTreeSet<_>>();
    assert!(read.len() > 50 && read.contains("max_price") && read.contains("on_failure"), "{read:?}");
    let of_providers = source("plan/gce_settings.rs");
    let keys = of_providers.split("key: \"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
    assert_eq!(rows(plan), read.into_iter().chain(keys).collect());
}

#[test]
fn every_key_and_kind_of_a_fault_is_in_the_reference() {
    let (_, faults) = REFERENCE.split_once("\n## Faults\n").unwrap();
    let text = source("cloud/faults/file.rs");
    let (_, fields) = text.split_once("struct RawFault {").unwrap();
    let fields = fields.split_once('}').unwrap().0.lines().filter_map(|line| line.trim().split_once(": "));
    let mut known: BTreeSet<String> = fields.map(|(name, _)| name.to_owned()).collect();
    known.insert("fault".to_owned());
    let (_, names) = text.split_once("fn name(self)").unwrap();
    let kinds = names.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split('"').nth(1));
    known.extend(kinds.map(str::to_owned));
    assert!(known.contains("exit_code") && known.contains("unreachable"), "{known:?}");
    assert_eq!(rows(faults), known);
}
