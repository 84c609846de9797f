//! The end of the lease on the instances of an annex themselves.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

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

    /// Lets the leases of those of these instances that belong to the annex and live end in so many seconds, unless
    /// they end before.
    pub(super) async fn shorten(&self, id: &AnnexId, wanted: &[String], seconds: u32) -> Result<(), CloudError> {
        let end = Timestamp::now() + SignedDuration::from_secs(seconds.into());
        let ends_later = |(machine, told): &(String, Option<Timestamp>)| {
            wanted.contains(machine) && told.is_none_or(|told| told > end)
        };
        self.renew(self.living(id).await?.into_iter().filter(ends_later), end).await
    }

    /// Gives each living instance with the annex's tag this end, in a group or not. Those that have it are left alone.
    pub(super) async fn set(&self, id: &AnnexId, end: Timestamp) -> Result<(), CloudError> {
        let differs =
            |(_, told): &(String, Option<Timestamp>)| told.is_none_or(|told| told.as_second() != end.as_second());
        self.renew(self.living(id).await?.into_iter().filter(differs), end).await
    }

    /// Returns the living instances with the annex's tag, each with the end that it has.
    async fn living(&self, id: &AnnexId) -> Result<Vec<(String, Option<Timestamp>)>, CloudError> {
        let shown = self.describer.filtered(&[filter(&format!("tag:{TAG_ANNEX}"), [id.tag()])]).await?;
        let lives = |shown: aws_sdk_ec2::types::Instance| {
            let state = shown.state.as_ref().and_then(|state| state.name.as_ref());
            if instance::state_of(state).is_gone() {
                return None;
            }
            let told = tags::read(shown.tags).remove(TAG_EXPIRES).and_then(|told| told.parse::<Timestamp>().ok());
            Some((shown.instance_id?, told))
        };
        Ok(shown.into_iter().filter_map(lives).collect())
    }

    async fn renew(
        &self,
        machines: impl Iterator<Item = (String, Option<Timestamp>)>,
        end: Timestamp,
    ) -> Result<(), CloudError> {
        let machines: Vec<String> = machines.map(|(machine, _)| machine).collect();
        if machines.is_empty() { Ok(()) } else { self.renewer.renew(&machines, end).await.map(drop) }
    }
}
