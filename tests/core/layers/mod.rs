//! The layers: who may import whom, in no circles, and how long a file may get.

mod circles;
mod crate_map;
mod picture;
mod reached;
mod rooms;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hoist_test_support::{place, tree};

use rooms::ROOMS;

/// Files that may import anything: what only names the layers, or calls the outermost one.
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

/// A longer file holds more than its name says.
const LINE_LIMIT: usize = 400;

/// As `rustfmt.toml` has it for code.
const WIDTH: usize = 120;

/// Where rooms are: the program's own, and those of the crate that it passes on under the same names.
const SOURCES: [&str; 2] = ["src", "crates/engines/src"];

/// Each source file by its path in its crate, with its text. The roots of a room that is in both crates are one: what
/// the program's says.
fn source_files() -> Vec<(PathBuf, String)> {
    let mut found = BTreeMap::new();
    for source in SOURCES {
        let root = place::repository().join(source);
        let files = tree::files(&root);
        let files: Vec<_> = files.iter().filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
        assert!(!files.is_empty(), "no source files in {source}");
        for path in files {
            let text = fs::read_to_string(path).unwrap();
            found.entry(path.strip_prefix(&root).unwrap().to_path_buf()).or_insert(text);
        }
    }
    found.into_iter().collect()
}

/// A source file by its path in the repository.
fn shown(file: &Path) -> String {
    let paths = SOURCES.map(|source| format!("{source}/{}", file.display()));
    paths.into_iter().find(|path| place::repository().join(path).exists()).unwrap()
}

/// The layers that a file imports, each with the line of its first import.
fn imports(text: &str) -> BTreeSet<(String, usize)> {
    let text = without_comments(text);
    let mut found = BTreeSet::new();
    for name in ["crate", "hoist", "hoist_engines"] {
        for (at, path) in text.match_indices(&format!("{name}::")) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':')) {
                continue;
            }
            let line = text[..at].lines().count().max(1);
            found.extend(heads(&text[at + path.len()..]).into_iter().map(|head| (head, line)));
        }
    }
    found
}

/// The first names of what follows `crate::`: one, or each of a braced list.
fn heads(rest: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(list) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let mut depth = 0;
    let mut heads = vec![name(list.trim_start())];
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(name(list[at + 1..].trim_start())),
            _ => {}
        }
    }
    heads
}

/// The text with its line comments blanked, so that only code counts and lines keep their numbers.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code)).collect::<Vec<_>>().join("\n")
}

fn layer_of(file: &Path) -> Option<&str> {
    let first = file.components().next()?.as_os_str().to_str()?;
    Some(first.strip_suffix(".rs").unwrap_or(first))
}

#[test]
fn imports_point_inward() {
    let layers: Vec<&str> = ROOMS.iter().map(|room| room.name).collect();
    let mut wrong = Vec::new();
    for (file, text) in source_files() {
        if ROOTS.iter().any(|root| file == Path::new(root)) {
            continue;
        }
        let layer = layer_of(&file).unwrap();
        let Some(allowed) = ROOMS.iter().find(|room| room.name == layer).map(|room| room.imports) else {
            wrong.push(format!(
                "{}: {layer} is no layer; add it to tests/core/layers/rooms.rs with what it may import",
                shown(&file)
            ));
            continue;
        };
        for (import, line) in imports(&text) {
            let known = layers.contains(&import.as_str());
            if known && import != layer && !allowed.contains(&import.as_str()) {
                let may = if allowed.is_empty() { "nothing of ours".to_owned() } else { allowed.join(", ") };
                wrong.push(format!("{}:{line}: {layer} imports {import}, but may import {may}", shown(&file)));
            }
        }
    }
    assert!(wrong.is_empty(), "imports must point inward:\n{}", wrong.join("\n"));
}

#[test]
fn files_stay_short() {
    let long: Vec<String> = source_files()
        .into_iter()
        .map(|(file, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines > LINE_LIMIT)
        .map(|(file, lines)| format!("{} has {lines} lines", shown(&file)))
        .collect();
    assert!(
        long.is_empty(),
        "files of more than {LINE_LIMIT} lines hold more than their name says:\n{}",
        long.join("\n")
    );
}

#[test]
fn imports_are_found_however_they_are_written() {
    let text = "
        use crate::plan::Plan; // and crate::cli::run, which is a comment
        use crate::{engine::{Cloud, Host}, state, report as r};
        fn f() -> crate::host::Thing { $crate::cloud::f(); xcrate::cli::f() }
    ";
    let found: Vec<String> = imports(text).into_iter().map(|(name, line)| format!("{name}:{line}")).collect();
    assert_eq!(found, ["cloud:4", "engine:3", "host:4", "plan:2", "report:3", "state:3"]);
}

#[test]
fn comments_keep_to_the_width() {
    let is_too_wide = |line: &&str| {
        let text = line.trim_start();
        // Rows of tables cannot be broken.
        text.starts_with("//")
            && !text.trim_start_matches(['/', '!', ' ']).starts_with('|')
            && line.chars().count() > WIDTH
    };
    let mut wide = Vec::new();
    for (file, text) in source_files() {
        let lines = text.lines().enumerate().filter(|(_, line)| is_too_wide(line));
        wide.extend(lines.map(|(at, _)| format!("{}:{}", shown(&file), at + 1)));
    }
    assert!(wide.is_empty(), "comments of more than {WIDTH} columns:\n{}", wide.join("\n"));
}
