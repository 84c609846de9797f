//! The clouds that `iaas` and `iaas_url` stand for.

use std::collections::BTreeMap;

use super::super::cloud_config::CloudConfig;
use super::super::draft::CloudDraft;
use super::super::known_providers::{KnownProviders, ProviderRules};
use super::super::name::made_valid;
use super::section_values::ResolvedOption;

/// The provider of names that are no provider's: regions of EC2, and kinds of clouds with a compatible API.
const EC2: &str = ProviderRules::EC2.name;

/// The clouds of a plan by the names that services use for them.
#[derive(Debug, Default)]
pub(super) struct CloudSections {
    pub(super) by_name: BTreeMap<String, CloudDraft>,
}

impl CloudSections {
    /// Returns the name of the cloud with this configuration. The name is determined by the configuration.
    pub(super) fn name_of(&mut self, cloud: CloudDraft) -> String {
        let base = base_name(&cloud.config);
        let mut name = base.clone();
        let mut number = 2;
        while let Some(other) = self.by_name.get(&name) {
            if *other == cloud {
                return name;
            }
            name = format!("{base}-{number}");
            number += 1;
        }
        self.by_name.insert(name.clone(), cloud);
        name
    }
}

/// Returns the cloud for `iaas` and `iaas_url`.
pub(super) fn draft(iaas: &ResolvedOption, url: &ResolvedOption, providers: &KnownProviders) -> CloudDraft {
    let config = config(iaas.text(), url.text(), providers);
    // A variable cannot stand for a value that was converted.
    let kept =
        |env: Option<String>, now: &Option<String>, written: Option<&str>| env.filter(|_| now.as_deref() == written);
    CloudDraft {
        region_env: kept(iaas.env(), &config.region, iaas.text()),
        endpoint_env: kept(url.env(), &config.endpoint, url.text()),
        config,
    }
}

/// cloudinit.d's `iaas` is the name of an EC2 region, or of a kind of cloud with an EC2-compatible API at `iaas_url`.
fn config(iaas: Option<&str>, url: Option<&str>, providers: &KnownProviders) -> CloudConfig {
    let kind = iaas.map(str::to_lowercase).unwrap_or_default();
    if kind != EC2 && providers.named(&kind).is_some() {
        return CloudConfig { endpoint: url.map(endpoint), ..CloudConfig::of(kind) };
    }
    // With a URL, a name that is not a region says nothing; without one, it must be a region unknown to us.
    let names_region = !["", EC2].contains(&kind.as_str()) && (url.is_none() || is_region(&kind));
    CloudConfig {
        region: iaas.filter(|_| names_region).map(str::to_owned),
        endpoint: url.map(endpoint),
        compatible: url.is_some() && !names_region && !["", EC2].contains(&kind.as_str()),
        ..CloudConfig::of(EC2)
    }
}

/// Returns whether this looks like the name of a region: `us-east-1`, `us-gov-west-1`.
pub(super) fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let words =
        |parts: &[&str]| parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()));
    match parts.split_last() {
        Some((number, rest)) => {
            rest.len() >= 2 && words(rest) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        }
        None => false,
    }
}

/// Returns the URL with a scheme; cloudinit.d assumes HTTPS if there is none.
fn endpoint(url: &str) -> String {
    if url.contains("://") { url.to_owned() } else { format!("https://{url}") }
}

fn base_name(config: &CloudConfig) -> String {
    let Some(endpoint) = &config.endpoint else {
        return config.region.as_deref().map_or_else(|| config.provider.clone(), made_valid);
    };
    let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, rest)| rest);
    let host = host.split(['/', '?', '@']).next().unwrap_or_default();
    let region = config.region.as_ref().map(|region| format!("-{region}")).unwrap_or_default();
    made_valid(&format!("{}-{host}{region}", config.provider))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iaas_is_a_region_or_a_kind() {
        let shown = |iaas, url| {
            let config = config(iaas, url, &KnownProviders::default());
            (config.provider.clone(), config.region.clone(), config.endpoint.clone(), base_name(&config))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(shown(None, None), ("ec2".into(), None, None, "ec2".into()));
        assert_eq!(shown(Some("EC2"), None), ("ec2".into(), None, None, "ec2".into()));
        assert_eq!(shown(Some("us-west-2"), None), ("ec2".into(), some("us-west-2"), None, "us-west-2".into()));
        assert_eq!(
            shown(Some("Nimbus"), Some("svc.uchicago.edu:8444/x")),
            ("ec2".into(), None, some("https://svc.uchicago.edu:8444/x"), "ec2-svc.uchicago.edu-8444".into())
        );
        assert_eq!(shown(Some("Local"), None).0, "local");
        assert!(is_region("us-gov-west-1") && !is_region("nimbus") && !is_region("a-1") && !is_region("us-east-"));
    }

    #[test]
    fn equal_clouds_share_a_name_and_others_do_not() {
        let mut clouds = CloudSections::default();
        let cloud = |iaas, url| CloudDraft {
            config: config(Some(iaas), Some(url), &KnownProviders::default()),
            ..CloudDraft::default()
        };
        let first = clouds.name_of(cloud("x", "http://h/1"));
        assert_eq!(clouds.name_of(cloud("y", "http://h/1")), first);
        assert_eq!(clouds.name_of(cloud("x", "http://h/2")), format!("{first}-2"));
    }
}
