//! The man pages and completion scripts that are checked in are those of the commands as they are defined.
//!
//! `HOIST_UPDATE=1 cargo test --test core generated` writes them anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use hoist::cli::{Cli, completion_script};

mod named;

#[test]
fn man_pages_are_up_to_date() {
    let mut pages = BTreeMap::new();
    let mut command = Cli::command();
    command.build();
    collect_pages(&command, "hoist", &mut pages);
    assert!(pages.len() > 16, "every command has a page");
    check("man", &pages);
}

/// The page of `command` and those of its subcommands, by file name.
fn collect_pages(command: &Command, name: &str, pages: &mut BTreeMap<String, Vec<u8>>) {
    let mut page = Vec::new();
    let titled = command.clone().name(name.to_owned()).bin_name(name.replace('-', " "));
    clap_mangen::Man::new(titled).date("").render(&mut page).expect("a page can be written to memory");
    pages.insert(format!("{name}.1"), page);
    for subcommand in command.get_subcommands() {
        collect_pages(subcommand, &format!("{name}-{}", subcommand.get_name()), pages);
    }
}

#[test]
fn completion_scripts_are_up_to_date() {
    let files = [
        ("bash", "hoist.bash"),
        ("zsh", "_hoist"),
        ("fish", "hoist.fish"),
        ("elvish", "hoist.elv"),
        ("powershell", "_hoist.ps1"),
    ];
    let scripts = files
        .map(|(shell, file)| (file.to_owned(), completion_script(shell).expect("the shell is supported").into_bytes()));
    check("completions", &BTreeMap::from(scripts));
}

/// Compares a directory of the repository with what it should hold, or writes that.
fn check(directory: &str, expected: &BTreeMap<String, Vec<u8>>) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let path = |name: &String| directory.join(name);
    let present = || -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&directory).expect("the directory is in the repository");
        entries.map(|entry| entry.expect("it can be read").path()).collect()
    };
    if std::env::var_os("HOIST_UPDATE").is_some() {
        std::fs::create_dir_all(&directory).expect("the directory can be made");
        present().iter().for_each(|file| std::fs::remove_file(file).expect("an old file can be removed"));
        for (name, content) in expected {
            std::fs::write(path(name), content).expect("a file can be written");
        }
    }
    let stale: Vec<&String> = expected
        .iter()
        .filter(|(name, content)| std::fs::read(path(name)).ok().as_ref() != Some(*content))
        .map(|(name, _)| name)
        .collect();
    let extra: Vec<PathBuf> =
        present().into_iter().filter(|file| !expected.keys().any(|name| path(name) == *file)).collect();
    assert!(
        stale.is_empty() && extra.is_empty(),
        "stale: {stale:?}, left over: {extra:?}; write them anew with HOIST_UPDATE=1 cargo test --test core generated"
    );
}
