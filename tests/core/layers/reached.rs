//! Every file of the tests and the benchmarks is compiled: a program or the crate that they share names it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hoist_test_support::{place, tree};
use syn::Item;

/// Where each program has a directory with a `main.rs`.
const PROGRAMS: [&str; 3] = ["tests", "benches", "tests/support/tests"];

/// What the programs of the tests share.
const SHARED: &str = "tests/support/src/lib.rs";

/// The files that `file` names by `mod`, and those that they name, as far as they exist.
fn reach(file: &Path, directory: &Path, reached: &mut BTreeSet<PathBuf>) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    reached.insert(file.to_owned());
    for item in &parsed.items {
        let Item::Mod(inner) = item else { continue };
        let below = directory.join(inner.ident.to_string());
        for named in [below.with_extension("rs"), below.join("mod.rs")] {
            if inner.content.is_none() && named.exists() {
                reach(&named, &below, reached);
            }
        }
    }
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

#[test]
fn no_test_is_forgotten() {
    let mut roots = vec![place::repository().join(SHARED)];
    for programs in PROGRAMS {
        let programs = fs::read_dir(place::repository().join(programs)).unwrap();
        roots.extend(programs.map(|entry| entry.unwrap().path().join("main.rs")).filter(|main| main.exists()));
    }
    let mut reached = BTreeSet::new();
    for root in &roots {
        reach(root, root.parent().unwrap(), &mut reached);
    }
    let written = PROGRAMS.iter().flat_map(|directory| tree::files(&place::repository().join(directory)));
    let forgotten: Vec<PathBuf> = written.filter(|file| is_rust(file) && !reached.contains(file)).collect();
    assert!(forgotten.is_empty(), "no program names these by `mod`: {forgotten:#?}");
    assert!(reached.len() > 10 * roots.len(), "only {} files were found", reached.len());
}

#[test]
fn a_module_is_where_its_name_says() {
    // Written in two parts, so that this line is none of those that it looks for.
    let attribute = ["#[", "path"].concat();
    let files = PROGRAMS.iter().flat_map(|directory| tree::files(&place::repository().join(directory)));
    let elsewhere: Vec<PathBuf> =
        files.filter(|file| is_rust(file) && fs::read_to_string(file).unwrap().contains(&attribute)).collect();
    assert!(elsewhere.is_empty(), "these name modules that are elsewhere: {elsewhere:#?}");
}
