use std::path::Path;

use super::coalition::import_coalition;
use super::elastiq::import_elastiq;
use super::epu::import_epu;
use super::fleet_import::FleetImport;
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::elastic::fleet::FleetFile;
use crate::plan::read_ini;

/// Sections that only elastiq's configuration has.
const ELASTIQ: [&str; 3] = ["elastiq", "quota", "ec2"];

/// Sections of coalition's configurations of a cloud.
const COALITION: [&str; 3] = ["coalition", "worker", "authentication"];

/// Turns an `elastiq.conf`, coalition's `cloud_aws.ini` or `cloud_gcloud.ini`, or a configuration of EPU (JSON or YAML)
/// into a fleet file. The content says which it is. Credentials are never copied.
///
/// # Errors
/// Every problem of the file with its line, or that it is none of these.
pub fn import_fleet(text: &str, file: &Path) -> Result<FleetImport, Diagnostics> {
    let refused = |message: &str| Diagnostics::from(Diagnostic::error(message).at(Place::file(file)).printable());
    if FleetFile::parse(text, file).is_ok() {
        return Err(refused("this is a fleet's file already"));
    }
    let is_object = text.trim_start().starts_with('{');
    let sections = if is_object { Vec::new() } else { read_ini(text, file).0 };
    let has = |names: &[&str]| sections.iter().any(|section| names.contains(&section.name.as_str()));
    let import = if has(&ELASTIQ) {
        import_elastiq(text, file)?
    } else if has(&COALITION) {
        import_coalition(text, file)?
    } else if let Some(import) = import_epu(text, file)? {
        import
    } else {
        let error = Diagnostic::error("this is no configuration of a scaler that can be read").at(Place::file(file));
        let hint = "there are elastiq.conf, coalition's cloud_aws.ini and cloud_gcloud.ini, and EPU's preserve_n or \
                    queuelen_high_water in JSON or YAML";
        return Err(error.hint(hint).printable().into());
    };
    // Settings that contradict each other there do so here.
    match FleetFile::parse(&import.fleet.to_toml(), file) {
        Ok(_) => Ok(import),
        Err(problems) => {
            let of_file = |problem: Diagnostic| Diagnostic { place: Some(Place::file(file)), ..problem };
            Err(Diagnostics(problems.0.into_iter().map(of_file).map(|problem| problem.of("as a fleet")).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINES: &str = "(\\[(elastiq|quota|ec2|coalition|worker|spot|authentication)\\]\n\
        |(max_vms|min_vms|idle_for_time_s|api_url|spotprice|preserve_n|queuelen_high_water|queuelen_low_water) ?[=:] \
        ?(-?[0-9]{1,20}|0\\.[0-9]{1,9}|[a-z:/.]{0,9})\n|\\PC{0,5}){0,12}";

    proptest! {
        #[test]
        fn no_text_makes_the_importers_panic(text in LINES) {
            if let Ok(import) = import_fleet(&text, Path::new("a")) {
                let read = FleetFile::parse(&import.fleet.to_toml(), Path::new("b"));
                prop_assert_eq!(read.ok(), Some(import.fleet));
            }
        }
    }

    #[test]
    fn keys_are_in_no_message() {
        let key = "wJalrXUtnFEMI/K7MDENG";
        for text in [
            format!("[ec2]\naws_secret_access_key {key}\n"),
            format!("[ec2]\naws_secret_access_key = \"{key}\"\n"),
            format!("[authentication]\naccesskey = %({key})s\n[worker]\nimageid = a\n"),
            format!("preserve_n: 1\nprovisioner_vars: {key}\n"),
            format!("preserve_n: 1\nprovisioner_vars: {{secret: {key}\n"),
        ] {
            let told = import_fleet(&text, Path::new("a")).map_or_else(
                |problems| problems.to_string(),
                |import| format!("{:?}{}", import.notes, import.fleet.to_toml()),
            );
            assert!(!told.contains(key) && !told.is_empty(), "{text}: {told}");
        }
    }
}
