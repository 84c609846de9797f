//! ClientToken: the memory of which call was made with which token.

use std::collections::BTreeMap;

use super::error::AwsError;
use super::parameters::Parameters;
use crate::aws::Answer;

/// What each token of a region stands for.
#[derive(Debug, Default)]
pub(super) struct TokenMemory(BTreeMap<Key, (Parameters, Remembered)>);

/// Action, token, and the zone where the call names one: there a token counts by itself.
type Key = (String, String, Option<String>);

#[derive(Clone, Debug)]
pub(super) enum Remembered {
    Instances(Vec<String>),
    Answer(Answer),
}

impl TokenMemory {
    /// What the same call brought about before.
    pub(super) fn recall(&self, parameters: &Parameters, zone: Option<&str>) -> Result<Option<Remembered>, AwsError> {
        let Some(key) = key(parameters, zone)? else { return Ok(None) };
        match self.0.get(&key) {
            None => Ok(None),
            Some((before, remembered)) if *before == content(parameters) => Ok(Some(remembered.clone())),
            Some(_) => Err(AwsError::new(
                "IdempotentParameterMismatch",
                "The client token you have provided is associated with a resource that is already deleted, or a request \
                 with other parameters. Please use a different client token.",
            )),
        }
    }

    pub(super) fn remember(&mut self, parameters: &Parameters, zone: Option<&str>, what: Remembered) {
        if let Ok(Some(key)) = key(parameters, zone) {
            self.0.insert(key, (content(parameters), what));
        }
    }
}

fn key(parameters: &Parameters, zone: Option<&str>) -> Result<Option<Key>, AwsError> {
    let Some(token) = parameters.get("ClientToken") else { return Ok(None) };
    if token.len() > 64 || !token.is_ascii() {
        let message = format!("Invalid value '{token}' for clientToken: at most 64 ASCII characters");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    let action = parameters.get("Action").unwrap_or_default();
    Ok(Some((action.to_owned(), token.to_owned(), zone.map(str::to_owned))))
}

/// What counts when calls are compared.
fn content(parameters: &Parameters) -> Parameters {
    const SIGNATURE: [&str; 5] = ["AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp"];
    let mut content = parameters.clone();
    SIGNATURE.iter().for_each(|name| content.remove(name));
    content
}
