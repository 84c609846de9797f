use super::*;
use crate::wizard::{Draft, DraftEnvironment};

/// Returns the values and the problems of an `ecm.conf`.
fn read(text: impl AsRef<[u8]>) -> (Vec<(&'static str, String)>, Vec<String>) {
    let reading = read_ecm_conf(text.as_ref(), Path::new("ecm.conf"));
    let mut draft = Draft::new(DraftEnvironment {
        directory: PathBuf::from("/pools"),
        home: None,
        ec2_url: None,
        endpoint: None,
        region: None,
        has_ec2: true,
        program: None,
        now: "2026-11-20T12:00:00Z".parse().unwrap(),
    });
    let values = reading.answers.iter().map(|(question, given)| (question.key(), given.text.clone())).collect();
    draft.add(reading);
    let problems = draft.problems().into_iter().filter(|problem| !problem.is_missing);
    (values, problems.map(|problem| problem.to_string()).collect())
}

#[test]
fn the_files_of_ecm() {
    let filled = "FLAVOR_VMS=m1.small\nMAX_VMS=3\nMIN_VMS=1\nJOBS_PER_VM=2\nIDLE_TIME=2400\nKEY_NAME=my_key\n";
    let values = [
        ("worker_type", "m1.small"),
        ("min_workers", "1"),
        ("max_workers", "3"),
        ("jobs_per_worker", "2"),
        ("idle_seconds", "2400"),
        ("key_name", "my_key"),
    ]
    .map(|(key, value)| (key, value.to_owned()));
    let marked = format!("\u{feff}# mine\n; too\n\n{filled}").replace('\n', "\r\n");
    let quoted = filled.replace("=m1.small", " = \"m1.small\"  # the flavor").replace("=3", "='3'");
    for text in [filled, &marked, &quoted, &filled.replace("MAX", "export MAX")] {
        assert_eq!(read(text), (values.to_vec(), Vec::new()), "{text}");
    }
}

#[test]
fn the_file_of_the_guide_is_told_where_it_is_wrong() {
    let guide = "FLAVOR_VMS=\nMAX_VMS=\nMIN_VMS=\nJOBS_PER_VM=\nIDLE_TIME=\nKEY_NAME==\n";
    let (values, problems) = read(guide);
    assert_eq!(values, []);
    assert_eq!(problems, ["ecm.conf:6: KEY_NAME has two equals signs (write KEY_NAME=NAME)"]);
    let (_, problems) = read(guide.replace("==", "== my_key"));
    assert_eq!(problems, ["ecm.conf:6: KEY_NAME has two equals signs (write KEY_NAME=my_key)"]);
    assert!(read(guide.replace("==", "=")).1.is_empty(), "empty values are no answers");
}

#[test]
fn every_wrong_line_is_named_with_its_number() {
    for (text, expected) in [
        ("MIN_VMS=5\nMAX_VMS=2\n", &["ecm.conf:2: MAX_VMS: 2 is less than the workers"][..]),
        (
            "MAX_VMS=many\n\nMIN_VMS=few\n",
            &["ecm.conf:3: MIN_VMS: \"few\" is not", "ecm.conf:1: MAX_VMS: \"many\" is not"],
        ),
        ("MAX_VMS=many\r\nIDLE_TIME=1h\r\n", &["ecm.conf:1: MAX_VMS", "ecm.conf:2: IDLE_TIME: \"1h\" is not a number"]),
        ("MAX_VM=3\n", &["ecm.conf:1: there is no key \"MAX_VM\" (did you mean MAX_VMS?)"]),
        ("COLOUR=red\n", &["ecm.conf:1: there is no key \"COLOUR\" (known are FLAVOR_VMS"]),
        ("MAX_VMS=3\nMAX_VMS=4\n", &["ecm.conf:2: MAX_VMS stands in line 1 already"]),
        ("MAX_VMS=\nMAX_VMS=4\n", &["ecm.conf:2: MAX_VMS stands in line 1 already"]),
        ("MAX_VMS 3\n", &["ecm.conf:1: \"MAX_VMS 3\" has no equals sign (write MAX_VMS=VALUE)"]),
        ("hello\n", &["ecm.conf:1: \"hello\" has no equals sign"]),
        ("KEY_NAME=my_key.pem\n", &["ecm.conf:1: KEY_NAME: \"my_key.pem\" is the name of a file"]),
        ("KEY_NAME=\"my_key\n", &["ecm.conf:1: KEY_NAME: the quote"]),
        (
            "JOBS_PER_VM=0\nMAX_VMS=-3\n",
            &["ecm.conf:2: MAX_VMS: \"-3\" is too small", "ecm.conf:1: JOBS_PER_VM: \"0\" is too"],
        ),
    ] {
        let (_, problems) = read(text);
        assert_eq!(problems.len(), expected.len(), "{text}: {problems:?}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.starts_with(expected), "{problem}\nshould begin with\n{expected}");
        }
    }
    let (values, problems) = read(b"MAX_VMS=3\nKEY_NAME=\xff\xfe\nMIN_VMS=1\n");
    assert_eq!(values.len(), 2);
    assert!(problems[0].starts_with("ecm.conf:2: the line is not UTF-8"), "{problems:?}");
}
