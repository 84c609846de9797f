//! Finds credentials, once before any launch, and explains what is wrong with them.

use std::error::Error;
use std::sync::Mutex;
use std::time::SystemTime;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use jiff::Timestamp;

use super::config::{AwsEnvironment, CredentialsSource, ResolvedConfig};
use super::error_chain::chain;
use crate::provider::{CloudError, CloudErrorKind};

/// Returns the provider of explicit credentials, or of one profile alone; `None` where AWS's default chain applies.
pub(super) fn provider(
    meant: &ResolvedConfig,
    environment: &AwsEnvironment,
    config: &ProviderConfig,
) -> Result<Option<SharedCredentialsProvider>, CloudError> {
    let get = |name| environment.get(name);
    let fixed = |id: &'static str, secret: &'static str, token: Option<String>, expires: Option<SystemTime>| {
        let (id, secret) = (get(id)?, get(secret)?);
        Some(SharedCredentialsProvider::new(Credentials::new(id, secret, token, expires, "environment")))
    };
    Ok(match meant.credentials {
        CredentialsSource::Ec2 => fixed("EC2_ACCESS_KEY", "EC2_SECRET_KEY", None, None),
        CredentialsSource::Environment => {
            let expires = match get("AWS_CREDENTIAL_EXPIRATION") {
                // Set by `aws configure export-credentials`.
                Some(text) => Some(text.parse::<Timestamp>().map(SystemTime::from).map_err(|error| {
                    refused(format!("AWS_CREDENTIAL_EXPIRATION is no time: {error}"))
                        .hint("set it to a time like 2026-01-31T12:00:00Z, or unset it")
                })?),
                None => None,
            };
            fixed("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", get("AWS_SESSION_TOKEN"), expires)
        }
        // AWS's chain prefers the environment to a profile, but a flag takes precedence over the environment.
        CredentialsSource::Profile => {
            let mut builder = ProfileFileCredentialsProvider::builder().configure(config);
            if let Some(profile) = &meant.profile {
                builder = builder.profile_name(profile);
            }
            Some(SharedCredentialsProvider::new(builder.build()))
        }
        CredentialsSource::Chain => None,
    })
}

/// Provider whose first answer was fetched in advance, so that the first call does not fetch again.
#[derive(Debug)]
struct PrefetchedCredentials {
    first: Mutex<Option<Credentials>>,
    provider: SharedCredentialsProvider,
}

impl ProvideCredentials for PrefetchedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self.first.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        match first {
            Some(credentials) => future::ProvideCredentials::ready(Ok(credentials)),
            None => self.provider.provide_credentials(),
        }
    }
}

/// Fetches credentials now, so that problems show before anything is launched.
pub(super) async fn ask(
    provider: Option<SharedCredentialsProvider>,
    meant: &ResolvedConfig,
) -> Result<SharedCredentialsProvider, CloudError> {
    let provider = provider.ok_or_else(|| refused("there are no credentials for AWS".to_owned()).hint(HOW_TO_GIVE))?;
    let whose = meant.profile.as_ref().map(|profile| format!(" of profile {profile}")).unwrap_or_default();
    let credentials = provider.provide_credentials().await.map_err(|error| {
        let hint = match &error {
            CredentialsError::CredentialsNotLoaded(_) if meant.profile.is_none() => HOW_TO_GIVE.to_owned(),
            CredentialsError::InvalidConfiguration(_) | CredentialsError::CredentialsNotLoaded(_) => {
                "aws configure list-profiles shows the profiles; aws configure makes one".to_owned()
            }
            _ => match &meant.profile {
                Some(profile) => format!("aws sso login --profile {profile} renews those of single sign-on"),
                None => HOW_TO_GIVE.to_owned(),
            },
        };
        refused(format!("cannot get the credentials{whose}: {}", explain(&error))).hint(hint)
    })?;
    if let Some(expiry) = credentials.expiry()
        && expiry <= SystemTime::now()
    {
        let since = Timestamp::try_from(expiry).map(|at| format!(" at {}", crate::plan::local_time(at)));
        let hint = match &meant.profile {
            Some(profile) => format!("renew them: aws sso login --profile {profile}, or get a new session token"),
            None => "renew them: aws sso login, or get a new session token".to_owned(),
        };
        return Err(refused(format!("the credentials{whose} expired{}", since.unwrap_or_default())).hint(hint));
    }
    Ok(SharedCredentialsProvider::new(PrefetchedCredentials { first: Mutex::new(Some(credentials)), provider }))
}

const HOW_TO_GIVE: &str = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws configure or aws sso \
                           login; for an EC2-like cloud source its ec2rc.sh";

/// Explains why credentials could not be obtained.
pub(super) fn explain(error: &CredentialsError) -> String {
    let causes = error.source().map(|source| format!(": {}", chain(source))).unwrap_or_default();
    match error {
        // The causes list every place without credentials, a line each.
        CredentialsError::CredentialsNotLoaded(_) if causes.contains('\n') => "there are none".to_owned(),
        CredentialsError::CredentialsNotLoaded(_) => format!("there are none{causes}"),
        CredentialsError::ProviderTimedOut(_) => "who gives them did not answer in time".to_owned(),
        CredentialsError::InvalidConfiguration(_) => format!("the configuration is wrong{causes}"),
        _ => format!("who gives them failed{causes}"),
    }
}

fn refused(message: String) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message)
}
