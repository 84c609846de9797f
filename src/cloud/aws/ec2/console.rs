//! Console output of an instance.

use aws_smithy_types::base64;

use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::provider::CloudError;

/// Returns the console output: the newest, if the instance's type supports that, else a copy that is some minutes old.
pub(in crate::cloud::aws) async fn console_text(session: &AwsSession, id: &str) -> Result<String, CloudError> {
    let client = session.ec2().await?;
    let call = Call::ec2("GetConsoleOutput", ApiClass::Describe);
    let newest = !session.is_compatible();
    let request = |latest: bool| client.get_console_output().instance_id(id).set_latest(latest.then_some(true));
    let mut answer = session.call(call, || request(newest).send()).await;
    // Only Nitro instances give their newest output.
    if let Err(problem) = &answer
        && newest
        && matches!(problem.class(), ErrorClass::Unsupported | ErrorClass::BadValue)
    {
        answer = session.call(call, || request(false).send()).await;
    }
    let answer = answer.map_err(|problem| problem.explain(&session.scene(), &format!("read the console of {id}")))?;
    let encoded: String = answer.output.unwrap_or_default().split_whitespace().collect();
    // Text that is not base64 is used as it is: some clouds do not encode it.
    Ok(match base64::decode(&encoded) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => encoded,
    })
}
