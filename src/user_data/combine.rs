//! Combining several pieces of user data into one.

use super::merge;
use super::mime_reader;
use super::mime_writer::{self, Part};
use super::part_kind::PartKind;
use super::user_data_source::UserDataSource;
use crate::diagnostics::{Diagnostic, Diagnostics, Place};

/// The mode of combining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CombineMode {
    /// As parts of one message, in order; cloud-init itself merges them.
    Parts,
    /// The cloud-configs merged into one by cloud-init's rules, followed by the rest as further parts, in order.
    Merged,
}

/// Combines the pieces. A single one is returned unchanged.
///
/// # Errors
/// Pieces that cannot be parts, or cannot be merged, each with its place.
pub fn combine(pieces: &[UserDataSource], together: CombineMode) -> Result<Vec<u8>, Diagnostics> {
    match (pieces, together) {
        ([alone], CombineMode::Parts) => Ok(alone.content.clone()),
        (_, CombineMode::Parts) => {
            let parts: Vec<Result<Part, Diagnostic>> = pieces.iter().map(part).collect();
            all(parts).map(mime_writer::write)
        }
        (_, CombineMode::Merged) => merged(pieces),
    }
}

fn part(piece: &UserDataSource) -> Result<Part, Diagnostic> {
    let part = PartKind::of(&piece.content).part(&file_name(&piece.name), &piece.name, &piece.content);
    part.map_err(|error| Diagnostic::error(error.to_string()).at(Place::file(&piece.name)))
}

fn merged(pieces: &[UserDataSource]) -> Result<Vec<u8>, Diagnostics> {
    let (mut configs, mut rest, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        match leaves(piece) {
            Ok(leaves) => {
                for leaf in leaves {
                    match PartKind::of(&leaf.content) {
                        PartKind::Part("text/cloud-config") => configs.push(leaf),
                        PartKind::Part(
                            kind @ ("text/jinja2" | "text/cloud-config-archive" | "text/cloud-config-jsonp"),
                        ) => {
                            let message = "becomes cloud-config only on the machine, so it cannot be merged before";
                            let wrong_kind = Diagnostic::error(format!("{kind} {message}; leave --merge out"));
                            wrong.push(wrong_kind.at(Place::file(&leaf.name)));
                        }
                        _ => rest.push(leaf),
                    }
                }
            }
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    let config = (!configs.is_empty()).then(|| merge::merge(&configs)).transpose();
    let parts = all(rest.iter().map(part).collect());
    match (config, parts) {
        (Ok(config), Ok(parts)) if wrong.is_empty() => Ok(match (config, parts.as_slice()) {
            (Some(config), []) => config.into_bytes(),
            (None, []) => Vec::new(),
            // A single script needs no message around it.
            (None, [_]) => rest.swap_remove(0).content,
            (config, _) => {
                let config = config
                    .map(|config| Part::new("text/cloud-config", "cloud-config", "cloud-config", config.into_bytes()));
                mime_writer::write(config.into_iter().chain(parts))
            }
        }),
        (config, parts) => {
            wrong.extend(config.err().into_iter().flat_map(|wrong| wrong.0));
            wrong.extend(parts.err().into_iter().flat_map(|wrong| wrong.0));
            Err(Diagnostics(wrong))
        }
    }
}

/// Returns the parts of a message, or the piece itself.
fn leaves(piece: &UserDataSource) -> Result<Vec<UserDataSource>, Diagnostic> {
    let content = match PartKind::of(&piece.content) {
        PartKind::Gzip(inner) if inner.is_combinable() => super::part_kind::unpack(&piece.content).unwrap_or_default(),
        _ => piece.content.clone(),
    };
    if PartKind::of(&content) != PartKind::Message {
        return Ok(vec![UserDataSource { name: piece.name.clone(), content }]);
    }
    let (sections, problems) = mime_reader::sections(&content);
    if let Some(problem) = problems.first() {
        let place = Place::new(&piece.name, usize::try_from(problem.line).ok());
        return Err(Diagnostic::error(problem.message.clone()).at(place));
    }
    let leaf = |section: mime_reader::MimeSection| {
        let name = section.name.unwrap_or_else(|| format!("part {}", section.number));
        let name = format!("{} {name}", piece.name);
        // A type unknown to hoist would be lost outside of its message.
        match PartKind::declared(&section.content_type).is_some() || PartKind::of(&section.content).is_combinable() {
            true => Ok(UserDataSource { name, content: section.content }),
            false => {
                let message = format!("hoist does not know the type {}; leave --merge out", section.content_type);
                Err(Diagnostic::error(message).at(Place::file(name)))
            }
        }
    };
    sections.into_iter().map(leaf).collect()
}

fn all<T>(results: Vec<Result<T, Diagnostic>>) -> Result<Vec<T>, Diagnostics> {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(one) => good.push(one),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    if wrong.is_empty() { Ok(good) } else { Err(Diagnostics(wrong)) }
}

/// Converts the name to a valid file name.
fn file_name(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(name: &str, text: &str) -> UserDataSource {
        UserDataSource { name: name.to_owned(), content: text.into() }
    }

    fn read(data: &[u8]) -> Vec<(String, String, String)> {
        let (sections, problems) = mime_reader::sections(data);
        assert_eq!(problems, []);
        let text = |content: Vec<u8>| String::from_utf8(content).unwrap();
        sections.into_iter().map(|one| (one.content_type, one.name.unwrap_or_default(), text(one.content))).collect()
    }

    #[test]
    fn parts_stand_in_the_order_given() {
        let pieces =
            [piece("b/one.sh", "#!/bin/sh\n"), piece("two", "#cloud-config\na: 1\n"), piece("3", "#include\n")];
        let parts = read(&combine(&pieces, CombineMode::Parts).unwrap());
        let names: Vec<&str> = parts.iter().map(|(_, name, _)| name.as_str()).collect();
        assert_eq!(names, ["one.sh", "two", "3"]);
        assert_eq!(combine(&pieces[..1], CombineMode::Parts).unwrap(), b"#!/bin/sh\n");
        let wrong = combine(&[piece("x", "hello"), piece("y", "<xml>"), piece("z", "#!/bin/sh")], CombineMode::Parts);
        let wrong: Vec<String> = wrong.unwrap_err().0.iter().map(ToString::to_string).collect();
        assert!(wrong.len() == 2 && wrong[0].starts_with("x: ") && wrong[1].starts_with("y: "), "{wrong:?}");
    }

    #[test]
    fn cloud_configs_become_one_and_scripts_follow() {
        let message = mime_writer::write([
            Part::new("text/x-shellscript", "first", "", b"#!/bin/sh\n# 1\n".to_vec()),
            Part::new("text/cloud-config", "inner", "", b"#cloud-config\npackages: [jq]\n".to_vec()),
        ]);
        let pieces = [
            piece("one", "#cloud-config\npackages: [git]\n"),
            UserDataSource { name: "two".to_owned(), content: super::super::size_limit::compress(&message) },
            piece("three", "#cloud-boothook\n#!/bin/sh\n"),
        ];
        let parts = read(&combine(&pieces, CombineMode::Merged).unwrap());
        let types: Vec<&str> = parts.iter().map(|(kind, _, _)| kind.as_str()).collect();
        assert_eq!(types, ["text/cloud-config", "text/x-shellscript", "text/cloud-boothook"]);
        assert_eq!(parts[0].2, "#cloud-config\npackages:\n- git\n- jq\n");
        let alone = combine(&pieces[..1], CombineMode::Merged).unwrap();
        assert_eq!(alone, b"#cloud-config\npackages:\n- git\n");
        let jinja = combine(&[piece("j", "## template: jinja\n#cloud-config\na: {{x}}\n")], CombineMode::Merged);
        assert!(jinja.unwrap_err().to_string().starts_with("j: text/jinja2"));
    }
}
