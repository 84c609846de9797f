use super::*;
use crate::wizard::draft::Draft;
use crate::wizard::draft::tests::{NEEDED, draft, here};

#[test]
fn what_is_written_is_read_and_written_alike() {
    let mut by_option = draft();
    let texts = [
        (Question::KeyFile, "~/.ssh/id"),
        (Question::Docker, "yes"),
        (Question::MaxWorkers, "007"),
        (Question::Pool, "phys.example.org"),
    ];
    texts.iter().for_each(|(question, text)| by_option.put(*question, *text, Origin::Option));
    let by_option = by_option.whole().unwrap();
    let file = write_answers(&by_option);
    assert!(is_answers_file(file.as_bytes()));
    assert!(file.contains("\ndocker = true\n") && file.contains("\nmax_workers = 7\n"), "{file}");
    assert!(file.contains("\nsubnet = \"\"\n") && file.contains("\nmaster_group = \"new\"\n"), "{file}");

    let mut by_file = Draft::new(here());
    by_file.add(read_answers(file.as_bytes(), Path::new("a.toml")));
    assert_eq!(by_file.warnings(), Vec::<String>::new());
    let by_file = by_file.whole().unwrap();
    assert_eq!(by_file, by_option);
    assert_eq!(write_answers(&by_file), file);
}

#[test]
fn what_is_no_answer_is_named_with_its_line() {
    let read = |text: &[u8]| -> Vec<String> {
        let mut draft = Draft::new(here());
        NEEDED.iter().for_each(|(question, text)| draft.put(*question, *text, Origin::Default));
        draft.add(read_answers(text, Path::new("a.toml")));
        draft.problems().iter().map(AnswerProblem::to_string).collect()
    };
    for (text, expected) in [
        ("# x\nmax_worker = 3\n", "a.toml:2: there is no key \"max_worker\" (did you mean max_workers?)"),
        ("min_workers = [1]\n", "a.toml:1: min_workers is a list, which is no answer"),
        ("\n\nidle_seconds = 0x10\n", "a.toml:3: idle_seconds is a number that is not decimal"),
        ("idle_seconds = \n", "a.toml:1: invalid TOML"),
        ("pool = \"a\"\npool = \"b\"\n", "a.toml:2: invalid TOML: duplicate key"),
        ("max_workers = \"abc\"\n", "a.toml:1: max_workers: \"abc\" is not a number"),
        ("lease = 2026-12-01T00:00:00Z\n", "a.toml:1: lease is a date without quotes"),
    ] {
        let problems = read(text.as_bytes());
        assert!(problems[0].starts_with(expected), "{text}: {problems:?}");
    }
    assert_eq!(read(b"pool = \"a\"\n\xff\n"), ["a.toml:2: the line is not UTF-8"]);
}
