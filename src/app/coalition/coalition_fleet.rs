use std::path::Path;

use super::user_data_choice::UserDataChoice;
use super::worker_user_data::worker_user_data;
use crate::app::{Clouds, Workspace};
use crate::compat::{CoalitionConfig, import_fleet};
use crate::diagnostics::{Diagnostic, Diagnostics, Place, Severity};
use crate::elastic::fleet::{FleetFile, TrustedText};
use crate::plan::CloudConfig;
use crate::template::system_of;

/// The system for which user data is made where an image does not tell its own: coalition's own template is for Debian.
const USUAL_SYSTEM: &str = "debian-12";

/// Whether a path names one of coalition's files and not a fleet file.
pub(crate) fn is_coalition_file(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "ini")
}

/// A `cloud_aws.ini` or `cloud_gcloud.ini` as a fleet.
pub(crate) struct CoalitionFleet {
    /// The settings of the fleet that it describes.
    pub(crate) fleet: FleetFile,
    /// The user data of its workers.
    pub(crate) user_data: Vec<u8>,
    /// Text of the file, for lines of messages. It may hold keys.
    pub(crate) text: String,
    /// The bucket, and the keys of what workers fetch from it.
    pub(crate) bucket: Option<(String, Vec<String>)>,
    /// What was not taken as it is, by line.
    pub(crate) notes: Vec<Diagnostic>,
}

impl CoalitionFleet {
    /// Reads a file of coalition's as it is, and renders the user data of its workers. Asks the cloud for the image's
    /// name, if its system is not given.
    ///
    /// # Errors
    /// The file may be changed by others, or cannot be read; every wrong line, every setting that is missing, and what
    /// is wrong with the user data.
    pub(crate) async fn read(workspace: &Workspace, path: &Path, choice: &UserDataChoice) -> Result<Self, Diagnostics> {
        let text = TrustedText::read(path, "coalition's file")?.text;
        let (mut config, warnings) = CoalitionConfig::parse(&text, path)?;
        let missing = config.missing(&text, choice.template.is_none());
        if !missing.is_empty() {
            return Err(Diagnostics(warnings.into_iter().chain(missing).collect()));
        }
        let mut fleet = import_fleet(&text, path)?.fleet;
        let mut notes = warnings;
        notes.extend(config.without_role(&text).filter(|_| choice.template.is_none()));
        let clouds = Clouds::new(workspace).map_err(|error| Diagnostic::error(error.message).hints(error.hints))?;
        let cloud = cloud_config(workspace, &fleet);
        if let (None, Ok(provider)) = (&config.region, clouds.provider(&cloud)) {
            config.region = provider.region(&cloud).await;
        }
        let os = match &choice.os {
            Some(os) => os.clone(),
            None => {
                let (os, note) = system(&clouds, &cloud, &fleet, choice).await;
                notes.extend(note.map(|note| note.at(Place::file(path))));
                os
            }
        };
        let (user_data, remarks) = worker_user_data(&config, &os, choice)?;
        notes.extend(remarks);
        if let Some(machine) = &mut fleet.machine {
            let name = fleet.name.as_deref().unwrap_or("workers");
            machine.user_data = Some(format!("{name}.user-data"));
        }
        let packages = [&config.coalition_package, &config.program_package].into_iter().flatten().cloned().collect();
        let bucket = config.bucket.clone().map(|bucket| (bucket, packages));
        Ok(Self { fleet, user_data, bucket, text, notes })
    }
}

/// Returns the cloud that the file names, with the options of the command line laid over it.
fn cloud_config(workspace: &Workspace, fleet: &FleetFile) -> CloudConfig {
    CloudConfig {
        region: workspace.clouds.region.clone().or_else(|| fleet.cloud.region.clone()),
        endpoint: workspace.clouds.endpoint_url.clone().or_else(|| fleet.cloud.endpoint.clone()),
        profile: workspace.clouds.profile.clone(),
        ..CloudConfig::of(fleet.cloud.provider.as_str())
    }
}

/// Returns the system of the image, or the usual one with a remark.
async fn system(
    clouds: &Clouds,
    cloud: &CloudConfig,
    fleet: &FleetFile,
    choice: &UserDataChoice,
) -> (String, Option<Diagnostic>) {
    let image = fleet.machine.as_ref().and_then(|machine| machine.image.as_deref()).unwrap_or_default();
    let named = match choice.template {
        // A template of the user's own knows its system.
        Some(_) => return (USUAL_SYSTEM.to_owned(), None),
        None => image_system(clouds, cloud, image).await,
    };
    match named.as_deref().and_then(system_of) {
        Some(os) => (os.to_owned(), None),
        None => {
            let is = named.map_or_else(|| "does not tell its system".to_owned(), |os| format!("is {os}"));
            let note = format!("the image {image} {is}: its workers' user data is made for {USUAL_SYSTEM}");
            let note = Diagnostic::new(Severity::Note, note);
            (USUAL_SYSTEM.to_owned(), Some(note.printable()))
        }
    }
}

/// Returns the system of an image, by the catalog of its cloud or by its own name.
async fn image_system(clouds: &Clouds, cloud: &CloudConfig, image: &str) -> Option<String> {
    let by_name = || {
        let name = image.rsplit('/').next().unwrap_or(image);
        let parts: Vec<&str> = name.split('-').take(2).collect();
        Some(parts.join("-")).filter(|os| system_of(os).is_some())
    };
    match clouds.provider(cloud).ok().and_then(|provider| provider.catalog(cloud)) {
        // Whether the image is there is found out by the check of the launch.
        Some(catalog) => catalog.image(image).await.ok().flatten().and_then(|found| found.os),
        None => by_name(),
    }
}
