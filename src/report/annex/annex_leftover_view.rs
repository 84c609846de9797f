use serde::Serialize;

use crate::annex::AnnexLeftover;

/// Something that is left of an annex.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct AnnexLeftoverView<'a> {
    /// The kind of resource.
    kind: &'static str,
    /// Its id.
    id: &'a str,
    /// Whether it costs money.
    bills: bool,
}

impl<'a> AnnexLeftoverView<'a> {
    /// Returns the view of it.
    pub(in crate::report) fn of(left: &'a AnnexLeftover) -> Self {
        Self { kind: left.kind, id: &left.id, bills: left.bills }
    }
}
