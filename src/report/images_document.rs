//! The document of images to launch from.

use jiff::Timestamp;
use serde::Serialize;

use super::schema_version::SchemaVersion;
use super::time::age;
use crate::provider::Image;

/// The document of `hoist image list`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImagesDocument<'a> {
    schema: SchemaVersion,
    /// Where they can be launched.
    place: &'a str,
    /// What was found.
    images: Vec<ImageView<'a>>,
}

/// An image.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImageView<'a> {
    /// The cloud's id.
    id: &'a str,
    /// Its name in its publisher's catalog.
    name: &'a str,
    /// The operating system, as far as its name tells.
    os: Option<&'a str>,
    /// `x86_64`, `arm64`.
    architecture: Option<&'a str>,
    /// The account or the alias of the publisher.
    owner: Option<&'a str>,
    /// When it was made.
    created_at: Option<Timestamp>,
    /// How old it is, in whole days.
    age_days: Option<u64>,
    /// Whether its owner advises against using it.
    deprecated: bool,
    /// The `resolve:ssm:` name that always stands for its publisher's newest image of this system and architecture.
    resolve: Option<&'a str>,
}

impl<'a> ImagesDocument<'a> {
    /// Creates the document of these images; ages are as of `now`.
    pub fn new(place: &'a str, images: &'a [Image], now: Timestamp) -> Self {
        let images = images.iter().map(|image| ImageView {
            id: &image.id,
            name: &image.name,
            os: image.os.as_deref(),
            architecture: image.architecture.as_deref(),
            owner: image.owner.as_deref(),
            created_at: image.created,
            age_days: image.created.map(|at| age(at, now).as_secs() / 86_400),
            deprecated: image.deprecated,
            resolve: image.resolve.as_deref(),
        });
        Self { schema: SchemaVersion, place, images: images.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_ages_and_names_of_the_newest() {
        let resolve = "resolve:ssm:/aws/service/debian/release/12/latest/amd64";
        let image = |created: Option<&str>, resolve: Option<&str>| Image {
            id: "ami-0aaaaaaaaaaaaaaa0".to_owned(),
            name: "debian-12-amd64".to_owned(),
            owner: None,
            os: Some("debian-12".to_owned()),
            architecture: Some("x86_64".to_owned()),
            created: created.map(|at| at.parse().unwrap()),
            deprecated: false,
            resolve: resolve.map(str::to_owned),
        };
        let images = [
            image(Some("2026-09-01T00:00:00Z"), None),
            image(Some("2026-11-20T01:00:00Z"), None),
            image(None, None),
            image(Some("2022-01-01T00:00:00Z"), None),
            image(Some("2026-11-17T10:00:00Z"), Some(resolve)),
        ];
        let document = ImagesDocument::new("here", &images, "2026-11-20T12:00:00Z".parse().unwrap());
        let ages: Vec<Option<u64>> = document.images.iter().map(|image| image.age_days).collect();
        assert_eq!(ages, [Some(80), Some(0), None, Some(1784), Some(3)]);
        let document = serde_json::to_value(document).unwrap();
        assert_eq!(document["images"][4]["resolve"], resolve);
        assert!(document["images"][0]["resolve"].is_null());
    }
}
