//! Drafts, the common result of reading both notations: values with their places, not yet validated against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::cloud_config::CloudConfig;
use super::elastic_service::ElasticService;
use super::hardware::{Disk, Tenancy};
use super::lease::Lease;
use super::located::Located;
use super::model::{HostKeyPolicy, Market, OnFailure, RunOn, SshAddress};
use super::notation::Notation;
use super::on_host::{ForwardAgent, LoginShell};
use super::text::Text;
use crate::diagnostics::Place;

/// The maximum number of replicas of a service, and of services of a plan.
pub(super) const MAX_SERVICES: usize = 100_000;

/// A plan as written.
#[derive(Debug)]
pub(super) struct PlanDraft {
    pub(super) name: Option<Located<String>>,
    /// The absolute path.
    pub(super) file: PathBuf,
    /// The path as the user gave it.
    pub(super) place: Place,
    pub(super) notation: Notation,
    /// The variables before `--var` and `--var-file`.
    pub(super) variables: BTreeMap<String, Located<String>>,
    pub(super) clouds: BTreeMap<String, CloudDraft>,
    /// The levels, in order of their numbers.
    pub(super) levels: Vec<LevelDraft>,
    /// Facts for import, which the plan itself does not need.
    pub(super) extras: DraftMetadata,
}

/// Values that are unset, or that the native notation cannot express.
#[derive(Debug, Default)]
pub(super) struct DraftMetadata {
    /// Variables whose value is an unset environment variable, by name.
    pub(super) unset_variables: BTreeMap<String, Located<String>>,
    /// The sources of credentials, as written: `iaas_key: env.KEY`.
    pub(super) credentials: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct CloudDraft {
    pub(super) config: CloudConfig,
    /// The environment variables for region and endpoint, set or not.
    pub(super) region_env: Option<String>,
    pub(super) endpoint_env: Option<String>,
}

#[derive(Debug)]
pub(super) struct LevelDraft {
    pub(super) number: u32,
    pub(super) name: Located<String>,
    /// The services, in the order of the file.
    pub(super) services: Vec<ServiceDraft>,
}

/// A service before its replicas are created.
#[derive(Debug)]
pub(super) struct ServiceDraft {
    pub(super) name: Located<String>,
    /// The number of replicas, at least 1; with 1 the name stays as it is.
    pub(super) replicas: usize,
    /// The absolute directory for its relative paths.
    pub(super) directory: Arc<Path>,
    /// Whether an instance is launched for it.
    pub(super) launches: bool,
    pub(super) fields: Fields,
    /// cloudinit.d's own settings, by the names under which attributes reference them.
    pub(super) settings: BTreeMap<String, String>,
    /// Keys whose only value is an unset environment variable: the key in cloudinit.d's notation, and the variable.
    pub(super) unset: Vec<(&'static str, String)>,
    /// cloudinit.d's keys whose value came from the environment and was converted: key and variable.
    pub(super) frozen: Vec<(&'static str, String)>,
}

/// The keys common to services and defaults.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) cloud: Option<Located<String>>,
    pub(super) address: Option<Located<Text>>,
    pub(super) run_on: Option<Located<RunOn>>,
    pub(super) image: Option<Located<Text>>,
    pub(super) instance_type: Option<Located<Vec<Text>>>,
    pub(super) market: Option<Located<Vec<Market>>>,
    pub(super) max_price: Option<Located<String>>,
    pub(super) key_name: Option<Located<Text>>,
    pub(super) security_groups: Option<Located<Vec<Text>>>,
    pub(super) zone: Option<Located<Vec<Text>>>,
    pub(super) subnet: Option<Located<Vec<Text>>>,
    pub(super) lease: Option<Located<Lease>>,
    pub(super) instance_profile: Option<Located<Text>>,
    pub(super) user_data: Option<Located<String>>,
    /// Expected findings in the user data.
    pub(super) allow: Vec<String>,
    pub(super) ssh_user: Option<Located<String>>,
    pub(super) ssh_key: Option<Located<String>>,
    pub(super) ssh_port: Option<Located<u16>>,
    pub(super) ssh_host_key: Option<Located<HostKeyPolicy>>,
    pub(super) forward_agent: Option<Located<ForwardAgent>>,
    pub(super) login_shell: Option<Located<LoginShell>>,
    pub(super) stage: Option<Located<PathBuf>>,
    pub(super) ssh_address: Option<Located<SshAddress>>,
    pub(super) disk: Option<Located<Disk>>,
    pub(super) metadata_hop_limit: Option<Located<u8>>,
    pub(super) capacity_reservation: Option<Located<Text>>,
    pub(super) placement_group: Option<Located<Text>>,
    pub(super) tenancy: Option<Located<Tenancy>>,
    pub(super) tags: BTreeMap<String, Located<Text>>,
    pub(super) timeout: Option<Located<Duration>>,
    /// The scaler that its machine runs.
    pub(super) elastic: Option<Located<ElasticService>>,
    pub(super) boot: Option<ProgramDraft>,
    pub(super) ready: Option<ProgramDraft>,
    pub(super) terminate: Option<ProgramDraft>,
    pub(super) attributes: BTreeMap<String, Located<Text>>,
    /// Secret attributes.
    pub(super) secrets: BTreeMap<String, Located<String>>,
    /// Attributes whose only value is an unset environment variable: the variable, by the attribute's name.
    pub(super) unset_attributes: BTreeMap<String, Located<String>>,
}

/// A program as written.
#[derive(Clone, Debug)]
pub(super) struct ProgramDraft {
    pub(super) program: Located<String>,
    pub(super) args: Vec<Located<Text>>,
    pub(super) config: Option<Located<String>>,
    pub(super) timeout: Option<Located<Duration>>,
    pub(super) retries: Option<Located<u32>>,
    pub(super) optional: bool,
    pub(super) on_failure: OnFailure,
}

impl Fields {
    /// Completes these fields from `defaults`; tags and attributes are merged key by key.
    pub(super) fn or(mut self, defaults: &Fields) -> Fields {
        macro_rules! fill {
            ($($field:ident)*) => { $( if self.$field.is_none() { self.$field.clone_from(&defaults.$field); } )* };
        }
        fill!(cloud address run_on image instance_type market max_price key_name security_groups zone subnet lease instance_profile
            user_data ssh_user ssh_key ssh_port ssh_host_key ssh_address forward_agent login_shell stage disk metadata_hop_limit
            capacity_reservation placement_group tenancy timeout elastic boot ready terminate);
        self.allow.extend(defaults.allow.iter().cloned());
        for (key, secret) in defaults.secrets.iter().filter(|(key, _)| !self.attributes.contains_key(*key)) {
            self.secrets.entry(key.clone()).or_insert_with(|| secret.clone());
        }
        for (ours, theirs) in [(&mut self.tags, &defaults.tags), (&mut self.attributes, &defaults.attributes)] {
            for (key, value) in theirs {
                if !ours.contains_key(key) {
                    ours.insert(key.clone(), value.clone());
                }
            }
        }
        for (key, variable) in &defaults.unset_attributes {
            self.unset_attributes.entry(key.clone()).or_insert_with(|| variable.clone());
        }
        self.attributes.retain(|key, _| !self.secrets.contains_key(key));
        self.unset_attributes.retain(|key, _| !self.attributes.contains_key(key) && !self.secrets.contains_key(key));
        self
    }

    /// Returns the programs with their names.
    pub(super) fn programs(&self) -> impl Iterator<Item = (&'static str, &ProgramDraft)> {
        [("boot", &self.boot), ("ready", &self.ready), ("terminate", &self.terminate)]
            .into_iter()
            .filter_map(|(kind, program)| program.as_ref().map(|program| (kind, program)))
    }

    /// Returns the keys that are valid for EC2 only, with their places.
    pub(super) fn of_ec2(&self) -> impl Iterator<Item = (&'static str, &Place)> {
        [
            ("disk", self.disk.as_ref().map(|it| &it.place)),
            ("metadata_hop_limit", self.metadata_hop_limit.as_ref().map(|it| &it.place)),
            ("capacity_reservation", self.capacity_reservation.as_ref().map(|it| &it.place)),
            ("placement_group", self.placement_group.as_ref().map(|it| &it.place)),
            ("tenancy", self.tenancy.as_ref().map(|it| &it.place)),
            ("address\" of \"ssh", self.ssh_address.as_ref().map(|it| &it.place)),
        ]
        .into_iter()
        .filter_map(|(key, place)| Some((key, place?)))
    }

    /// Returns every text that the launch of an instance depends on.
    pub(super) fn launch_texts(&self) -> impl Iterator<Item = (&Place, &Text)> {
        let several = [&self.instance_type, &self.zone, &self.subnet, &self.security_groups]
            .into_iter()
            .flatten()
            .flat_map(|texts| texts.value.iter().map(|text| (&texts.place, text)));
        [&self.image, &self.key_name, &self.instance_profile, &self.capacity_reservation, &self.placement_group]
            .into_iter()
            .flatten()
            .chain(self.tags.values())
            .map(|text| (&text.place, &text.value))
            .chain(several)
    }
}

impl ServiceDraft {
    /// Returns the size of its texts in bytes.
    pub(super) fn size(&self) -> usize {
        let fields = &self.fields;
        let attributes = fields.attributes.iter().map(|(key, text)| key.len() + text.value.as_str().len());
        let settings = self.settings.iter().map(|(key, value)| key.len() + value.len());
        let args = fields.programs().flat_map(|(_, program)| program.args.iter().map(|arg| arg.value.as_str().len()));
        let launch = fields.launch_texts().map(|(_, text)| text.as_str().len());
        attributes.chain(settings).chain(args).chain(launch).sum()
    }

    /// Returns the names of the services that its replicas become.
    pub(super) fn names(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.replicas).map(|replica| self.replica_name(replica))
    }

    pub(super) fn replica_name(&self, replica: usize) -> String {
        if self.replicas == 1 { self.name.value.clone() } else { format!("{}-{replica}", self.name.value) }
    }
}
