use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::claims::Claims;
use super::order::TokenOrder;
use crate::batch::htcondor::command::CondorCommand;
use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::pool::HTCondor;

/// The time limit of making a token.
const PATIENCE: Duration = Duration::from_secs(45);

/// The name of the key that signs a pool's tokens.
const POOL_KEY: &str = "POOL";

/// The required permission.
const RIGHT: &str = "run this as root on the central manager, whose key signs tokens, or as a user whom the collector \
                     lets advertise (ALLOW_DAEMON, with a token in ~/.condor/tokens.d)";

/// A key that signs tokens.
#[derive(Clone, Debug)]
pub enum SigningKey {
    /// The pool's, where HTCondor's configuration here has it.
    Pool,
    /// The pool's, in this file, for this trust domain.
    PoolFile {
        /// The file.
        file: PathBuf,
        /// The trust domain.
        domain: String,
    },
    /// Another one: a file of this name in this directory, for machines of this trust domain.
    Named {
        /// The file's name, which is the key's id.
        name: String,
        /// The directory.
        directory: PathBuf,
        /// The trust domain.
        domain: String,
    },
}

impl SigningKey {
    fn name(&self) -> &str {
        match self {
            Self::Pool | Self::PoolFile { .. } => POOL_KEY,
            Self::Named { name, .. } => name,
        }
    }

    /// Returns the settings by which HTCondor's programs find it.
    fn variables(&self) -> Vec<(&'static str, String)> {
        let (place, domain) = match self {
            Self::Pool => return Vec::new(),
            Self::PoolFile { file, domain } => (("_CONDOR_SEC_TOKEN_POOL_SIGNING_KEY_FILE", file), domain),
            Self::Named { directory, domain, .. } => (("_CONDOR_SEC_PASSWORD_DIRECTORY", directory), domain),
        };
        vec![(place.0, place.1.display().to_string()), ("_CONDOR_TRUST_DOMAIN", domain.clone())]
    }
}

impl HTCondor {
    /// Returns the trust domain in HTCondor's configuration here: that of the pool, on machines of the pool.
    ///
    /// # Errors
    /// HTCondor's program did not end in time. Where it is missing or fails, nothing is known.
    pub async fn trust_domain(&self) -> Result<Option<String>, HTCondorError> {
        match self.configured("TRUST_DOMAIN").await {
            Err(error @ HTCondorError::TooSlow { .. }) => Err(error),
            told => Ok(told.ok().flatten()),
        }
    }

    /// Returns the directory of the user's tokens in HTCondor's configuration here, where it has one.
    pub async fn token_directory(&self) -> Option<String> {
        self.known_config("SEC_TOKEN_DIRECTORY").await
    }

    /// Makes a token with a key that can be read here.
    ///
    /// # Errors
    /// `condor_token_create` is missing, or cannot read the key.
    pub async fn sign_token(&self, key: &SigningKey, order: &TokenOrder) -> Result<SecretString, HTCondorError> {
        let mut arguments = ["-key", key.name()].map(str::to_owned).to_vec();
        arguments.extend(order.arguments());
        self.make_token("condor_token_create", arguments, key.variables()).await
    }

    /// Has the collector make a token with the caller's own identity, whatever `order` has.
    ///
    /// The holder of a token is given another one, but never beyond the end of the first.
    ///
    /// # Errors
    /// `condor_token_fetch` is missing, reaches no collector, or is refused.
    pub async fn fetch_token(&self, order: &TokenOrder) -> Result<SecretString, HTCondorError> {
        let mut arguments = self.pool_arguments();
        arguments.extend(["-type", "COLLECTOR"].map(str::to_owned));
        arguments.extend(order.limits());
        self.make_token("condor_token_fetch", arguments, Vec::new()).await
    }

    async fn make_token(
        &self,
        program: &'static str,
        arguments: Vec<String>,
        variables: Vec<(&'static str, String)>,
    ) -> Result<SecretString, HTCondorError> {
        let doing = format!("make a token for the pool of {}", self.name());
        let mut call = CondorCommand::new(program, doing, arguments);
        (call.patience, call.right, call.variables) = (PATIENCE, RIGHT, variables);
        let mut ended = call.end(self.search_path()).await?;
        let token = std::mem::take(&mut ended.output);
        // What it printed may be a token: no message has it.
        if !ended.status.success() {
            return Err(call.failure(&ended));
        }
        let token = SecretString::from(token.trim());
        match Claims::of(&token) {
            Some(_) => Ok(token),
            None => Err(call.unreadable("it is no token")),
        }
    }
}
