//! Finds and checks credentials: a key file, those of `gcloud auth application-default login`, or those of the metadata
//! server.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Once;

use google_cloud_auth::credentials::service_account::AccessSpecifier;
use google_cloud_auth::credentials::{
    Credentials, anonymous, external_account, external_account_authorized_user, impersonated, mds, service_account,
    user_account,
};
use serde_json::Value;

use super::settings::GceSettings;
use crate::provider::{CloudError, CloudErrorKind};

/// With this scope, roles alone decide.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How to get a key file, for hints.
const GET_ONE: &str = "`gcloud auth application-default login` makes credentials, and `gcloud iam service-accounts keys \
                       create KEY.json --iam-account ACCOUNT` a key file, which GOOGLE_APPLICATION_CREDENTIALS or \
                       `credentials` of the plan's cloud names";

/// Where a project's credentials come from.
#[derive(Debug)]
pub(super) enum CredentialSource {
    /// A file, read and checked.
    File(CredentialFile),
    /// The metadata server of a machine at Google.
    MetadataServer,
    /// None: an API on this machine, in tests.
    Anonymous,
}

/// A file of credentials. Its content is secret.
pub(super) struct CredentialFile {
    path: PathBuf,
    content: Value,
}

impl std::fmt::Debug for CredentialFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl CredentialSource {
    /// Finds the credentials of these settings.
    ///
    /// # Errors
    /// The file that is named is missing, cannot be read, can be read by others, or holds no credentials.
    pub(super) fn find(settings: &GceSettings) -> Result<Self, CloudError> {
        let named = settings.credentials.clone().or_else(|| settings.environment.key_file());
        let well_known = || settings.environment.well_known_file().filter(|file| file.is_file());
        match named {
            Some(path) => Ok(Self::File(CredentialFile::read(path)?)),
            None if settings.is_loopback() => Ok(Self::Anonymous),
            None => match well_known() {
                Some(path) => Ok(Self::File(CredentialFile::read(path)?)),
                None => Ok(Self::MetadataServer),
            },
        }
    }

    /// Returns the project that the credentials name.
    pub(super) fn project(&self) -> Option<&str> {
        let Self::File(file) = self else { return None };
        file.text("project_id").or_else(|| file.text("quota_project_id"))
    }

    /// Checks that a service account's key is one of this project.
    ///
    /// # Errors
    /// It is of another project.
    pub(super) fn check_project(&self, project: &str) -> Result<(), CloudError> {
        match self {
            Self::File(file) if file.text("project_id").is_some_and(|own| own != project) => {
                let own = file.text("project_id").unwrap_or_default();
                let message = format!("the key file {} is of project {own}, not of {project}", file.path.display());
                Err(denied(message).hint(format!("name a key file of {project}, or set `project` to {own}")))
            }
            _ => Ok(()),
        }
    }

    /// Returns a description for people, without anything secret.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::File(file) => {
                let who = file.text("client_email").or_else(|| file.text("type")).unwrap_or("credentials");
                format!("{who}, of {}", file.path.display())
            }
            Self::MetadataServer => "the service account of this machine at Google".to_owned(),
            Self::Anonymous => "none, for an API on this machine".to_owned(),
        }
    }

    /// Makes credentials for calls.
    ///
    /// # Errors
    /// The file's content is no use.
    pub(super) fn credentials(&self) -> Result<Credentials, CloudError> {
        install_tls();
        let Self::File(CredentialFile { path, content }) = self else {
            return match self {
                Self::Anonymous => Ok(anonymous::Builder::new().build()),
                _ => mds::Builder::default().build().map_err(|error| denied(error.to_string()).hint(GET_ONE)),
            };
        };
        let json = content.clone();
        let built = match content["type"].as_str().unwrap_or_default() {
            "service_account" => {
                let access = AccessSpecifier::from_scopes([SCOPE]);
                service_account::Builder::new(json).with_access_specifier(access).build()
            }
            "authorized_user" => user_account::Builder::new(json).with_scopes([SCOPE]).build(),
            "impersonated_service_account" => impersonated::Builder::new(json).with_scopes([SCOPE]).build(),
            "external_account" => external_account::Builder::new(json).with_scopes([SCOPE]).build(),
            _ => external_account_authorized_user::Builder::new(json).build(),
        };
        built.map_err(|error| denied(format!("the key file {} cannot be used: {error}", path.display())).hint(GET_ONE))
    }
}

/// The kinds of files that Google's tools write ("How Application Default Credentials works").
const KINDS: [&str; 5] = [
    "service_account",
    "authorized_user",
    "impersonated_service_account",
    "external_account",
    "external_account_authorized_user",
];

impl CredentialFile {
    fn read(path: PathBuf) -> Result<Self, CloudError> {
        let shown = path.display();
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => denied(format!("the key file {shown} does not exist")).hint(GET_ONE),
            _ => denied(format!("cannot read the key file {shown}: {error}"))
                .hint(format!("give it to whoever runs hoist: chown \"$USER\" {shown} && chmod 600 {shown}")),
        };
        check_mode(&path, fs::metadata(&path).map_err(unreadable)?.permissions().mode())?;
        let text = fs::read_to_string(&path).map_err(unreadable)?;
        let content: Value = serde_json::from_str(&text)
            .map_err(|error| denied(format!("the key file {shown} is no JSON: {error}")).hint(GET_ONE))?;
        let kind = content["type"].as_str().unwrap_or_default();
        if !KINDS.contains(&kind) {
            let message = format!("the key file {shown} holds no credentials of Google's: its \"type\" is \"{kind}\"");
            return Err(denied(message).hint(GET_ONE));
        }
        Ok(Self { path, content })
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.content[key].as_str().filter(|text| !text.is_empty())
    }
}

fn check_mode(path: &Path, mode: u32) -> Result<(), CloudError> {
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let shown = path.display();
    Err(denied(format!("others can read the key file {shown} (mode {:o})", mode & 0o777))
        .hint(format!("chmod 600 {shown}")))
}

fn denied(message: String) -> CloudError {
    CloudError::new(CloudErrorKind::Denied, message)
}

/// Lets Google's libraries use the same TLS as everything else here.
fn install_tls() {
    static ONCE: Once = Once::new();
    // Whoever came first installed the same.
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

#[cfg(test)]
mod tests {
    use super::super::settings::GceEnvironment;
    use super::*;
    use crate::plan::CloudConfig;

    fn found(path: &Path) -> Result<CredentialSource, CloudError> {
        let environment = GceEnvironment::of([("GOOGLE_APPLICATION_CREDENTIALS", path.to_str().unwrap())]);
        CredentialSource::find(&GceSettings::new(&CloudConfig::of("gce"), environment))
    }

    fn file(directory: &Path, content: &str, mode: u32) -> PathBuf {
        let path = directory.join("key.json");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_bad_key_file_is_refused_with_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let key =
            r#"{"type": "service_account", "project_id": "mine", "client_email": "me@x", "private_key": "secret"}"#;
        let cases = [
            (directory.path().join("none.json"), "does not exist"),
            (file(directory.path(), key, 0o644), "others can read"),
        ];
        for (path, why) in cases {
            let error = found(&path).unwrap_err();
            assert!(error.message.contains(why) && error.hint.is_some(), "{error:?}");
            assert_eq!(error.kind, CloudErrorKind::Denied);
        }
        for (content, why) in [("{", "is no JSON"), ("{}", "its \"type\" is \"\""), ("[]", "its \"type\" is \"\"")] {
            let error = found(&file(directory.path(), content, 0o600)).unwrap_err();
            assert!(error.message.contains(why), "{error:?}");
        }
        let source = found(&file(directory.path(), key, 0o600)).unwrap();
        assert_eq!(source.project(), Some("mine"));
        assert!(source.check_project("mine").is_ok());
        assert!(source.check_project("yours").unwrap_err().message.contains("is of project mine, not of yours"));
        let shown = format!("{source:?} {}", source.describe());
        assert!(shown.contains("me@x") && !shown.contains("secret"), "{shown}");
        // The key is none: that is found before a call.
        assert!(source.credentials().unwrap_err().message.contains("cannot be used"));
    }
}
