//! Ends what an annex leaves behind, by its tag.

use std::sync::Arc;

use super::scaling_groups::ScalingGroups;
use super::tagged_things::TaggedThings;
use crate::annex::AnnexId;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, CallError, ErrorClass};
use crate::cloud::aws::ec2::terminate::Terminator;
use crate::provider::{CloudError, CloudErrorKind};

/// Ends instances, groups, disks and launch templates with the tag of an annex.
#[derive(Clone)]
pub(super) struct AnnexSweeper {
    pub(super) session: Arc<AwsSession>,
    pub(super) groups: ScalingGroups,
    pub(super) things: TaggedThings,
    pub(super) terminator: Arc<Terminator>,
}

/// What could not be ended: its id, and why.
type Refused = Vec<(String, String)>;

impl AnnexSweeper {
    /// Terminates all living instances with the annex's tag, in a group or not. The groups are told before that they
    /// need no instances, so that they replace none.
    ///
    /// CloudFormation waits for the instances of a group that it deletes, and a group ends none that is protected from
    /// scale-in (Amazon EC2 Auto Scaling User Guide, "Use instance scale-in protection").
    pub(super) async fn end_instances(&self, id: &AnnexId) -> Result<Refused, CloudError> {
        let living = self.things.living(id).await?;
        if living.is_empty() {
            return Ok(Vec::new());
        }
        self.groups.want_none(id).await?;
        match self.terminator.terminate(&living).await {
            Ok(()) => Ok(Vec::new()),
            // Nobody here may terminate any.
            Err(error) if error.kind == CloudErrorKind::Denied => {
                Ok(living.into_iter().map(|instance| (instance, error.message.clone())).collect())
            }
            // One that is protected from termination keeps none of the others.
            Err(error) if error.kind.is_refusal() => {
                let mut refused = Vec::new();
                for instance in living {
                    let ended = self.terminator.terminate(std::slice::from_ref(&instance)).await;
                    note(&mut refused, instance, ended)?;
                }
                Ok(refused)
            }
            Err(error) => Err(error),
        }
    }

    /// Ends everything with the annex's tag; its stack is gone, or going.
    pub(super) async fn end_all(&self, id: &AnnexId) -> Result<Refused, CloudError> {
        let mut refused = self.end_instances(id).await?;
        for group in self.groups.of_annex(id).await? {
            let name = group.auto_scaling_group_name.unwrap_or_default();
            let removed = self.groups.delete(&name).await;
            note(&mut refused, name, removed)?;
        }
        // A disk goes with its instance, or is free after that.
        for volume in self.things.volumes(id).await?.into_iter().filter(|volume| !volume.is_attached) {
            let client = self.session.ec2().await?;
            let request = client.delete_volume().volume_id(&volume.id);
            let call = Call::ec2("DeleteVolume", ApiClass::Mutate);
            let removed = self.session.call(call, || request.clone().send()).await;
            note(&mut refused, volume.id.clone(), self.told(removed, &format!("delete the disk {}", volume.id)))?;
        }
        for template in self.things.launch_templates(id).await? {
            let client = self.session.ec2().await?;
            let request = client.delete_launch_template().launch_template_id(&template);
            let call = Call::ec2("DeleteLaunchTemplate", ApiClass::Mutate);
            let removed = self.session.call(call, || request.clone().send()).await;
            let removed = self.told(removed, &format!("delete the launch template {template}"));
            note(&mut refused, template, removed)?;
        }
        Ok(refused)
    }

    /// Converts the answer of a removal; what is gone already is no error.
    fn told<T>(&self, answer: Result<T, CallError>, what: &str) -> Result<(), CloudError> {
        match answer {
            Err(problem) if problem.class() != ErrorClass::UnknownOther => {
                Err(problem.explain(&self.session.scene(), what))
            }
            _ => Ok(()),
        }
    }
}

/// Notes a refusal; another error is returned.
fn note(refused: &mut Refused, what: String, ended: Result<(), CloudError>) -> Result<(), CloudError> {
    match ended {
        Err(error) if error.kind.is_refusal() => refused.push((what, error.message)),
        ended => ended?,
    }
    Ok(())
}
