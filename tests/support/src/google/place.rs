//! Names of things in the cloud: paths, links, and the forms in which requests refer to them.

use super::PROJECT;
use super::error::GoogleError;

/// What the links in answers begin with.
const LINK: &str = "https://www.googleapis.com/compute/v1/";

/// With these, requests may refer to a thing.
const LINKS: [&str; 4] =
    [LINK, "https://compute.googleapis.com/compute/v1/", "http://www.googleapis.com/compute/v1/", "/compute/v1/"];

/// Where an instance or a disk is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub zone: String,
    pub name: String,
}

impl Place {
    pub fn new(zone: &str, name: &str) -> Self {
        Self { zone: zone.to_owned(), name: name.to_owned() }
    }

    /// `projects/P/zones/Z/instances/I`.
    pub(super) fn instance(&self) -> String {
        path(&format!("zones/{}", self.zone), "instances", &self.name)
    }

    pub(super) fn scope(&self) -> String {
        format!("zones/{}", self.zone)
    }
}

/// The region of a zone.
pub(super) fn region_of(zone: &str) -> &str {
    zone.rsplit_once('-').map_or(zone, |(region, _)| region)
}

/// The path of a thing of the project; `scope` is `zones/Z`, `regions/R` or `global`.
pub(super) fn path(scope: &str, collection: &str, name: &str) -> String {
    path_in(PROJECT, scope, collection, name)
}

pub(super) fn path_in(project: &str, scope: &str, collection: &str, name: &str) -> String {
    // Zones and regions are in no scope.
    match collection {
        "zones" | "regions" => format!("projects/{project}/{collection}/{name}"),
        _ => format!("projects/{project}/{scope}/{collection}/{name}"),
    }
}

pub(super) fn link(path: &str) -> String {
    format!("{LINK}{path}")
}

/// The last part of a path or link.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// The path that a request means with a full or partial link; a bare name is none.
pub(super) fn referred(field: &str, reference: &str) -> Result<String, GoogleError> {
    let rest = LINKS.iter().find_map(|link| reference.strip_prefix(link)).unwrap_or(reference);
    let rest = rest.trim_start_matches('/');
    let first = rest.split_once('/').map(|(first, _)| first);
    match first {
        Some("projects") => Ok(rest.to_owned()),
        Some("zones" | "regions" | "global") => Ok(format!("projects/{PROJECT}/{rest}")),
        _ => Err(GoogleError::invalid(field, reference, "The URL is malformed.")),
    }
}
