//! The quotas that bound launches, by instance family and market (EC2 User Guide, "Amazon EC2 instance quotas").

use std::fmt;

use crate::engine::Offer;

/// A quota of Service Quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quota {
    code: &'static str,
    name: &'static str,
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} \"{}\"", self.code, self.name)
    }
}

/// Beginnings of families, and code and name of their quotas.
type Row = (&'static [&'static str], (&'static str, &'static str), (&'static str, &'static str));

/// How families begin, and the codes and names of their quotas on demand and of spare capacity. The first that fits counts.
const QUOTAS: &[Row] = &[
    (&["dl"], ("L-6E869C2A", "Running On-Demand DL instances"), ("L-85EED4F7", "All DL Spot Instance Requests")),
    (&["f"], ("L-74FC7D96", "Running On-Demand F instances"), ("L-88CF9481", "All F Spot Instance Requests")),
    (
        &["g", "vt"],
        ("L-DB2E81BA", "Running On-Demand G and VT instances"),
        ("L-3819A6DF", "All G and VT Spot Instance Requests"),
    ),
    (
        &["hpc"],
        ("L-F7808C92", "Running On-Demand HPC instances"),
        ("L-34B43A08", "All Standard Spot Instance Requests"),
    ),
    (
        &["u"],
        ("L-43DA4232", "Running On-Demand High Memory instances"),
        ("L-34B43A08", "All Standard Spot Instance Requests"),
    ),
    (&["inf"], ("L-1945791B", "Running On-Demand Inf instances"), ("L-B5D1601B", "All Inf Spot Instance Requests")),
    (&["trn"], ("L-2C3B7624", "Running On-Demand Trn instances"), ("L-6B0D517C", "All Trn Spot Instance Requests")),
    (
        &["p"],
        ("L-417A185B", "Running On-Demand P instances"),
        ("L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests"),
    ),
    (&["x"], ("L-7295265B", "Running On-Demand X instances"), ("L-E3A00192", "All X Spot Instance Requests")),
    (
        &["a", "c", "d", "h", "i", "m", "r", "t", "z"],
        ("L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"),
        ("L-34B43A08", "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests"),
    ),
];

/// The quota that bounds this offer; none for families that are not known.
pub(super) fn of(offer: &Offer) -> Option<Quota> {
    let instance_type = offer.instance_type.as_deref()?;
    let (_, on_demand, spot) =
        QUOTAS.iter().find(|(families, ..)| families.iter().any(|family| instance_type.starts_with(family)))?;
    let (code, name) = if offer.spot { *spot } else { *on_demand };
    Some(Quota { code, name })
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
        assert_eq!(code("g5.xlarge", false), Some("L-DB2E81BA"));
        assert_eq!(code("dl1.24xlarge", false), Some("L-6E869C2A"));
        assert_eq!(code("d3.xlarge", false), Some("L-1216C47A"));
        assert_eq!(code("hpc7g.4xlarge", false), Some("L-F7808C92"));
        assert_eq!(code("inf2.xlarge", true), Some("L-B5D1601B"));
        assert_eq!(code("p5.48xlarge", false), Some("L-417A185B"));
        assert_eq!(code("x2idn.16xlarge", true), Some("L-E3A00192"));
        assert_eq!(code("q1.huge", false), None);
        assert!(of(&Offer::default()).is_none());
    }
}
