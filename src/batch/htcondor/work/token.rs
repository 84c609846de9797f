use std::time::Duration;

use secrecy::SecretString;

use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::pool::HTCondor;
use crate::batch::htcondor::token::{SigningKey, TokenOrder, WORKER_RIGHTS};

/// The name that a standard configuration admits as a daemon, before `@` and the pool's domain.
const DAEMON: &str = "condor";

/// Makes a token with which a worker joins the pool, for this time: signed here as the pool's daemon where the pool's
/// key can be read, else by the collector with the caller's own identity.
///
/// A worker cannot renew it: the collector signs a token for the holder of a token, but never beyond the end of that
/// one.
pub(super) async fn worker_token(pool: &HTCondor, lifetime: Duration) -> Result<SecretString, HTCondorError> {
    let domain = pool.trust_domain().await?.unwrap_or_default();
    let order = TokenOrder { identity: format!("{DAEMON}@{domain}"), lifetime, rights: &WORKER_RIGHTS };
    let unsigned = match pool.sign_token(&SigningKey::Pool, &order).await {
        Ok(token) => return Ok(token),
        Err(error) => error,
    };
    match pool.fetch_token(&order).await {
        Ok(token) => Ok(token),
        // Both ways are told: either may be the one that should have worked.
        Err(HTCondorError::NotAuthorised { program, doing, said, hint }) => {
            Err(HTCondorError::NotAuthorised { program, doing, said: format!("{said}; before that: {unsigned}"), hint })
        }
        Err(error) => Err(error),
    }
}
