//! Renews leases: moves the tag with their end, which instances read from their metadata.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ec2::types::Tag;
use jiff::Timestamp;

use super::describe::{Describer, named};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::provider::{CloudError, CloudErrorKind, Selector, TAG_EXPIRES};

/// Maximum number of resources in a call (EC2 API reference, `CreateTags`).
const IDS: usize = 1000;

/// Renews the leases of instances of an account and region.
pub(in crate::cloud) struct LeaseRenewer {
    session: Arc<AwsSession>,
    describer: Describer,
}

impl LeaseRenewer {
    /// Creates a renewer; `describer` shows which instances are gone. Requests nothing yet.
    pub(in crate::cloud) fn new(session: Arc<AwsSession>, describer: Describer) -> Self {
        Self { session, describer }
    }

    /// Moves the end of the lease of these instances; returns the ids of those that live, in the given order.
    ///
    /// # Errors
    /// This EC2-like cloud's instances cannot read their tags; or a call failed, and the leases that were moved before
    /// stay moved.
    pub(in crate::cloud) async fn renew(&self, ids: &[String], until: Timestamp) -> Result<Vec<String>, CloudError> {
        if self.session.is_compatible() {
            let message = "the leases of this EC2-like cloud's machines cannot be renewed: they cannot read their tags";
            return Err(CloudError::new(CloudErrorKind::Rejected, message));
        }
        let mut renewed = BTreeSet::new();
        let asked: BTreeSet<&String> = ids.iter().collect();
        let asked: Vec<String> = asked.into_iter().cloned().collect();
        for chunk in asked.chunks(IDS) {
            // EC2 tags an instance that is terminated, too, as long as it shows it.
            let shown = self.describer.select(&Selector::Ids(chunk.to_vec())).await?;
            let gone: BTreeSet<String> =
                shown.into_iter().filter(|instance| instance.state.is_gone()).map(|instance| instance.id).collect();
            let living = chunk.iter().filter(|id| !gone.contains(*id)).cloned().collect();
            renewed.extend(self.tag(living, until).await?);
        }
        Ok(ids.iter().filter(|id| renewed.contains(*id)).cloned().collect())
    }

    /// Tags these instances, and returns those that exist. EC2 tags none of a list with an unknown id, so such ids are
    /// left out and the rest is tagged again.
    async fn tag(&self, wanted: BTreeSet<String>, until: Timestamp) -> Result<BTreeSet<String>, CloudError> {
        let client = self.session.ec2().await?;
        let end = Tag::builder().key(TAG_EXPIRES).value(until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).build();
        let mut tagged = BTreeSet::new();
        let mut left = vec![wanted];
        while let Some(mut some) = left.pop() {
            if some.is_empty() {
                continue;
            }
            let request = client.create_tags().set_resources(Some(some.iter().cloned().collect())).tags(end.clone());
            let call = Call::ec2("CreateTags", ApiClass::CreateTags);
            match self.session.call(call, || request.clone().send()).await {
                Ok(_) => tagged.extend(some),
                Err(problem) if problem.class() == ErrorClass::UnknownInstance => {
                    let unknown = named(problem.fault.message(), &some);
                    if unknown.is_empty() {
                        // The message names no id: the halves are tagged by themselves, a single one is gone.
                        if let Some(middle) = some.iter().nth(some.len() / 2).cloned().filter(|_| some.len() > 1) {
                            let upper = some.split_off(&middle);
                            left.extend([some, upper]);
                        }
                    } else {
                        some.retain(|id| !unknown.contains(id));
                        left.push(some);
                    }
                }
                Err(problem) => {
                    let which = match some.first() {
                        Some(id) if some.len() == 1 => format!("the lease of {id}"),
                        _ => format!("the leases of {} machines", some.len()),
                    };
                    return Err(problem.explain(&self.session.scene(), &format!("renew {which}")));
                }
            }
        }
        Ok(tagged)
    }
}
