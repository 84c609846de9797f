//! User data of an annex's instances, and the files that it names.

use std::fmt::Display;

use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::bucket_file::File;
use super::cfn_template::LOGS;
use super::containers::check_containers;
use super::images::{PoolImage, system_of};
use crate::annex::{AnnexId, AnnexSpec, HTCondorJoin, Pilot, PoolSoftware, has_gpus, pool_key};
use crate::cloud::aws::annex::Setup;
use crate::cloud::instance_data::{LeaseSource, renewed_part};
use crate::plan::{MAX_TEXT, read_file};
use crate::provider::{CloudError, CloudErrorKind};
use crate::template::{Templates, Values};
use crate::user_data::{Part, PartKind, fit, write_message};

/// Template of an instance that joins an HTCondor pool.
const TEMPLATE: &str = "annex-worker";

/// Template of what watches over a pilot.
const PILOT: &str = "annex-pilot";

/// The system whose HTCondor may be older than tokens.
const WITHOUT_TOKENS: &str = "ucernvm";

/// Inputs of the user data that do not depend on the pools' images.
#[derive(Debug)]
pub(super) struct UserDataInputs {
    /// Files to store in the bucket.
    pub(super) files: Vec<File>,
    /// Keys of the configuration files, in order.
    configs: Vec<String>,
    /// Key of the password file.
    password: Option<String>,
    /// Key of the token's file.
    token: Option<String>,
    /// Key of the file with the annex's own key.
    owner_key: Option<String>,
    /// The user's own user data.
    own: Option<RedactedBytes>,
}

/// The user's own user data; `Debug` shows only its length.
struct RedactedBytes(Vec<u8>);

impl std::fmt::Debug for RedactedBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Own").field(&self.0.len()).finish()
    }
}

impl UserDataInputs {
    /// Reads the files that `spec` names on this machine.
    ///
    /// # Errors
    /// All files that cannot be read, or are empty.
    pub(super) fn read(id: &AnnexId, spec: &AnnexSpec) -> Result<Self, Vec<CloudError>> {
        let mut wrong = Vec::new();
        let mut given =
            Self { files: Vec::new(), configs: Vec::new(), password: None, token: None, owner_key: None, own: None };
        if let Some(path) = &spec.user_data {
            match read_file(path, MAX_TEXT) {
                Ok(own) => given.own = Some(RedactedBytes(own)),
                Err(error) => wrong.push(refused(format!("cannot read the user data {}: {error}", path.display()))),
            }
        }
        if let PoolSoftware::HTCondor(joining) = &spec.software {
            given.read_configuration(id, joining, &mut wrong);
            given.read_credential(id, joining, &mut wrong);
            given.read_owner_key(id, joining, &mut wrong);
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

    fn read_credential(&mut self, id: &AnnexId, joining: &HTCondorJoin, wrong: &mut Vec<CloudError>) {
        match token_file(id, joining) {
            Ok(Some(file)) => {
                self.token = Some(file.key().to_owned());
                self.files.push(file);
                return;
            }
            Ok(None) => {}
            Err(error) => return wrong.push(error),
        }
        let Some(path) = &joining.password_file else {
            let message = "machines that join an HTCondor pool need a token, or the pool's password";
            let hint = "name its file with --token-file or --password-file";
            wrong.push(refused(message.to_owned()).hint(hint));
            return;
        };
        match pool_key(path, joining.with_nul) {
            Ok(password) => {
                // Not the name that earlier versions gave the password as typed: their machines still read it.
                let file = File::secret(id, "pool-key", password);
                self.password = Some(file.key().to_owned());
                self.files.push(file);
            }
            Err(error) => wrong.push(refused(error.to_string())),
        }
    }

    fn read_owner_key(&mut self, id: &AnnexId, joining: &HTCondorJoin, wrong: &mut Vec<CloudError>) {
        let Some(path) = &joining.owner_key else { return };
        match read_file(path, MAX_TEXT) {
            Ok(content) => {
                let file = File::secret(id, "owner-key", content);
                self.owner_key = Some(file.key().to_owned());
                self.files.push(file);
            }
            Err(error) => wrong.push(refused(format!("cannot read the annex's own key {}: {error}", path.display()))),
        }
    }
}

/// Returns the token with which machines join, as a file for the bucket; `None` if they join without one. Machines read
/// it again and again: its name stays when it is replaced.
///
/// # Errors
/// It cannot be read.
pub(super) fn token_file(id: &AnnexId, joining: &HTCondorJoin) -> Result<Option<File>, CloudError> {
    let Some(path) = &joining.token_file else { return Ok(None) };
    match read_file(path, MAX_TEXT) {
        Ok(content) => Ok(Some(File::secret(id, "token", content))),
        Err(error) => Err(refused(format!("cannot read the token {}: {error}", path.display()))),
    }
}

/// Renders the user data of pools.
#[derive(Clone)]
pub(super) struct PoolUserData {
    templates: Templates,
}

impl PoolUserData {
    /// Creates a renderer of these templates.
    pub(super) fn new(templates: Templates) -> Self {
        Self { templates }
    }

    /// Returns the user data of pool `place` in base64: the end of the lease, and the user's own; with HTCondor,
    /// hoist's part before that. User data of which cloud-init reads nothing stays as it is: then only the cloud ends
    /// the lease.
    pub(super) fn of_pool(
        &self,
        id: &AnnexId,
        spec: &AnnexSpec,
        setup: &Setup,
        given: &UserDataInputs,
        (place, image): (usize, &PoolImage),
    ) -> Result<String, CloudError> {
        let own = given.own.as_ref().map(|own| own.0.as_slice()).filter(|own| !own.is_empty());
        let mut parts = vec![renewed_part(spec.expires_at, LeaseSource::Ec2Tag)];
        match (&spec.software, own) {
            (PoolSoftware::None, None) => {}
            (PoolSoftware::None, Some(own)) if !PartKind::of(own).is_combinable() => {
                return Ok(base64::encode(fit(own.to_vec(), false, &[]).map_err(unfit)?));
            }
            (PoolSoftware::None, Some(own)) => {
                parts.push(PartKind::of(own).part("user-data", "yours", own).map_err(unfit)?);
            }
            (PoolSoftware::Pilot(_), None) => return Err(Pilot::missing()),
            (PoolSoftware::Pilot(pilot), Some(own)) => {
                let spot = spec.market_of(place).buys_spot();
                let ours = self.render(PILOT, pilot_values(id, pilot, setup, spot))?;
                let ours = ours.as_bytes();
                parts.push(PartKind::of(ours).part("hoist-annex", "ours", ours).map_err(unfit)?);
                let own = PartKind::of(own).part("user-data", "yours", own).map_err(unfit)?;
                parts.push(own.merged_by_appending());
            }
            (PoolSoftware::HTCondor(joining), own) => {
                let os = system_of(place, joining.os.as_deref(), image)?;
                if os == WITHOUT_TOKENS && joining.token_file.is_some() {
                    let message = format!("pool {}: the HTCondor of {os} may know no tokens", place + 1);
                    return Err(refused(message).hint("--password-file FILE gives the machines the pool's password"));
                }
                check_containers(place, &os, joining)?;
                let mut values = values(id, spec, joining, setup, given, &os);
                set_flags(&mut values, spec, place, joining);
                let ours = self.render(TEMPLATE, values)?;
                let ours = ours.as_bytes();
                parts.push(PartKind::of(ours).part("hoist-annex", "ours", ours).map_err(unfit)?);
                if let Some(own) = own {
                    // The user's lists are appended to hoist's, and hoist's settings take precedence, as cloud-init
                    // merges parts with this merge type.
                    let own = PartKind::of(own).part("user-data", "yours", own).map_err(unfit)?;
                    parts.push(own.merged_by_appending());
                }
            }
        }
        let sizes: Vec<(String, usize)> = parts.iter().map(Part::size).collect();
        Ok(base64::encode(fit(write_message(parts), true, &sizes).map_err(unfit)?))
    }

    fn render(&self, template: &str, values: Value) -> Result<String, CloudError> {
        let values: Values = values.as_object().cloned().unwrap_or_default();
        let rendered = self.templates.get(template).and_then(|template| template.render(&values));
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
        "public_address": joining.public_address,
        "ccb": joining.ccb,
    });
    let places =
        [("pool_password_from", &given.password), ("token_from", &given.token), ("owner_key_from", &given.owner_key)];
    for (name, key) in places {
        if let Some(key) = key {
            values[name] = json!(place(key));
        }
    }
    if setup.takes_logs {
        values["logs_to"] = json!(place(&format!("{}{LOGS}", id.prefix())));
    }
    if given.owner_key.is_some() {
        values["owner_key"] = json!(id.owner_key());
        values["owner_identity"] = json!(id.owner_identity());
    }
    if let Some(identity) = &joining.identity {
        values["identity"] = json!(identity);
    }
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

/// Returns the values of the template of what watches over a pilot.
fn pilot_values(id: &AnnexId, pilot: &Pilot, setup: &Setup, spot: bool) -> Value {
    let mut values = json!({
        "annex": id.name.as_str(),
        "drain_seconds": pilot.drain_seconds.to_string(),
        "lead": pilot.lead().to_string(),
        "spot": spot,
    });
    if pilot.drains() {
        values["drain_command"] = json!(pilot.drain_command);
    }
    if setup.takes_logs && !pilot.logs.is_empty() {
        values["logs"] = json!(pilot.logs);
        values["logs_to"] = json!(format!("s3://{}/{}{LOGS}", setup.bucket, id.prefix()));
    }
    values
}

/// Sets what holds for the instances of a pool; what does not is left out.
fn set_flags(values: &mut Value, spec: &AnnexSpec, place: usize, joining: &HTCondorJoin) {
    let flags = [
        ("spot", spec.market_of(place).buys_spot()),
        ("gpus", spec.pools[place].instance_types.iter().any(|name| has_gpus(name))),
        ("docker", joining.docker),
        ("apptainer", joining.apptainer),
        ("runs_out", spec.runs_out),
    ];
    for (name, _) in flags.into_iter().filter(|(_, holds)| *holds) {
        values[name] = json!(true);
    }
}

/// Returns the error about unusable user data.
fn unfit(why: impl Display) -> CloudError {
    refused(why.to_string())
}

fn refused(why: impl std::fmt::Display) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, why.to_string())
}
