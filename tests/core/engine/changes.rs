//! Random changes and events, for the property tests.

use hoist::engine::{Failure, Goal, Intent, ProgramFailure, RunEvent, ServiceEvent, Stage};
use hoist::plan::ProgramKind;
use hoist::provider::ExitOutcome;
use proptest::prelude::*;

/// A name of the plan that the tests use, or none of it.
fn service() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "here", "nobody"]).prop_map(str::to_owned)
}

fn stage() -> impl Strategy<Value = Stage> {
    prop::sample::select(vec![Stage::Launch, Stage::Reach, Stage::Boot, Stage::Ready, Stage::Terminate])
}

fn intent() -> impl Strategy<Value = Intent> {
    ("[ab]{1,2}", 0usize..3).prop_map(|(token, slot)| Intent { token, slot, size: 3 })
}

fn program_failure() -> impl Strategy<Value = ProgramFailure> {
    prop::sample::select(vec![ExitOutcome::Exit(1), ExitOutcome::Signal(9), ExitOutcome::TimedOut]).prop_map(
        |outcome| ProgramFailure {
            name: "boot.sh".to_owned(),
            outcome,
            tail: vec!["last words".to_owned()],
            took: std::time::Duration::from_millis(1500),
        },
    )
}

fn failure() -> impl Strategy<Value = Failure> {
    (stage(), prop::option::of(intent()), prop::option::of(program_failure())).prop_map(
        |(stage, unanswered, program)| Failure {
            unanswered: unanswered.map(Box::new),
            program: program.map(Box::new),
            ..Failure::new(stage, "no luck").hint(Some("try again"))
        },
    )
}

/// Any change of a service.
pub(crate) fn change() -> impl Strategy<Value = ServiceEvent> {
    let program = prop::sample::select(vec![ProgramKind::Boot, ProgramKind::Ready, ProgramKind::Terminate]);
    prop_oneof![
        3 => intent().prop_map(|intent| ServiceEvent::LaunchIntended { intent, cloud: "sim".to_owned() }),
        3 => Just(ServiceEvent::Launched { instance_id: "i-1".to_owned() }),
        2 => Just(ServiceEvent::Addressed { address: "10.0.0.4".to_owned(), private_address: None }),
        3 => Just(ServiceEvent::Reachable { address: "10.0.0.4".to_owned() }),
        3 => Just(ServiceEvent::BootStarted),
        3 => Just(ServiceEvent::Booted { output: [("key".to_owned(), "value".to_owned())].into() }),
        2 => Just(ServiceEvent::CheckStarted),
        1 => (program, program_failure()).prop_map(|(program, failure)| ServiceEvent::ProgramRetried { program, failure }),
        3 => prop::option::of("[a-z ]{0,9}").prop_map(|degraded| ServiceEvent::Ready { degraded }),
        2 => failure().prop_map(|failure| ServiceEvent::Failed { failure }),
        1 => Just(ServiceEvent::Lost { reason: "it is gone".to_owned() }),
        2 => Just(ServiceEvent::Retried),
        1 => Just(ServiceEvent::Recheck),
        1 => Just(ServiceEvent::Reconfigured),
        2 => any::<bool>().prop_map(|again| ServiceEvent::TerminateStarted { again }),
        2 => prop::option::of(failure()).prop_map(|failure| ServiceEvent::TerminateProgramEnded { failure }),
        1 => failure().prop_map(|failure| ServiceEvent::TerminateFailed { failure }),
        1 => Just(ServiceEvent::Abandoned),
        1 => Just(ServiceEvent::TerminateAccepted),
        2 => Just(ServiceEvent::Terminated),
        2 => Just(ServiceEvent::Reset),
    ]
}

fn goal() -> impl Strategy<Value = Goal> {
    prop_oneof![
        (0u32..3, any::<bool>(), any::<bool>()).prop_map(|(repairs, by_level, dependents)| Goal::Up {
            repairs,
            by_level,
            dependents
        }),
        Just(Goal::DOWN),
    ]
}

/// Any event of a run, mostly changes of its services.
pub(crate) fn event() -> impl Strategy<Value = RunEvent> {
    prop_oneof![
        2 => goal().prop_map(|goal| RunEvent::Goal { goal }),
        4 => ("[ab]{1,2}", prop::collection::vec(service(), 0..3)).prop_map(|(token, services)| {
            RunEvent::LaunchIntended { token, cloud: "sim".to_owned(), services, owner: "test".to_owned(), offers: Vec::new(), expires_at: None, state: None }
        }),
        1 => Just(RunEvent::PlanReplaced),
        24 => (service(), change()).prop_map(|(service, change)| RunEvent::Service { service, change }),
    ]
}
