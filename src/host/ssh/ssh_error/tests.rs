//! Tests with messages of real ssh (OpenSSH 9.2; they are written to its log with CR LF).

use super::*;

const CHANGED: &str = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r
Someone could be eavesdropping on you right now (man-in-the-middle attack)!\r
It is also possible that a host key has just been changed.\r
The fingerprint for the ED25519 key sent by the remote host is
SHA256:bAXvGLAm7ArYqxSxF8vu6bfaKnmFPP7xyo7COJiNe3s.\r
Please contact your system administrator.\r
Add correct host key in kh to get rid of this message.\r
Offending ED25519 key in kh:1\r
  remove with:\r
  ssh-keygen -f \"kh\" -R \"i-1\"\r
Host key for i-1 has changed and you have requested strict checking.\r
Host key verification failed.\r\n";

#[test]
fn wrong_keys_are_told_apart_from_unknown_ones() {
    let offered = Some("SHA256:bAXvGLAm7ArYqxSxF8vu6bfaKnmFPP7xyo7COJiNe3s".to_owned());
    let (name, file) = (Some("i-1".to_owned()), Some("kh".to_owned()));
    assert_eq!(SshError::read(CHANGED), SshError::Changed(Changed { offered, name, file }));
    let unknown = "No ED25519 host key is known for i-1 and you have requested strict checking.\r\nHost key verification failed.\r\n";
    assert_eq!(SshError::read(unknown), SshError::Unknown(None));
    let kind =
        "Unable to negotiate with 127.9.9.9 port 2299: no matching host key type found. Their offer: ssh-ed25519\r\n";
    assert_eq!(SshError::read(kind), SshError::OtherKind("ssh-ed25519".to_owned()));
}

#[test]
fn a_host_that_does_not_answer_is_silent() {
    for (log, words) in [
        ("ssh: connect to host 127.9.9.9 port 2298: Connection refused\r\n", "port 2298: Connection refused"),
        ("ssh: connect to host 10.0.0.1 port 22: Connection timed out\r\n", "port 22: Connection timed out"),
        ("ssh: connect to host 10.0.0.1 port 22: No route to host\r\n", "No route to host"),
        (
            "ssh: Could not resolve hostname no-such-host.invalid: Name or service not known\r\n",
            "no-such-host.invalid: Name or service not known",
        ),
        (
            "kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 127.9.9.9 port 2297\r\n",
            "Connection reset by peer",
        ),
        (
            "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 127.9.9.9 port 2297\r\n",
            "Connection closed by remote host",
        ),
        (
            "Connection timed out during banner exchange\r\nConnection to 127.9.9.9 port 2297 timed out\r\n",
            "during banner exchange",
        ),
        // From a machine that rejects logins until it is up (pam_nologin); its message is not in the log.
        ("Connection closed by 10.0.0.1 port 22\r\n", "Connection closed by 10.0.0.1"),
    ] {
        let SshError::Silent(said) = SshError::read(log) else { panic!("{log}: {:?}", SshError::read(log)) };
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_refused_login_is_told_in_sshs_words() {
    let denied = "root@127.9.9.9: Permission denied (publickey,password,keyboard-interactive).";
    for before in [
        "",
        "@@@@@@@@@@@@@\r\n@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\r\nLoad key \"uk\": bad permissions\r\n",
        "Warning: Permanently added '[127.0.0.1]:22' (ED25519) to the list of known hosts.\r\n",
    ] {
        assert_eq!(SshError::read(&format!("{before}{denied}\r\n")), SshError::Denied(denied.to_owned()));
    }
    let many = "Received disconnect from 127.9.9.9 port 2296:2: Too many authentication failures\r\nDisconnected from 127.9.9.9 port 2296\r\n";
    assert!(matches!(SshError::read(many), SshError::Denied(words) if words.contains("Too many")));
}

#[test]
fn what_is_wrong_on_the_way_or_here_is_neither() {
    let through =
        "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
    assert!(matches!(SshError::read(through), SshError::Through(_)));
    let settings = "/home/u/.ssh/config: line 1: Bad configuration option: nonsense\r\n/home/u/.ssh/config: terminating, 1 bad configuration options\r\n";
    assert!(matches!(SshError::read(settings), SshError::Settings(words) if words.contains("nonsense")));
    for (log, words) in [
        (
            "/h/.ssh/config line 2: Bad SSH2 cipher spec 'nosuch'.\r\n/h/.ssh/config: terminating, 1 bad configuration options\r\n",
            "'nosuch'",
        ),
        ("jumphost loop via 10.0.0.1\r\n", "jumphost loop"),
    ] {
        assert!(matches!(SshError::read(log), SshError::Settings(said) if said.contains(words)), "{log}");
    }
    let old = "Unable to negotiate with 10.0.0.1 port 22: no matching key exchange method found. Their offer: diffie-hellman-group1-sha1\r\n";
    assert!(matches!(SshError::read(old), SshError::Strange(said) if said.contains("group1")));
    assert_eq!(SshError::read(""), SshError::Other("ssh gave no reason".to_owned()));
    assert_eq!(SshError::read("a\n\nb\r\nc\nd\n"), SshError::Other("b; c; d".to_owned()));
}
