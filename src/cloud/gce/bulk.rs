//! One bulk insert: the call, the wait for its end, and what came of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use google_cloud_compute_v1::model;
use google_cloud_compute_v1::model::operation::Status;

use super::call_error::CallFault;
use super::launch_body::body;
use super::names::{last, request_id};
use super::operation_failure::{OperationFailure, failures_of, made_of};
use super::options::GceTiming;
use super::session::GceSession;
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest, Offer};

/// The most operations a page of a list has (`zoneOperations.list`).
const PAGE: u32 = 500;

/// What a bulk is to make.
pub(super) struct BulkOrder<'a> {
    pub(super) request: &'a LaunchRequest,
    pub(super) offer: &'a Offer,
    pub(super) zone: &'a str,
    /// The names of the instances.
    pub(super) names: &'a [String],
    /// How often the same was asked for before, and failed.
    pub(super) round: u32,
    /// Metadata besides those of the tags.
    pub(super) metadata: &'a [(String, String)],
}

/// What came of a bulk.
pub(super) struct Bulk {
    /// The names of the instances that were made.
    pub(super) made: Vec<String>,
    /// Why the others were not.
    pub(super) failures: Vec<OperationFailure>,
}

/// Makes instances in bulks.
#[derive(Clone, Debug)]
pub(super) struct BulkInserter {
    session: Arc<GceSession>,
    timing: GceTiming,
}

impl BulkInserter {
    /// Creates an inserter through this session. Requests nothing yet.
    pub(super) fn new(session: Arc<GceSession>, timing: GceTiming) -> Self {
        Self { session, timing }
    }

    /// Makes these instances, or as many as there are; the same order is carried out once, however often it is given.
    ///
    /// # Errors
    /// The order is wrong, or it is not known what came of it.
    pub(super) async fn insert(&self, order: &BulkOrder<'_>) -> Result<Bulk, CloudError> {
        let BulkOrder { request, offer, zone, names, metadata, .. } = *order;
        let (client, project) = (self.session.instances().await?, self.session.project().await?);
        let call = client.bulk_insert().set_project(project).set_zone(zone).set_request_id(order.id()).set_body(body(
            self.session.settings(),
            request,
            offer,
            zone,
            names,
            metadata,
        ));
        let failed = |code: &str, message: String| {
            Ok(Bulk { made: Vec::new(), failures: vec![OperationFailure::new(code, message)] })
        };
        match self.session.call("instances.bulkInsert", || call.clone().send()).await {
            Ok(operation) => self.outcome(order, operation).await,
            Err(error) => match error.fault {
                CallFault::NoCapacity => failed("ZONE_RESOURCE_POOL_EXHAUSTED", error.message),
                CallFault::Quota => failed("QUOTA_EXCEEDED", error.message),
                CallFault::Exists => failed("RESOURCE_ALREADY_EXISTS", error.message),
                _ => Err(error.explain(project, &format!("launch {}", request.slots.join(", ")))),
            },
        }
    }

    /// Waits for the end of a bulk's operation, and reads what came of it.
    async fn outcome(&self, order: &BulkOrder<'_>, begun: model::Operation) -> Result<Bulk, CloudError> {
        let operation = self.done(order.zone, begun).await?;
        let made = made_of(&operation);
        let failures = failures_of(&operation);
        if made >= order.names.len() && failures.is_empty() {
            return Ok(Bulk { made: order.names.to_vec(), failures });
        }
        let Some(group) = operation.operation_group_id.as_ref().filter(|_| made > 0) else {
            return Ok(Bulk { made: Vec::new(), failures });
        };
        // Which of them failed, and why, only their own operations tell.
        let (mut failures, mut failed) = (Vec::new(), BTreeSet::new());
        for operation in self.group(order.zone, group).await? {
            let of_one = failures_of(&operation);
            if !of_one.is_empty() {
                failed.insert(last(operation.target_link.as_deref().unwrap_or_default()).to_owned());
            }
            failures.extend(of_one);
        }
        let made = order.names.iter().filter(|name| !failed.contains(*name)).cloned().collect();
        Ok(Bulk { made, failures })
    }

    async fn done(&self, zone: &str, begun: model::Operation) -> Result<model::Operation, CloudError> {
        let (client, project) = (self.session.operations().await?, self.session.project().await?);
        let (mut operation, mut poller) = (begun, self.timing.until_done());
        while operation.status != Some(Status::Done) {
            let name = operation.name.clone().unwrap_or_default();
            let call = client.wait().set_project(project).set_zone(zone).set_operation(&name);
            let waited = self.session.call("zoneOperations.wait", || call.clone().send()).await;
            operation = waited.map_err(|error| error.explain(project, "wait for a launch"))?;
            if operation.status != Some(Status::Done) && !poller.pause().await {
                let message = format!("a launch in {zone} has not ended yet (operation {name})");
                return Err(CloudError::new(CloudErrorKind::Transient, message));
            }
        }
        Ok(operation)
    }

    /// Returns the operations of one bulk.
    async fn group(&self, zone: &str, group: &str) -> Result<Vec<model::Operation>, CloudError> {
        let (client, project) = (self.session.operations().await?, self.session.project().await?);
        let (mut found, mut next) = (Vec::new(), None::<String>);
        loop {
            let call = client
                .list()
                .set_project(project)
                .set_zone(zone)
                .set_filter(format!("operationGroupId=\"{group}\""))
                .set_max_results(PAGE)
                .set_or_clear_page_token(next.take());
            let listed = self.session.call("zoneOperations.list", || call.clone().send()).await;
            let listed = listed.map_err(|error| error.explain(project, "see which machines were not made"))?;
            found.extend(listed.items);
            next = listed.next_page_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(found);
            }
        }
    }
}

impl BulkOrder<'_> {
    /// Returns the id of its request, which follows from what it asks for.
    fn id(&self) -> String {
        let Self { request, offer, zone, names, round, .. } = self;
        let kind = offer.instance_type.as_deref().unwrap_or_default();
        let market = if offer.spot { "spot" } else { "standard" };
        let subnet = offer.subnet.as_deref().unwrap_or_default();
        let round = round.to_string();
        let mut properties = vec!["insert", request.token.as_str(), zone, kind, market, subnet, round.as_str()];
        properties.extend(names.iter().map(String::as_str));
        request_id(&properties)
    }
}
