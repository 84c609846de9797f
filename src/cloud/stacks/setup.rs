//! What annexes need once in a region, as a stack of its own.

use std::sync::Arc;

use crate::annex::Setup;
use crate::cloud::aws::Session;
use crate::engine::{CloudError, CloudErrorKind};
use crate::template::Templates;

use super::describe;

/// The name of its stack: not that of any annex's.
const STACK: &str = "hoist-setup";

/// The set-up in one region.
#[derive(Debug)]
pub struct AnnexSetup {
    session: Arc<Session>,
}

impl AnnexSetup {
    /// The set-up that this session reaches. Asks nothing yet.
    pub fn new(session: Arc<Session>, _templates: Templates) -> Self {
        Self { session }
    }

    /// What it made; `None` where there is no set-up.
    ///
    /// # Errors
    /// Its stack lacks an output: it was made by something else, or is not made yet.
    pub async fn outputs(&self) -> Result<Option<Setup>, CloudError> {
        let Some(stack) = describe::stack(&self.session, STACK).await? else { return Ok(None) };
        let outputs = stack.outputs.unwrap_or_default();
        let output = |name: &str| {
            let found = outputs.iter().find(|output| output.output_key.as_deref() == Some(name));
            found.and_then(|output| output.output_value.clone()).ok_or_else(|| {
                let message = format!("the stack {STACK} has no output {name}");
                CloudError::new(CloudErrorKind::Refused, message)
                    .hint("`hoist annex check-setup` says what is wrong with it")
            })
        };
        Ok(Some(Setup {
            bucket: output("Bucket")?,
            security_group: output("SecurityGroup")?,
            vpc: output("Vpc")?,
            boundary: output("Boundary")?,
            service_role: output("ServiceRole")?,
            scheduler_role: output("SchedulerRole")?,
        }))
    }
}
