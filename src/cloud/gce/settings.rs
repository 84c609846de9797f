//! The settings of a cloud: what a plan says, and else the variables of Google's tools.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::plan::CloudConfig;

/// The environment variables that count, and the user's home.
#[derive(Clone, Debug, Default)]
pub struct GceEnvironment(BTreeMap<String, String>);

/// The variables of Google's tools and libraries.
const PROJECT: [&str; 2] = ["GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"];
const ZONE: &str = "CLOUDSDK_COMPUTE_ZONE";
const ENDPOINT: &str = "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE";
const CREDENTIALS: &str = "GOOGLE_APPLICATION_CREDENTIALS";
const CONFIG: &str = "CLOUDSDK_CONFIG";
const HOME: &str = "HOME";

impl GceEnvironment {
    /// Reads the process's environment.
    pub fn of_process() -> Self {
        let names = PROJECT.iter().chain(&[ZONE, ENDPOINT, CREDENTIALS, CONFIG, HOME]);
        Self::of(names.filter_map(|name| Some((*name, std::env::var(name).ok()?))))
    }

    /// Creates an environment of these variables.
    pub fn of<K: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Returns the key file that the user names for all of Google's programs.
    pub(super) fn key_file(&self) -> Option<PathBuf> {
        self.get(CREDENTIALS).map(PathBuf::from)
    }

    /// Returns where `gcloud auth application-default login` puts credentials.
    pub(super) fn well_known_file(&self) -> Option<PathBuf> {
        let directory = self.get(CONFIG).map(PathBuf::from);
        let directory = directory.or_else(|| Some(PathBuf::from(self.get(HOME)?).join(".config/gcloud")))?;
        Some(directory.join("application_default_credentials.json"))
    }

    /// Whether anything of Google's is set up here.
    pub(super) fn names_google(&self) -> bool {
        self.has_credentials() || PROJECT.iter().chain(&[ENDPOINT]).any(|name| self.get(name).is_some())
    }

    /// Whether credentials are set up here. A machine at Google may have some without.
    pub(super) fn has_credentials(&self) -> bool {
        self.key_file().is_some() || self.well_known_file().is_some_and(|file| file.is_file())
    }
}

/// What a cloud is, apart from what only its credentials tell.
#[derive(Clone, Debug)]
pub struct GceSettings {
    /// The project's id; by default that of the key file.
    pub project: Option<String>,
    /// The zone of machines for which a plan names none.
    pub zone: Option<String>,
    /// The API's address, where it is not Google's.
    pub endpoint: Option<String>,
    /// The key file that the plan names.
    pub credentials: Option<PathBuf>,
    /// The network, by its name.
    pub network: Option<String>,
    /// The scopes of the machines' service account.
    pub scopes: Vec<String>,
    /// The type of the disks that machines start from.
    pub disk_type: String,
    /// The key of the metadata that user data is given as, where the plan says it.
    pub user_data_key: Option<String>,
    /// Variables and home.
    pub environment: GceEnvironment,
}

/// The scope with which roles alone decide ("Best practices" of service accounts).
const ALL_SCOPES: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The type that Google's console and `gcloud` take; the API's own default is the slowest.
const DISK_TYPE: &str = "pd-balanced";

impl GceSettings {
    /// Reads the settings of `config`, and of `environment` what it leaves open.
    pub fn new(config: &CloudConfig, environment: GceEnvironment) -> Self {
        let own = |key: &str| config.settings.get(key).cloned();
        let scopes = own("scopes")
            .map(|text| text.split([',', ' ']).filter(|scope| !scope.is_empty()).map(whole_scope).collect::<Vec<_>>());
        Self {
            project: own("project").or_else(|| PROJECT.iter().find_map(|name| environment.get(name))),
            zone: own("zone").or_else(|| environment.get(ZONE)),
            endpoint: config.endpoint.clone().or_else(|| environment.get(ENDPOINT)),
            credentials: own("credentials").map(|path| at_home(&path, &environment)),
            network: own("network"),
            disk_type: own("disk_type").unwrap_or_else(|| DISK_TYPE.to_owned()),
            user_data_key: own("user_data_key"),
            scopes: scopes.unwrap_or_else(|| vec![ALL_SCOPES.to_owned()]),
            environment,
        }
    }

    /// Whether the API is on this machine, as in tests.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.endpoint.as_deref().and_then(|url| url.strip_prefix("http://"));
        host.is_some_and(|host| ["127.", "localhost", "[::1]"].iter().any(|own| host.starts_with(own)))
    }
}

/// `compute` is short for `https://www.googleapis.com/auth/compute`.
fn whole_scope(scope: &str) -> String {
    if scope.contains("://") { scope.to_owned() } else { format!("https://www.googleapis.com/auth/{scope}") }
}

fn at_home(path: &str, environment: &GceEnvironment) -> PathBuf {
    match (path.strip_prefix("~/"), environment.get(HOME)) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// Returns the region of a zone.
pub(super) fn region_of(zone: &str) -> &str {
    zone.rsplit_once('-').map_or(zone, |(region, _)| region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plan_says_comes_before_the_environment() {
        let environment = || GceEnvironment::of([("GOOGLE_CLOUD_PROJECT", "of-the-shell"), ("HOME", "/home/a")]);
        let config = |settings: &[(&str, &str)]| CloudConfig {
            settings: settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ..CloudConfig::of("gce")
        };
        let plain = GceSettings::new(&config(&[]), environment());
        assert_eq!((plain.project.as_deref(), plain.zone.as_deref()), (Some("of-the-shell"), None));
        assert_eq!(plain.scopes, [ALL_SCOPES]);
        let own =
            [("project", "of-the-plan"), ("credentials", "~/key.json"), ("scopes", "compute, devstorage.read_only")];
        let own = GceSettings::new(&config(&own), environment());
        assert_eq!(own.project.as_deref(), Some("of-the-plan"));
        assert_eq!(own.credentials, Some(PathBuf::from("/home/a/key.json")));
        assert_eq!(own.scopes.len(), 2);
        assert!(own.scopes[1].ends_with("/auth/devstorage.read_only"));
        assert_eq!(region_of("us-central1-a"), "us-central1");
    }
}
