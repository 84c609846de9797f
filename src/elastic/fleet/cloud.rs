use super::section::Section;
use super::toml_writer::TomlWriter;
use crate::diagnostics::did_you_mean;

/// Providers that a fleet file may name.
const PROVIDERS: [(&str, &str); 3] = [("ec2", "ec2"), ("gce", "gce"), ("local", "local")];

/// Beginnings of keys that hold credentials elsewhere.
const CREDENTIALS: [&str; 5] = ["access_key", "aws_", "secret", "password", "token"];

/// `[cloud]`: where workers are launched. Credentials come from the environment or the machine's role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetCloud {
    /// `ec2`, `gce` or `local`.
    pub provider: String,
    /// The region.
    pub region: Option<String>,
    /// Address of the API, if it is not the region's own.
    pub endpoint: Option<String>,
    /// Whether the cloud is another one with EC2's interface.
    pub compatible: bool,
}

impl FleetCloud {
    /// Returns the cloud of this provider, without further settings.
    pub fn new(provider: &str) -> Self {
        Self { provider: provider.to_owned(), region: None, endpoint: None, compatible: false }
    }

    pub(super) fn read(section: Section<'_, '_>) -> Self {
        section.needs("provider", "provider = \"ec2\", \"gce\" or \"local\"");
        let provider = section.table.choice("provider", &PROVIDERS).map_or("local", |provider| provider.value);
        let cloud = Self {
            provider: provider.to_owned(),
            region: section.text("region"),
            endpoint: section.url("endpoint", &["http", "https"]),
            compatible: section.table.boolean("compatible").is_some_and(|compatible| compatible.value),
        };
        let known = ["provider", "region", "endpoint", "compatible"];
        section.table.finish_with(|key| {
            if CREDENTIALS.iter().any(|start| key.starts_with(start)) {
                let hint = "credentials are never in this file: they come from the environment or the machine's role";
                return Some(hint.to_owned());
            }
            did_you_mean(key, known)
        });
        cloud
    }

    pub(super) fn write(&self, out: &mut TomlWriter) {
        out.section(&["cloud"]);
        out.put("provider", self.provider.as_str());
        out.given("region", self.region.as_deref());
        out.given("endpoint", self.endpoint.as_deref());
        if self.compatible {
            out.put("compatible", true);
        }
    }
}
