//! The document of a plan.

use serde::Serialize;

use super::level_view::LevelView;
use super::service_view::ServiceView;
use crate::plan::Plan;
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist plan show PLAN`: attributes and arguments as they are written.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanDocument<'a> {
    schema: SchemaVersion,
    /// The plan's name.
    plan: &'a str,
    /// In the order in which they are raised.
    levels: Vec<LevelView<'a, ServiceView<'a>>>,
}

impl<'a> PlanDocument<'a> {
    /// Creates the document of this plan.
    pub fn of(plan: &'a Plan) -> Self {
        let levels = plan.levels.iter().map(|level| LevelView {
            number: level.number,
            name: &level.name,
            services: level.services.iter().map(|service| ServiceView::of(plan, service)).collect(),
        });
        Self { schema: SchemaVersion, plan: &plan.name, levels: levels.collect() }
    }
}
