use std::fs;

use super::*;

/// Runs a script as an HTCondor program, with this time limit.
fn run(script: &str, input: &[u8], patience: Duration) -> Result<CommandOutput, HTCondorError> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("condor_test");
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let mut call = CondorCommand::new("condor_test", "try", ["a b", "$(c)", "-d"]);
    call.input = input.to_vec();
    call.patience = patience;
    call.variables = vec![("_CONDOR_TEST", "x y".to_owned())];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(call.end(directory.path().as_os_str()))
}

#[test]
fn arguments_input_and_environment_arrive_as_they_are() {
    let ended = run("printf '%s|' \"$@\" \"$_CONDOR_TEST\" \"${PATH:+path}\"; cat", b"in\nput", PATIENCE).unwrap();
    assert_eq!(ended.output, "a b|$(c)|-d|x y|path|in\nput");
}

#[test]
fn a_program_that_hangs_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("process");
    let script = format!("echo $$ > {}; exec sleep 600", file.display());
    // Long enough for it to start, even on a slow machine.
    let error = run(&script, b"", Duration::from_secs(3)).err().unwrap();
    assert!(matches!(error, HTCondorError::TooSlow { program: "condor_test", .. }), "{error:?}");
    let process = fs::read_to_string(file).unwrap();
    let ended = || {
        let status = fs::read_to_string(format!("/proc/{}/stat", process.trim())).unwrap_or_default();
        status.is_empty() || status.contains(") Z ")
    };
    let began = std::time::Instant::now();
    while !ended() {
        assert!(began.elapsed() < Duration::from_secs(30), "it is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn endless_words_are_cut_off_and_endless_complaints_forgotten() {
    let error = run("exec yes", b"", PATIENCE).err().unwrap();
    assert!(matches!(error, HTCondorError::TooMuch { .. }), "{error:?}");
    let ended = run("yes no | head -n 100000 >&2; echo done", b"", PATIENCE).unwrap();
    assert_eq!((ended.output.as_str(), ended.complaint.len()), ("done\n", LONGEST_COMPLAINT));
}

#[test]
fn a_program_that_reads_nothing_is_no_failure() {
    let ended = run("exec true", &vec![b'x'; 1 << 20], PATIENCE).unwrap();
    assert!(ended.status.success());
}

#[test]
fn failures_are_told_apart_by_what_the_programs_say() {
    let call = CondorCommand::new("condor_status", "look", [""; 0]);
    let failure = |complaint: &str| {
        let status = std::os::unix::process::ExitStatusExt::from_raw(256);
        call.failure(&CommandOutput { status, output: "Sent 0 of 1 ad".to_owned(), complaint: complaint.to_owned() })
    };
    let denied = "ERROR\nSECMAN:2010:Received \"DENIED\" from server for user a@b using method FS.\nCan't send it\n";
    assert!(matches!(failure(denied), HTCondorError::NotAuthorised { said, .. } if said.starts_with("SECMAN:2010")));
    for lost in [
        "Error: communication error\nCEDAR:6001:Failed to connect to <127.0.0.9:9618>\n",
        "couldn't locate collector: unknown host nosuch.invalid\n",
        "failed to send classad to <127.0.0.9:9618>\n",
        "Error: communication error\nAUTHENTICATE:1002:Failure performing handshake\n",
        "SECMAN:2011:Connection closed during command authorization. Probably due to an unknown command.\n",
    ] {
        assert!(matches!(failure(lost), HTCondorError::Unreachable { .. }), "{lost}");
    }
    assert!(matches!(failure("Error: invalid constraint"), HTCondorError::Failed { .. }));
    assert!(matches!(failure(" \n"), HTCondorError::Failed { said, .. } if said == "Sent 0 of 1 ad"));
}
