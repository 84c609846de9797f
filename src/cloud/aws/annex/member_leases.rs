//! The end of the lease on the instances of an annex themselves.

use std::sync::Arc;

use jiff::Timestamp;

use crate::annex::{AnnexId, TAG_ANNEX};
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::ec2::describe::{Describer, filter};
use crate::cloud::aws::ec2::renew::LeaseRenewer;
use crate::cloud::aws::ec2::{instance, tags};
use crate::provider::{CloudError, TAG_EXPIRES};

/// Moves the ends of instances, which each reads from its own tag: so a lease holds without group and stack.
#[derive(Clone)]
pub(super) struct MemberLeases {
    describer: Describer,
    renewer: Arc<LeaseRenewer>,
}

impl MemberLeases {
    /// Creates access to the instances of this session's account and region. Requests nothing yet.
    pub(super) fn new(session: Arc<AwsSession>, describer: Describer) -> Self {
        Self { renewer: Arc::new(LeaseRenewer::new(session, describer.clone())), describer }
    }

    /// Gives each living instance with the annex's tag this end, in a group or not. Those that have it are left alone.
    pub(super) async fn set(&self, id: &AnnexId, end: Timestamp) -> Result<(), CloudError> {
        let shown = self.describer.filtered(&[filter(&format!("tag:{TAG_ANNEX}"), [id.tag()])]).await?;
        let differs = |shown: aws_sdk_ec2::types::Instance| {
            let state = shown.state.as_ref().and_then(|state| state.name.as_ref());
            if instance::state_of(state).is_gone() {
                return None;
            }
            let told = tags::read(shown.tags).remove(TAG_EXPIRES).and_then(|told| told.parse::<Timestamp>().ok());
            let is_so = told.is_some_and(|told| told.as_second() == end.as_second());
            shown.instance_id.filter(|_| !is_so)
        };
        let other: Vec<String> = shown.into_iter().filter_map(differs).collect();
        if other.is_empty() { Ok(()) } else { self.renewer.renew(&other, end).await.map(drop) }
    }
}
