//! The files that an annex's instances are launched with, kept where the instances can read them.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::file_error::failed;
use super::super::state_dir::StateDir;
use crate::annex::{AnnexId, AnnexSpec, HTCondorJoin, Pilot, PoolSoftware, pool_key};
use crate::os::{Durability, digest_hex, write_whole};
use crate::plan::{MAX_TEXT, read_file};
use crate::provider::{CloudError, CloudErrorKind};
use crate::template::{Templates, Values};

/// The template of instances that join a pool.
const TEMPLATE: &str = "annex-local-worker";

/// The template of instances that run a pilot.
const PILOT: &str = "annex-local-pilot";

/// How the name of the file begins by which an instance is told to drain, and which ends with the instance's id: beside
/// the lease, where the instance sees it.
const RETIRED: &str = "retired-";

/// How the name of the file begins in which an instance tells how its drain command ended, and which ends with the
/// instance's id: it outlives the instance.
const DRAINED: &str = "drained-";

/// The file with the pool's password, as HTCondor keeps it.
const PASSWORD: &str = "pool-key";

/// The file with the token with which instances join, which they read again and again.
const TOKEN: &str = "token";

/// The file with the annex's own key.
const OWNER_KEY: &str = "owner-key";

/// The number of digest digits in a file's name: each content has a name of its own, so that the files of a running
/// instance never change.
const DIGITS: usize = 16;

/// The files that the instances of an annex are launched with.
pub(super) struct GroupFiles {
    /// Each file's name, permissions and content.
    kept: Vec<(String, u32, Vec<u8>)>,
    user_data: Option<Vec<u8>>,
}

impl GroupFiles {
    /// Reads the files that `spec` names, and renders the user data; changes nothing.
    ///
    /// # Errors
    /// A file that cannot be read; a value that is invalid in its place.
    pub(super) fn read(
        root: &StateDir,
        id: &AnnexId,
        spec: &AnnexSpec,
        templates: &Templates,
    ) -> Result<Self, CloudError> {
        let own = spec.user_data.as_deref().map(|path| read(path, "user data")).transpose()?;
        let mut files = Self { kept: Vec::new(), user_data: None };
        files.user_data = match (&spec.software, own) {
            (PoolSoftware::None, own) => own,
            (PoolSoftware::Pilot(_), None) => return Err(Pilot::missing()),
            (PoolSoftware::Pilot(pilot), Some(own)) if pilot.drains() => {
                Some(files.pilot(root, id, pilot, own, templates)?)
            }
            (PoolSoftware::Pilot(_), own) => own,
            (PoolSoftware::HTCondor(joining), None) => Some(files.worker(root, id, spec, joining, templates)?),
            (PoolSoftware::HTCondor(joining), Some(own)) => {
                let worker = files.worker(root, id, spec, joining, templates)?;
                Some(files.both(root, id, own, worker)?)
            }
        };
        Ok(files)
    }

    /// Returns the user data of the instances.
    pub(super) fn user_data(&self) -> Option<&[u8]> {
        self.user_data.as_deref()
    }

    /// Writes the files to the annex's directory, which must exist; returns the name of the file with the user data.
    pub(super) fn keep(&self, root: &StateDir, id: &AnnexId) -> Result<Option<String>, CloudError> {
        let directory = root.annex(id);
        let user_data = self.user_data.as_ref().map(|content| (named("user-data", content), 0o600, content.clone()));
        for (name, mode, content) in self.kept.iter().chain(&user_data) {
            let path = directory.join(name);
            write_whole(&path, content, *mode, Durability::Power).map_err(|error| failed("write", &path, &error))?;
        }
        Ok(user_data.map(|(name, _, _)| name))
    }

    /// Replaces the token that the instances of an existing annex read, if they join with one.
    pub(super) fn renew_token(root: &StateDir, id: &AnnexId, spec: &AnnexSpec) -> Result<(), CloudError> {
        let Some(token) = spec.joining().and_then(|joining| joining.token_file.as_deref()) else { return Ok(()) };
        let (content, path) = (read(token, "the token")?, root.annex(id).join(TOKEN));
        write_whole(&path, &content, 0o600, Durability::Power).map_err(|error| failed("write", &path, &error))
    }

    /// Returns the script that makes an instance a machine of the pool.
    fn worker(
        &mut self,
        root: &StateDir,
        id: &AnnexId,
        spec: &AnnexSpec,
        joining: &HTCondorJoin,
        templates: &Templates,
    ) -> Result<Vec<u8>, CloudError> {
        let mut values = Values::new();
        let mut set = |name: &str, value: serde_json::Value| values.insert(name.to_owned(), value);
        match (&joining.token_file, &joining.password_file) {
            (Some(token), _) => {
                let token = read(token, "the token")?;
                set("token_file", json!(self.add(root, id, TOKEN.to_owned(), 0o600, token)?));
                set("password_file", json!(false));
            }
            (None, Some(password)) => {
                let password = pool_key(password, joining.with_nul)
                    .map_err(|error| CloudError::new(CloudErrorKind::Rejected, error.to_string()))?;
                set("password_file", json!(self.add(root, id, PASSWORD.to_owned(), 0o600, password)?));
            }
            (None, None) => {
                let message =
                    "instances of the local cloud join a pool with a token or its password, and none was given";
                return Err(CloudError::new(CloudErrorKind::Rejected, message)
                    .hint("name its file with --token-file or --password-file"));
            }
        }
        if let Some(identity) = &joining.identity {
            set("identity", json!(identity));
        }
        if let Some(key) = &joining.owner_key {
            let key = read(key, "the annex's own key")?;
            set("owner_key_file", json!(self.add(root, id, OWNER_KEY.to_owned(), 0o600, key)?));
            set("owner_key", json!(id.owner_key()));
            set("owner_identity", json!(id.owner_identity()));
        }
        set("ccb", json!(joining.ccb));
        let mut config_files = Vec::new();
        for (index, path) in joining.config_files.iter().enumerate() {
            let content = read(path, "HTCondor configuration")?;
            let name = named(&format!("config-{index:02}"), &content);
            config_files.push(self.add(root, id, name, 0o600, content)?);
        }
        set("annex", json!(id.name));
        set("annex_tag", json!(id.tag()));
        set("pool", json!(joining.pool_name));
        set("manager", json!(joining.central_manager));
        set("config_files", json!(config_files));
        set("owners", json!(joining.owners));
        if let Some(slots) = joining.slots {
            set("slots", json!(slots.to_string()));
        }
        if spec.runs_out {
            set("runs_out", json!(true));
        }
        if let Some(seconds) = spec.idle_seconds {
            set("idle_seconds", json!(seconds.to_string()));
        }
        let rendered = templates.get(TEMPLATE).and_then(|template| template.render(&values));
        rendered.map(String::into_bytes).map_err(|error| CloudError::new(CloudErrorKind::Rejected, error.to_string()))
    }

    /// Returns the script that runs the user's own, which brings the pilot, and drains the instance.
    fn pilot(
        &mut self,
        root: &StateDir,
        id: &AnnexId,
        pilot: &Pilot,
        own: Vec<u8>,
        templates: &Templates,
    ) -> Result<Vec<u8>, CloudError> {
        let own = script(own)?;
        let name = named("own", &own);
        let values = json!({
            "own": self.add(root, id, name, 0o700, own)?,
            "drain_command": pilot.drain_command,
            "drain_seconds": pilot.drain_seconds.to_string(),
            "lead": pilot.lead().to_string(),
            "told": RETIRED,
            "drained": DRAINED,
        });
        let values: Values = values.as_object().cloned().unwrap_or_default();
        let rendered = templates.get(PILOT).and_then(|template| template.render(&values));
        rendered.map(String::into_bytes).map_err(|error| CloudError::new(CloudErrorKind::Rejected, error.to_string()))
    }

    /// Returns a script that runs the user's own user data, and then `exec`s the worker's: the init sends its stop
    /// signal to the process that it started.
    fn both(&mut self, root: &StateDir, id: &AnnexId, own: Vec<u8>, worker: Vec<u8>) -> Result<Vec<u8>, CloudError> {
        let own = script(own)?;
        let [first, second] =
            [("own", own), ("worker", worker)].map(|(what, content)| (named(what, &content), content));
        let first = quoted(&self.add(root, id, first.0, 0o700, first.1)?)?;
        let second = quoted(&self.add(root, id, second.0, 0o700, second.1)?)?;
        Ok(format!("#!/bin/sh\nset -e\n{first}\nexec {second}\n").into_bytes())
    }

    /// Adds a file; returns its path.
    fn add(
        &mut self,
        root: &StateDir,
        id: &AnnexId,
        name: String,
        mode: u32,
        content: Vec<u8>,
    ) -> Result<String, CloudError> {
        let path = root.annex(id).join(&name);
        self.kept.push((name, mode, content));
        // All paths below the root are UTF-8: opening the root checks that.
        path.into_os_string()
            .into_string()
            .map_err(|path| CloudError::new(CloudErrorKind::Rejected, format!("{} is not UTF-8", path.display())))
    }
}

/// Tells an instance to drain; the file goes with the annex.
pub(super) fn retire(root: &StateDir, id: &AnnexId, instance: &str) -> Result<(), CloudError> {
    let path = root.annex(id).join(format!("{RETIRED}{instance}"));
    write_whole(&path, b"", 0o600, Durability::Power).map_err(|error| failed("write", &path, &error))
}

/// Returns the file in which an instance of the annex tells how its drain command ended.
pub(super) fn drained(root: &StateDir, id: &AnnexId, instance: &str) -> PathBuf {
    root.annex(id).join(format!("{DRAINED}{instance}"))
}

/// Returns the user's own user data if it is a script.
fn script(own: Vec<u8>) -> Result<Vec<u8>, CloudError> {
    if own.starts_with(b"#!") {
        return Ok(own);
    }
    let message = "the user data of an annex on the local cloud is a script that begins with #! where hoist has a part of its own, too";
    Err(CloudError::new(CloudErrorKind::Rejected, message)
        .hint("write it as one; with --pool-software none, hoist has no part"))
}

fn named(what: &str, content: &[u8]) -> String {
    format!("{what}-{}", digest_hex(&[content], DIGITS))
}

fn quoted(path: &str) -> Result<String, CloudError> {
    let quoted = shlex::try_quote(path).map(std::borrow::Cow::into_owned);
    quoted.map_err(|error| CloudError::new(CloudErrorKind::Rejected, format!("cannot run {path}: {error}")))
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>, CloudError> {
    read_file(path, MAX_TEXT).map_err(|error| failed(&format!("read {what} from"), path, &error))
}
