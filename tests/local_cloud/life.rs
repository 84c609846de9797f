//! From launch to termination.

use hoist::engine::{Cloud as _, CloudErrorKind, InstanceState, Outcome, Selector, Upload};

use crate::support::{Lab, output, processes_of, request, run, shell};

#[tokio::test]
async fn an_instance_runs_programs_and_leaves_nothing() {
    for lab in Lab::both() {
        let (instance, host) = lab.one("token").await;
        assert_eq!(instance.state, InstanceState::Running);
        let address = instance.address.clone().unwrap();
        assert!(address.starts_with("127.") && !address.starts_with("127.0.0."), "{address}");
        assert_eq!(
            output(&host, "1", "echo $HOIST_INSTANCE $HOIST_ADDRESS $HOIST_RUN").await,
            format!("{} {address} test-run", instance.id)
        );

        let stage = host.stage_base().join("web");
        let program = stage.join("boot.sh");
        let content = b"#!/bin/sh\npwd; echo err >&2; echo '{\"a\": 1}' > bootout.json; exit 3\n".to_vec();
        host.upload(&Upload { path: program.clone(), content, mode: 0o755 }).await.unwrap();
        let mut command = shell("web/boot/1", "");
        command.argv = vec![program.display().to_string()];
        command.directory.clone_from(&stage);
        let finished = host.run(&command).await.unwrap();
        assert_eq!(finished.outcome, Outcome::Exit(3));
        assert_eq!(finished.output, format!("{}\nerr\n", stage.display()));
        let written = host.download(&stage.join("bootout.json"), 1000).await.unwrap();
        assert_eq!(written.as_deref(), Some(&b"{\"a\": 1}\n"[..]));
        assert_eq!(host.download(&stage.join("nothing"), 1000).await.unwrap(), None);
        assert!(host.download(&stage.join("bootout.json"), 3).await.is_err());
        host.remove(&stage).await.unwrap();
        host.remove(&stage).await.unwrap();
        assert_eq!(host.download(&stage.join("bootout.json"), 1000).await.unwrap(), None);

        lab.cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
        lab.cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
        lab.assert_nothing_left(&instance.id, Some(&address));
        lab.assert_no_directories();
        let shown = lab.cloud.describe(&Selector::Run("test-run".into())).await.unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].state, InstanceState::Terminated);
        let error = lab.cloud.launch(&request("token", &["web"])).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::TokenUsed);
        assert!(processes_of(&instance.id).is_empty());
        assert!(run(&host, "2", "true").await.is_err());
    }
}
