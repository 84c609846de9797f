use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::ad_notation;
use super::super::machine::MachineId;
use super::super::pool_machine::PoolMachine;
use super::super::pool_slot::{SlotKind, SlotState};
use crate::classad::{ClassAd, Expression, Literal, Name};

/// A slot of a kind of machine, without jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateSlot {
    /// Its kind.
    pub(super) kind: SlotKind,
    /// Number of such slots on a machine.
    pub(super) count: u32,
    /// Its attributes.
    #[serde(with = "ad_notation")]
    pub(super) ad: Arc<ClassAd>,
}

/// The slots of a machine of a kind before it has any job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Template {
    /// The kind's revision when the slots were learned.
    pub(super) revision: String,
    pub(super) slots: Vec<TemplateSlot>,
    /// The machine that they were learned from. None: they are assumed, or it was not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) machine: Option<MachineId>,
}

/// Attributes that tell one machine from another of its kind, or its state from another.
const OWN: [&str; 33] = [
    "Name",
    "Machine",
    "MyAddress",
    "AddressV1",
    "StartdIpAddr",
    "PublicNetworkIpAddr",
    "PrivateNetworkName",
    "HoistMachine",
    "HoistToken",
    "SlotID",
    "UtsnameNodename",
    "DaemonStartTime",
    "DaemonLastReconfigTime",
    "MyCurrentTime",
    "LastHeardFrom",
    "UpdateSequenceNumber",
    "UpdatesSequenced",
    "UpdatesTotal",
    "UpdatesLost",
    "UpdatesHistory",
    "EnteredCurrentState",
    "EnteredCurrentActivity",
    "LoadAvg",
    "TotalLoadAvg",
    "CondorLoadAvg",
    "TotalCondorLoadAvg",
    "KeyboardIdle",
    "ConsoleIdle",
    "CpuBusyTime",
    "ClockMin",
    "ClockDay",
    "AuthenticatedIdentity",
    "JobStarts",
];

impl Template {
    /// Learns the slots of a machine that has just joined. None: its ads do not tell what it has without its claims.
    pub(super) fn learn(machine: &PoolMachine, revision: &str) -> Option<Template> {
        let mut slots: Vec<TemplateSlot> = Vec::new();
        for slot in &machine.slots {
            if slot.state != SlotState::Unclaimed {
                return None;
            }
            let ad = Arc::new(empty(&slot.ad, slot.claims)?);
            match slots.iter_mut().find(|known| known.kind == slot.kind && known.ad == ad) {
                Some(known) => known.count = known.count.saturating_add(1),
                None => slots.push(TemplateSlot { kind: slot.kind, count: 1, ad }),
            }
        }
        let (revision, machine) = (revision.to_owned(), Some(machine.id.clone()));
        (!slots.is_empty()).then_some(Template { revision, slots, machine })
    }
}

/// Returns a slot's ad as it is without claims, and without what is this machine's alone.
fn empty(slot: &ClassAd, claims: u32) -> Option<ClassAd> {
    let mut amounts = vec!["Cpus".to_owned(), "Memory".to_owned(), "Disk".to_owned(), "GPUs".to_owned()];
    if let Some(Expression::Literal(Literal::String(names))) = slot.attribute("MachineResources") {
        amounts.extend(names.split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_owned));
    }
    let mut ad: ClassAd = slot
        .iter()
        .filter(|(name, _)| !OWN.iter().any(|own| name.lower().eq_ignore_ascii_case(own)))
        .map(|(name, expression)| (name.clone(), expression.clone()))
        .collect();
    for amount in amounts {
        let whole = slot.attribute(&format!("TotalSlot{amount}"));
        match (slot.attribute(&amount), whole) {
            (Some(_), Some(whole)) => ad.insert(Name::new(&amount), whole.clone()),
            (Some(_), None) if claims > 0 => return None,
            _ => {}
        }
    }
    Some(ad)
}

#[cfg(test)]
mod tests {
    use super::super::super::pool_slot::PoolSlot;
    use super::*;

    fn machine(text: &str, claims: u32) -> PoolMachine {
        let slot = |name: &str| PoolSlot {
            name: name.into(),
            kind: SlotKind::Partitionable,
            state: SlotState::Unclaimed,
            claims,
            ad: Arc::new(ClassAd::from_long_text(&format!("Name = \"{name}\"\n{text}")).unwrap()),
        };
        PoolMachine {
            id: MachineId::new("i-1"),
            joined_at: 0,
            idle_since: None,
            has_served: false,
            draining: None,
            drain_spares_jobs: true,
            slots: vec![slot("slot1@x"), slot("slot2@x")],
        }
    }

    #[test]
    fn a_template_has_the_whole_of_a_slot_and_nothing_of_the_machine() {
        let template = Template::learn(&machine("Cpus = 1\nTotalSlotCpus = 8\nArch = \"X86_64\"", 7), "r1").unwrap();
        assert_eq!((template.slots.len(), template.slots[0].count), (1, 2));
        assert_eq!(template.machine, Some(MachineId::new("i-1")));
        let text = template.slots[0].ad.to_string();
        assert!(text.contains("Cpus = 8") && !text.contains("slot1"), "{text}");
        let stored = serde_json::to_string(&template).unwrap();
        assert_eq!(serde_json::from_str::<Template>(&stored).unwrap(), template);
    }

    #[test]
    fn a_claimed_slot_that_does_not_tell_its_whole_teaches_nothing() {
        assert_eq!(Template::learn(&machine("Cpus = 1", 7), ""), None);
        assert!(Template::learn(&machine("Cpus = 8", 0), "").is_some());
    }
}
