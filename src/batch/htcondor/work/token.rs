use std::time::Duration;

use secrecy::SecretString;

use super::intervals::config_value;
use crate::batch::htcondor::command::CondorCommand;
use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::pool::HTCondor;

/// What a worker may do: report its slots and its master, and read. It can neither submit jobs nor sign other tokens.
const RIGHTS: [&str; 3] = ["ADVERTISE_STARTD", "ADVERTISE_MASTER", "READ"];

/// The name of the key that signs a pool's tokens.
const KEY: &str = "POOL";

/// The name that a standard configuration admits as a daemon, before `@` and the pool's domain.
const DAEMON: &str = "condor";

/// The time limit of making a token.
const PATIENCE: Duration = Duration::from_secs(45);

/// The required permission.
const RIGHT: &str = "run this as root on the central manager, whose key signs tokens, or as a user whom the collector lets advertise \
                     (ALLOW_DAEMON, with a token in ~/.condor/tokens.d)";

/// Makes a token with which a worker joins the pool, for this time: signed here as the pool's daemon where the pool's
/// key can be read, else by the collector with the caller's own identity.
///
/// A worker cannot renew it: the collector signs a token for the holder of a token, but never beyond the end of that
/// one.
pub(super) async fn worker_token(pool: &HTCondor, lifetime: Duration) -> Result<SecretString, HTCondorError> {
    let signed = sign(pool, lifetime).await;
    let unsigned = match signed {
        Ok(token) => return Ok(token),
        Err(error) => error,
    };
    let mut arguments = pool.pool_arguments();
    arguments.extend(["-type", "COLLECTOR"].map(str::to_owned));
    match make(pool, "condor_token_fetch", arguments, lifetime).await {
        Ok(token) => Ok(token),
        // Both ways are told: either may be the one that should have worked.
        Err(HTCondorError::NotAuthorised { program, doing, said, hint }) => {
            Err(HTCondorError::NotAuthorised { program, doing, said: format!("{said}; before that: {unsigned}"), hint })
        }
        Err(error) => Err(error),
    }
}

async fn sign(pool: &HTCondor, lifetime: Duration) -> Result<SecretString, HTCondorError> {
    let domain = config_value(pool, "TRUST_DOMAIN").await.unwrap_or_default();
    let identity = format!("{DAEMON}@{domain}");
    let arguments = ["-key", KEY, "-identity", &identity].map(str::to_owned).into();
    make(pool, "condor_token_create", arguments, lifetime).await
}

async fn make(
    pool: &HTCondor,
    program: &'static str,
    mut arguments: Vec<String>,
    lifetime: Duration,
) -> Result<SecretString, HTCondorError> {
    arguments.extend(["-lifetime".to_owned(), lifetime.as_secs().max(1).to_string()]);
    arguments.extend(RIGHTS.iter().flat_map(|right| ["-authz".to_owned(), (*right).to_owned()]));
    let doing = format!("make a token for workers of the pool of {}", pool.name());
    let mut call = CondorCommand::new(program, doing, arguments);
    (call.patience, call.right) = (PATIENCE, RIGHT);
    let mut ended = call.end(pool.search_path()).await?;
    let token = std::mem::take(&mut ended.output);
    // What it printed may be a token: no message has it.
    if !ended.status.success() {
        return Err(call.failure(&ended));
    }
    let token = token.trim();
    if token.split('.').count() != 3 || token.contains(char::is_whitespace) {
        return Err(call.unreadable("it is no token"));
    }
    Ok(SecretString::from(token))
}
