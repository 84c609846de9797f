//! Describes instances: by tag in pages, by ids in chunks.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::types::{self, Filter};

use super::instance;
use crate::annex::TAG_ANNEX;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, CallError, ErrorClass};
use crate::provider::{CloudError, Instance, Selector, TAG_EXPIRES, TAG_INTENT, TAG_RUN, TAG_STATE};

/// Maximum number of instances on a page (EC2 API reference, `DescribeInstances`).
const PAGE: i32 = 1000;

/// Maximum number of ids in a call: as many as on a page.
const IDS: usize = 1000;

/// Maximum number of values of a filter (EC2 API reference, `DescribeInstances`).
const FILTER_VALUES: usize = 200;

/// How often a call is repeated without the ids that EC2 does not know. Of many unknown ids, EC2 names only some.
const UNKNOWN_ROUNDS: usize = 3;

/// The tags of which each instance of hoist's has one: of a run, of an annex, or where the tag of the annex was taken
/// away, of the state file and the lease.
const OURS: [&str; 4] = [TAG_RUN, TAG_ANNEX, TAG_STATE, TAG_EXPIRES];

/// Describes the instances of an account and region.
#[derive(Clone, Debug)]
pub(in crate::cloud) struct Describer {
    session: Arc<AwsSession>,
}

impl Describer {
    /// Creates a describer through this session. Requests nothing yet.
    pub(in crate::cloud) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the instances that match `selector`, by the tags and ids in the cloud.
    pub(super) async fn select(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        let shown = match selector {
            Selector::Run(run) => self.filtered(&[filter(&format!("tag:{TAG_RUN}"), [run.clone()])]).await,
            Selector::ManagedByHoist => self.filtered(&[filter("tag-key", OURS.map(str::to_owned))]).await,
            Selector::Ids(ids) => self.by_ids(ids).await,
        };
        Ok(instance::read(shown?))
    }

    /// Returns the instances of one launch, by its tag.
    pub(super) async fn launched_with(&self, token: &str) -> Result<Vec<Instance>, CloudError> {
        Ok(instance::read(self.filtered(&[filter(&format!("tag:{TAG_INTENT}"), [token.to_owned()])]).await?))
    }

    /// Returns all instances that match these filters, page by page.
    pub(in crate::cloud) async fn filtered(&self, filters: &[Filter]) -> Result<Vec<types::Instance>, CloudError> {
        let client = self.session.ec2().await?;
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let request = client
                .describe_instances()
                .set_filters(Some(filters.to_vec()))
                .max_results(PAGE)
                .set_next_token(next.clone());
            let page = self
                .session
                .call(DESCRIBE, || request.clone().send())
                .await
                .map_err(|p| self.missing_from_reply(&p))?;
            next = page.next_token.clone().filter(|token| !token.is_empty());
            found.extend(instances(page));
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    async fn by_ids(&self, ids: &[String]) -> Result<Vec<types::Instance>, CloudError> {
        let mut found = Vec::new();
        for chunk in ids.chunks(IDS) {
            found.extend(self.by_some_ids(chunk).await?);
        }
        Ok(found)
    }

    async fn by_some_ids(&self, ids: &[String]) -> Result<Vec<types::Instance>, CloudError> {
        let client = self.session.ec2().await?;
        let mut wanted: BTreeSet<String> = ids.iter().cloned().collect();
        for _ in 0..UNKNOWN_ROUNDS {
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            let request = client.describe_instances().set_instance_ids(Some(wanted.iter().cloned().collect()));
            match self.session.call(DESCRIBE, || request.clone().send()).await {
                Ok(answer) => return Ok(instances(answer)),
                Err(problem) if problem.class() == ErrorClass::UnknownInstance => {
                    let unknown = named(problem.fault.message(), &wanted);
                    if unknown.is_empty() {
                        break;
                    }
                    wanted.retain(|id| !unknown.contains(id));
                }
                Err(problem) => return Err(self.missing_from_reply(&problem)),
            }
        }
        // A filter ignores ids that do not exist.
        let mut found = Vec::new();
        let wanted: Vec<String> = wanted.into_iter().collect();
        for chunk in wanted.chunks(FILTER_VALUES) {
            found.extend(self.filtered(&[filter("instance-id", chunk.iter().cloned())]).await?);
        }
        Ok(found)
    }

    fn missing_from_reply(&self, problem: &CallError) -> CloudError {
        problem.explain(&self.session.scene(), "look at the instances")
    }
}

const DESCRIBE: Call = Call::ec2("DescribeInstances", ApiClass::Describe);

/// Creates a filter that matches any of these values.
pub(in crate::cloud) fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().collect())).build()
}

/// Returns those of these ids that a message names.
pub(super) fn named(message: &str, ids: &BTreeSet<String>) -> BTreeSet<String> {
    let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    message.split(|c: char| !is_id(c)).filter(|word| ids.contains(*word)).map(str::to_owned).collect()
}

fn instances(answer: DescribeInstancesOutput) -> Vec<types::Instance> {
    let reservations = answer.reservations.unwrap_or_default();
    reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default()).collect()
}
