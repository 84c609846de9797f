//! Images to launch from.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, Filter};
use jiff::Timestamp;

use super::Ec2Cloud;
use super::describe::filter;
use super::pages::all_pages;
use super::publishers::{PUBLISHERS, os_of, publisher_of};
use crate::cloud::aws::{Call, Group};
use crate::engine::{CloudError, CloudErrorKind, Image, ImageFilter};

/// The most images on a page (EC2 API reference, `DescribeImages`).
const PAGE: i32 = 1000;

impl Ec2Cloud {
    /// The images that a filter lets through, the newest first. Without any filter, the newest of each known system: EC2 has
    /// hundreds of thousands.
    pub(super) async fn list_images(&self, wanted: &ImageFilter) -> Result<Vec<Image>, CloudError> {
        let query = Query::of(wanted)?;
        let client = self.session.ec2().await?;
        let mut filters = vec![filter("state", ["available".to_owned()])];
        filters.extend(query.names.clone().map(|names| filter("name", names)));
        let request = client
            .describe_images()
            .set_owners(query.owners.clone())
            .set_filters(Some(filters).filter(|filters: &Vec<Filter>| !filters.is_empty()))
            .set_max_results((!self.session.is_compatible()).then_some(PAGE));
        let call = Call::ec2("DescribeImages", Group::Describe);
        let found = all_pages!(&self.session, call, request, images)
            .map_err(|problem| problem.explain(&self.session.scene(), "list images"))?;
        let now = Timestamp::now();
        let mut images: Vec<Image> = found.into_iter().filter_map(|shown| read(shown, now)).collect();
        images.retain(|image| query.lets_through(image));
        images.sort_by(|one, other| other.created.cmp(&one.created).then_with(|| one.id.cmp(&other.id)));
        if query.newest_only {
            let mut seen = BTreeSet::new();
            images.retain(|image| !image.deprecated && seen.insert((image.os.clone(), image.architecture.clone())));
        }
        Ok(images)
    }
}

/// What is asked of EC2, and what is picked of its answer.
struct Query {
    owners: Option<Vec<String>>,
    names: Option<Vec<String>>,
    os: Option<String>,
    newest_only: bool,
}

impl Query {
    fn of(wanted: &ImageFilter) -> Result<Self, CloudError> {
        let owner = wanted.owner.as_ref().map(|owner| vec![owner.clone()]);
        let own_name = wanted.name.as_ref().map(|name| vec![name.clone()]);
        let os = wanted.os.as_ref().map(|os| os.to_lowercase());
        let Some(os) = os else {
            let newest_only = owner.is_none() && own_name.is_none();
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
            CloudError::new(CloudErrorKind::Refused, format!("nothing is known of the system {os}"))
                .hint(format!("known are {}, each with or without a version, as in debian-12", known.join(", ")))
        })?;
        let version = version.unwrap_or("*");
        let names = publisher.names.iter().map(|name| name.replace("{}", version)).collect();
        Ok(Self {
            // Whoever names an owner may mean images of their own, called as they like.
            names: own_name.or_else(|| owner.is_none().then_some(names)),
            owners: owner.or_else(|| Some(vec![publisher.owner.to_owned()])),
            os: Some(os),
            newest_only: false,
        })
    }

    fn lets_through(&self, image: &Image) -> bool {
        let Some(wanted) = &self.os else { return !self.newest_only || image.os.is_some() };
        let is_version_of =
            |os: &String| os.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with(['-', '.']));
        image.os.as_ref().is_some_and(|os| os == wanted || is_version_of(os))
    }
}

/// An image as EC2 shows it.
pub(super) fn read(shown: types::Image, now: Timestamp) -> Option<Image> {
    let name = shown.name.unwrap_or_default();
    let time = |text: Option<String>| text.and_then(|text| text.parse::<Timestamp>().ok());
    let platform = shown.platform_details.as_deref().or(shown.platform.as_ref().map(|platform| platform.as_str()));
    Some(Image {
        id: shown.image_id?,
        os: os_of(&name, platform),
        name,
        owner: shown.image_owner_alias.or(shown.owner_id),
        architecture: shown.architecture.map(|architecture| architecture.as_str().to_owned()),
        created: time(shown.creation_date),
        deprecated: time(shown.deprecation_time).is_some_and(|at| at <= now),
    })
}
