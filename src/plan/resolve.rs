//! From drafts to the model: resolves names, clouds, files and replicas, and reports every problem.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::cloud_config::{CloudConfig, LOCAL_CLOUD};
use super::diagnostic_sink::{DiagnosticSink, UnparsedPart};
use super::draft::{Fields, LevelDraft, MAX_SERVICES, PlanDraft, ProgramDraft, ServiceDraft};
use super::environment::Environment;
use super::files::{self, PlanFiles};
use super::known_providers::KnownProviders;
use super::load_options::LoadOptions;
use super::located::Located;
use super::model::{
    DEFAULT_CHECK_RETRIES, DEFAULT_LAUNCH_TIMEOUT, DEFAULT_PROGRAM_TIMEOUT, LaunchSpec, Level, Plan, Program, Programs,
    RunOn, Service, SshConfig,
};
use super::name::{self, check_name};
use super::notation::Notation;
use super::purpose::Purpose;
use super::references;
use super::secret::SecretSource;
use super::service_index::ServiceIndex;
use super::source;
use super::{provider, variables};
use crate::diagnostics::{Place, did_you_mean, shown};

/// Validates the draft and builds the plan. If there are errors in `findings`, the plan must not be used.
pub(super) fn build(
    draft: &PlanDraft,
    options: &LoadOptions,
    environment: &Environment<'_>,
    findings: &DiagnosticSink,
    purpose: Purpose,
) -> Option<Plan> {
    if let Some(problem) = too_large(draft) {
        findings.error(&draft.place, problem);
        return None;
    }
    // A level that could not be read is already reported.
    if draft.levels.is_empty() && !findings.is_unread(UnparsedPart::Anything) {
        findings.error_with(
            &draft.place,
            "the plan has no levels",
            Some(match draft.notation {
                Notation::Native => "begin each level with a line [[levels]]".to_owned(),
                Notation::Cloudinitd => "name a file for each level: [runlevels] with a line `level1: FILE`".to_owned(),
            }),
        );
    }
    let variables = variables::merged(&draft.variables, options, findings, environment);
    let names = ServiceIndex::new(draft, findings);
    check_level_names(&draft.levels, findings);
    let used = references::references(draft, &names, &variables, purpose, findings);
    if !findings.is_unread(UnparsedPart::Anything) {
        variables::warn_of_unused(options, &draft.variables, &used, findings);
    }

    let override_cloud = options
        .cloud
        .as_ref()
        .filter(|cloud| cloud_exists(draft, &options.providers, cloud, &Place::file(Path::new("--cloud")), findings));
    let mut builder = Resolver {
        draft,
        findings,
        purpose,
        override_cloud,
        files: PlanFiles::new(
            files::Variables { given: &variables, unset: &draft.extras.unset_variables },
            environment.home(),
            purpose,
            Notation::of(&draft.file),
            findings,
        ),
        clouds: BTreeMap::new(),
        refused: BTreeSet::new(),
        providers: &options.providers,
    };
    let levels = draft.levels.iter().map(|level| builder.level(level)).collect();
    let clouds = builder.clouds;
    Some(Plan {
        name: plan_name(draft, findings),
        file: draft.file.clone(),
        variables: variables.into_iter().map(|(name, value)| (name, value.value)).collect(),
        clouds,
        levels,
        lease: None,
    })
}

/// The maximum size in bytes of the texts of a plan's services, once replicas and shared files of attributes are
/// expanded. 100,000 services of the usual size have a tenth of it.
const MAX_TEXT: usize = 256 * 1024 * 1024;

fn too_large(draft: &PlanDraft) -> Option<String> {
    let services = || draft.levels.iter().flat_map(|level| &level.services);
    let total = services().fold(0_usize, |sum, service| sum.saturating_add(service.replicas));
    if total > MAX_SERVICES {
        return Some(format!("the plan has {total} services; the limit is {MAX_SERVICES}"));
    }
    let size =
        services().fold(0_usize, |sum, service| sum.saturating_add(service.size().saturating_mul(service.replicas)));
    (size > MAX_TEXT).then(|| {
        let limit = source::megabytes(MAX_TEXT as u64);
        format!("the plan's services have {size} bytes of text; the limit is {limit}")
    })
}

fn check_level_names(levels: &[LevelDraft], findings: &DiagnosticSink) {
    let mut seen = BTreeSet::new();
    for level in levels {
        check_name(findings, &level.name.place, "level", &level.name.value);
        if !seen.insert(&level.name.value) {
            findings.error(&level.name.place, format!("level \"{}\" is defined twice", shown(&level.name.value)));
        }
    }
}

fn plan_name(draft: &PlanDraft, findings: &DiagnosticSink) -> String {
    match &draft.name {
        Some(given) => {
            check_name(findings, &given.place, "plan", &given.value);
            given.value.clone()
        }
        None => derived_name(draft),
    }
}

/// Returns a name derived from the file's; a generic file name is replaced by that of its directory.
pub(super) fn derived_name(draft: &PlanDraft) -> String {
    const SAYS_NOTHING: [&str; 7] = ["plan", "top", "main", "hoist", "launch", "index", "default"];
    let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let stem = text(draft.file.file_stem()).unwrap_or_default();
    let derived = if SAYS_NOTHING.contains(&stem.as_str()) {
        text(draft.file.parent().and_then(Path::file_name)).unwrap_or(stem)
    } else {
        stem
    };
    name::made_valid(&derived)
}

/// Returns whether the cloud is one of the plan's or built in, reporting an unknown one.
fn cloud_exists(
    draft: &PlanDraft,
    providers: &KnownProviders,
    cloud: &str,
    place: &Place,
    findings: &DiagnosticSink,
) -> bool {
    let exists = draft.clouds.contains_key(cloud) || providers.named(cloud).is_some();
    if !exists {
        let built_in = || providers.names().filter(|name| !draft.clouds.contains_key(*name));
        let known = || draft.clouds.keys().map(String::as_str).chain(built_in());
        let hint = did_you_mean(cloud, known())
            .unwrap_or_else(|| format!("known clouds: {}", known().take(20).collect::<Vec<_>>().join(", ")));
        findings.error_with(place, format!("unknown cloud \"{}\"", shown(cloud)), Some(hint));
    }
    exists
}

struct Resolver<'a> {
    draft: &'a PlanDraft,
    findings: &'a DiagnosticSink,
    purpose: Purpose,
    override_cloud: Option<&'a String>,
    files: PlanFiles<'a>,
    clouds: BTreeMap<String, CloudConfig>,
    /// The providers that were reported as unsuitable for launching.
    refused: BTreeSet<String>,
    providers: &'a KnownProviders,
}

impl Resolver<'_> {
    fn level(&mut self, level: &LevelDraft) -> Level {
        let services = level.services.iter().flat_map(|service| self.replicas(service)).collect();
        Level { number: level.number, name: level.name.value.clone(), services }
    }

    fn replicas(&mut self, draft: &ServiceDraft) -> Vec<Service> {
        let first = self.service(draft);
        let mut replicas = Vec::with_capacity(draft.replicas);
        if draft.replicas > 1 {
            for name in draft.names() {
                replicas.push(Service { name, replica_of: Some(draft.name.value.clone()), ..first.clone() });
            }
        } else {
            replicas.push(first);
        }
        replicas
    }

    fn service(&mut self, draft: &ServiceDraft) -> Service {
        let fields = &draft.fields;
        let cloud = self.cloud(draft);
        let provider = self.clouds.get(&cloud).map(|config| config.provider.clone()).unwrap_or_default();
        let simulated = self.providers.named(&provider).is_some_and(|rules| !rules.needs_image);
        let provider_is_local = provider == LOCAL_CLOUD && self.purpose == Purpose::Run;
        if draft.launches && self.purpose == Purpose::Run {
            provider::check(&provider, draft, self.override_cloud, self.providers, &mut self.refused, self.findings);
        }
        // An unknown cloud is already reported, and its requirements are unknown.
        self.check_machine(draft, simulated || provider.is_empty());
        let texts = |field: &Option<Located<super::Text>>| field.as_ref().map(|text| text.value.clone());
        let several = |field: &Option<Located<Vec<super::Text>>>| {
            field.as_ref().map(|texts| texts.value.clone()).unwrap_or_default()
        };
        if let (Some(zone), Some(_)) = (&fields.zone, &fields.subnet) {
            let message = format!("service \"{}\" has both a zone and a subnet", shown(&draft.name.value));
            let hint = "a subnet lies in one zone; name only the subnets".to_owned();
            self.findings.error_with(&zone.place, message, Some(hint));
        }
        let user_data = fields.user_data.as_ref().and_then(|path| self.files.user_data(draft, path));
        let launch = draft.launches.then(|| LaunchSpec {
            image: texts(&fields.image),
            instance_types: several(&fields.instance_type),
            markets: fields.market.as_ref().map(|markets| markets.value.clone()).unwrap_or_default(),
            max_price: fields.max_price.as_ref().map(|price| price.value.clone()),
            key_name: texts(&fields.key_name),
            security_groups: several(&fields.security_groups),
            zones: several(&fields.zone),
            subnets: several(&fields.subnet),
            instance_profile: texts(&fields.instance_profile),
            user_data,
            allow: fields.allow.clone(),
            tags: fields.tags.iter().map(|(key, value)| (key.clone(), value.value.clone())).collect(),
            lease: fields.lease.as_ref().map(|lease| lease.value),
            disk: fields.disk.as_ref().map(|disk| disk.value.clone()),
            metadata_hop_limit: fields.metadata_hop_limit.as_ref().map(|hops| hops.value),
            capacity_reservation: texts(&fields.capacity_reservation),
            placement_group: texts(&fields.placement_group),
            tenancy: fields.tenancy.as_ref().map(|tenancy| tenancy.value),
        });
        if provider_is_local && draft.launches {
            for (key, place) in fields.of_ec2() {
                self.findings.warning(place, format!("\"{key}\" means nothing on the local cloud"));
            }
        }
        let run_on = self.run_on(draft);
        Service {
            name: draft.name.value.clone(),
            replica_of: None,
            cloud,
            launch,
            address: if draft.launches { None } else { texts(&fields.address) },
            run_on,
            ssh: self.ssh(draft, run_on, simulated),
            programs: self.programs(draft, run_on == RunOn::ThisHost || (provider_is_local && draft.launches)),
            attributes: fields.attributes.iter().map(|(key, value)| (key.clone(), value.value.clone())).collect(),
            secrets: self.secrets(draft),
            settings: draft.settings.clone(),
            timeout: fields.timeout.as_ref().map_or(DEFAULT_LAUNCH_TIMEOUT, |timeout| timeout.value),
            elastic: fields.elastic.as_ref().map(|elastic| elastic.value.clone()),
        }
    }

    /// Returns the cloud's name, adding its configuration to the plan.
    fn cloud(&mut self, draft: &ServiceDraft) -> String {
        let name = match (self.override_cloud, &draft.fields.cloud) {
            (Some(cloud), _) => cloud.clone(),
            (None, Some(cloud)) => {
                if !self.clouds.contains_key(&cloud.value)
                    && !cloud_exists(self.draft, self.providers, &cloud.value, &cloud.place, self.findings)
                {
                    return cloud.value.clone();
                }
                cloud.value.clone()
            }
            (None, None) => LOCAL_CLOUD.to_owned(),
        };
        if !self.clouds.contains_key(&name) {
            let config = match self.draft.clouds.get(&name) {
                Some(cloud) => cloud.config.clone(),
                None => CloudConfig::of(name.as_str()),
            };
            self.clouds.insert(name.clone(), config);
        }
        name
    }

    fn check_machine(&self, draft: &ServiceDraft, simulated: bool) {
        let name = shown(&draft.name.value);
        if draft.launches && !simulated && draft.fields.image.is_none() {
            let (message, hint) = match self.draft.notation {
                Notation::Native => (
                    format!("service \"{name}\" has no image to launch"),
                    "give it an image, the address of a host that exists, or run_on = \"this-host\"".to_owned(),
                ),
                Notation::Cloudinitd => (
                    format!("service \"{name}\" has neither an image nor a hostname"),
                    "give it `image:`, or `hostname:` of a host that exists".to_owned(),
                ),
            };
            let unset = draft.unset.iter().find(|(key, _)| *key == "image" || *key == "hostname");
            if unset.is_some() && self.purpose == Purpose::Import {
                return;
            }
            let hint = match unset {
                Some((key, variable)) => {
                    format!("{key} is env.{variable}, which is not set; set it, or use --cloud local")
                }
                None => hint,
            };
            self.findings.error_with(&draft.name.place, message, Some(hint));
        }
    }

    fn run_on(&self, draft: &ServiceDraft) -> RunOn {
        let has_address = draft.fields.address.is_some() && !draft.launches;
        let natural = if has_address { RunOn::Address } else { RunOn::Instance };
        let Some(given) = &draft.fields.run_on else { return natural };
        if given.value != RunOn::ThisHost && given.value != natural {
            let (word, reason) =
                if has_address { ("instance", "it has an address") } else { ("address", "it has none") };
            let message = format!("service \"{}\" cannot run on its {word}: {reason}", shown(&draft.name.value));
            self.findings.error(&given.place, message);
        }
        given.value
    }

    fn ssh(&self, draft: &ServiceDraft, run_on: RunOn, simulated: bool) -> SshConfig {
        let Fields { ssh_user, ssh_key, ssh_port, ssh_host_key, ssh_address, .. } = &draft.fields;
        let Fields { forward_agent, login_shell, stage, .. } = &draft.fields;
        let unused = run_on == RunOn::ThisHost || (simulated && self.override_cloud.is_some() && draft.launches);
        SshConfig {
            user: ssh_user.as_ref().and_then(|user| self.files.ssh_user(draft, user)),
            key: ssh_key.as_ref().and_then(|key| self.files.ssh_key(draft, key, unused)),
            port: ssh_port.as_ref().map(|port| port.value),
            host_key: ssh_host_key.as_ref().map(|policy| policy.value).unwrap_or_default(),
            forward_agent: forward_agent.as_ref().map(|given| given.value).unwrap_or_default(),
            login_shell: login_shell.as_ref().map(|given| given.value).unwrap_or_default(),
            stage: stage.as_ref().map(|given| given.value.clone()),
            address: ssh_address.as_ref().map(|address| address.value).unwrap_or_default(),
        }
    }

    fn secrets(&self, draft: &ServiceDraft) -> BTreeMap<String, SecretSource> {
        let source = |(name, text): (&String, &Located<String>)| match SecretSource::parse(
            &text.value,
            &draft.directory,
            self.files.home(),
        ) {
            Ok(source) => {
                // A secret that is missing here is not reported: this may not be the machine that boots the plan.
                if let Some(problem) = source.found_too_short() {
                    let named = format!("secret \"{}\" of service \"{}\"", shown(name), shown(&draft.name.value));
                    let hint = Some("give it a longer value".to_owned());
                    self.findings.error_with(&text.place, format!("{named}: {problem}"), hint);
                }
                Some((name.clone(), source))
            }
            Err(problem) => {
                let message =
                    format!("secret \"{}\" of service \"{}\": {problem}", shown(name), shown(&draft.name.value));
                self.findings.error(&text.place, message);
                None
            }
        };
        draft.fields.secrets.iter().filter_map(source).collect()
    }

    fn programs(&mut self, draft: &ServiceDraft, is_here: bool) -> Programs {
        let fields = &draft.fields;
        Programs {
            boot: fields.boot.as_ref().and_then(|program| self.program(draft, "boot", program, is_here)),
            ready: fields.ready.as_ref().and_then(|program| self.program(draft, "ready", program, is_here)),
            terminate: fields.terminate.as_ref().and_then(|program| self.program(draft, "terminate", program, is_here)),
        }
    }

    fn program(&mut self, draft: &ServiceDraft, kind: &str, program: &ProgramDraft, is_here: bool) -> Option<Program> {
        let file = self.files.program(draft, kind, &program.program, is_here);
        let config = program.config.as_ref().and_then(|config| self.files.config(draft, config)).unzip();
        let default_retries = if kind == "ready" { DEFAULT_CHECK_RETRIES } else { 0 };
        Some(Program {
            file: file?,
            args: program.args.iter().map(|arg| arg.value.clone()).collect(),
            config: config.0,
            config_reads: config.1,
            timeout: program.timeout.as_ref().map_or(DEFAULT_PROGRAM_TIMEOUT, |timeout| timeout.value),
            retries: program.retries.as_ref().map_or(default_retries, |retries| retries.value),
            optional: program.optional,
            on_failure: program.on_failure,
        })
    }
}
