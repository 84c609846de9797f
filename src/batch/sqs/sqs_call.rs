use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use hyper::Method;
use secrecy::ExposeSecret as _;
use serde_json::Value as Json;

use super::super::aws_access::AwsKeys;
use super::super::net::{Address, HttpRequest};

/// The media type of SQS's JSON protocol (Amazon SQS API reference, "Making Query API requests using AWS JSON
/// protocol").
const MEDIA_TYPE: &str = "application/x-amz-json-1.0";

/// A request that cannot be signed.
#[derive(Debug, thiserror::Error)]
#[error("the request cannot be signed: {0}")]
pub(super) struct UnsignedError(String);

/// Makes a signed call of an operation of SQS.
pub(super) fn sqs_call(
    server: &Address,
    region: &str,
    keys: &AwsKeys,
    operation: &str,
    input: &Json,
) -> Result<HttpRequest<'static>, UnsignedError> {
    let unsigned = |error: &dyn std::fmt::Display| UnsignedError(error.to_string());
    let body = input.to_string().into_bytes();
    let target = format!("AmazonSQS.{operation}");
    let mut headers = vec![("content-type".to_owned(), MEDIA_TYPE.to_owned()), ("x-amz-target".to_owned(), target)];
    let token = keys.token.as_ref().map(|token| token.expose_secret().to_owned());
    let identity = Credentials::new(&keys.id, keys.secret.expose_secret(), token, None, "hoist").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sqs")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| unsigned(&error))?
        .into();
    let address = format!("{server}/");
    let signed = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let request = SignableRequest::new("POST", address, signed, SignableBody::Bytes(&body));
    let output = sign(request.map_err(|error| unsigned(&error))?, &parameters).map_err(|error| unsigned(&error))?;
    let (instructions, _) = output.into_parts();
    headers.extend(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(HttpRequest { method: Method::POST, target: "/".into(), authorization: None, headers, body })
}
