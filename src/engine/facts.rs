//! What a plan's texts read of a run.

use super::run::Run;
use crate::plan::RuntimeValues;

impl RuntimeValues for Run {
    fn launch(&self, service: &str, attribute: &str) -> Option<String> {
        let record = self.record(self.position(service)?);
        let departed = record.departed.as_deref();
        let address = || record.address.clone().or_else(|| departed?.address.clone());
        match attribute {
            "run_name" => Some(self.name.clone()),
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
        self.record(self.position(service)?).output.get(attribute).cloned()
    }

    fn output_names(&self, service: &str) -> Vec<String> {
        let position = self.position(service);
        position.map(|position| self.record(position).output.keys().cloned().collect()).unwrap_or_default()
    }
}
