use std::path::PathBuf;
use std::sync::Arc;

use super::aws_access::AwsAccess;
use super::net::{TimeLimits, Trust};

/// What sources of work use besides the fleet's file.
#[derive(Clone, Default)]
pub struct SourceAccess {
    /// The mark of the fleet's own drains. Empty: every drain is a person's.
    pub mark: String,
    /// The directory in which programs run. None: that of this process.
    pub directory: Option<PathBuf>,
    /// The certificates that servers are verified against.
    pub trust: Trust,
    /// Time limits of calls.
    pub limits: TimeLimits,
    /// Keys and region for queues of Amazon SQS. None: there is no access to AWS.
    pub aws: Option<Arc<dyn AwsAccess>>,
}
