use std::path::Path;
use std::time::Duration;

use super::super::coalition::keys::Keys;
use super::super::coalition::reader::IniReader;
use super::fleet_import::{EC2_KEYS, FleetImport, Notes, fleet};
use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::elastic::fleet::{
    ElastiqSettings, FleetCloud, FleetEngine, FleetFile, FleetQueue, MachineKind, QueueKind, Workers,
};
use crate::plan::{Market, read_ini};

/// Sections and options of `elastiq.conf` (elastiq 1.0).
const KEYS: Keys = &[
    (
        "elastiq",
        &[
            "sleep_s",
            "check_queue_every_s",
            "check_vms_every_s",
            "check_vms_in_error_every_s",
            "waiting_jobs_threshold",
            "waiting_jobs_time_s",
            "n_jobs_per_vm",
            "idle_for_time_s",
            "estimated_vm_deploy_time_s",
            "batch_plugin",
            "log_level",
        ],
    ),
    ("debug", &["dry_run_shutdown_vms", "dry_run_boot_vms"]),
    ("quota", &["min_vms", "max_vms"]),
    ("substitute", &["ipv4", "ipv6", "fqdn"]),
    (
        "ec2",
        &[
            "api_url",
            "api_version",
            "aws_access_key_id",
            "aws_secret_access_key",
            "image_id",
            "key_name",
            "flavour",
            "user_data_b64",
        ],
    ),
];

/// Options without a counterpart, each with its usual value and the reason.
const WITHOUT: [(&str, &str, &str, &str); 9] = [
    ("elastiq", "sleep_s", "", "the scaler wakes when a look is due"),
    ("elastiq", "log_level", "0", "how much is logged is an option of the command"),
    ("elastiq", "batch_plugin", "htcondor", "the fleet asks HTCondor; change [queue] for another source"),
    ("debug", "dry_run_shutdown_vms", "0", "hoist elastic simulate shows decisions without a cloud"),
    ("debug", "dry_run_boot_vms", "0", "hoist elastic simulate shows decisions without a cloud"),
    ("substitute", "ipv4", "", "user data has %manager_address%"),
    ("substitute", "ipv6", "", "user data has %manager_address%"),
    ("substitute", "fqdn", "", "user data has %manager_address%"),
    ("ec2", "api_version", "", "hoist knows the API's version"),
];

/// Imports `elastiq.conf`.
pub(super) fn import_elastiq(text: &str, file: &Path) -> Result<FleetImport, Diagnostics> {
    let (sections, problems) = read_ini(text, file);
    let reader = IniReader::new(file, &sections, problems, KEYS);
    let mut notes = Notes::new(file, Vec::new());
    let seconds = |option: &str, default: u32| {
        let number = reader.number("elastiq", option, 0..=31_536_000).unwrap_or(default);
        Duration::from_secs(number.into())
    };
    let mut at_least_a_second = |option: &str, default: u32| {
        let value = seconds(option, default);
        if value.is_zero() {
            notes.add(reader.line("elastiq", option), format!("\"{option}\" is 0, which is 1 second here"));
        }
        value.max(Duration::from_secs(1))
    };
    let default = Workers { jobs_per_worker: 4, ..Workers::default() };
    let settings = ElastiqSettings {
        queue_every: at_least_a_second("check_queue_every_s", 15),
        machines_every: at_least_a_second("check_vms_every_s", 45),
        errors_every: at_least_a_second("check_vms_in_error_every_s", 20),
        waiting_threshold: reader.number("elastiq", "waiting_jobs_threshold", 0..=1_000_000_000).unwrap_or(0),
    };
    let (idle, deploy_time) =
        (at_least_a_second("idle_for_time_s", 3600), at_least_a_second("estimated_vm_deploy_time_s", 600));
    let min = reader.number("quota", "min_vms", 0..=100_000).unwrap_or(0);
    let workers = Workers {
        min,
        max: most(&reader, min, &mut notes),
        jobs_per_worker: reader.number("elastiq", "n_jobs_per_vm", 1..=100_000).unwrap_or(default.jobs_per_worker),
        idle,
        waiting_time: seconds("waiting_jobs_time_s", 40),
        deploy_time,
    };
    let cloud = cloud(&reader, &mut notes);
    let machine = machine(&reader, &mut notes);
    for (section, option, usual, why) in WITHOUT {
        if let Some(value) = reader.text(section, option).filter(|value| value != usual) {
            let message = format!("\"{option}\" ({value}) is not carried over: {why}");
            notes.add(reader.line(section, option), message);
        }
    }
    let (errors, mut warnings): (Vec<Diagnostic>, Vec<Diagnostic>) =
        reader.into_problems().into_iter().partition(Diagnostic::is_error);
    if !errors.is_empty() {
        return Err(Diagnostics(errors));
    }
    warnings.iter_mut().for_each(|warning| warning.severity = Severity::Note);
    let mut all = notes.into_sorted();
    all.extend(warnings);
    all.sort_by(|a, b| a.place.cmp(&b.place));
    let fleet = FleetFile {
        workers,
        queue: Some(FleetQueue::new(QueueKind::Htcondor)),
        cloud,
        machine: Some(machine),
        ..fleet("ec2", FleetEngine::Elastiq(settings))
    };
    Ok(FleetImport { source: "elastiq", fleet, notes: all })
}

/// Reads `max_vms`, which has no limit below 1 in elastiq, and counts every machine of the account.
fn most(reader: &IniReader<'_>, min: u32, notes: &mut Notes) -> u32 {
    let line = reader.line("quota", "max_vms");
    let is_unlimited = reader
        .text("quota", "max_vms")
        .is_some_and(|text| text == "0" || text.strip_prefix('-').is_some_and(|rest| rest.parse::<u32>().is_ok()));
    if is_unlimited {
        let most = min.max(3);
        let message = format!("\"max_vms\" below 1 is no limit, which a fleet must have: \"max\" is {most}; set yours");
        notes.add(line, message);
        return most;
    }
    let most = reader.number("quota", "max_vms", 1..=100_000).unwrap_or(3);
    let message = "\"max_vms\" counts every machine of the account, \"max\" workers only: subtract the others, such as \
                   the one that elastiq runs on";
    notes.add(line, message);
    most
}

fn cloud(reader: &IniReader<'_>, notes: &mut Notes) -> FleetCloud {
    let mut cloud = FleetCloud::new("ec2");
    match text(reader, "api_url") {
        Some(url) => match region(&url) {
            Some(region) => cloud.region = Some(region.to_owned()),
            None => {
                notes.add(
                    reader.line("ec2", "api_url"),
                    "\"api_url\" is no address of Amazon's: \"compatible\" is true; give a \"region\" if there are any",
                );
                (cloud.endpoint, cloud.compatible) = (Some(url), true);
            }
        },
        None => notes.add(None, "there is no \"api_url\": [cloud] has no region"),
    }
    let keys = ["aws_access_key_id", "aws_secret_access_key"];
    if let Some(line) = keys.iter().find_map(|key| reader.line("ec2", key)) {
        notes.add(Some(line), EC2_KEYS);
    }
    cloud
}

/// Returns the region of an address of Amazon's: `https://ec2.eu-central-1.amazonaws.com`.
fn region(url: &str) -> Option<&str> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = host.trim_end_matches('/').strip_suffix(":443").unwrap_or(host.trim_end_matches('/'));
    let region = host.strip_prefix("ec2.").and_then(|rest| rest.strip_suffix(".amazonaws.com"))?;
    (!region.is_empty() && !region.contains(['.', '/'])).then_some(region)
}

fn machine(reader: &IniReader<'_>, notes: &mut Notes) -> MachineKind {
    if let Some(line) = reader.line("ec2", "user_data_b64") {
        notes.add(
            Some(line),
            "\"user_data_b64\" is not carried over, since it may hold secrets: decode it with base64 -d into a file \
             beside the fleet's, and name that with \"user_data\" in [machine]",
        );
    }
    MachineKind {
        image: text(reader, "image_id"),
        instance_type: text(reader, "flavour"),
        key_name: text(reader, "key_name"),
        // elastiq knows no other.
        market: Some(Market::OnDemand),
        ..MachineKind::default()
    }
}

/// Reads an option of `[ec2]`, in which `%%` stands for `%` (Python's SafeConfigParser).
fn text(reader: &IniReader<'_>, option: &str) -> Option<String> {
    reader.text("ec2", option).map(|text| text.replace("%%", "%"))
}
