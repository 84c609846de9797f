//! Many launches on a cloud that behaves badly: exactly what was asked for comes of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use hoist::provider::{Cloud as _, CloudErrorKind, LaunchRequest, Selector};
use hoist_test_support::google::{Faults, OperationError};

use crate::cloud_lab::{CloudLab, request, run, token};

/// How many launches, of a machine each.
const LAUNCHES: usize = 200;

#[test]
fn two_hundred_launches_on_a_bad_day_are_two_hundred_machines() {
    let failing = OperationError::new("INTERNAL_ERROR", "Internal error.");
    let faults = Faults::new(7).lost_replies(0.1).throttled(0.3).failing(0.05, failing);
    let Some(lab) = CloudLab::new(faults) else { return };
    run(async {
        let launch = |number: usize| {
            let cloud = Arc::clone(&lab.cloud);
            async move {
                let service = format!("w{number}");
                let mut wanted = request(&token(number), &[&service]);
                loop {
                    match cloud.launch(&wanted).await {
                        Ok(launched) if launched.instances.is_empty() => panic!("{:?}", launched.refusals),
                        Ok(launched) => return launched.instances[0].id.clone(),
                        Err(error) if error.kind == CloudErrorKind::Transient => {
                            wanted = LaunchRequest { repeated: true, ..wanted };
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        };
        let mut launches = tokio::task::JoinSet::new();
        let mut ids = BTreeSet::new();
        for number in 0..LAUNCHES {
            if launches.len() == 16 {
                ids.extend(launches.join_next().await.map(Result::unwrap));
            }
            launches.spawn(launch(number));
        }
        ids.extend(launches.join_all().await);
        assert_eq!(ids.len(), LAUNCHES);
        assert_eq!(lab.server.instances().len(), LAUNCHES);
        let shown = lab.cloud.describe(&Selector::Run("web.1".to_owned())).await.unwrap();
        assert_eq!(shown.iter().map(|instance| instance.id.clone()).collect::<BTreeSet<_>>(), ids);
        // A bulk and the wait for its end.
        let (least, made) = (2 * LAUNCHES, lab.server.calls().len());
        assert!(made <= 2 * least, "{made} calls, {least} at least: {:?}", lab.server.counts());
        let ids: Vec<String> = ids.into_iter().collect();
        lab.cloud.terminate(&ids).await.unwrap();
        assert_eq!(lab.server.instances(), []);
        assert_eq!(lab.server.disks(), []);
        // Once more: they are gone.
        lab.cloud.terminate(&ids).await.unwrap();
    });
}
