//! The security groups that the answers ask for.

use crate::provider::CloudError;
use crate::state::Owner;
use crate::wizard::{CatalogCache, CommonToGroups, ValidatedAnswers, master_group, worker_group};

/// A group that was made, or that was there under its name.
#[derive(Clone, Debug)]
pub(crate) struct CreatedGroups {
    /// Its name.
    pub(crate) name: String,
    /// Its id at the cloud.
    pub(crate) id: String,
}

/// Makes what is asked for. Safe to repeat: a group of the same name is taken, and gets the rules that it lacks.
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

/// The id of the master's group; of none, that of the network's own, which is called so (EC2 user guide, "Default
/// security groups").
async fn master_id(offers: &CatalogCache, subnet: Option<&str>, group: Option<&str>) -> Result<String, CloudError> {
    let wanted = group.unwrap_or("default");
    let groups = offers.groups(subnet).await?;
    let found = groups.iter().find(|known| known.id == wanted || known.name == wanted);
    // The cloud knows what an unlisted name means, or says that it does not.
    Ok(found.map_or_else(|| wanted.to_owned(), |known| known.id.clone()))
}
