//! Why no host can be had is told with what to try, wherever it is told.

use hoist::cloud::sim::SimConfig;
use hoist::engine::{Check, DriveResult, Failure, Observation, ObservedInstance, Stage, UnknownReason};
use hoist::provider::{CloudError, CloudErrorKind};

use crate::engine::lab::Lab;

const REASON: &str = "the credentials expired";
const HINT: &str = "aws sso login";

fn expired() -> CloudError {
    CloudError::new(CloudErrorKind::Denied, REASON).hint(HINT)
}

fn assert_told(blocked: &[(String, Failure)], service: &str, stage: Stage) {
    let (_, failure) = blocked.iter().find(|(name, _)| name == service).expect("it could not go on");
    assert_eq!((failure.reason.as_str(), failure.hint.as_deref()), (REASON, Some(HINT)));
    assert_eq!((failure.stage, failure.blind), (stage, true), "it says nothing of the machine");
}

#[tokio::test(start_paused = true)]
async fn by_a_check() {
    let mut lab = Lab::new(SimConfig::default(), &[&["a", "at"]], |_| {});
    assert_eq!(lab.boot().await, DriveResult::Up);
    lab.shut(expired());
    let silence = UnknownReason { reason: REASON.to_owned(), hint: Some(HINT.to_owned()) };
    let plan = lab.plan.clone();
    let seen = lab.seen(&plan).await;
    let check = Check::Unknown(silence.clone());
    let wanted = [ObservedInstance::Unknown(silence), ObservedInstance::None];
    assert_eq!(seen, wanted.map(|instance| Observation { instance, check: check.clone() }));
}

#[tokio::test(start_paused = true)]
async fn by_a_boot() {
    let mut lab = Lab::new(SimConfig::default(), &[&["at"]], |_| {});
    lab.shut(expired());
    assert_eq!(lab.boot().await, DriveResult::Blocked);
    assert_told(&lab.blocked, "at", Stage::Reach);
}

#[tokio::test(start_paused = true)]
async fn by_a_tear_down() {
    let mut lab = Lab::new(SimConfig::default(), &[&["at"]], |plan| {
        plan.levels[0].services[0].programs.terminate = None;
    });
    assert_eq!(lab.boot().await, DriveResult::Up);
    lab.shut(expired());
    assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
    let hoist::engine::Phase::Terminating(farewell) = lab.phase("at") else { panic!("{:?}", lab.phase("at")) };
    let failure = farewell.failure.as_ref().expect("it was not cleaned up");
    assert_eq!(failure.reason, format!("could not clean up after it: {REASON}"));
    assert_eq!(failure.hint.as_deref(), Some(HINT));
}
