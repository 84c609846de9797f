//! User data that is stored elsewhere, fetched by the cloud-init of a newer system from a store that is not always
//! well.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use base64::Engine as _;
use hoist::user_data::{CombineMode, Spill, UserDataSource, combine, write_message};
use sha2::{Digest as _, Sha256};

use hoist_test_support::cloud_machine::{Machine, addresses};

/// How a store answers.
enum Answer {
    Status(u16),
    /// Half of the content, of which the whole length was told.
    Half,
    Whole(Vec<u8>),
}

/// A store that gives these answers, one a request, and the last one ever after; its address.
fn store(content: &[u8], answers: Vec<Answer>) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/key?X-Amz-Signature=secret", listener.local_addr().unwrap());
    let content = content.to_vec();
    std::thread::spawn(move || {
        let mut answers = answers.into_iter().peekable();
        let mut answer = None;
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            // The request is short, and comes at once.
            let _ = connection.read(&mut [0; 4096]);
            answer = answers.next().or(answer);
            let (status, body, length) = match &answer {
                Some(Answer::Half) => (200, &content[..content.len() / 2], content.len()),
                Some(Answer::Whole(other)) => (200, other.as_slice(), other.len()),
                Some(Answer::Status(status)) => (*status, &[][..], 0),
                None => return,
            };
            let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = connection.write_all(&[head.as_bytes(), body].concat());
        }
    });
    url
}

fn large() -> (Vec<u8>, Vec<u8>) {
    let content: Vec<u8> = (0..3000_u32).flat_map(|number| Sha256::digest(number.to_be_bytes())).collect();
    let encoded = base64::prelude::BASE64_STANDARD.encode(&content);
    let pieces = [
        ("early", "#cloud-boothook\n#!/bin/sh\necho boothook >> /var/tmp/order\n".to_owned()),
        (
            "config",
            format!(
                "#cloud-config\nbootcmd: [echo bootcmd >> /var/tmp/order]\nwrite_files:\n- {{path: /var/tmp/large, encoding: b64, content: {encoded}}}\n"
            ),
        ),
        (
            "more",
            "## template: jinja\n#cloud-config\nruncmd: ['echo {{ v1.instance_id }} >> /var/tmp/order']\n".to_owned(),
        ),
        ("script", "#!/bin/sh\necho 'Grüße' >> /var/tmp/order\n".to_owned()),
    ];
    let pieces = pieces.map(|(name, text)| UserDataSource { name: name.to_owned(), content: text.into() });
    (content, combine(&pieces, CombineMode::Parts).unwrap())
}

#[test]
fn what_is_stored_is_fetched_patiently_and_run_in_order() {
    let (content, user_data) = large();
    let spill = Spill::of(&user_data).unwrap();
    let answers = vec![Answer::Status(503), Answer::Half, Answer::Whole(spill.content().to_vec())];
    let url = store(spill.content(), answers);
    let [address] = addresses::<1>();
    let first_stage = write_message(spill.first_stage("s3://bucket/key", &url));
    let Some(machine) = Machine::start(&address, first_stage, &[]) else { return };
    machine.booted();
    assert!(machine.file("/var/tmp/large".as_ref()) == content);
    let name = machine.root("cat /run/cloud-init/instance-data.json | grep -o 'i-ip-[0-9-]*' | head -n 1");
    assert_eq!(machine.root("cat /var/tmp/order"), format!("boothook\nbootcmd\n{name}Grüße\n"));
    // What was fetched is root's alone.
    let kept = machine.root("stat -c %a /var/lib/cloud/instance/data/hoist /var/lib/cloud/instance/data/hoist/*");
    assert_eq!(kept, "700\n600\n");
}

#[test]
fn what_cannot_be_had_or_is_something_else_makes_the_start_fail() {
    let spill = Spill::of(&large().1).unwrap();
    let mut other = spill.content().to_vec();
    other[100] ^= 1;
    let longer = [spill.content(), b"x"].concat();
    let cases = [
        (vec![Answer::Status(503), Answer::Whole(other)], "is not what was launched"),
        (vec![Answer::Whole(longer)], "is not what was launched"),
        (vec![Answer::Status(403)], "may have expired"),
        (vec![Answer::Status(404)], "HTTP status 404"),
    ];
    for (answers, words) in cases {
        let url = store(spill.content(), answers);
        let [address] = addresses::<1>();
        let first_stage = write_message(spill.first_stage("s3://bucket/key", &url));
        let Some(machine) = Machine::start(&address, first_stage, &[]) else { return };
        machine.until("cloud-init ends", Duration::from_secs(120), || machine.try_root("test -e /run/booted").is_ok());
        let status = machine.root("cloud-init status --long || true");
        assert!(status.contains("status: error"), "{status}");
        let said = machine.root("cat /var/log/cloud-init-output.log");
        assert!(said.contains(words) && said.contains("nothing of it was run"), "{said}");
        assert!(!machine.root("cat /var/log/cloud-init*.log").contains("X-Amz-Signature"));
        machine.root("test ! -e /var/tmp/order && test ! -e /var/tmp/large");
    }
}
