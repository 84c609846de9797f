//! moto past all faults and past the log: to prepare a test, or to see what came of it.

use super::log::Call;
use super::parameters::Parameters;
use super::{FaultProxy, REGION};

impl FaultProxy {
    /// A call of a service with the query protocol, and the answer's text.
    #[track_caller]
    pub fn past(&self, service: &str, parameters: &Parameters) -> String {
        match self.cloud.shared.query(service, REGION, parameters) {
            Ok(answer) => answer.text(),
            Err(error) => panic!("{parameters:?}: {error:?}"),
        }
    }

    /// The number of this cloud's account.
    pub fn account(&self) -> &str {
        &self.cloud.shared.account.number
    }

    /// Deletes a stack as somebody does with the console.
    pub fn delete_stack(&self, region: &str, name: &str) {
        let parameters = Parameters::of("DeleteStack", &[("StackName", name), ("Version", "2010-05-15")]);
        self.change_stack(region, name, parameters);
    }

    /// Makes a stack as somebody does whom nobody asks.
    pub fn make_stack(&self, name: &str, template: &serde_json::Value, tags: &[(&str, &str)]) {
        let mut parameters = Parameters::of("CreateStack", &[("StackName", name), ("Version", "2010-05-15")]);
        parameters.set("TemplateBody", template.to_string());
        for (number, (key, value)) in tags.iter().enumerate() {
            parameters.set(&format!("Tags.member.{}.Key", number + 1), *key);
            parameters.set(&format!("Tags.member.{}.Value", number + 1), *value);
        }
        self.change_stack(REGION, name, parameters);
    }

    fn change_stack(&self, region: &str, name: &str, parameters: Parameters) {
        let shared = &self.cloud.shared;
        let call = Call {
            service: "cloudformation".to_owned(),
            region: region.to_owned(),
            action: parameters.get("Action").unwrap_or_default().to_owned(),
            parameters,
            at: shared.now(),
            status: None,
            error: None,
            effect: None,
            carried_out: true,
        };
        let forward = || match shared.query("cloudformation", region, &call.parameters) {
            Ok(answer) => answer,
            Err(error) => panic!("{name}: {error:?}"),
        };
        shared.stack_call(&call, "none", &forward);
    }
}
