//! Files form no circles: what a file uses can be understood without the file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::crate_map::CrateMap;
use super::source_files;

#[test]
fn files_form_no_circles() {
    let files = source_files();
    let map = CrateMap::new(files.iter().map(|(file, text)| (file.as_path(), text.as_str())));
    let uses = map.uses();
    let edges: usize = uses.values().map(BTreeSet::len).sum();
    assert!(edges > 2 * files.len(), "only {edges} uses were found between {} files", files.len());
    let circles = circles(&uses);
    assert!(circles.is_empty(), "files that use each other:\n{}", circles.join("\n"));
}

#[test]
fn circles_are_found_through_what_is_passed_on_and_within_macros() {
    let of = |files: &[(&str, &str)]| {
        let map = CrateMap::new(files.iter().map(|(file, text)| (Path::new(*file), *text)));
        circles(&map.uses())
    };
    let root = ("a/mod.rs", "mod one; mod two; pub use one::One; pub use two::Two;");
    let one = ("a/one.rs", "use super::Two; pub struct One(Two);");
    assert_eq!(of(&[root, one, ("a/two.rs", "pub struct Two;")]), [""; 0]);
    let back = [
        "use crate::a::One; pub struct Two;",
        "pub struct Two; fn f() { let _ = super::One; }",
        "pub struct Two; fn f() { vec![super::one::One(Two)]; }",
        "pub struct Two; mod inner { use super::super::One; }",
    ];
    for two in back {
        assert_eq!(of(&[root, one, ("a/two.rs", two)]), ["a/one.rs a/two.rs"], "{two}");
    }
    let harmless = [
        "pub struct Two; #[cfg(test)] mod tests { use super::super::One; }",
        "pub struct Two; // crate::a::One\nconst TEXT: &str = \"crate::a::One\";",
        "pub use super::One; pub struct Two;",
    ];
    for two in harmless {
        assert_eq!(of(&[root, one, ("a/two.rs", two)]), [""; 0], "{two}");
    }
}

/// The sets of files each of which uses all others, by whatever way.
fn circles(uses: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let reach = |from: &str| {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&str> = uses.get(from).into_iter().flatten().copied().collect();
        while let Some(file) = next.pop() {
            if reached.insert(file.to_owned()) {
                next.extend(uses.get(file).into_iter().flatten());
            }
        }
        reached
    };
    let reached: BTreeMap<&str, BTreeSet<String>> = uses.keys().map(|file| (*file, reach(file))).collect();
    let mut found = BTreeSet::new();
    for (file, of_it) in &reached {
        let circle: Vec<&str> = of_it
            .iter()
            .map(String::as_str)
            .filter(|other| reached.get(other).is_some_and(|of_other| of_other.contains(*file)))
            .collect();
        if !circle.is_empty() {
            found.insert(circle.join(" "));
        }
    }
    found.into_iter().collect()
}
