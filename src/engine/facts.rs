//! Run-time values for a plan's texts.

use super::run::Run;
use super::services::Services;
use crate::plan::RuntimeValues;

impl RuntimeValues for Services {
    fn launch(&self, service: &str, attribute: &str) -> Option<String> {
        let record = self.of(service)?;
        let departed = record.departed.as_deref();
        let address = || record.address.clone().or_else(|| departed?.address.clone());
        match attribute {
            "run_name" => Some(self.run_name.clone()),
            "instance_id" => record.instance_id().map(str::to_owned).or_else(|| departed?.instance_id.clone()),
            "address" | "hostname" => address(),
            "private_address" => {
                let private = record.private_address.clone();
                private.or_else(|| departed?.private_address.clone()).or_else(address)
            }
            _ => None,
        }
    }

    fn output(&self, service: &str, attribute: &str) -> Option<String> {
        self.of(service)?.output.get(attribute).cloned()
    }

    fn output_names(&self, service: &str) -> Vec<String> {
        self.of(service).map(|record| record.output.keys().cloned().collect()).unwrap_or_default()
    }
}

impl RuntimeValues for Run {
    fn launch(&self, service: &str, attribute: &str) -> Option<String> {
        self.services().launch(service, attribute)
    }

    fn output(&self, service: &str, attribute: &str) -> Option<String> {
        self.services().output(service, attribute)
    }

    fn output_names(&self, service: &str) -> Vec<String> {
        self.services().output_names(service)
    }
}
