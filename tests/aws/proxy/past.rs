//! moto past all faults and past the log: to prepare a test, or to see what came of it.

use super::parameters::Parameters;
use super::{FaultProxy, REGION};

impl FaultProxy {
    /// A call of a service with the query protocol, and the answer's text.
    #[track_caller]
    pub(crate) fn past(&self, service: &str, parameters: &Parameters) -> String {
        match self.cloud.shared.query(service, REGION, parameters) {
            Ok(answer) => answer.text(),
            Err(error) => panic!("{parameters:?}: {error:?}"),
        }
    }

    /// The number of this cloud's account.
    pub(crate) fn account(&self) -> &str {
        &self.cloud.shared.account.number
    }

    /// Lets the next operation on a stack fail at a resource: `create`, `update` or `delete`.
    pub(crate) fn fail_stack(&self, stack: &str, operation: &str, logical: &str, reason: &str) {
        let fail = serde_json::json!({"stack": stack, "operation": operation, "logical": logical, "reason": reason});
        self.wish(&serde_json::json!({ "fail": fail }));
    }

    /// Lets the next operations of this kind on a stack fail, many of them.
    pub(crate) fn fail_stack_always(&self, stack: &str, operation: &str, logical: &str, reason: &str) {
        let fail = serde_json::json!({
            "stack": stack, "operation": operation, "logical": logical, "reason": reason, "always": true
        });
        self.wish(&serde_json::json!({ "fail": fail }));
    }

    /// From now on, stacks are seen so often on their way before they are there.
    pub(crate) fn slow_stacks(&self, looks: usize) {
        self.wish(&serde_json::json!({ "slow": looks }));
    }

    fn wish(&self, wish: &serde_json::Value) {
        let shared = &self.cloud.shared;
        let target = format!("/peers/formation/{}", shared.account.number);
        shared.send("POST", &target, &[], wish.to_string().as_bytes());
    }
}
