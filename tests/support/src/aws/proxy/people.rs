//! Who may do what: users with policies, and calls that are refused for want of a permission.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::error::AwsError;
use super::log::Call;
use super::parameters::Parameters;
use super::shared::Shared;
use super::stacks::{End, StackScript, Verb};
use super::xml::Element;
use super::{FaultProxy, REGION};

/// An access key and its secret.
#[derive(Clone, Debug)]
pub struct Keys {
    pub id: String,
    pub secret: String,
}

/// Those of somebody whom nobody asks.
impl Default for Keys {
    fn default() -> Self {
        Self { id: "AKIAIOSFODNN7EXAMPLE".to_owned(), secret: "secret".to_owned() }
    }
}

impl FaultProxy {
    /// A new user with this policy and no other.
    pub fn user(&self, name: &str, policy: &Value) -> Keys {
        self.past("iam", &Parameters::of("CreateUser", &[("UserName", name)]));
        self.set_policy(name, policy);
        let made = self.past("iam", &Parameters::of("CreateAccessKey", &[("UserName", name)]));
        let made = Element::parse(&made).unwrap();
        let key = made.at("CreateAccessKeyResult/AccessKey").unwrap();
        Keys { id: key.get("AccessKeyId").to_owned(), secret: key.get("SecretAccessKey").to_owned() }
    }

    /// Gives a user another policy in the place of his.
    pub fn set_policy(&self, user: &str, policy: &Value) {
        let text = policy.to_string();
        let parameters = [("UserName", user), ("PolicyName", "only"), ("PolicyDocument", text.as_str())];
        self.past("iam", &Parameters::of("PutUserPolicy", &parameters));
    }

    /// A call of somebody's past hoist, in the query protocol, and the answer whatever it is.
    pub fn asks(&self, who: &Keys, service: &str, action: &str, parameters: &[(&str, &str)]) -> String {
        let body = Parameters::of(action, parameters).form();
        let endpoint = self.endpoint();
        let host = endpoint.trim_start_matches("http://");
        let mut connection = TcpStream::connect(host).unwrap();
        let key = &who.id;
        write!(
            connection,
            "POST / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={key}/20261120/{REGION}/{service}/aws4_request\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    /// An image that somebody else publishes, an account or one with an alias such as amazon; its id.
    pub fn publish(&self, owner: &str, name: &str, architecture: &str) -> String {
        let shared = &self.cloud.shared;
        let asked = json!({"region": REGION, "owner": owner, "name": name, "architecture": architecture});
        let to = format!("/peers/publish/{}", shared.account.number);
        let answer = shared.send("POST", &to, &[], asked.to_string().as_bytes()).text();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// From now on, calls are carried out only if whoever makes them may.
    pub fn enforce(&self) {
        self.cloud.shared.enforced.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    /// Why a call is not carried out: whoever makes it lacks a permission.
    pub(super) fn refusal(&self, method: &str, target: &str, authorization: &str, call: &Call) -> Option<AwsError> {
        if !self.enforced.load(Ordering::Relaxed) {
            return None;
        }
        let key = authorization.split_once("Credential=").and_then(|(_, scope)| scope.split('/').next());
        let parameters: BTreeMap<&str, &str> =
            call.parameters.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let asked = json!({
            "key": key, "service": call.service, "region": call.region, "action": call.action,
            "parameters": parameters, "method": method, "target": target,
        });
        let to = format!("/peers/authorize/{}", self.account.number);
        let answer: Value =
            serde_json::from_str(&self.send("POST", &to, &[], asked.to_string().as_bytes()).text()).ok()?;
        // What CloudFormation does later in somebody's name fails then.
        self.script_failure(&answer["fails"]);
        let message = answer["refusal"].as_str()?;
        let code = if call.service == "ec2" { "UnauthorizedOperation" } else { "AccessDenied" };
        Some(AwsError { status: 403, ..AwsError::new(code, message) })
    }

    /// What keeps a stack from being deleted, such as a bucket with something in it, will do so.
    pub(super) fn script_what_is_in_the_way(&self, region: &str, stack: &str) {
        let asked = json!({"region": region, "stack": stack});
        let to = format!("/peers/in-the-way/{}", self.account.number);
        let answer = self.send("POST", &to, &[], asked.to_string().as_bytes()).text();
        self.script_failure(&serde_json::from_str(&answer).unwrap_or_default());
    }

    /// `failure` is a stack's name, an operation, a resource and a reason; or null.
    fn script_failure(&self, failure: &Value) {
        let Some(failure) = failure.as_array() else { return };
        let [stack, verb, resource, reason] =
            [0, 1, 2, 3].map(|index| &*failure[index].as_str().unwrap_or_default().to_owned().leak());
        let verb = match verb {
            "create" => Verb::Create,
            "update" => Verb::Update,
            _ => Verb::Delete,
        };
        let script = StackScript { stack, verb, looks: 0, end: End::Fails(resource, reason) };
        self.stacks.lock().unwrap().scripts.insert(0, script);
    }
}
