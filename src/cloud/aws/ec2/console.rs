//! What an instance wrote to its console.

use aws_smithy_types::base64;

use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::provider::CloudError;

/// The console's text: the newest, where the machine's type can tell it, else as it was some minutes ago.
pub(super) async fn console_text(session: &AwsSession, id: &str) -> Result<String, CloudError> {
    let client = session.ec2().await?;
    let call = Call::ec2("GetConsoleOutput", ApiClass::Describe);
    let newest = !session.is_compatible();
    let request = |latest: bool| client.get_console_output().instance_id(id).set_latest(latest.then_some(true));
    let mut answer = session.call(call, || request(newest).send()).await;
    // Only machines of the Nitro system tell their newest output.
    if let Err(problem) = &answer
        && newest
        && matches!(problem.class(), ErrorClass::Unsupported | ErrorClass::BadValue)
    {
        answer = session.call(call, || request(false).send()).await;
    }
    let answer = answer.map_err(|problem| problem.explain(&session.scene(), &format!("read the console of {id}")))?;
    let encoded: String = answer.output.unwrap_or_default().split_whitespace().collect();
    // What is no base64 is the text itself: some clouds do not encode it.
    Ok(match base64::decode(&encoded) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => encoded,
    })
}
