//! What the instances of an annex are launched with, and who may see it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use hoist::annex::{AnnexCloud as _, AnnexSpec, HTCondorJoin, PoolSoftware};
use hoist::provider::{Cloud as _, Selector};

use crate::annex_local::lab::{Near, annex, spec};
use crate::local_cloud::support::{eventually, is_root};

const PASSWORD: &str = "nobody's but the pool's";

/// An annex to a pool, with files in `directory`.
fn joining(directory: &Path, spec: AnnexSpec) -> AnnexSpec {
    let put = |name: &str, content: &[u8]| {
        let path = directory.join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let joining = HTCondorJoin {
        central_manager: "127.0.0.1".to_owned(),
        password_file: Some(put("it's the password", PASSWORD.as_bytes())),
        with_nul: false,
        token_file: None,
        identity: None,
        owner_key: None,
        ccb: false,
        config_files: vec![put("config", b"FIRST = 1\n"), put("config 2", b"SECOND = 2\n")],
        owners: vec!["me".to_owned()],
        pool_name: "pool".to_owned(),
        os: None,
        slots: None,
        public_address: false,
        docker: false,
        apptainer: false,
    };
    AnnexSpec { software: PoolSoftware::HTCondor(joining), idle_seconds: Some(60), ..spec }
}

#[tokio::test]
async fn an_annexs_files_are_its_owners_alone_and_its_password_is_in_one_of_them() {
    Near::in_both(|near| async move {
        let id = annex("near");
        let sources = tempfile::tempdir().unwrap();
        let wanted = joining(sources.path(), spec(&id, 1));
        let preview = near.annexes.preview(&id, &wanted).await.unwrap();
        assert!(preview["user_data"].as_str().unwrap().contains("AnnexName = \"near\""), "{preview}");
        assert!(!preview.to_string().contains(PASSWORD));
        assert!(!near.directory(&id).exists(), "a preview makes nothing");

        near.annexes.apply(&id, &wanted, "one").await.unwrap();
        near.assert_settled(&id, 1).await;
        // The copies are enough from here on.
        drop(sources);
        let directory = near.directory(&id);
        assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        let mut with_password = Vec::new();
        for file in std::fs::read_dir(&directory).unwrap().flatten() {
            let name = file.file_name().into_string().unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
            if String::from_utf8_lossy(&std::fs::read(file.path()).unwrap()).contains(PASSWORD) {
                with_password.push(name);
            }
        }
        assert_eq!(with_password, [""; 0], "it is kept as HTCondor keeps it");
        // Its instances read them, also where they have a /tmp of their own and the cloud is in this machine's.
        let instance = near.lab.cloud.describe(&Selector::ManagedByHoist).await.unwrap().remove(0);
        let host = near.lab.cloud.host("", &instance).unwrap();
        let read = format!("wc -c < '{}/pool-key'", directory.display());
        let read = crate::local_cloud::support::output(&host, "read", &read).await;
        assert_eq!(read.trim(), PASSWORD.len().to_string());
        assert!(!format!("{:?}", near.annexes).contains(PASSWORD));

        let longer = AnnexSpec { expires_at: crate::annex_local::lab::in_seconds(7200), ..wanted };
        near.annexes.apply(&id, &longer, "two").await.unwrap();
        near.assert_settled(&id, 1).await;
        near.annexes.delete(&id, None, &[], "gone").await.unwrap();
        near.assert_gone(&id).await;
    })
    .await;
}

#[tokio::test]
async fn a_users_own_user_data_runs_before_the_machines() {
    Near::in_both(|near| async move {
        let id = annex("both");
        let sources = tempfile::tempdir().unwrap();
        let own = sources.path().join("own.sh");
        std::fs::write(&own, "#!/bin/sh\necho mine > \"$HOME/own\"\n").unwrap();
        let wanted = AnnexSpec { user_data: Some(own.clone()), ..joining(sources.path(), spec(&id, 1)) };
        near.annexes.apply(&id, &wanted, "one").await.unwrap();
        let instance = near.lab.cloud.describe(&Selector::ManagedByHoist).await.unwrap().remove(0);
        let home = near.lab.instance_directory(&instance.id);
        eventually("the user's own ran", || home.join("home/own").exists()).await;
        // The machine's follows. Here it stops at once, since root may not run HTCondor, or there is none, or no pool.
        let console = || std::fs::read_to_string(home.join("console.log")).unwrap_or_default();
        eventually("the machine's follows", || console().contains("HTCondor") || home.join("home/pool").exists()).await;

        std::fs::write(&own, "#cloud-config\n{}\n").unwrap();
        let wrong = near.annexes.check(&id, &wanted).await.unwrap();
        assert!(wrong.iter().any(|error| error.message.contains("begins with #!")), "{wrong:?}");
        near.annexes.delete(&id, None, &[], "gone").await.unwrap();
        near.assert_gone(&id).await;
    })
    .await;
}

#[tokio::test]
async fn joining_a_pool_asks_for_what_it_needs() {
    let near = Near::both().remove(1);
    let id = annex("asks");
    let sources = tempfile::tempdir().unwrap();
    let mut wanted = joining(sources.path(), spec(&id, 1));
    let wrong = near.annexes.check(&id, &wanted).await.unwrap();
    assert_eq!(wrong.iter().any(|error| error.message.contains("root")), is_root(), "{wrong:?}");
    let PoolSoftware::HTCondor(joining) = &mut wanted.software else { unreachable!() };
    joining.password_file = None;
    let wrong = near.annexes.check(&id, &wanted).await.unwrap();
    assert!(wrong[0].hint.as_ref().unwrap().contains("--password-file"), "{wrong:?}");
    let PoolSoftware::HTCondor(joining) = &mut wanted.software else { unreachable!() };
    joining.password_file = Some("/nowhere/to/be/found".into());
    let wrong = near.annexes.check(&id, &wanted).await.unwrap();
    assert!(wrong[0].message.contains("/nowhere/to/be/found"), "{wrong:?}");
    near.assert_empty().await;
}
