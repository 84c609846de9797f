use std::path::Path;

use super::super::coalition::CoalitionConfig;
use super::super::launch_specification::Provider;
use super::fleet_import::{EC2_KEYS, FleetImport, Notes, fleet};
use crate::diagnostics::{Diagnostics, Severity};
use crate::elastic::fleet::{
    CoalitionSettings, FleetCloud, FleetEngine, FleetFile, FleetQueue, MachineKind, QueueKind, Workers, fleet_of_prefix,
};
use crate::plan::{Market, read_ini};

/// Options without a counterpart, each with the reason.
const WITHOUT: [(&str, &str, &str); 16] = [
    ("storage", "name", USER_DATA),
    ("storage", "mountpoint", USER_DATA),
    ("storage", "guerillarenderfilename", USER_DATA),
    ("storage", "coalitionfilename", USER_DATA),
    ("storage", "coalitionpackage", USER_DATA),
    ("main_program", "package", USER_DATA),
    ("main_program", "environment", USER_DATA),
    ("worker", "installdir", USER_DATA),
    ("worker", "maintenancepolicy", "it follows from \"market\""),
    ("worker", "bootdisksize", DISK),
    ("worker", "bootdisktype", DISK),
    ("spot", "instancecount", "a start is of one worker"),
    ("spot", "type", "requests are one-time"),
    ("authentication", "project", "write it to the environment, as GOOGLE_CLOUD_PROJECT"),
    ("authentication", "keyfile", "name the key file in the environment, as GOOGLE_APPLICATION_CREDENTIALS"),
    ("authentication", "scopes", "the service account's roles decide"),
];

const USER_DATA: &str = "it belongs into the workers' user data, which \"user_data\" in [machine] names";
const DISK: &str = "the machine's disk is the image's";

/// Imports `cloud_aws.ini` or `cloud_gcloud.ini`.
pub(super) fn import_coalition(text: &str, file: &Path) -> Result<FleetImport, Diagnostics> {
    let (config, mut warnings) = CoalitionConfig::parse(text, file)?;
    warnings.iter_mut().for_each(|warning| warning.severity = Severity::Note);
    let sections = read_ini(text, file).0;
    let line = |section: &str, option: &str| {
        let section = sections.iter().find(|found| found.name == section)?;
        section.options.get(option).filter(|found| !found.value.is_empty()).map(|found| found.line)
    };
    let mut notes = Notes::new(file, warnings);
    for (section, option, why) in WITHOUT {
        if let Some(line) = line(section, option) {
            notes.add(Some(line), format!("\"{option}\" is not carried over: {why}"));
        }
    }
    let keys = ["accesskey", "secretaccesskey"];
    if let Some(line) = keys.iter().find_map(|key| line("authentication", key)) {
        notes.add(Some(line), EC2_KEYS);
    }
    let mut queue = FleetQueue::new(QueueKind::Coalition);
    let host = config.server.clone().unwrap_or_else(|| {
        notes.add(None, "there is no \"ip\" of coalition's server: \"url\" in [queue] is this machine's");
        "localhost".to_owned()
    });
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host };
    queue.url = Some(format!("http://{host}:{}", config.port));
    notes.add(
        None,
        "a worker's idle time is \"minimum_lifetime\" of [engine], as in coalition; \"idle\" and \"waiting_time\" of \
         [workers] are of other engines",
    );
    let engine = CoalitionSettings { start_delay: config.start_delay, minimum_lifetime: config.minimum_lifetime };
    let machine = machine(&config, line("spot", "spotprice"), &mut notes);
    let fleet = FleetFile {
        workers: Workers { max: config.workers_at_most, ..Workers::default() },
        queue: Some(queue),
        cloud: FleetCloud { region: config.region, ..FleetCloud::new(config.provider.cloud()) },
        machine: Some(machine),
        name: fleet_of_prefix(&config.name_prefix).map(str::to_owned),
        ..fleet(config.provider.cloud(), FleetEngine::Coalition(engine))
    };
    Ok(FleetImport { source: "coalition", fleet, notes: notes.into_sorted() })
}

fn machine(config: &CoalitionConfig, price_line: Option<usize>, notes: &mut Notes) -> MachineKind {
    let image = match (&config.image_project, &config.image) {
        (Some(project), Some(image)) => Some(format!("projects/{project}/global/images/{image}")),
        (_, image) => image.clone(),
    };
    let mut max_price = None;
    match &config.max_price {
        Some(_) if !config.spot => {
            notes.add(price_line, "\"spotprice\" is not carried over: \"spot\" is off, so workers are on demand");
        }
        Some(price) => {
            max_price = price.parse().ok();
            if max_price.is_none() {
                notes.add(price_line, format!("\"spotprice\" ({price}) is not carried over: it has too many digits"));
            }
        }
        None => {}
    }
    // In EC2 a subnet is of one zone.
    let zones = config.zone.iter().filter(|_| config.provider == Provider::Gce || config.subnet.is_none());
    MachineKind {
        zones: zones.cloned().collect(),
        // The name that EC2's console shows.
        tags: match config.provider {
            Provider::Ec2 => [("Name".to_owned(), "%worker%".to_owned())].into(),
            Provider::Gce => Default::default(),
        },
        image,
        instance_type: config.instance_type.clone(),
        key_name: config.key_name.clone(),
        subnet: config.subnet.clone(),
        security_groups: config.security_group.iter().cloned().collect(),
        instance_profile: config.instance_profile.clone().or_else(|| config.service_account.clone()),
        market: Some(if config.spot { Market::Spot } else { Market::OnDemand }),
        max_price,
        ..MachineKind::default()
    }
}
