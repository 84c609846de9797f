//! Service Quotas: what tests let it say of EC2, of which moto knows nothing.

use std::collections::BTreeMap;

use serde_json::json;

use super::FaultProxy;
use super::error::{AwsError, json_answer};
use super::log::Call;
use super::shared::Shared;
use crate::aws::Answer;

/// The values of quotas, by code.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    /// What was granted to the account.
    applied: BTreeMap<String, f64>,
    /// What every account has.
    defaults: BTreeMap<String, f64>,
}

impl FaultProxy {
    /// Gives the account's quota of this code a value.
    pub fn set_quota(&self, code: &str, value: f64) {
        self.cloud.shared.quotas.lock().unwrap().applied.insert(code.to_owned(), value);
    }

    /// Gives every account's quota of this code a value.
    pub fn set_default_quota(&self, code: &str, value: f64) {
        self.cloud.shared.quotas.lock().unwrap().defaults.insert(code.to_owned(), value);
    }
}

impl Shared {
    /// Answers a question for a quota. Of one that no test has set, it says what moto says of all of them: that there
    /// is none.
    pub(super) fn quota_call(&self, call: &Call, request: &str) -> Answer {
        let code = call.parameters.get("QuotaCode").unwrap_or_default();
        let quotas = self.quotas.lock().unwrap();
        let values = match call.action.as_str() {
            "GetAWSDefaultServiceQuota" => &quotas.defaults,
            _ => &quotas.applied,
        };
        match values.get(code).filter(|_| call.parameters.get("ServiceCode") == Some("ec2")) {
            Some(value) => {
                json_answer(200, &json!({"Quota": {"ServiceCode": "ec2", "QuotaCode": code, "Value": value}}))
            }
            None => {
                let message = "The request failed because the specified service or quota does not exist.";
                AwsError::new("NoSuchResourceException", message).answer(&call.service, request)
            }
        }
    }
}
