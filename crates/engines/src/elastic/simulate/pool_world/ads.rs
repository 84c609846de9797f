//! The ads of simulated slots and jobs.

use crate::classad::{ClassAd, Expression, Literal, Name, parse_expression};
use crate::elastic::simulate::JobClass;

use super::machine_kind::MachineKind;
use super::resources::Resources;

/// Attributes of every slot that the requirements read which `condor_submit` writes.
const SLOT: [(&str, &str); 11] = [
    ("Arch", "\"X86_64\""),
    ("OpSys", "\"LINUX\""),
    ("CondorVersion", "\"$CondorVersion: 25.0.0 2025-09-01 $\""),
    ("FileSystemDomain", "\"simulation\""),
    ("UidDomain", "\"simulation\""),
    ("HasFileTransfer", "true"),
    ("HasFileTransferPluginMethods", "\"data,ftp,file,http,https\""),
    ("HasPerFileEncryption", "true"),
    ("State", "\"Unclaimed\""),
    ("Activity", "\"Idle\""),
    ("Rank", "0.0"),
];

/// Attributes of every job.
const JOB: [(&str, &str); 3] = [("JobUniverse", "5"), ("FileSystemDomain", "\"simulation\""), ("Arguments", "\"\"")];

fn insert(ad: &mut ClassAd, name: &str, text: &str) {
    let expression = parse_expression(text).unwrap_or(Expression::Literal(Literal::Error));
    ad.insert(Name::new(name), expression);
}

fn insert_number(ad: &mut ClassAd, name: &str, value: u64) {
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    ad.insert(Name::new(name), Expression::Literal(Literal::Integer(value)));
}

/// Makes the ad of a slot of a kind that has `left` of its resources.
pub(super) fn slot_ad(kind: &MachineKind, left: &Resources) -> ClassAd {
    let mut ad = ClassAd::new();
    for (name, text) in SLOT {
        insert(&mut ad, name, text);
    }
    let partitionable = kind.is_partitionable();
    insert(&mut ad, "SlotType", if partitionable { "\"Partitionable\"" } else { "\"Static\"" });
    insert(&mut ad, "PartitionableSlot", if partitionable { "true" } else { "false" });
    insert(&mut ad, "Start", kind.start.as_deref().unwrap_or("true"));
    insert(&mut ad, "Requirements", "START");
    let slot = kind.slot();
    for (name, value) in [
        ("Cpus", u64::from(left.cpus)),
        ("Memory", left.memory),
        ("Disk", left.disk),
        ("GPUs", u64::from(left.gpus)),
        ("TotalSlotCpus", u64::from(slot.cpus)),
        ("TotalSlotMemory", slot.memory),
        ("TotalSlotDisk", slot.disk),
        ("TotalSlotGPUs", u64::from(slot.gpus)),
        ("TotalCpus", u64::from(kind.cpus)),
        ("TotalMemory", kind.memory),
        ("TotalDisk", kind.disk),
    ] {
        insert_number(&mut ad, name, value);
    }
    for (name, text) in &kind.attributes {
        insert(&mut ad, name, text);
    }
    ad
}

/// Makes the ad of the jobs of a class.
pub(super) fn job_ad(class: &JobClass) -> ClassAd {
    let mut ad = ClassAd::new();
    for (name, text) in JOB {
        insert(&mut ad, name, text);
    }
    for (name, value) in [("Owner", &class.user), ("AccountingGroup", &class.group)] {
        if let Some(value) = value {
            ad.insert(Name::new(name), Expression::text(value));
        }
    }
    let needs = &class.needs;
    for (name, text) in &needs.attributes {
        insert(&mut ad, name, text);
    }
    insert_number(&mut ad, "RequestCpus", u64::from(needs.cpus));
    insert_number(&mut ad, "RequestMemory", needs.memory);
    insert_number(&mut ad, "RequestDisk", needs.disk);
    if needs.gpus > 0 {
        insert_number(&mut ad, "RequestGPUs", u64::from(needs.gpus));
    }
    insert(&mut ad, "Requirements", needs.requirements.as_deref().unwrap_or("true"));
    ad
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classad::matches;
    use crate::elastic::simulate::Needs;

    const SUBMITTED: &str = "(TARGET.Arch == \"X86_64\") && (TARGET.OpSys == \"LINUX\") && \
        (TARGET.Disk >= RequestDisk) && (TARGET.Memory >= RequestMemory) && (TARGET.Cpus >= RequestCpus) && \
        ((TARGET.FileSystemDomain == MY.FileSystemDomain) || (TARGET.HasFileTransfer))";

    #[test]
    fn what_condor_submit_writes_matches_a_slot_with_room() {
        let kind = MachineKind { start: Some("TARGET.Owner =!= \"eve\"".into()), ..MachineKind::default() };
        let of = |user: &str, memory| JobClass {
            user: Some(user.into()),
            group: None,
            needs: Needs { cpus: 2, memory, requirements: Some(SUBMITTED.into()), ..Needs::default() },
        };
        let slot = slot_ad(&kind, &kind.whole());
        let verdict = |user, memory| matches(&job_ad(&of(user, memory)), &slot, 0).is_match();
        assert_eq!(
            [verdict("ann", 1000), verdict("eve", 1000), verdict("ann", 17_000)],
            [Some(true), Some(false), Some(false)]
        );
    }
}
