use std::sync::Arc;

use super::super::pool_slot::SlotKind;
use super::figures::SlotFigures;
use super::kind_config::KindConfig;
use super::template::{Template, TemplateSlot};
use crate::classad::{ClassAd, Expression, Literal, Name, ParseError, parse_expression};

/// Attributes that a slot of a Linux machine has, as far as `condor_submit` writes requirements on them.
const ASSUMED: [(&str, &str); 14] = [
    ("Arch", "\"X86_64\""),
    ("OpSys", "\"LINUX\""),
    ("HasFileTransfer", "true"),
    ("HasFileTransferPluginMethods", "\"data,file,ftp,http,https\""),
    ("HasPerFileEncryption", "true"),
    ("HasJobDeferral", "true"),
    ("HasReconnect", "true"),
    ("FileSystemDomain", "\"\""),
    ("UidDomain", "\"\""),
    ("CondorVersion", "\"$CondorVersion: 23.9.6 2024-08-08 BuildID: assumed $\""),
    ("State", "\"Unclaimed\""),
    ("Activity", "\"Idle\""),
    ("MyType", "\"Machine\""),
    ("Requirements", "START"),
];

/// A text in a kind's figures that is no ClassAd expression.
#[derive(Debug)]
pub(super) struct FigureError {
    /// The attribute.
    pub(super) attribute: String,
    /// The text.
    pub(super) text: String,
    /// What is wrong with it.
    pub(super) source: ParseError,
}

/// Makes the slots of a kind of which no machine has joined yet from the price list's figures.
pub(super) fn assumed(kind: &KindConfig) -> Result<Template, FigureError> {
    let slots = kind.slots.iter().filter(|slot| slot.count > 0).map(|slot| {
        let class = if slot.partitionable { SlotKind::Partitionable } else { SlotKind::Static };
        Ok(TemplateSlot { kind: class, count: slot.count, ad: Arc::new(slot_ad(slot)?) })
    });
    Ok(Template { revision: kind.revision.clone(), slots: slots.collect::<Result<_, _>>()?, machine: None })
}

fn slot_ad(slot: &SlotFigures) -> Result<ClassAd, FigureError> {
    let mut ad = ClassAd::new();
    let mut set = |attribute: &str, text: &str| match parse_expression(text) {
        Ok(expression) => {
            ad.insert(Name::new(attribute), expression);
            Ok(())
        }
        Err(source) => Err(FigureError { attribute: attribute.to_owned(), text: text.to_owned(), source }),
    };
    for (attribute, text) in ASSUMED {
        set(attribute, text)?;
    }
    set("Start", &slot.start)?;
    let word = if slot.partitionable { "Partitionable" } else { "Static" };
    set("SlotType", &format!("\"{word}\""))?;
    set("PartitionableSlot", if slot.partitionable { "true" } else { "false" })?;
    let named = [("Cpus", slot.cpus), ("Memory", slot.memory), ("Disk", slot.disk), ("GPUs", slot.gpus)];
    let custom = slot.custom.iter().map(|(name, amount)| (name.as_str(), *amount));
    let mut resources = String::new();
    for (name, amount) in named.into_iter().chain(custom) {
        let amount = amount.max(0).to_string();
        for attribute in [name.to_owned(), format!("Total{name}"), format!("TotalSlot{name}")] {
            set(&attribute, &amount)?;
        }
        resources = if resources.is_empty() { name.to_owned() } else { format!("{resources} {name}") };
    }
    for (attribute, text) in &slot.attributes {
        set(attribute, text)?;
    }
    if ad.attribute("MachineResources").is_none() {
        ad.insert(Name::new("MachineResources"), Expression::Literal(Literal::String(resources.as_str().into())));
    }
    Ok(ad)
}

#[cfg(test)]
mod tests {
    use super::super::fit::{Fit, fit};
    use super::*;

    #[test]
    fn what_condor_submit_writes_matches_an_assumed_slot() {
        let mut figures = SlotFigures { cpus: 4, memory: 8000, gpus: 1, ..SlotFigures::default() };
        figures.custom.insert("Licence".into(), 2);
        let template = assumed(&KindConfig::new("a", figures)).unwrap();
        let job = ClassAd::from_long_text(
            "RequestMemory = 4000\nRequestDisk = DiskUsage\nDiskUsage = 75\nRequestGPUs = 1\nRequestLicence = 2\n\
             FileSystemDomain = \"submit\"\n\
             Requirements = (TARGET.Arch == \"X86_64\") && (TARGET.OpSys == \"LINUX\") && \
             (TARGET.Disk >= RequestDisk) && (TARGET.Memory >= RequestMemory) && (TARGET.GPUs >= RequestGPUs) && \
             (TARGET.Licence >= RequestLicence) && versionGE(split(TARGET.CondorVersion)[1], \"8.9.7\") && \
             ((TARGET.FileSystemDomain == MY.FileSystemDomain) || (TARGET.HasFileTransfer))",
        )
        .unwrap();
        assert_eq!(fit(&job, &template.slots[0].ad, 0), Fit::Yes);
    }

    #[test]
    fn an_attribute_replaces_an_assumed_one_and_a_wrong_one_is_named() {
        let mut figures = SlotFigures::default();
        figures.attributes.insert("Arch".into(), "\"aarch64\"".into());
        let template = assumed(&KindConfig::new("a", figures.clone())).unwrap();
        assert_eq!(template.slots[0].ad.attribute("Arch").unwrap().to_string(), "\"aarch64\"");
        figures.start = "Owner ==".into();
        assert_eq!(assumed(&KindConfig::new("a", figures)).unwrap_err().attribute, "Start");
    }
}
