//! Hosts that an upgrade of hoist has left running.

use hoist::provider::{Cloud as _, HostError, InstanceState};

use crate::local_cloud::support::{Here, Lab, change_status, eventually, output, processes_of, run};

/// What the status file of an init of another version may look like.
fn of_another_version(status: &mut serde_json::Value) {
    status["protocol"] = 99.into();
    status["contact"] = "by carrier pigeon".into();
    status["colour"] = "unheard of".into();
}

#[tokio::test]
async fn an_instance_of_another_version_is_shown_and_ended_and_not_asked() {
    for lab in Lab::both() {
        let (instance, host) = lab.one("token").await;
        let asked = lab.directory.path().join("asked");
        let script = format!("setsid sh -c 'trap \"touch {}; exit\" TERM; sleep 1000 & wait' &", asked.display());
        output(&host, "daemon", &script).await;
        let id = instance.id.clone();
        eventually("the daemon runs", || processes_of(&id).iter().any(|one| one.ends_with("sleep 1000 "))).await;
        change_status(&lab.instance_directory(&id), of_another_version);

        let shown = lab.ours().await.remove(0);
        assert_eq!((shown.state, &shown.address), (InstanceState::Running, &instance.address));
        for refused in [host.reach().await.map(drop), run(&host, "key", "true").await.map(drop)] {
            let Err(HostError::Failed(message)) = refused else { panic!("{refused:?}") };
            for part in [&id, "protocol 99", "terminate"] {
                assert!(message.contains(part), "{part:?} is not in {message:?}");
            }
        }
        lab.cloud.terminate(std::slice::from_ref(&id)).await.unwrap();
        lab.assert_nothing_left(&id, instance.address.as_deref());
        lab.assert_no_directories();
        // An isolated one cannot leave word here.
        assert!(lab.isolated || asked.exists(), "its programs were asked to stop first");
    }
}

#[tokio::test]
async fn an_instance_from_before_there_were_versions_is_ended_too() {
    let lab = Lab::new(true);
    let (instance, host) = lab.one("token").await;
    change_status(&lab.instance_directory(&instance.id), |status| {
        let contact = status["contact"].take();
        let old = serde_json::json!({
            "process": status["process"], "address": status["address"], "ended": null,
            "socket": contact["socket"], "secret": contact["secret"]
        });
        *status = old;
    });
    assert!(host.reach().await.unwrap_err().to_string().contains("protocol 0"));
    lab.cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
    lab.assert_nothing_left(&instance.id, instance.address.as_deref());
}

#[tokio::test]
async fn this_host_of_another_version_is_released_and_not_asked() {
    let directory = tempfile::tempdir().unwrap();
    let here = Here::new(&directory);
    let (place, host) = (&here.place, &here.host);
    let id = output(host, "daemon", "setsid sleep 1000 & echo $HOIST_INSTANCE").await;
    change_status(place, of_another_version);
    let error = run(host, "another", "true").await.unwrap_err();
    assert!(error.to_string().contains("protocol 99"), "{error}");
    host.release().await.unwrap();
    assert_eq!(processes_of(&id), [] as [String; 0]);
    assert_eq!(std::fs::read_dir(directory.path().join("run")).unwrap().count(), 0);
}
