use std::io::{Read as _, Write as _};
use std::process::Command;

use jiff::Timestamp;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::*;
use crate::user_data::LIMIT;

const PRIVATE: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nQUJD\nREVG\n-----END OPENSSH PRIVATE KEY-----\n";
const PUBLIC: &str = "ssh-ed25519 AAAAC3Nza hoist";

fn expiry() -> Timestamp {
    "2026-11-20T18:00:00Z".parse().unwrap()
}

fn with_all(own: Option<&[u8]>) -> Result<UserData, String> {
    let host_key = Some((PRIVATE, PUBLIC));
    let parts = UserDataParts {
        own,
        first_stage: None,
        host_key,
        lease: Some(lease_part(expiry())),
        scaler: None,
        limit: SizeLimit::EC2,
    };
    combine(&parts).map_err(|unfit| unfit.to_string())
}

fn alone(own: &[u8]) -> Result<UserData, String> {
    let parts = UserDataParts {
        own: Some(own),
        first_stage: None,
        host_key: None,
        lease: None,
        scaler: None,
        limit: SizeLimit::EC2,
    };
    combine(&parts).map_err(|unfit| unfit.to_string())
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// Returns the content types and contents of the parts of a message without nested messages.
fn parts_of(message: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8(message.to_vec()).unwrap();
    let boundary = text.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let sections: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    assert_eq!(*sections.last().unwrap(), "--\n");
    let part = |section: &&str| {
        let (headers, content) = section.trim_start_matches('\n').split_once("\n\n").unwrap();
        let content_type = headers.split("Content-Type: ").nth(1).unwrap().split(';').next().unwrap();
        (content_type.to_owned(), content.strip_suffix('\n').unwrap().to_owned())
    };
    sections[1..sections.len() - 1].iter().map(part).collect()
}

#[test]
fn kinds_are_told_by_how_they_begin() {
    for (data, kind) in [
        ("#!/bin/sh\n", "text/x-shellscript"),
        ("\n#cloud-config\na: 1\n", "text/cloud-config"),
        ("#cloud-config-archive\n", "text/cloud-config-archive"),
        ("#include\nhttp://x\n", "text/x-include-url"),
        ("#include-once\nhttp://x\n", "text/x-include-once-url"),
        ("#cloud-boothook\n", "text/cloud-boothook"),
        ("#part-handler\n", "text/part-handler"),
        ("## template: jinja\n#cloud-config\n", "text/jinja2"),
        ("Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n", "a MIME message"),
        ("From nobody Fri Jan 11 07:00:00 2013\nMIME-Version: 1.0\n", "a MIME message"),
        ("<powershell>\ndir\n</powershell>", "it begins with \"<powershell>\""),
        ("{\"ignition\": {}}", "it begins with \"{\\\"ignition\\\": {}}\""),
    ] {
        assert_eq!(PartKind::of(data.as_bytes()).to_string(), kind, "{data}");
    }
    assert_eq!(PartKind::of(&gzip(b"#!/bin/sh\n")).to_string(), "text/x-shellscript, compressed");
    assert!(!PartKind::of(&[0x1f, 0x8b, 1, 2, 3]).is_combinable());
    // A script that mentions MIME is a script.
    assert_eq!(PartKind::of(b"#!/bin/sh\necho MIME-Version: 1.0\n").to_string(), "text/x-shellscript");
}

#[test]
fn what_needs_nothing_added_stays_as_it_is() {
    for own in ["#!/bin/sh\n", "<powershell>x</powershell>", "#cloud-config\n"] {
        let data = alone(own.as_bytes()).unwrap();
        assert_eq!((data.bytes.as_deref(), data.has_host_key), (Some(own.as_bytes()), false));
    }
    let nothing = UserDataParts {
        own: None,
        first_stage: None,
        host_key: None,
        lease: None,
        scaler: None,
        limit: SizeLimit::EC2,
    };
    let nothing = combine(&nothing).unwrap();
    assert_eq!(nothing.bytes, None);
}

#[test]
fn ours_come_first_and_the_users_part_is_whole() {
    let own = "#!/bin/bash\necho 'hello'\n\nexit 0\n";
    let data = with_all(Some(own.as_bytes())).unwrap();
    assert!(data.has_host_key);
    let parts = parts_of(&data.bytes.unwrap());
    let types: Vec<&str> = parts.iter().map(|(content_type, _)| content_type.as_str()).collect();
    assert_eq!(types, ["text/cloud-boothook", "text/cloud-config", "text/x-shellscript"]);
    assert!(parts[0].1.contains("end=1795197600"), "{}", parts[0].1);
    let config: yaml_serde::Value = yaml_serde::from_str(&parts[1].1).unwrap();
    assert_eq!(config["ssh_keys"]["ed25519_private"].as_str(), Some(PRIVATE));
    assert_eq!(config["ssh_keys"]["ed25519_public"].as_str(), Some(PUBLIC));
    assert_eq!(config["ssh_deletekeys"].as_bool(), Some(true));
    assert_eq!(parts[2].1, own);
}

#[test]
fn the_same_parts_give_the_same_bytes() {
    let large: String = (0..3000).map(|number| format!("# line {number}\n")).collect();
    for own in ["#!/bin/sh\n".to_owned(), format!("#!/bin/sh\n{large}")] {
        let first = with_all(Some(own.as_bytes())).unwrap();
        assert_eq!(first, with_all(Some(own.as_bytes())).unwrap());
        assert_ne!(first, with_all(Some(format!("{own}#").as_bytes())).unwrap());
    }
}

#[test]
fn messages_and_compressed_data_are_combined_too() {
    let own = "Content-Type: multipart/mixed; boundary=\"inner\"\nMIME-Version: 1.0\n\n--inner\n\
               Content-Type: text/x-shellscript\n\n#!/bin/sh\necho 1\n--inner--\n";
    let data = with_all(Some(own.as_bytes())).unwrap();
    let text = String::from_utf8(data.bytes.unwrap()).unwrap();
    assert!(data.has_host_key && text.contains(own), "{text}");

    let packed = with_all(Some(&gzip(b"#!/bin/sh\necho packed\n"))).unwrap();
    assert!(String::from_utf8(packed.bytes.unwrap()).unwrap().contains("echo packed"));
}

#[test]
fn a_part_that_is_not_plain_text_is_encoded() {
    for own in [b"#!/bin/sh\nexit 0\n\x00\xff binary".as_slice(), "#!/bin/sh\necho Grüße\n".as_bytes()] {
        let lease = Some(lease_part(expiry()));
        let parts = UserDataParts {
            own: Some(own),
            first_stage: None,
            host_key: None,
            lease,

            scaler: None,
            limit: SizeLimit::EC2,
        };
        let data = combine(&parts).unwrap();
        let parts = parts_of(&data.bytes.unwrap());
        let encoded: String = parts[1].1.lines().collect();
        assert_eq!(BASE64.decode(encoded).unwrap(), own);
    }
}

#[test]
fn who_sets_host_keys_keeps_them() {
    let config = "#cloud-config\nssh_keys:\n  ed25519_private: mine\n";
    let in_message = |encoded: &str| {
        format!(
            "Content-Type: multipart/mixed; boundary=\"i\"\nMIME-Version: 1.0\n\n--i\nContent-Type: text/cloud-config\n{encoded}\n--i--\n"
        )
    };
    let hidden = in_message(&format!("Content-Transfer-Encoding: base64\n\n{}", BASE64.encode(config)));
    for own in [
        config.to_owned(),
        "#cloud-config\n\"ssh_keys\": {}\n".to_owned(),
        "## template: jinja\n#cloud-config\nssh_keys: {}\n".to_owned(),
        in_message(&format!("\n{config}")),
        hidden,
        "#include\nhttps://example.org/config\n".to_owned(),
    ] {
        assert!(!takes_host_key(Some(own.as_bytes())), "{own}");
        let data = with_all(Some(own.as_bytes())).unwrap();
        assert!(!data.has_host_key);
        assert!(!String::from_utf8_lossy(&data.bytes.unwrap()).contains("QUJD"));
    }
    for own in ["#cloud-config\nssh_authorized_keys: [a]\n", "#!/bin/sh\nls ssh_keys\n", "#cloud-config\n# ssh_keys\n"]
    {
        assert!(takes_host_key(Some(own.as_bytes())), "{own}");
    }
    assert!(takes_host_key(None));
}

#[test]
fn what_cloud_init_does_not_read_gets_no_key_and_no_lease() {
    let own = b"<powershell>dir</powershell>".as_slice();
    let with_key = combine(&UserDataParts {
        own: Some(own),
        first_stage: None,
        host_key: Some((PRIVATE, PUBLIC)),
        lease: None,
        scaler: None,
        limit: SizeLimit::EC2,
    })
    .unwrap();
    assert_eq!((with_key.bytes.as_deref(), with_key.has_host_key), (Some(own), false));
    let refused = with_all(Some(own)).unwrap_err();
    assert!(refused.contains("<powershell>") && refused.contains("lease"), "{refused}");
}

#[test]
fn what_is_too_large_is_compressed_or_refused_with_what_takes_how_much() {
    let repetitive = format!("#!/bin/sh\n{}", "echo the same line again\n".repeat(2000));
    let packed = with_all(Some(repetitive.as_bytes())).unwrap().bytes.unwrap();
    assert!(packed.len() <= LIMIT);
    let mut unpacked = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut unpacked).unwrap();
    assert!(unpacked.contains(&repetitive));

    // Digests do not compress.
    use sha2::{Digest as _, Sha256};
    let noise: String = (0..700_u32).map(|n| format!("{:x?}", Sha256::digest(n.to_be_bytes()))).collect();
    let refused = with_all(Some(format!("#!/bin/sh\n# {noise}\n").as_bytes())).unwrap_err();
    for word in ["16384", "compressed", "yours ", "host key ", "lease ", "bucket"] {
        assert!(refused.contains(word), "{word}: {refused}");
    }
    // Data that nothing on the instance unpacks is not compressed.
    let foreign = format!("<powershell>{}</powershell>", "x".repeat(20_000));
    let refused = alone(foreign.as_bytes()).unwrap_err();
    assert!(refused.contains("20025 bytes, of which"), "{refused}");
    assert_eq!(alone(&vec![b'x'; LIMIT]).unwrap().bytes.unwrap().len(), LIMIT);
}

#[test]
fn the_end_of_a_lease_powers_the_machine_off() {
    // Runs the hook as cloud-init does, with stand-ins for programs: each call of `date` advances the time by a minute.
    let directory = tempfile::tempdir().unwrap();
    let script = String::from_utf8(lease::part(expiry()).content().to_vec()).unwrap();
    let run = directory.path().join("run");
    std::fs::create_dir(&run).unwrap();
    let script = script.strip_prefix("#cloud-boothook\n").unwrap().replace("/run/", &format!("{}/", run.display()));
    // The hook does not wait for its background process; the test does.
    let script = script.replace("2>&1 &\nexit 0", "2>&1");
    let end = expiry().as_second();
    let stand_in = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = directory.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\ncd {}\n{text}\n", directory.path().display())).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    stand_in("date", &format!("echo x >>looks; echo $(({end} - 180 + 60 * $(wc -l <looks)))"));
    stand_in("sleep", "echo \"sleep $1\" >>log");
    for name in ["shutdown", "poweroff", "logger"] {
        stand_in(name, &format!("echo \"{name} $*\" >>log"));
    }
    let path = format!("{}:/usr/bin:/bin", directory.path().display());
    let go = || {
        let output = Command::new("/bin/sh").arg("-c").arg(&script).env("PATH", &path).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        std::fs::read_to_string(directory.path().join("log")).unwrap()
    };
    let log = go();
    let expected =
        ["sleep 20", "sleep 20", "logger -t hoist the lease has ended", "shutdown -h now", "sleep 120", "poweroff -f"];
    assert_eq!(log.lines().collect::<Vec<_>>(), expected);
    // A second copy does nothing.
    assert_eq!(go(), log);
}

#[test]
fn a_machine_with_a_scaler_is_told_its_run_and_service() {
    let scaler = Some(ScalerParent { run: "demo.c1852335b48f", service: "master" });
    let parts = |own| UserDataParts {
        own: Some(own),
        first_stage: None,
        host_key: None,
        lease: None,
        scaler,
        limit: SizeLimit::EC2,
    };
    let own = b"#cloud-config\npackages: []\n".as_slice();
    let message = combine(&parts(own)).unwrap().bytes.unwrap();
    let told = parts_of(&message);
    assert_eq!((told[1].0.as_str(), told[1].1.as_bytes()), ("text/cloud-config", own));
    assert_eq!(told[0].0, "text/cloud-boothook");
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("etc").display().to_string();
    let script = told[0].1.strip_prefix("#cloud-boothook\n").unwrap().replace("/etc/hoist", &place);
    assert!(Command::new("/bin/sh").arg("-c").arg(&script).status().unwrap().success());
    let written = std::fs::read_to_string(format!("{place}/run.env")).unwrap();
    assert_eq!(written, "HOIST_RUN=demo.c1852335b48f\nHOIST_SERVICE=master\n");
    // Where cloud-init does not read the user data, it stays as it is.
    let foreign = b"<powershell>dir</powershell>".as_slice();
    assert_eq!(combine(&parts(foreign)).unwrap().bytes.as_deref(), Some(foreign));
}
