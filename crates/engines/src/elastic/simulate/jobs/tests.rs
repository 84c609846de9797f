use super::{Format, InputError, read, read_as};

#[test]
fn content_is_read_by_its_notation() {
    let (workload, format) = read(b"{\"at\": 3, \"run\": 5, \"count\": 2}\n").unwrap();
    assert_eq!((workload.jobs.len(), format), (2, Format::Native));
    let (workload, format) = read(b"1 10 -1 60 1 -1 -1 1 -1 -1 1 1 1 1 1 -1 -1 -1\n").unwrap();
    assert_eq!((workload.jobs.len(), workload.last_arrival(), format), (1, 0, Format::Swf));
}

#[test]
fn unknown_content_is_quoted() {
    let error = read(b"\n  to be,\tor not to be").unwrap_err();
    assert!(matches!(&error, InputError::UnknownFormat { begin } if begin == "to be, or not to be"), "{error}");
}

#[test]
fn a_notation_can_be_given() {
    let error = read_as(b"1 2 3", Format::Native).unwrap_err().to_string();
    assert!(error.starts_with("line 1: "), "{error}");
    assert_eq!(read_as(b"", Format::Native).unwrap().jobs, []);
}

proptest::proptest! {
    #[test]
    fn no_content_makes_a_reader_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        for format in [
            Format::Native, Format::Swf, Format::CondorHistory, Format::EventLog, Format::EventLogJson,
            Format::EventLogXml, Format::Scenario,
        ] {
            let _ = read_as(&bytes, format);
        }
    }

    #[test]
    fn no_event_log_makes_the_reader_panic(
        text in "(00[0-9] \\([0-9]{1,3}\\.0\\.0\\) [0-9/: -]{0,20}[a-z=: ]{0,9}\n(\\.\\.\\.\n)?){0,9}",
    ) {
        let _ = read_as(text.as_bytes(), Format::EventLog);
    }
}
