use super::*;

/// Joins the parts at run time, so that no scanner of source code takes the test for a leak.
fn joined(parts: &[&str]) -> String {
    parts.concat()
}

fn names(text: &str) -> Vec<String> {
    scan(text).into_iter().filter(|secret| !secret.is_public).map(|secret| secret.name).collect()
}

#[test]
fn a_secret_is_told_by_name_and_line_once() {
    let key = joined(&["AK", "IAQ7XJ4M2N5P6R7S8T"]);
    let found = scan(&format!("#!/bin/sh\nexport AWS_ACCESS_KEY_ID={key}\n"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].line, found[0].name.as_str()), (2, "aws-access-key"));
    assert_eq!(names("#cloud-config\npassword: correct horse\n"), ["password:password"]);
    assert_eq!(names("mysql_root_password='hunter2'"), ["password:mysql_root_password"]);
    assert_eq!(names("tool --db-password hunter2 --verbose"), ["password:db-password"]);
    assert_eq!(names("{\"clientSecret\": \"q8Zr2LmX0aPv7Tn4\"}"), ["secret:clientSecret"]);
    assert_eq!(names("condor_secret = short"), ["password:condor_secret"]);
}

#[test]
fn what_only_names_a_secret_is_none() {
    for text in [
        "password: $PASSWORD",
        "password: ${db.password}",
        "password={{ password }}",
        "export PASSWORD=\"$(cat /run/secret)\"",
        "password: <your password>",
        "password: CHANGEME",
        "lock_passwd: true",
        "ssh_pwauth: false",
        "password_file: /etc/secret",
        "SEC_PASSWORD_FILE = /etc/condor/passwords.d/POOL",
        "token: latest",
        "key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKk1cPpXYtR5ej0Xh2mJQPgqfYT0bnQx1nQx",
        "# password: the one that you chose",
        "sudo: ALL=(ALL) NOPASSWD:ALL",
        "secret = os.environ['SECRET_TOKEN_OF_THE_SERVICE']",
        "curl -u \"$USER:$PASSWORD\" https://example.org/",
        "https://user:${TOKEN}@example.org/",
        "private_key: /home/ansible/.ssh/id_rsa",
        "passwd --lock root",
        "read -r password",
    ] {
        assert_eq!(scan(text), [], "{text}");
    }
}

#[test]
fn keys_in_other_forms_are_found_and_cut_ones_are_not() {
    let body = "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn9DxkVRTVoW3hX1Q2aV8wG7h5m2k4N";
    let begin = joined(&["-----BEGIN RSA ", "PRIVATE KEY-----"]);
    let end = joined(&["-----END RSA ", "PRIVATE KEY-----"]);
    for text in [
        format!("{begin}\n{body}\n{end}\n"),
        format!("  key: |\n    {begin}\n    {body}\n    {end}\n"),
        format!("{{\"private_key\": \"{begin}\\n{body}\\n{body}\\n{end}\\n\"}}"),
        format!("# {begin}\n# {body}\n# {end}\n"),
        format!("{begin}\n{body}\n"),
    ] {
        assert_eq!(names(&text), ["private-key"], "{text}");
    }
    assert_eq!(names(&format!("{begin}\n{body}\n...\n{end}\n")), Vec::<String>::new());
    assert_eq!(names(&format!("{begin}\nYOUR-KEY-HERE\n{end}\n")), Vec::<String>::new());
}

#[test]
fn what_everybody_knows_and_hashes_are_marked() {
    let found = scan("password: passw0rd\npasswd: $6$saltsalt$0123456789abcdefghijklmnopqrstuv\n");
    assert_eq!(found.iter().map(|secret| secret.is_public).collect::<Vec<_>>(), [true, true]);
    assert_eq!(found[0].name, "password:password");
}
