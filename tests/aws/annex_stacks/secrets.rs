//! What is secret is in the bucket and nowhere else.

use std::sync::{Arc, Mutex};

use hoist::annex::AnnexCloud as _;

use crate::annex_stacks::lab::{Lab, PASSWORD, id, run};
use hoist_test_support::aws::Faults;

/// Base64 of user data and all.
fn readable(call: &hoist_test_support::aws::Call) -> String {
    format!("{:?}", call.parameters)
}

#[test]
fn password_and_configuration_travel_through_the_bucket_alone() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (id, mut spec) = (id("a"), lab.joining("a", 1));
        spec.user_data = Some(lab.file("own", "#cloud-config\nruncmd:\n  - [touch, /own]\n"));
        let seen: Arc<Mutex<String>> = Arc::default();
        let noted = seen.clone();
        lab.proxy.watch(move |call, _| noted.lock().unwrap().push_str(&readable(call)));
        lab.made(&id, &spec).await;
        let machine = lab.cloud.instances(&id).await.unwrap().remove(0).id;
        let user_data = lab.proxy.user_data("us-east-1", &machine);
        let user_data = String::from_utf8(unpacked(user_data)).unwrap();
        let preview = lab.cloud.preview(&id, &spec).await.unwrap().to_string();
        let debug = format!("{:?} {spec:?}", lab.cloud);
        let calls = seen.lock().unwrap().clone();
        for (what, text) in [("user data", &user_data), ("preview", &preview), ("debug", &debug), ("calls", &calls)] {
            assert!(!text.contains(PASSWORD) && !text.contains("SECRET_KNOB"), "{what}: {text}");
        }
        // Nor could it be guessed by what it is called.
        let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(PASSWORD));
        let keys = lab.bucket().keys();
        assert!(keys.iter().all(|key| !key.contains(&digest)), "{keys:?}");
        let (password, config) = (&keys[1], &keys[0]);
        assert_eq!(lab.bucket().content(password), PASSWORD.as_bytes());
        assert_eq!(lab.bucket().content(config), b"SECRET_KNOB = 4711\n");
        for key in [password, config] {
            assert!(user_data.contains(&format!("s3://{}/{key}", lab.bucket().name)), "{key}");
        }
        // The user's own is a part that adds to ours.
        assert!(user_data.contains("[touch, /own]") && user_data.contains("X-Merge-Type: list(append)"), "{user_data}");
    });
}

#[test]
fn a_password_that_htcondor_kept_is_stored_as_it_was_typed() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (id, spec) = (id("a"), lab.joining("a", 1));
        let mixed =
            PASSWORD.bytes().chain([0]).zip([0xde, 0xad, 0xbe, 0xef].iter().cycle()).map(|(byte, with)| byte ^ with);
        lab.file("pool-password", mixed.collect::<Vec<u8>>());
        lab.made(&id, &spec).await;
        assert_eq!(lab.bucket().content(&format!("{}password", id.prefix())), PASSWORD.as_bytes());
    });
}

fn unpacked(data: Vec<u8>) -> Vec<u8> {
    use std::io::Read as _;
    if !data.starts_with(&[0x1f, 0x8b]) {
        return data;
    }
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(data.as_slice()).read_to_end(&mut unpacked).unwrap();
    unpacked
}
