//! A cloud's choices for answers; each list is fetched once.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use crate::provider::{Catalog, CloudError, CloudErrorKind, Image, ImageFilter, InstanceType, SecurityGroup, Subnet};
use crate::wizard::os::Os;

/// A cloud's lists.
pub struct CatalogCache {
    catalog: Arc<dyn Catalog>,
    is_compatible: bool,
    images: Mutex<BTreeMap<&'static str, Vec<Image>>>,
    known: Mutex<BTreeMap<String, Option<Image>>>,
    types: OnceCell<Vec<InstanceType>>,
    keys: OnceCell<Vec<String>>,
    subnets: OnceCell<Vec<Subnet>>,
    groups: OnceCell<Vec<SecurityGroup>>,
}

impl CatalogCache {
    /// Creates a cache for this cloud, without fetching anything.
    pub fn new(catalog: Arc<dyn Catalog>, is_compatible: bool) -> Self {
        Self {
            catalog,
            is_compatible,
            images: Mutex::default(),
            known: Mutex::default(),
            types: OnceCell::new(),
            keys: OnceCell::new(),
            subnets: OnceCell::new(),
            groups: OnceCell::new(),
        }
    }

    /// Returns the cloud's catalog.
    pub fn catalog(&self) -> &Arc<dyn Catalog> {
        &self.catalog
    }

    /// Returns the images of a system: its publisher's, and the user's own with matching names; the newest first.
    ///
    /// # Errors
    /// The cloud's error.
    pub async fn images(&self, os: Os) -> Result<Vec<Image>, CloudError> {
        let mut cached = self.images.lock().await;
        if let Some(images) = cached.get(os.word) {
            return Ok(images.clone());
        }
        let fitting = |images: Vec<Image>| images.into_iter().filter(|image| fits(image, os)).collect::<Vec<_>>();
        let mut images = if self.is_compatible {
            // Owners have no meaning on compatible clouds; only names identify images.
            let all = ImageFilter { name: Some("*".to_owned()), ..ImageFilter::default() };
            fitting(self.catalog.images(&all).await?)
        } else {
            let published = ImageFilter { os: Some(os.word.to_owned()), ..ImageFilter::default() };
            let own = ImageFilter { owner: Some("self".to_owned()), ..ImageFilter::default() };
            let mut own = fitting(self.catalog.images(&own).await?);
            let published = match self.catalog.images(&published).await {
                // Some systems have no known publisher.
                Err(error) if error.kind == CloudErrorKind::Rejected => Vec::new(),
                published => published?,
            };
            own.retain(|image| published.iter().all(|other| other.id != image.id));
            [own, published].concat()
        };
        images.retain(|image| !image.deprecated);
        images.sort_by(|one, other| other.created.cmp(&one.created).then_with(|| one.id.cmp(&other.id)));
        cached.insert(os.word, images.clone());
        Ok(images)
    }

    /// Returns the image of this id or name.
    ///
    /// # Errors
    /// The cloud's error.
    pub async fn image(&self, id: &str) -> Result<Option<Image>, CloudError> {
        let mut known = self.known.lock().await;
        if let Some(image) = known.get(id) {
            return Ok(image.clone());
        }
        let image = self.catalog.image(id).await?;
        known.insert(id.to_owned(), image.clone());
        Ok(image)
    }

    /// Returns the instance types; empty if the cloud does not list them.
    ///
    /// # Errors
    /// The cloud's error.
    pub async fn types(&self) -> Result<&[InstanceType], CloudError> {
        self.types.get_or_try_init(|| self.catalog.instance_types()).await.map(Vec::as_slice)
    }

    /// Returns the instance type of this name.
    ///
    /// # Errors
    /// The cloud's error.
    pub async fn type_named(&self, name: &str) -> Result<Option<&InstanceType>, CloudError> {
        Ok(self.types().await?.iter().find(|known| known.name == name))
    }

    /// Returns the names of the key pairs.
    ///
    /// # Errors
    /// The cloud's error.
    pub async fn keys(&self) -> Result<&[String], CloudError> {
        self.keys.get_or_try_init(|| self.catalog.key_pairs()).await.map(Vec::as_slice)
    }

    /// Returns the subnets; empty if there are none, or if the cloud does not list them.
    ///
    /// # Errors
    /// The cloud's error.
    pub async fn subnets(&self) -> Result<&[Subnet], CloudError> {
        self.subnets.get_or_try_init(|| self.catalog.subnets()).await.map(Vec::as_slice)
    }

    /// Returns the network of this subnet, or of the default subnet.
    ///
    /// # Errors
    /// The cloud's error.
    pub async fn network(&self, subnet: Option<&str>) -> Result<Option<String>, CloudError> {
        let is_meant = |known: &&Subnet| subnet.map_or(known.is_default, |id| known.id == id);
        Ok(self.subnets().await?.iter().find(is_meant).map(|known| known.network.clone()))
    }

    /// Returns the security groups of the network of a subnet.
    ///
    /// # Errors
    /// The cloud's error.
    pub async fn groups(&self, subnet: Option<&str>) -> Result<Vec<SecurityGroup>, CloudError> {
        let network = self.network(subnet).await?;
        let groups = self.groups.get_or_try_init(|| self.catalog.security_groups(None)).await?;
        let is_there = |group: &&SecurityGroup| match (&network, &group.network) {
            (Some(wanted), Some(own)) => wanted == own,
            _ => true,
        };
        Ok(groups.iter().filter(is_there).cloned().collect())
    }
}

/// Whether an image's name matches this system.
fn fits(image: &Image, os: Os) -> bool {
    let plain = |text: &str| {
        let letters: String = text.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        letters.replace("linux", "")
    };
    image.os.as_deref() == Some(os.word) || plain(&image.name).contains(&plain(os.word))
}
