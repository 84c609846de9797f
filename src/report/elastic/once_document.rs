use serde::Serialize;

use super::pass_view::PassView;
use super::sentences::FleetPlace;
use crate::report::schema_version::SchemaVersion;
use crate::scaler::{Fleet, PassRecord};

/// The document of `hoist elastic once`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OnceDocument<'a> {
    schema: SchemaVersion,
    /// Whether the passes were only thought: nothing was recorded, launched or changed.
    dry_run: bool,
    /// A pass of each fleet.
    fleets: Vec<FleetPassView<'a>>,
}

/// A pass of a fleet.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FleetPassView<'a> {
    /// The fleet.
    fleet: &'a str,
    /// Its pass.
    pass: PassView<'a>,
}

impl<'a> OnceDocument<'a> {
    /// Creates the document of a pass of each of these fleets.
    pub fn new(passes: impl IntoIterator<Item = (&'a Fleet, &'a PassRecord)>, dry_run: bool) -> Self {
        let view = |(fleet, pass): (&'a Fleet, &'a PassRecord)| FleetPassView {
            fleet: fleet.id.name.as_str(),
            pass: PassView::of(pass, &FleetPlace::of(fleet)),
        };
        Self { schema: SchemaVersion, dry_run, fleets: passes.into_iter().map(view).collect() }
    }
}
