//! What is secret is in the bucket and nowhere else.

use std::sync::{Arc, Mutex};

use hoist::annex::{AnnexCloud as _, AnnexSpec};

use crate::annex_stacks::lab::{Lab, PASSWORD, id, run};
use crate::packed::unpacked;
use hoist_test_support::aws::Faults;
use hoist_test_support::judges::scrambled;

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
        let user_data = unpacked(&user_data);
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
        assert_eq!(lab.bucket().content(password), scrambled(PASSWORD.as_bytes()));
        assert_eq!(lab.bucket().content(config), b"SECRET_KNOB = 4711\n");
        for key in [password, config] {
            assert!(user_data.contains(&format!("s3://{}/{key}", lab.bucket().name)), "{key}");
        }
        // The user's own is a part that adds to ours.
        assert!(user_data.contains("[touch, /own]") && user_data.contains("X-Merge-Type: list(append)"), "{user_data}");
    });
}

#[test]
fn what_htcondor_kept_is_stored_byte_by_byte() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let random: Vec<u8> = (0..64_u8).map(|index| index.wrapping_mul(167) ^ 0x5a).collect();
        let forms = [scrambled(PASSWORD.as_bytes()), scrambled(&[PASSWORD.as_bytes(), &[0]].concat()), random];
        for (name, kept) in ["stored", "older", "random"].into_iter().zip(forms) {
            let (id, spec) = (id(name), lab.joining(name, 1));
            lab.file("pool-password", kept.clone());
            lab.made(&id, &spec).await;
            assert_eq!(lab.bucket().content(&format!("{}pool-key", id.prefix())), kept);
        }
    });
}

#[test]
fn a_token_and_a_key_of_its_own_are_read_from_the_bucket_and_the_token_is_replaced_with_the_lease() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (id, mut spec) = (id("a"), lab.joining("a", 1));
        let joining = spec.joining_mut().unwrap();
        joining.password_file = None;
        joining.token_file = Some(lab.file("token", "first.secret.token\n"));
        joining.owner_key = Some(lab.file("key", "owner.secret.key"));
        joining.identity = Some("condor@pool".to_owned());
        lab.made(&id, &spec).await;
        let machine = lab.cloud.instances(&id).await.unwrap().remove(0).id;
        let user_data = unpacked(&lab.proxy.user_data("us-east-1", &machine));
        for (name, content) in [("token", &b"first.secret.token\n"[..]), ("owner-key", b"owner.secret.key")] {
            let key = format!("{}{name}", id.prefix());
            assert_eq!(lab.bucket().content(&key), content);
            assert!(user_data.contains(&format!("s3://{}/{key}", lab.bucket().name)), "{name}");
        }
        assert!(!user_data.contains("secret.token") && !user_data.contains("secret.key"), "{user_data}");
        let owner = format!("ALLOW_ADMINISTRATOR = $(ALLOW_ADMINISTRATOR) {}", id.owner_identity());
        assert!(user_data.contains(&owner), "{user_data}");
        assert!(lab.bucket().keys().iter().all(|key| !key.contains("pool-key")));

        lab.file("token", "second.secret.token\n");
        let longer = AnnexSpec { expires_at: spec.expires_at + jiff::SignedDuration::from_hours(1), ..spec };
        lab.cloud.apply(&id, &longer, "longer").await.unwrap();
        assert_eq!(lab.bucket().content(&format!("{}token", id.prefix())), b"second.secret.token\n");
    });
}
