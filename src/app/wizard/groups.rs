//! The security groups requested by the answers.

use crate::provider::CloudError;
use crate::state::Owner;
use crate::wizard::{CatalogCache, CommonToGroups, ValidatedAnswers, master_group, worker_group};

/// A security group, created or already existing.
#[derive(Clone, Debug)]
pub(crate) struct CreatedGroups {
    /// Name of the group.
    pub(crate) name: String,
    /// Id at the cloud.
    pub(crate) id: String,
}

/// Creates the requested groups. Safe to repeat: an existing group of the same name is used, and gets its missing
/// rules.
pub(crate) async fn make_groups(
    offers: &CatalogCache,
    whole: &ValidatedAnswers,
) -> Result<Vec<CreatedGroups>, CloudError> {
    let answers = &whole.answers;
    let network = offers.network(answers.subnet.as_deref()).await?;
    let owner = Owner::current().to_string();
    let common = |network| CommonToGroups { pool: &answers.pool, owner: &owner, network };
    let mut made = Vec::new();
    if let (true, Some(name)) = (whole.makes_master_group, &answers.master_group) {
        let wanted = master_group(name, common(network.clone()), answers.key_name.is_some());
        made.push(CreatedGroups { name: name.clone(), id: offers.catalog().make_security_group(&wanted).await? });
    }
    if let (true, Some(name)) = (whole.makes_worker_group, &answers.worker_group) {
        let master = match made.first() {
            Some(master) => master.id.clone(),
            None => master_id(offers, answers.subnet.as_deref(), answers.master_group.as_deref()).await?,
        };
        let wanted = worker_group(name, common(network), &master);
        made.push(CreatedGroups { name: name.clone(), id: offers.catalog().make_security_group(&wanted).await? });
    }
    Ok(made)
}

/// Returns the id of the master's group; without one, that of the network's default group, which has this name (EC2
/// user guide, "Default security groups").
async fn master_id(offers: &CatalogCache, subnet: Option<&str>, group: Option<&str>) -> Result<String, CloudError> {
    let wanted = group.unwrap_or("default");
    let groups = offers.groups(subnet).await?;
    let found = groups.iter().find(|known| known.id == wanted || known.name == wanted);
    // The cloud resolves an unlisted name, or rejects it.
    Ok(found.map_or_else(|| wanted.to_owned(), |known| known.id.clone()))
}
