//! The user data of an annex's machines, and the files that it names.

use std::fmt::Display;

use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::bucket_file::File;
use super::images::{PoolImage, system_of};
use super::password;
use crate::annex::{AnnexId, AnnexSpec, HTCondorJoin, PoolSoftware};
use crate::cloud::aws::annex::Setup;
use crate::plan::{MAX_TEXT, read_file};
use crate::provider::{CloudError, CloudErrorKind};
use crate::template::{Templates, Values};
use crate::user_data::{Part, PartKind, fit, write_message};

/// The template of a machine that joins an HTCondor pool.
const TEMPLATE: &str = "annex-worker";

/// What the machines of an annex are given, before it is known which image each pool has.
#[derive(Debug)]
pub(super) struct UserDataInputs {
    /// What is stored in the bucket.
    pub(super) files: Vec<File>,
    /// The keys of the configuration's files, in their order.
    configs: Vec<String>,
    /// The key of the password.
    password: Option<String>,
    /// The user's own user data.
    own: Option<RedactedBytes>,
}

/// The user's own user data; what it holds is nobody's business.
struct RedactedBytes(Vec<u8>);

impl std::fmt::Debug for RedactedBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Own").field(&self.0.len()).finish()
    }
}

impl UserDataInputs {
    /// Reads what `spec` names on this machine.
    ///
    /// # Errors
    /// Everything that cannot be read, or holds nothing.
    pub(super) fn read(id: &AnnexId, spec: &AnnexSpec) -> Result<Self, Vec<CloudError>> {
        let mut wrong = Vec::new();
        let mut given = Self { files: Vec::new(), configs: Vec::new(), password: None, own: None };
        if let Some(path) = &spec.user_data {
            match read_file(path, MAX_TEXT) {
                Ok(own) => given.own = Some(RedactedBytes(own)),
                Err(error) => wrong.push(refused(format!("cannot read the user data {}: {error}", path.display()))),
            }
        }
        if let PoolSoftware::HTCondor(joining) = &spec.software {
            given.read_configuration(id, joining, &mut wrong);
            given.read_password(id, joining, &mut wrong);
        }
        if wrong.is_empty() { Ok(given) } else { Err(wrong) }
    }

    fn read_configuration(&mut self, id: &AnnexId, joining: &HTCondorJoin, wrong: &mut Vec<CloudError>) {
        for path in &joining.config_files {
            match read_file(path, MAX_TEXT) {
                Ok(content) => {
                    let file = File::by_content(id, "config", content);
                    self.configs.push(file.key().to_owned());
                    self.files.push(file);
                }
                Err(error) => {
                    wrong.push(refused(format!("cannot read the configuration file {}: {error}", path.display())));
                }
            }
        }
    }

    fn read_password(&mut self, id: &AnnexId, joining: &HTCondorJoin, wrong: &mut Vec<CloudError>) {
        let Some(path) = &joining.password_file else {
            let hint = "name the file with --password-file: as condor_store_cred keeps it, or as it is typed";
            wrong.push(refused("machines that join an HTCondor pool need its password".to_owned()).hint(hint));
            return;
        };
        match password::of_file(path) {
            Ok(password) => {
                let file = File::secret(id, "password", password);
                self.password = Some(file.key().to_owned());
                self.files.push(file);
            }
            Err(error) => wrong.push(refused(error.to_string())),
        }
    }
}

/// Makes the user data of pools.
#[derive(Clone)]
pub(super) struct PoolUserData {
    templates: Templates,
}

impl PoolUserData {
    /// Of these templates.
    pub(super) fn new(templates: Templates) -> Self {
        Self { templates }
    }

    /// The user data of pool `place`, in base64: ours, with the user's own as a further part; without HTCondor, the
    /// user's own alone.
    pub(super) fn of_pool(
        &self,
        id: &AnnexId,
        spec: &AnnexSpec,
        setup: &Setup,
        given: &UserDataInputs,
        (place, image): (usize, &PoolImage),
    ) -> Result<String, CloudError> {
        let own = given.own.as_ref().map(|own| own.0.as_slice()).filter(|own| !own.is_empty());
        let whole = match (&spec.software, own) {
            (PoolSoftware::None, None) => Vec::new(),
            (PoolSoftware::None, Some(own)) => {
                fit(own.to_vec(), PartKind::of(own).is_combinable(), &[]).map_err(unfit)?
            }
            (PoolSoftware::HTCondor(joining), own) => {
                let os = system_of(place, joining.os.as_deref(), image)?;
                let ours = self.render(values(id, spec, joining, setup, given, &os))?;
                match own {
                    None => fit(ours.into_bytes(), true, &[]).map_err(unfit)?,
                    Some(own) => joined(ours.as_bytes(), own)?,
                }
            }
        };
        Ok(base64::encode(whole))
    }

    fn render(&self, values: Value) -> Result<String, CloudError> {
        let values: Values = values.as_object().cloned().unwrap_or_default();
        let rendered = self.templates.get(TEMPLATE).and_then(|template| template.render(&values));
        rendered.map_err(|error| refused(error.to_string()))
    }
}

fn values(
    id: &AnnexId,
    spec: &AnnexSpec,
    joining: &HTCondorJoin,
    setup: &Setup,
    given: &UserDataInputs,
    os: &str,
) -> Value {
    let place = |key: &String| format!("s3://{}/{key}", setup.bucket);
    let mut values = json!({
        "os": os,
        "annex": id.name.as_str(),
        "annex_tag": id.tag(),
        "pool": joining.pool_name,
        "manager": joining.central_manager,
        "pool_password_from": given.password.as_ref().map(place),
        "public_address": joining.public_address,
    });
    let lists =
        [("config_from", given.configs.iter().map(place).collect::<Vec<_>>()), ("owners", joining.owners.clone())];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        values[name] = json!(list);
    }
    if let Some(seconds) = spec.idle_seconds {
        values["idle_seconds"] = json!(seconds.to_string());
    }
    if let Some(slots) = joining.slots {
        values["slots"] = json!(slots);
    }
    values
}

/// Both as one message. The user's lists are appended to ours, and what ours sets stays, as cloud-init merges parts
/// that say so.
fn joined(ours: &[u8], own: &[u8]) -> Result<Vec<u8>, CloudError> {
    let ours = PartKind::of(ours).part("hoist-annex", "ours", ours).map_err(unfit)?;
    let own = PartKind::of(own).part("user-data", "yours", own).map_err(unfit)?.merged_by_appending();
    let sizes: Vec<(String, usize)> = [&ours, &own].map(Part::size).into();
    fit(write_message([ours, own]), true, &sizes).map_err(unfit)
}

/// User data that machines cannot be given.
fn unfit(why: impl Display) -> CloudError {
    refused(why.to_string())
}

fn refused(why: impl std::fmt::Display) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, why.to_string())
}
