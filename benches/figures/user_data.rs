//! Texts of a megabyte, each of another kind, as `hoist userdata lint` may be given them.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

/// How large each is, about.
const SIZE: usize = 1 << 20;

/// What each is, and itself.
pub(crate) fn megabytes() -> [(&'static str, Vec<u8>); 5] {
    let lines = "echo \"a step of the installation\" >> /var/log/steps # a comment\n";
    let command = "  - [sh, -c, \"echo a step >> /var/log/steps\"]\n";
    [
        ("a script", repeated("#!/bin/sh\n", lines)),
        ("a script of one line", repeated("#!/bin/sh\necho ", "x")),
        ("a cloud-config of commands", repeated("#cloud-config\nruncmd:\n", command)),
        ("a cloud-config of packed files", files()),
        ("scripts packed within each other", nested()),
    ]
}

fn repeated(head: &str, body: &str) -> Vec<u8> {
    format!("{head}{}\n", body.repeat(SIZE / body.len())).into_bytes()
}

fn packed(data: &[u8]) -> String {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(data).and_then(|()| packed.finish()).map(|bytes| STANDARD.encode(bytes)).expect("memory takes it")
}

fn files() -> Vec<u8> {
    let mut text = "#cloud-config\nwrite_files:\n".to_owned();
    let mut number = 1_u64;
    while text.len() < SIZE {
        // What packs badly: the bytes of a simple generator.
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            number.to_be_bytes()[0]
        })
        .take(600)
        .collect();
        text.push_str(&format!("- path: /etc/f{number}\n  encoding: gz+b64\n  content: {}\n", packed(&noise)));
    }
    text.into_bytes()
}

fn nested() -> Vec<u8> {
    let mut text = "#!/bin/sh\necho hello\n".to_owned();
    while text.len() < SIZE * 3 / 4 {
        let line = format!("echo {} | base64 -d\n", packed(text.as_bytes()));
        text = format!("#!/bin/sh\n{}", line.repeat(4));
    }
    text.truncate(SIZE);
    text.into_bytes()
}
