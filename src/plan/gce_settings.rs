//! The keys of `[clouds.NAME]` that only Google Compute Engine has.

use super::provider_setting::ProviderSetting;

/// The keys, each with the check of its value.
pub(super) const GCE_SETTINGS: &[ProviderSetting] = &[
    ProviderSetting { key: "project", check: is_project },
    ProviderSetting { key: "zone", check: is_zone },
    ProviderSetting { key: "credentials", check: is_given },
    ProviderSetting { key: "network", check: is_given },
    ProviderSetting { key: "scopes", check: is_given },
    ProviderSetting { key: "disk_type", check: is_given },
    ProviderSetting { key: "user_data_key", check: is_user_data_key },
];

/// A project's id: 6 to 30 lower-case letters, digits and hyphens ("Creating and managing projects"); those of a domain
/// have its name and a colon before it.
fn is_project(text: &str) -> Result<(), String> {
    let id = text.rsplit(':').next().unwrap_or(text);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = id.starts_with(|c: char| c.is_ascii_lowercase());
    match (6..=30).contains(&id.len()) && begins && id.chars().all(fits) && !id.ends_with('-') {
        true => Ok(()),
        false => Err("it is no project's id, which has 6 to 30 lower-case letters, digits and hyphens".to_owned()),
    }
}

/// A zone: `us-central1-a`.
fn is_zone(text: &str) -> Result<(), String> {
    let parts: Vec<&str> = text.split('-').collect();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    match parts.len() >= 3 && parts.iter().all(|part| !part.is_empty() && part.chars().all(fits)) {
        true => Ok(()),
        false => Err("it is no zone, such as us-central1-a".to_owned()),
    }
}

/// The key of the metadata that user data is given as.
fn is_user_data_key(text: &str) -> Result<(), String> {
    match text {
        "user-data" | "startup-script" => Ok(()),
        _ => Err("it must be \"user-data\", which cloud-init reads, or \"startup-script\"".to_owned()),
    }
}

fn is_given(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_and_zones_are_told_from_others() {
        assert!(["render-farm-1", "example.com:render-farm"].iter().all(|text| is_project(text).is_ok()));
        assert!(
            ["", "short", "1render", "Render-farm", "render-farm-", "a/b/c/d"].iter().all(|t| is_project(t).is_err())
        );
        assert!(["us-central1-a", "europe-west3-b"].iter().all(|text| is_zone(text).is_ok()));
        assert!(["", "us-central1", "us--a", "US-central1-a"].iter().all(|text| is_zone(text).is_err()));
    }
}
