//! Settings without which no worker can be started, and the lines of settings by the names of the fleet file's keys.

use super::CoalitionConfig;
use crate::compat::Provider;
use crate::diagnostics::{Diagnostic, Place, Severity};
use crate::plan::{IniSection, read_ini};

/// Keys of a fleet file, each with its section and its options in the files of AWS and of Google.
const KEYS: [(&str, &str, [&str; 2]); 11] = [
    ("image", "worker", ["imageid", "image"]),
    ("instance_type", "worker", ["instancetype", "machinetype"]),
    ("subnet", "worker", ["subnetid", "subnet"]),
    ("zones", "worker", ["availabilityzone", "zone"]),
    ("security_groups", "worker", ["securitygroupid", "securitygroupid"]),
    ("instance_profile", "worker", ["iaminstanceprofile", "iaminstanceprofile"]),
    ("instance_profile", "authentication", ["serviceaccount", "serviceaccount"]),
    ("name", "worker", ["nameprefix", "nameprefix"]),
    ("key_name", "authentication", ["keyname", "keyname"]),
    ("max_price", "spot", ["spotprice", "spotprice"]),
    ("queue", "coalition", ["ip", "ip"]),
];

impl CoalitionConfig {
    /// Returns an error for each setting that is empty and that a start of workers needs; `text` is that of the file.
    /// `bucket`: whether workers fetch their programs from the bucket of `[storage]`.
    pub fn missing(&self, text: &str, bucket: bool) -> Vec<Diagnostic> {
        let is_aws = self.provider == Provider::Ec2;
        let word = |aws: &'static str, google: &'static str| if is_aws { aws } else { google };
        let package = word("coalitionfilename", "coalitionpackage");
        let needed = [
            ("storage", "name", self.bucket.is_some() || !bucket),
            ("storage", package, self.coalition_package.is_some() || !bucket),
            ("coalition", "ip", self.server.is_some()),
            ("worker", word("imageid", "image"), self.image.is_some()),
            ("worker", word("instancetype", "machinetype"), self.instance_type.is_some()),
        ];
        let sections = read_ini(text, &self.file).0;
        let missing = needed.iter().filter(|(.., is_given)| !is_given).map(|(section, option, _)| {
            let place = Place::new(&self.file, line(&sections, section, option));
            Diagnostic::error(format!("\"{option}\" in [{section}] is not set, and workers need it")).at(place)
        });
        missing.collect()
    }
}

impl CoalitionConfig {
    /// Returns a warning where workers have no role, and so cannot open a bucket without keys; `text` is that of the
    /// file.
    pub fn without_role(&self, text: &str) -> Option<Diagnostic> {
        let (section, option, role) = match self.provider {
            Provider::Ec2 => ("worker", "iaminstanceprofile", &self.instance_profile),
            Provider::Gce => ("authentication", "serviceaccount", &self.service_account),
        };
        if role.is_some() {
            return None;
        }
        let place = Place::new(&self.file, line(&read_ini(text, &self.file).0, section, option));
        let why = format!("\"{option}\" in [{section}] is not set: workers have no role that opens the bucket");
        Some(
            Diagnostic::new(Severity::Warning, why)
                .at(place)
                .hint("name one: the keys of [authentication] are not in their user data"),
        )
    }
}

/// Returns the line of the setting that became this key of a fleet file, in the text of one of coalition's files.
pub fn coalition_line(text: &str, key: &str) -> Option<usize> {
    let sections = read_ini(text, std::path::Path::new("")).0;
    let found = KEYS.iter().filter(|(known, ..)| *known == key);
    let of = |(_, section, options): &(&str, &str, [&str; 2])| {
        let section = sections.iter().find(|found| found.name == *section)?;
        options.iter().find_map(|option| section.options.get(*option)).map(|option| option.line)
    };
    found.into_iter().find_map(of)
}

/// Returns the line of an option, or of its section.
fn line(sections: &[IniSection], section: &str, option: &str) -> Option<usize> {
    let section = sections.iter().find(|found| found.name == section)?;
    Some(section.options.get(option).map_or(section.line, |option| option.line))
}
