//! What any cloud of annexes is asked, answered with stacks.

use async_trait::async_trait;
use serde_json::Value;

use super::access_denied::for_user;
use super::describe::tags;
use super::stack_cloud::StackCloud;
use crate::annex::{AnnexCloud, AnnexId, AnnexInstance, AnnexLeftover, AnnexSpec, Dollars, ObservedAnnex};
use crate::provider::{CloudError, TAG_OWNER, TAG_STATE};

/// Sessions that lack a permission get a hint at the policy that has all of them.
#[async_trait]
impl AnnexCloud for StackCloud {
    async fn check(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Vec<CloudError>, CloudError> {
        self.find_faults(id, spec).await.map_err(for_user)
    }

    async fn prices(&self, spec: &AnnexSpec) -> Result<Vec<Option<Dollars>>, CloudError> {
        self.dearest(spec).await.map_err(for_user)
    }

    async fn preview(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Value, CloudError> {
        self.show(id, spec).await.map_err(for_user)
    }

    async fn apply(&self, id: &AnnexId, spec: &AnnexSpec, token: &str) -> Result<Option<String>, CloudError> {
        self.make(id, spec, token).await.map(Some).map_err(for_user)
    }

    async fn look(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Option<ObservedAnnex>, CloudError> {
        self.see(id, cloud_id).await.map_err(for_user)
    }

    async fn instances(&self, id: &AnnexId) -> Result<Vec<AnnexInstance>, CloudError> {
        self.list_instances(id).await.map_err(for_user)
    }

    async fn release(&self, id: &AnnexId, instances: &[String]) -> Result<(), CloudError> {
        self.let_go(id, instances).await.map_err(for_user)
    }

    async fn delete(
        &self,
        id: &AnnexId,
        cloud_id: Option<&str>,
        retain: &[String],
        token: &str,
    ) -> Result<(), CloudError> {
        self.remove(id, cloud_id, retain, token).await.map_err(for_user)
    }

    async fn remains(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Vec<AnnexLeftover>, CloudError> {
        self.left(id, cloud_id).await.map_err(for_user)
    }

    async fn owner(&self, id: &AnnexId) -> Result<Option<String>, CloudError> {
        Ok(self.find(id, None).await?.and_then(|stack| tags(&stack).remove(TAG_OWNER)))
    }

    async fn state(&self, id: &AnnexId) -> Result<Option<String>, CloudError> {
        Ok(self.find(id, None).await?.and_then(|stack| tags(&stack).remove(TAG_STATE)))
    }

    async fn all(&self) -> Result<Vec<AnnexId>, CloudError> {
        self.list_annexes().await.map_err(for_user)
    }
}
