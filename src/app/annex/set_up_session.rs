//! Context of operations on the set-up for annexes.

use std::sync::{Mutex, PoisonError};

use crate::app::{CommandError, Exit, Interaction, Operation, aws};
use crate::cloud::Provider as _;
use crate::cloud::aws::AwsProvider;
use crate::cloud::aws::annex::{AnnexSetup, SetupProgress};
use crate::plan::CloudConfig;
use crate::provider::CloudError;
use crate::report::count;

/// Context of an operation on the set-up.
pub(super) struct SetUpSession<'a> {
    /// User of the operation.
    pub(super) user: &'a dyn Interaction,
    /// The set-up.
    pub(super) setup: AnnexSetup,
    aws: AwsProvider,
    config: CloudConfig,
}

/// Result of work that can be stopped.
pub(super) enum Stoppable<T> {
    /// The work is done.
    Done(T),
    /// A stop was requested; the command ends with this exit code.
    Stopped(Exit),
}

impl<'a> SetUpSession<'a> {
    /// Creates the session of an operation.
    ///
    /// # Errors
    /// The cloud cannot be reached as configured.
    pub(super) fn new(operation: Operation<'a>) -> Result<Self, CommandError> {
        let Operation { workspace, user } = operation;
        let (aws, config) = (aws(workspace)?, workspace.clouds.ec2_config());
        Ok(Self { user, setup: aws.setup(&config)?, aws, config })
    }

    /// Returns the label of the cloud, such as `ec2 us-east-1, account 123456789012`.
    pub(super) async fn place(&self) -> Result<String, CloudError> {
        let label = self.aws.label(&self.config).await?;
        let account = self.aws.session(&self.config).identity().await?.account;
        Ok(label + &account.map(|account| format!(", account {account}")).unwrap_or_default())
    }

    /// Runs `work` until it is done or a stop is requested.
    pub(super) async fn until_stopped<T>(
        &self,
        work: impl Future<Output = Result<T, CommandError>>,
    ) -> Result<Stoppable<T>, CommandError> {
        let mut stops = self.user.stops(None)?;
        tokio::select! {
            done = work => done.map(Stoppable::Done),
            () = stops.wished() => {
                self.user.say(
                    "interrupted; what CloudFormation has begun goes on, and the same command again goes on with it",
                );
                Ok(Stoppable::Stopped(stops.exit()))
            }
        }
    }

    /// Returns a function that reports progress, each state once.
    pub(super) fn progress(&self) -> impl Fn(&SetupProgress) + Send + Sync + 'a {
        let (user, last) = (self.user, Mutex::new(String::new()));
        move |progress| {
            let line = match progress {
                SetupProgress::Begun(what) => format!("CloudFormation begins to {what} the stack"),
                SetupProgress::RemovingEarlier => "removing what is left of an earlier try".to_owned(),
                SetupProgress::Emptying(objects) => format!("removing {} from the bucket", count(*objects, "file")),
                SetupProgress::DeletingAgain => "trying once more what could not be deleted".to_owned(),
                SetupProgress::State(state) => format!("the stack is {}", state.to_lowercase().replace('_', " ")),
            };
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if *last != line {
                user.tell(&line);
                *last = line;
            }
        }
    }
}
