//! Lists images to launch from.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ec2::types::{self, Filter};
use jiff::Timestamp;

use super::describe::filter;
use super::image_publisher::{PUBLISHERS, newest_of, publisher_of};
use super::os_detect::os_of;
use super::pages::all_pages;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::provider::{CloudError, CloudErrorKind, Image, ImageFilter};

/// Maximum number of images on a page (EC2 API reference, `DescribeImages`).
const PAGE: i32 = 1000;

/// State of an image that can be launched.
const AVAILABLE: &str = "available";

/// Lists the images of a region.
pub(super) struct Images {
    session: Arc<AwsSession>,
}

impl Images {
    /// Creates a list through this session. Requests nothing yet.
    pub(super) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the images that match a filter, the newest first. Without any filter, returns the newest of each known
    /// system: EC2 has hundreds of thousands. A compatible cloud has few, with arbitrary names, and all of them are
    /// returned.
    pub(super) async fn list(&self, wanted: &ImageFilter) -> Result<Vec<Image>, CloudError> {
        let compatible = self.session.is_compatible();
        let query = Query::of(wanted, compatible)?;
        let client = self.session.ec2().await?;
        let mut filters: Vec<Filter> = query.names.clone().map(|names| filter("name", names)).into_iter().collect();
        // The oldest clouds support few filters; unavailable images are removed below.
        filters.extend((!compatible).then(|| filter("state", [AVAILABLE.to_owned()])));
        let request = client
            .describe_images()
            .set_owners(query.owners.clone())
            .set_filters(Some(filters).filter(|filters: &Vec<Filter>| !filters.is_empty()))
            .set_max_results((!compatible).then_some(PAGE));
        let call = Call::ec2("DescribeImages", ApiClass::Describe);
        let found = all_pages!(&self.session, call, request, images)
            .map_err(|problem| problem.explain(&self.session.scene(), "list images"))?;
        Ok(query.pick(found, Timestamp::now(), !compatible))
    }
}

/// A request to EC2, and the selection from its answer.
struct Query {
    owners: Option<Vec<String>>,
    names: Option<Vec<String>>,
    os: Option<String>,
    newest_only: bool,
}

impl Query {
    fn of(wanted: &ImageFilter, compatible: bool) -> Result<Self, CloudError> {
        let owner = wanted.owner.as_ref().map(|owner| vec![owner.clone()]);
        let own_name = wanted.name.as_ref().map(|name| vec![name.clone()]);
        // Accepts the system's name, or words from image names: `rhel9`, `al2023`.
        let word = |os: String| if publisher_of(&os).is_some() { os } else { os_of(&os, None).unwrap_or(os) };
        let os = wanted.os.as_ref().map(|os| word(os.to_lowercase()));
        let Some(os) = os else {
            let newest_only = !compatible && owner.is_none() && own_name.is_none();
            let known = || PUBLISHERS.iter().map(|publisher| publisher.owner.to_owned()).collect();
            let any = |text: &str| text.replace("{}", "*");
            let names =
                || PUBLISHERS.iter().flat_map(|publisher| publisher.names.iter().map(|name| any(name))).collect();
            return Ok(Self {
                owners: owner.or_else(|| newest_only.then(known)),
                names: own_name.or_else(|| newest_only.then(names)),
                os: None,
                newest_only,
            });
        };
        let (publisher, version) = publisher_of(&os).ok_or_else(|| {
            let known: Vec<&str> = PUBLISHERS.iter().map(|publisher| publisher.os).collect();
            CloudError::new(CloudErrorKind::Rejected, format!("nothing is known of the system {os}"))
                .hint(format!("known are {}, each with or without a version, as in debian-12", known.join(", ")))
        })?;
        if compatible {
            return Ok(Self { owners: owner, names: own_name, os: Some(os), newest_only: false });
        }
        let version = version.unwrap_or("*");
        let names = publisher.names.iter().map(|name| name.replace("{}", version)).collect();
        Ok(Self {
            // The named owner may have images with arbitrary names.
            names: own_name.or_else(|| owner.is_none().then_some(names)),
            owners: owner.or_else(|| Some(vec![publisher.owner.to_owned()])),
            os: Some(os),
            newest_only: false,
        })
    }

    /// Returns the matching images of an answer, the newest first.
    fn pick(&self, found: Vec<types::Image>, now: Timestamp, resolves: bool) -> Vec<Image> {
        let is_there = |shown: &types::Image| shown.state.as_ref().is_none_or(|state| state.as_str() == AVAILABLE);
        let found = found.into_iter().filter(is_there);
        let mut images: Vec<Image> = found.filter_map(|shown| read(shown, now, resolves)).collect();
        // Some clouds list an image several times.
        let mut seen = BTreeSet::new();
        images.retain(|image| self.lets_through(image) && seen.insert(image.id.clone()));
        images.sort_by(|one, other| other.created.cmp(&one.created).then_with(|| one.id.cmp(&other.id)));
        if self.newest_only {
            let mut seen = BTreeSet::new();
            images.retain(|image| !image.deprecated && seen.insert((image.os.clone(), image.architecture.clone())));
        }
        images
    }

    fn lets_through(&self, image: &Image) -> bool {
        let Some(wanted) = &self.os else { return !self.newest_only || image.os.is_some() };
        let is_version_of =
            |os: &String| os.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with(['-', '.']));
        image.os.as_ref().is_some_and(|os| os == wanted || is_version_of(os))
    }
}

/// Converts an image from EC2's type; if launches resolve parameters, includes the one for the newest of its kind.
pub(super) fn read(shown: types::Image, now: Timestamp, resolves: bool) -> Option<Image> {
    let id = shown.image_id?;
    let name = name(shown.name, shown.image_location).unwrap_or_else(|| id.clone());
    let time = |text: Option<String>| text.and_then(|text| text.parse::<Timestamp>().ok());
    let platform = shown.platform_details.as_deref().or(shown.platform.as_ref().map(|platform| platform.as_str()));
    let os = os_of(&name, platform);
    let architecture = shown.architecture.map(|architecture| architecture.as_str().to_owned());
    let architecture = architecture.filter(|architecture| !architecture.is_empty());
    let owners = [shown.image_owner_alias, shown.owner_id];
    let is_published = |os: &&String| {
        publisher_of(os).is_some_and(|(publisher, _)| owners.iter().flatten().any(|owner| owner == publisher.owner))
    };
    let newest = os.as_ref().filter(|_| resolves).filter(is_published).zip(architecture.as_ref());
    Some(Image {
        resolve: newest.and_then(|(os, architecture)| newest_of(os, architecture)),
        id,
        name,
        os,
        owner: owners.into_iter().flatten().next(),
        architecture,
        created: time(shown.creation_date),
        deprecated: time(shown.deprecation_time).is_some_and(|at| at <= now),
    })
}

/// Returns the name of an image. Some compatible clouds give no name, but a location with it: `None (uCernVM 2.3-0)`.
fn name(name: Option<String>, location: Option<String>) -> Option<String> {
    let given = |text: &String| !text.is_empty();
    let placed = |text: String| {
        let inner = text.strip_prefix("None (").and_then(|rest| rest.strip_suffix(')')).map(str::to_owned);
        inner.unwrap_or(text)
    };
    name.filter(given).or_else(|| location.filter(given).map(placed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_image_that_is_there_is_shown_once() {
        let query = Query::of(&ImageFilter::default(), true).unwrap();
        let shown = |id: &str, state: Option<&str>, at: &str| {
            let state = state.map(types::ImageState::from);
            types::Image::builder().image_id(id).set_state(state).creation_date(at).build()
        };
        let (old, new) = ("2017-01-01T00:00:00Z", "2017-03-01T00:00:00Z");
        let found = vec![
            shown("ami-2", None, old),
            shown("ami-1", Some("available"), old),
            shown("ami-3", Some("pending"), new),
            shown("ami-1", Some("available"), old),
            shown("ami-4", Some("available"), new),
        ];
        let picked = query.pick(found, Timestamp::UNIX_EPOCH, false);
        assert_eq!(picked.iter().map(|image| image.id.as_str()).collect::<Vec<_>>(), ["ami-4", "ami-1", "ami-2"]);
    }

    #[test]
    fn an_image_without_a_name_is_called_by_where_it_is_or_by_its_id() {
        let called = |name: Option<&str>, location: Option<&str>| {
            let shown = types::Image::builder().image_id("ami-0000031b");
            let shown = shown.set_name(name.map(str::to_owned)).set_image_location(location.map(str::to_owned));
            let image = read(shown.build(), Timestamp::UNIX_EPOCH, false).unwrap();
            (image.name, image.os)
        };
        let named = |name: &str, os: Option<&str>| (name.to_owned(), os.map(str::to_owned));
        assert_eq!(called(None, Some("None (uCernVM 2.3-0)")), named("uCernVM 2.3-0", Some("ucernvm-2.3")));
        assert_eq!(called(Some(""), Some("snapshot")), named("snapshot", None));
        assert_eq!(called(Some("cernvm_230_ldap_pd"), Some("snapshot")), named("cernvm_230_ldap_pd", None));
        assert_eq!(called(None, None), named("ami-0000031b", None));
    }

    #[test]
    fn only_a_publishers_own_image_stands_for_its_newest() {
        let resolved = |owner: &str, resolves: bool| {
            let shown = types::Image::builder().image_id("ami-1").name("debian-12-amd64-20240717-1811");
            let shown = shown.owner_id(owner).architecture(types::ArchitectureValues::X8664).build();
            read(shown, Timestamp::UNIX_EPOCH, resolves).unwrap().resolve
        };
        let newest = "resolve:ssm:/aws/service/debian/release/12/latest/amd64";
        assert_eq!(resolved("136693071363", true).as_deref(), Some(newest));
        assert_eq!(resolved("123456789012", true), None);
        assert_eq!(resolved("136693071363", false), None);
    }
}
