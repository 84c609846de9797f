//! Reader of coalition's `cloud_aws.ini` and `cloud_gcloud.ini`.

pub(super) mod keys;
mod launch;
pub(super) mod reader;
mod required;

pub use required::coalition_line;

use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use self::keys::{AWS, GCLOUD, OF_AWS, OF_GCLOUD};
use self::reader::IniReader;
use super::launch_specification::Provider;
use crate::diagnostics::{Diagnostic, Diagnostics, Place, Severity};
use crate::plan::{IniSection, read_ini};

/// coalition's settings of its cloud. Options empty in the file are missing here; the defaults are coalition's.
#[derive(Clone, Debug)]
pub struct CoalitionConfig {
    /// Kind of the file.
    pub provider: Provider,
    /// `keyname`
    pub key_name: Option<String>,
    /// `accesskey`
    pub access_key: Option<SecretString>,
    /// `secretaccesskey`
    pub secret_access_key: Option<SecretString>,
    /// `region`
    pub region: Option<String>,
    /// `project`
    pub project: Option<String>,
    /// `keyfile`, the service account's JSON key.
    pub key_file: Option<String>,
    /// `serviceaccount`
    pub service_account: Option<String>,
    /// `scopes`, separated by commas.
    pub scopes: Vec<String>,
    /// `[storage] name`
    pub bucket: Option<String>,
    /// `mountpoint`
    pub mount_point: Option<String>,
    /// `coalitionfilename`, `coalitionpackage`
    pub coalition_package: Option<String>,
    /// `guerillarenderfilename`, `[main_program] package`
    pub program_package: Option<String>,
    /// `[main_program] environment`
    pub program_environment: Option<String>,
    /// `installdir`
    pub install_directory: Option<String>,
    /// `[coalition] ip`
    pub server: Option<String>,
    /// `port`
    pub port: u16,
    /// `workerinstancemax`
    pub workers_at_most: u32,
    /// `workerinstancestartdelay`
    pub start_delay: Duration,
    /// `workerinstanceminimumlifetime`
    pub minimum_lifetime: Duration,
    /// `nameprefix`
    pub name_prefix: String,
    /// `spot`, `preemptible`; `false` is false here, unlike in coalition.
    pub spot: bool,
    /// `instancetype`, `machinetype`
    pub instance_type: Option<String>,
    /// `imageid`, `image`
    pub image: Option<String>,
    /// `imageproject`
    pub image_project: Option<String>,
    /// `subnetid`, `subnet`
    pub subnet: Option<String>,
    /// `availabilityzone`, `zone`
    pub zone: Option<String>,
    /// `iaminstanceprofile`
    pub instance_profile: Option<String>,
    /// `securitygroupid`
    pub security_group: Option<String>,
    /// `bootdisksize`, in GB.
    pub disk_gigabytes: Option<u32>,
    /// `bootdisktype`
    pub disk_type: Option<String>,
    /// `spotprice`, in US dollars an hour.
    pub max_price: Option<String>,
    /// `instancecount`: number of instances launched per start.
    pub instances_a_start: u32,
    /// Path of the file, as the user gave it.
    file: std::path::PathBuf,
}

impl CoalitionConfig {
    /// Parses `text`, read from `file`; the sections and options tell which of the two kinds it is. Returns warnings
    /// about options without effect.
    ///
    /// # Errors
    /// Every wrong line, with its number: an unknown option or an invalid value. Messages never hold keys.
    pub fn parse(text: &str, file: &Path) -> Result<(Self, Vec<Diagnostic>), Diagnostics> {
        let (sections, problems) = read_ini(text, file);
        let has = |marks: &[(&str, &str)]| {
            sections.iter().any(|section| {
                let of = |(name, option): &(&str, &str)| {
                    *name == section.name && (option.is_empty() || section.options.contains_key(*option))
                };
                marks.iter().any(of)
            })
        };
        if let Some(line) = qarnot_line(&sections) {
            let why = "this is for Qarnot's cloud, where no provider of hoist's launches machines";
            let place = Place::new(file, Some(line));
            return Err(Diagnostic::error(why).at(place).hint("cloud_aws.ini and cloud_gcloud.ini are served").into());
        }
        let (aws, gcloud) = (has(OF_AWS), has(OF_GCLOUD));
        let keys = if gcloud && !aws { GCLOUD } else { AWS };
        let reader = IniReader::new(file, &sections, problems, keys);
        if aws == gcloud {
            let message = if aws {
                "mixes options of AWS and of Google"
            } else {
                "is no configuration of coalition's for a cloud"
            };
            reader.report(Severity::Error, None, message.to_owned(), None);
        }
        let read = if keys == GCLOUD { Self::gcloud(&reader, file) } else { Self::aws(&reader, file) };
        let problems = reader.into_problems();
        if problems.iter().any(Diagnostic::is_error) {
            return Err(Diagnostics(problems));
        }
        Ok((read, problems))
    }

    fn aws(reader: &IniReader<'_>, file: &Path) -> Self {
        let spot_type = reader.one_of("spot", "type", &["one-time", "persistent"]);
        if spot_type.as_deref() == Some("persistent") {
            let line = reader.line("spot", "type");
            let message = "hoist starts every worker itself, as with one-time; a persistent request would start them again unasked";
            reader.report(Severity::Warning, line, message.to_owned(), None);
        }
        Self {
            key_name: reader.text("authentication", "keyname"),
            access_key: reader.text("authentication", "accesskey").map(SecretString::from),
            secret_access_key: reader.text("authentication", "secretaccesskey").map(SecretString::from),
            region: reader.text("authentication", "region"),
            coalition_package: reader.text("storage", "coalitionfilename"),
            program_package: reader.text("storage", "guerillarenderfilename"),
            spot: reader.yes("worker", "spot").unwrap_or(false),
            instance_type: reader.text("worker", "instancetype"),
            image: reader.text("worker", "imageid"),
            subnet: reader.begins("worker", "subnetid", "subnet-"),
            zone: reader.text("worker", "availabilityzone"),
            instance_profile: reader.text("worker", "iaminstanceprofile"),
            security_group: reader.begins("worker", "securitygroupid", "sg-"),
            max_price: reader.price("spot", "spotprice"),
            instances_a_start: reader.number("spot", "instancecount", 1..=1000).unwrap_or(1),
            ..Self::common(reader, file, Provider::Ec2)
        }
    }

    fn gcloud(reader: &IniReader<'_>, file: &Path) -> Self {
        let spot = reader.yes("worker", "preemptible").unwrap_or(false);
        let policy = reader.one_of("worker", "maintenancepolicy", &["TERMINATE", "MIGRATE"]);
        if spot && policy.as_deref() == Some("MIGRATE") {
            let line = reader.line("worker", "maintenancepolicy");
            let message = "\"maintenancepolicy\" must be TERMINATE where \"preemptible\" is true";
            reader.report(Severity::Error, line, message.to_owned(), None);
        }
        let scopes = reader.text("authentication", "scopes").unwrap_or_default();
        Self {
            project: reader.text("authentication", "project"),
            key_file: reader.text("authentication", "keyfile"),
            service_account: reader.text("authentication", "serviceaccount"),
            scopes: scopes.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
            coalition_package: reader.text("storage", "coalitionpackage"),
            program_package: reader.text("main_program", "package"),
            program_environment: reader.text("main_program", "environment"),
            install_directory: reader.path("worker", "installdir"),
            spot,
            instance_type: reader.text("worker", "machinetype"),
            image: reader.text("worker", "image"),
            image_project: reader.text("worker", "imageproject"),
            subnet: reader.text("worker", "subnet"),
            zone: reader.text("worker", "zone"),
            disk_gigabytes: reader.number("worker", "bootdisksize", 1..=65536),
            disk_type: reader.text("worker", "bootdisktype"),
            ..Self::common(reader, file, Provider::Gce)
        }
    }

    /// Reads the options common to both files.
    fn common(reader: &IniReader<'_>, file: &Path, provider: Provider) -> Self {
        let seconds = |option, default| {
            Duration::from_secs(reader.number("coalition", option, 0..=31_536_000).unwrap_or(default).into())
        };
        let port = reader.number("coalition", "port", 1..=65535).and_then(|port| u16::try_from(port).ok());
        Self {
            provider,
            key_name: None,
            access_key: None,
            secret_access_key: None,
            region: None,
            project: None,
            key_file: None,
            service_account: None,
            scopes: Vec::new(),
            bucket: reader.text("storage", "name"),
            mount_point: reader.path("storage", "mountpoint"),
            coalition_package: None,
            program_package: None,
            program_environment: None,
            install_directory: None,
            server: reader.host("coalition", "ip"),
            port: port.unwrap_or(19211),
            workers_at_most: reader.number("coalition", "workerinstancemax", 0..=100_000).unwrap_or(3),
            start_delay: seconds("workerinstancestartdelay", 30),
            minimum_lifetime: seconds("workerinstanceminimumlifetime", 900),
            name_prefix: reader.text("worker", "nameprefix").unwrap_or_else(|| "cloud-".to_owned()),
            spot: false,
            instance_type: None,
            image: None,
            image_project: None,
            subnet: None,
            zone: None,
            instance_profile: None,
            security_group: None,
            disk_gigabytes: None,
            disk_type: None,
            max_price: None,
            instances_a_start: 1,
            file: file.to_owned(),
        }
    }
}

/// Returns the line of the option that only coalition's `_cloud_qarnot.ini` has.
fn qarnot_line(sections: &[IniSection]) -> Option<usize> {
    let section = sections.iter().find(|section| section.name == "authentication")?;
    section.options.get("client_token").map(|option| option.line)
}
