//! Quotas of launches, by instance family and market (EC2 User Guide, "Amazon EC2 instance type quotas").

use std::fmt;

use crate::provider::Offer;

/// A quota of Service Quotas for concurrently running virtual processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cloud) struct Quota {
    pub(in crate::cloud) code: &'static str,
    name: &'static str,
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} \"{}\"", self.code, self.name)
    }
}

const fn quota(code: &'static str, name: &'static str) -> Option<Quota> {
    Some(Quota { code, name })
}

const P: Option<Quota> = quota("L-417A185B", "Running On-Demand P instances");

/// Families, with their quotas on demand and for spot capacity; the latter is `None` for families not sold as spot. A
/// family is the letters of a type's name, optionally with the number of the generation; the first match counts.
const QUOTAS: &[(&[&str], Option<Quota>, Option<Quota>)] = &[
    (
        &["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"],
        quota("L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"),
        quota("L-34B43A08", "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests"),
    ),
    (
        &["dl"],
        quota("L-6E869C2A", "Running On-Demand DL instances"),
        quota("L-85EED4F7", "All DL Spot Instance Requests"),
    ),
    (&["f"], quota("L-74FC7D96", "Running On-Demand F instances"), quota("L-88CF9481", "All F Spot Instance Requests")),
    (
        &["g", "gr", "vt"],
        quota("L-DB2E81BA", "Running On-Demand G and VT instances"),
        quota("L-3819A6DF", "All G and VT Spot Instance Requests"),
    ),
    (&["hpc"], quota("L-F7808C92", "Running On-Demand HPC instances"), None),
    (&["u"], quota("L-43DA4232", "Running On-Demand High Memory instances"), None),
    (
        &["inf"],
        quota("L-1945791B", "Running On-Demand Inf instances"),
        quota("L-B5D1601B", "All Inf Spot Instance Requests"),
    ),
    (
        &["trn"],
        quota("L-2C3B7624", "Running On-Demand Trn instances"),
        quota("L-6B0D517C", "All Trn Spot Instance Requests"),
    ),
    (&["p2", "p3", "p4"], P, quota("L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests")),
    (&["p5"], P, quota("L-C4BD4855", "All P5 Spot Instance Requests")),
    (&["p"], P, None),
    (&["x"], quota("L-7295265B", "Running On-Demand X instances"), quota("L-E3A00192", "All X Spot Instance Requests")),
];

/// Returns the quota that bounds this offer; `None` for unknown families.
pub(super) fn of(offer: &Offer) -> Option<Quota> {
    of_type(offer.instance_type.as_deref()?, offer.spot)
}

/// Returns the quota that bounds spot or on-demand instances of this type; `None` for unknown families.
pub(in crate::cloud) fn of_type(instance_type: &str, spot: bool) -> Option<Quota> {
    let rest = instance_type.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let letters = &instance_type[..instance_type.len() - rest.len()];
    let generation = &instance_type[..letters.len() + number];
    let (_, on_demand, spare) =
        QUOTAS.iter().find(|(names, ..)| names.contains(&letters) || names.contains(&generation))?;
    if spot { *spare } else { *on_demand }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_has_its_quota() {
        let code = |instance_type: &str, spot| {
            of(&Offer { spot, instance_type: Some(instance_type.to_owned()), ..Offer::default() })
                .map(|quota| quota.code)
        };
        assert_eq!(code("t3.small", false), Some("L-1216C47A"));
        assert_eq!(code("m5.large", true), Some("L-34B43A08"));
        assert_eq!(code("is4gen.large", false), Some("L-1216C47A"));
        assert_eq!(code("g5.xlarge", false), Some("L-DB2E81BA"));
        assert_eq!(code("gr6.4xlarge", true), Some("L-3819A6DF"));
        assert_eq!(code("dl1.24xlarge", false), Some("L-6E869C2A"));
        assert_eq!(code("d3.xlarge", false), Some("L-1216C47A"));
        assert_eq!(code("hpc7g.4xlarge", false), Some("L-F7808C92"));
        assert_eq!(code("u-6tb1.metal", false), Some("L-43DA4232"));
        assert_eq!(code("inf2.xlarge", true), Some("L-B5D1601B"));
        assert_eq!(code("p4de.24xlarge", true), Some("L-7212CCBC"));
        assert_eq!(code("p5en.48xlarge", true), Some("L-C4BD4855"));
        assert_eq!(code("p5.48xlarge", false), Some("L-417A185B"));
        assert_eq!(code("p6-b200.48xlarge", false), Some("L-417A185B"));
        assert_eq!(code("x2idn.16xlarge", true), Some("L-E3A00192"));
        // Without a known quota: a new family, Macs (which are hosts of their own), and families not sold as spot
        // capacity.
        for (unknown, spot) in
            [("q1.huge", false), ("mac2.metal", false), ("hpc7g.4xlarge", true), ("p6-b200.48xlarge", true)]
        {
            assert_eq!(code(unknown, spot), None, "{unknown}");
        }
        assert_eq!(code("", false), None);
        assert!(of(&Offer::default()).is_none());
    }
}
