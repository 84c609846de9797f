use std::sync::Arc;

use super::coalition::CoalitionSource;
use super::command::CommandSource;
use super::file::FileSource;
use super::htcondor::{HTCondor, HTCondorSource};
use super::http::HttpSource;
use super::last_known::LastKnown;
use super::net::Address;
use super::rabbitmq::RabbitmqSource;
use super::redis::RedisSource;
use super::source_access::SourceAccess;
use super::work_source::{SourceError, WorkSource};
use crate::elastic::fleet::{FleetQueue, QueueKind};

/// Makes the source that `[queue]` of a fleet's file describes. It reads nothing yet. Failures of later readings become
/// stale values where there are any.
///
/// # Errors
/// A setting that cannot be used.
pub fn open_source(queue: &FleetQueue, access: &SourceAccess) -> Result<Arc<dyn WorkSource>, SourceError> {
    let needed = |key: &str| SourceError {
        message: format!("[queue] of kind \"{}\" has no \"{key}\"", queue.kind.as_str()),
        hint: Some(format!("add {key} = \"…\"")),
    };
    let address = || Address::parse(queue.url.as_deref().ok_or_else(|| needed("url"))?);
    let name = || queue.queue.clone().ok_or_else(|| needed("queue"));
    let source: Arc<dyn WorkSource> = match queue.kind {
        QueueKind::Htcondor => {
            let pool = HTCondorSource::new(HTCondor::new(queue.pool.clone()));
            Arc::new(if access.mark.is_empty() { pool } else { pool.with_mark(access.mark.as_str()) })
        }
        QueueKind::Coalition => Arc::new(CoalitionSource::new(queue, address()?, access)?),
        QueueKind::Rabbitmq => Arc::new(RabbitmqSource::new(queue, address()?, name()?, access)?),
        QueueKind::Redis => Arc::new(RedisSource::new(queue, address()?, name()?, access)?),
        QueueKind::Sqs => open_sqs(queue, name()?, access)?,
        QueueKind::Http => Arc::new(HttpSource::new(queue, address()?, access)?),
        QueueKind::Command => {
            let (program, arguments) = queue.program.split_first().ok_or_else(|| needed("program"))?;
            Arc::new(CommandSource::new(program, arguments, access))
        }
        QueueKind::File => Arc::new(FileSource::new(queue.path.as_deref().ok_or_else(|| needed("path"))?)),
    };
    Ok(Arc::new(LastKnown::new(source)))
}

#[cfg(feature = "aws")]
fn open_sqs(queue: &FleetQueue, name: String, access: &SourceAccess) -> Result<Arc<dyn WorkSource>, SourceError> {
    let Some(aws) = &access.aws else {
        return Err(SourceError {
            message: format!("there is no access to AWS for the queue {name}"),
            hint: Some("give the region and credentials: AWS_REGION, AWS_PROFILE, or the machine's role".to_owned()),
        });
    };
    let address = queue.url.as_deref().map(Address::parse).transpose()?;
    Ok(Arc::new(super::sqs::SqsSource::new(name, address, Arc::clone(aws), access)?))
}

#[cfg(not(feature = "aws"))]
fn open_sqs(_queue: &FleetQueue, name: String, _access: &SourceAccess) -> Result<Arc<dyn WorkSource>, SourceError> {
    Err(SourceError {
        message: format!("this hoist was built without AWS, so it cannot read the queue {name}"),
        hint: Some(crate::plan::HOW_TO_GET_AWS.to_owned()),
    })
}
