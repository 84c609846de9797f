//! The submit descriptions of a DAG's nodes.
//!
//! Notation: HTCondor's manual, "DAGMan Input File". Only the commands that name node jobs or other DAG files are read;
//! DAGMan itself reads the rest.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The deepest nesting of DAG files.
const DEEPEST: usize = 32;

/// The most bytes of a DAG file.
const LARGEST: u64 = 64 << 20;

/// The submit description of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DagNode {
    /// The node's name.
    pub(super) name: String,
    /// Where its jobs are described.
    pub(super) description: Description,
    /// The directory in which it is submitted.
    pub(super) directory: PathBuf,
    /// Its macros (`VARS`), each as `NAME=VALUE`.
    pub(super) macros: Vec<String>,
}

/// A submit description.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Description {
    /// A file, relative to the node's directory.
    File(String),
    /// The text in the DAG file.
    Text(String),
}

/// What is read of a DAG file.
#[derive(Default)]
struct DagReader {
    nodes: Vec<DagNode>,
    macros: BTreeMap<String, Vec<String>>,
    described: BTreeMap<String, String>,
}

/// Returns the nodes of a DAG and of those that it splices, includes or runs. The last may be made while it runs: one
/// that does not exist yet has no nodes.
///
/// # Errors
/// The DAG file, a splice or an included file cannot be read; they nest too deep.
pub(super) fn nodes_of(file: &Path, directory: &Path) -> Result<Vec<DagNode>, (PathBuf, io::Error)> {
    read(file, directory, DEEPEST)
}

fn read(file: &Path, directory: &Path, depth: usize) -> Result<Vec<DagNode>, (PathBuf, io::Error)> {
    let mut reader = DagReader::default();
    reader.read(&directory.join(file), directory, depth)?;
    let DagReader { mut nodes, macros, described } = reader;
    for node in &mut nodes {
        for name in ["ALL_NODES", &node.name] {
            node.macros.extend(macros.get(&name.to_ascii_uppercase()).into_iter().flatten().cloned());
        }
        if let Description::File(name) = &node.description
            && let Some(text) = described.get(name)
        {
            node.description = Description::Text(text.clone());
        }
    }
    Ok(nodes)
}

impl DagReader {
    fn read(&mut self, path: &Path, directory: &Path, depth: usize) -> Result<(), (PathBuf, io::Error)> {
        let failed = |error| (path.to_path_buf(), error);
        let Some(deeper) = depth.checked_sub(1) else {
            return Err(failed(io::Error::other("DAG files include one another without an end")));
        };
        if std::fs::metadata(path).map_err(failed)?.len() > LARGEST {
            return Err(failed(io::Error::other(format!("it is larger than {LARGEST} bytes"))));
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some((command, words)) = words.split_first() else { continue };
            match (command.to_ascii_uppercase().as_str(), words) {
                ("JOB" | "NODE" | "FINAL" | "PROVISIONER" | "SERVICE", [name, place, rest @ ..]) => {
                    let description = match *place {
                        "{" => Description::Text(block(&mut lines, "}")),
                        mark if mark.starts_with("@=") => {
                            Description::Text(block(&mut lines, &mark.replacen("@=", "@", 1)))
                        }
                        file => Description::File(file.to_owned()),
                    };
                    let directory = directory.join(option(rest, "DIR").unwrap_or_default());
                    self.nodes.push(DagNode { name: (*name).to_owned(), description, directory, macros: Vec::new() });
                }
                ("SUBMIT-DESCRIPTION", [name, mark, ..]) => {
                    let end = if *mark == "{" { "}".to_owned() } else { mark.replacen("@=", "@", 1) };
                    self.described.insert((*name).to_owned(), block(&mut lines, &end));
                }
                ("SUBDAG", [_, _, file, rest @ ..]) => {
                    let inner = directory.join(option(rest, "DIR").unwrap_or_default());
                    if inner.join(file).exists() {
                        self.nodes.extend(self::read(Path::new(file), &inner, deeper)?);
                    }
                }
                ("SPLICE", [_, file, rest @ ..]) => {
                    let inner = directory.join(option(rest, "DIR").unwrap_or_default());
                    self.nodes.extend(self::read(Path::new(file), &inner, deeper)?);
                }
                ("INCLUDE", [file, ..]) => self.read(&directory.join(file), directory, deeper)?,
                ("VARS", [name, ..]) => {
                    // The name may be a part of the word before it, too.
                    let after = line.trim_start().get("VARS".len()..).unwrap_or_default();
                    let macros = after.split_once(*name).map(|(_, rest)| macros(rest)).unwrap_or_default();
                    self.macros.entry(name.to_ascii_uppercase()).or_default().extend(macros);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Returns the lines up to the one that ends the block.
fn block<'a>(lines: &mut impl Iterator<Item = &'a str>, end: &str) -> String {
    let taken: Vec<&str> = lines.take_while(|line| line.trim() != end).collect();
    taken.join("\n") + "\n"
}

/// Returns the word after this one.
fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    let at = words.iter().position(|word| word.eq_ignore_ascii_case(name))?;
    words.get(at + 1).copied()
}

/// Reads `name="value" …`; in a value, `\"` and `\\` stand for the sign itself.
fn macros(text: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), text.trim_start());
    while let Some((name, value)) = rest.split_once('=') {
        let name = name.split_whitespace().last().unwrap_or_default();
        let Some(quoted) = value.trim_start().strip_prefix('"') else { break };
        let (mut value, mut signs) = (String::new(), quoted.char_indices());
        let mut end = quoted.len();
        while let Some((at, sign)) = signs.next() {
            match sign {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => value.extend(signs.next().map(|(_, sign)| sign)),
                sign => value.push(sign),
            }
        }
        found.push(format!("{name}={value}"));
        rest = quoted.get(end..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_of_all_files_are_found() {
        let place = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
        std::fs::create_dir(place.path().join("in")).unwrap();
        put(
            "a.dag",
            "# a comment\njob A a.sub DIR in\nJOB B {\n executable = /bin/true\n queue\n}\nSUBDAG EXTERNAL S s.dag\n\
             SPLICE P p.dag DIR in\nINCLUDE more.inc\nVARS A n=\"1\" text=\"a \\\"b\\\"\"\nVARS all_nodes k=\"2\"\n\
             SUBDAG EXTERNAL later later.dag\nPARENT A CHILD B\n",
        );
        put("s.dag", "JOB X x.sub\n");
        put("in/p.dag", "SUBMIT-DESCRIPTION d {\nqueue\n}\nJOB Y d\n");
        put("more.inc", "FINAL F f.sub\n");
        let nodes = nodes_of(Path::new("a.dag"), place.path()).unwrap();
        let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["A", "B", "X", "Y", "F"]);
        assert_eq!(nodes[0].directory, place.path().join("in"));
        assert_eq!(nodes[0].macros, ["k=2", "n=1", "text=a \"b\""]);
        assert_eq!(nodes[1].description, Description::Text(" executable = /bin/true\n queue\n".to_owned()));
        assert_eq!(nodes[3].description, Description::Text("queue\n".to_owned()));
        assert_eq!(nodes[4].description, Description::File("f.sub".to_owned()));
    }

    #[test]
    fn files_that_include_one_another_end() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("a.dag"), "INCLUDE a.dag\n").unwrap();
        assert!(nodes_of(Path::new("a.dag"), place.path()).is_err());
    }
}
