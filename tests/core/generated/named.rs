//! Every command and option that messages, help and documents name is one that is there, and is taken as it is written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory as _, Parser as _};
use hoist::cli::Cli;

use hoist_test_support::tree;

/// Long options of other programs that messages name, each with its program's name.
const FOREIGN: &[(&str, &str)] = &[
    ("aws-service-name", "aws"),
    ("desired-value", "aws"),
    ("instance-id", "aws"),
    ("iam-account", "gcloud"),
    ("lib", "cargo"),
    ("location-type", "aws"),
    ("member", "gcloud"),
    ("no-disable-api-termination", "aws"),
    ("project", "gcloud"),
    ("quota-code", "aws"),
    ("role", "gcloud"),
    ("service-code", "aws"),
    ("stack-name", "aws"),
    ("path", "cargo"),
    ("now", "systemctl"),
    ("system", "useradd"),
    ("user-group", "useradd"),
    ("home-dir", "useradd"),
    ("shell", "useradd"),
    ("format", "cloud-init"),
    ("preserve-credentials", "nsenter"),
    ("probe", "hoist's own init"),
];

/// What follows `hoist` and is no command: the init of a machine, the scaler that masters start, a word for any.
const NO_COMMANDS: [&str; 3] = ["__init", "elastic", "GROUP"];

#[test]
fn every_command_that_is_named_is_taken() {
    let cli = cli();
    let mut wrong = Vec::new();
    let mut found = 0;
    for (file, line, text) in texts() {
        for words in commands(&cli, &text) {
            found += 1;
            if let Err(why) = check(&cli, &words) {
                wrong.push(format!("{}:{line}: hoist {words}: {why}", file.display()));
            }
        }
    }
    assert!(found > 200, "only {found} commands were found: they are looked for in the wrong way");
    assert!(wrong.is_empty(), "these commands would be refused:\n{}", wrong.join("\n"));
}

#[test]
fn every_option_that_is_named_is_there() {
    let mut known: BTreeSet<String> = FOREIGN.iter().map(|(option, _)| (*option).to_owned()).collect();
    options(&cli(), &mut known);
    let mut wrong = Vec::new();
    // What user data may hold is looked for there.
    const OF_USER_DATA: [&str; 2] = ["user_data/secrets/", "user_data/lint/habits.rs"];
    let is_told = |file: &Path| {
        let name = file.to_string_lossy();
        name.ends_with(".rs") && !OF_USER_DATA.iter().any(|room| name.contains(room))
    };
    for (file, line, text) in texts().into_iter().filter(|(file, ..)| is_told(file)) {
        for (at, _) in text.match_indices("--") {
            let before = text[..at].chars().next_back();
            let name: String = text[at + 2..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            let starts = before.is_none_or(|c| c.is_whitespace() || matches!(c, '`' | '(' | '"' | '\''));
            if starts && name.starts_with(|c: char| c.is_ascii_lowercase()) && !known.contains(&name) {
                wrong.push(format!("{}:{line}: --{name}: {}", file.display(), text.lines().next().unwrap_or_default()));
            }
        }
    }
    assert!(wrong.is_empty(), "no command has these options:\n{}", wrong.join("\n"));
}

#[test]
fn a_wrong_command_is_found() {
    let cli = cli();
    let verdict =
        |text: &str| -> Vec<bool> { commands(&cli, text).iter().map(|words| check(&cli, words).is_ok()).collect() };
    assert_eq!(verdict("hoist plan resume {name} goes on, or `hoist plan terminate {name} --force`"), [true, true]);
    assert_eq!(verdict("hoist orphans --terminate --other-states ends that"), [true]);
    assert_eq!(verdict("try: hoist orphans --other-states"), [false], "it takes --terminate");
    assert_eq!(verdict("hoist plan resume {name} --force"), [false]);
    assert_eq!(verdict("`hoist plans list`"), [false]);
    assert_eq!(verdict("hoist plan lists every run"), [true], "`hoist plan` is a command, and the rest is prose");
    assert_eq!(verdict("hoist annex create {name} … makes it anew"), [true], "it is cut short and says so");
    assert_eq!(verdict("hoist annex extend {name} --lease 6h, or `hoist plan boot --dry-run`"), [true, true]);
    assert_eq!(verdict("hoist plan logs"), [true], "it is only named");
    assert_eq!(verdict("`hoist plan logs {name} {service} {other} {more} --nothing`"), [false]);
    assert_eq!(verdict("hoist plan boot {plan} --lease soon"), [false]);
    assert_eq!(verdict("this version of hoist cannot do that"), Vec::<bool>::new());
}

fn cli() -> Command {
    let mut cli = Cli::command();
    cli.build();
    cli
}

/// The names of all long options.
fn options(command: &Command, known: &mut BTreeSet<String>) {
    known.extend(["help".to_owned(), "version".to_owned()]);
    known.extend(command.get_arguments().filter_map(Arg::get_long_and_visible_aliases).flatten().map(str::to_owned));
    command.get_subcommands().for_each(|command| options(command, known));
}

/// The commands that a text names, without `hoist`, up to where something else begins.
fn commands(cli: &Command, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, name) in text.match_indices("hoist ") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| !c.is_whitespace() && !matches!(c, '`' | '(' | '"' | '\'')) {
            continue;
        }
        let rest = &text[at + name.len()..];
        // Nothing else ends a command in the middle of a line.
        let ends = ["`", ";", ")", "\"", "\n", "  ", ",", " | ", " > ", " && ", ": ", ". "];
        let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
        let words = rest[..end].trim_end_matches(['.', ':', '?']);
        let is_quoted = before == Some('`');
        let first = words.split(' ').next().unwrap_or_default();
        if !NO_COMMANDS.contains(&first) && (is_quoted || is_command(cli, first)) {
            found.push(words.to_owned());
        }
    }
    found
}

/// Whether a command begins so; else `hoist` is the name of the program in a sentence.
fn is_command(cli: &Command, first: &str) -> bool {
    first.starts_with("--") || cli.find_subcommand(first).is_some()
}

/// Whether clap takes it, with something in the place of every placeholder.
fn check(cli: &Command, words: &str) -> Result<(), String> {
    let mut argv = vec!["hoist".to_owned()];
    let mut words = words.split_whitespace().peekable();
    let mut command = cli;
    while let Some(next) = words.peek().and_then(|word| command.find_subcommand(word)) {
        argv.extend(words.next().map(str::to_owned));
        command = next;
    }
    let depth = argv.len();
    if depth == 1 && !words.peek().is_some_and(|word| word.starts_with('-')) {
        return Err("there is no such command".to_owned());
    }
    let (mut is_cut, mut given) = (false, false);
    let placeholder = |word: &str| {
        word.starts_with('{')
            || word == "-"
            || word.starts_with(|c: char| c.is_ascii_uppercase() || matches!(c, '[' | '<' | '$'))
            || word.contains(['/', '.', '='])
    };
    while let Some(word) = words.next() {
        if word.starts_with('…') || word.starts_with("...") {
            is_cut = true;
        } else if word.starts_with('-') && word != "-" {
            let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            let known = command.get_arguments().find(|argument| {
                argument.get_long_and_visible_aliases().into_iter().flatten().any(|long| name == format!("--{long}"))
                    || argument.get_short().is_some_and(|short| name == format!("-{short}"))
            });
            argv.push(name.to_owned());
            let takes_value = known.is_some_and(|argument| argument.get_action().takes_values());
            if takes_value {
                match value.or_else(|| words.next()) {
                    // Only named: what it takes is said elsewhere.
                    None | Some("…") => drop(argv.pop()),
                    Some(value) => argv.push(value.to_owned()),
                }
            }
        } else if placeholder(word) || is_possible(command, word) {
            given = true;
            argv.push(word.trim_matches(['[', ']']).to_owned());
        } else {
            break;
        }
    }
    let Err(error) = Cli::try_parse_from(&argv) else { return Ok(()) };
    let is_only_named = argv.len() == depth || is_cut;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::MissingSubcommand
        | ErrorKind::MissingRequiredArgument
            if is_only_named =>
        {
            Ok(())
        }
        // Only its options are named, whatever they are for.
        ErrorKind::MissingRequiredArgument if !given && missing(&error).iter().all(|name| name.starts_with('<')) => {
            Ok(())
        }
        ErrorKind::ValueValidation | ErrorKind::InvalidValue if invalid(&error).is_some_and(placeholder) => Ok(()),
        _ => Err(error.to_string().lines().take(2).collect::<Vec<_>>().join(" ")),
    }
}

/// The arguments that it lacks.
fn missing(error: &clap::Error) -> Vec<String> {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.clone(),
        _ => Vec::new(),
    }
}

/// The value that is not taken.
fn invalid(error: &clap::Error) -> Option<&str> {
    match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => Some(value),
        _ => None,
    }
}

/// Whether it is one of the words that an argument of the command takes.
fn is_possible(command: &Command, word: &str) -> bool {
    let mut positionals = command.get_positionals();
    positionals.any(|argument| argument.get_possible_values().iter().any(|value| value.get_name() == word))
}

/// Every text that may be shown: literals and help from the sources, and the documents; each with its file and line.
fn texts() -> Vec<(PathBuf, usize, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for directory in ["src", "crates", "docs", "templates", "launch-plans"] {
        for path in tree::files(&root.join(directory)) {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let name = path.strip_prefix(root).unwrap().to_path_buf();
            if path.extension().is_none_or(|extension| extension != "rs") {
                texts.extend((1..).zip(text.lines()).map(|(line, text)| (name.clone(), line, text.to_owned())));
            } else if !path.ends_with("tests.rs") {
                texts.extend(literals(&text).into_iter().map(|(line, text)| (name.clone(), line, text)));
            }
        }
    }
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    texts.extend((1..).zip(readme.lines()).map(|(line, text)| (PathBuf::from("README.md"), line, text.to_owned())));
    texts
}

/// The string literals and doc comments of a source file, before its tests, each with its line.
fn literals(source: &str) -> Vec<(usize, String)> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source);
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let line = |rest: &str| source[..source.len() - rest.len()].matches('\n').count() + 1;
        if rest.starts_with("//") {
            let comment = rest.lines().next().unwrap_or_default();
            let doc = comment.strip_prefix("///").or_else(|| comment.strip_prefix("//!"));
            found.extend(doc.map(|doc| (line(rest), doc.to_owned())));
            rest = &rest[comment.len()..];
        } else if let Some(raw) = rest.strip_prefix("r\"").or_else(|| rest.strip_prefix("r#\"")) {
            let end = if rest.starts_with("r#") { "\"#" } else { "\"" };
            let length = raw.find(end).expect("a raw literal ends");
            found.push((line(rest), raw[..length].to_owned()));
            rest = &raw[length + end.len()..];
        } else if first == '"' {
            let (text, after) = literal(&rest[1..]);
            found.push((line(rest), text));
            rest = after;
        } else if first == '\'' {
            rest = after_character(rest);
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

/// A string literal after its opening quotation mark, as it reads, and what follows it.
fn literal(source: &str) -> (String, &str) {
    let mut text = String::new();
    let mut rest = source;
    loop {
        let Some(at) = rest.find(['"', '\\']) else { panic!("a literal ends: {:?}", &source[..source.len().min(80)]) };
        text.push_str(&rest[..at]);
        let escaped = &rest[at + 1..];
        if rest[at..].starts_with('"') {
            return (text, escaped);
        }
        let next = escaped.chars().next().expect("a backslash stands before something");
        rest = &escaped[next.len_utf8()..];
        match next {
            'n' => text.push('\n'),
            '\n' => rest = rest.trim_start(),
            other => text.push(other),
        }
    }
}

/// What follows a character literal, or the quotation mark of a lifetime.
fn after_character(source: &str) -> &str {
    let mut characters = source.char_indices().skip(1);
    let (Some((_, first)), second) = (characters.next(), characters.next()) else { return "" };
    if first == '\\' {
        let end = source[3..].find('\'').map_or(source.len(), |at| at + 4);
        return &source[end..];
    }
    match second {
        Some((at, '\'')) => &source[at + 1..],
        _ => &source[1..],
    }
}
