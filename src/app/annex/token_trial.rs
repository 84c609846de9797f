//! Trial of a token: whether the collector lets its holder in as a machine of the pool.

use std::time::Duration;

use secrecy::SecretString;

use super::annex_secrets::AnnexSecrets;
use crate::app::{CommandError, Interaction};
use crate::batch::htcondor::{HTCondor, HTCondorError, PingAnswer, WORKER_RIGHTS};
use crate::retry::{Limit, Pauses, Poller};

/// How long a collector that does not answer is waited for: one that restarts is away for less.
const PATIENCE: Duration = Duration::from_secs(90);

/// Pause between two trials.
const PAUSE: Duration = Duration::from_secs(2);

/// Result of a trial.
pub(super) enum TokenTrial {
    /// Its holder is let in.
    Admitted,
    /// Its holder is not let in.
    Refused {
        /// First right that is not granted.
        right: String,
        /// HTCondor's message.
        said: String,
    },
    /// The collector does not answer.
    Unreachable {
        /// HTCondor's message.
        said: String,
    },
    /// HTCondor's programs are not here, or do not run.
    Untried(HTCondorError),
}

/// Tries a token out with nothing but that token, as a machine would. A collector that does not answer is waited for.
pub(super) async fn try_token(
    user: &dyn Interaction,
    pool: &HTCondor,
    secrets: &AnnexSecrets,
    token: &SecretString,
) -> Result<TokenTrial, CommandError> {
    let tokens = secrets.token_directory(token)?;
    let mut poller = Poller::new(Pauses::fixed(PAUSE), Limit::Time(PATIENCE));
    let mut told = false;
    loop {
        let said = match pool.ping(Some(tokens.path()), &WORKER_RIGHTS).await {
            Ok(PingAnswer::Allowed) => return Ok(TokenTrial::Admitted),
            Ok(PingAnswer::Refused { right, said }) => return Ok(TokenTrial::Refused { right, said }),
            Ok(PingAnswer::Unreachable { said }) => said,
            Err(error) => return Ok(TokenTrial::Untried(error)),
        };
        if !std::mem::replace(&mut told, true) {
            user.tell(&format!("the collector of {} is not reachable now; waiting for it", pool.name()));
        }
        if !poller.pause().await {
            return Ok(TokenTrial::Unreachable { said });
        }
    }
}
