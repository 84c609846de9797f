//! `hoist plan boot --dry-run`: the whole run on a simulated cloud, in virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::drive::Drive;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::infrastructure::rehearsal;
use crate::cloud::sim::{SimCloud, SimConfig};
use crate::engine::{DriveResult, Driver, DriverOptions, MemoryRunJournal, Run, StopRequest};
use crate::plan::{LAUNCH_ATTRIBUTES, Plan, Reference, Service};
use crate::provider::Infrastructure;
use crate::report::{self, OutcomeView, RunDocument, RunEnding};

/// Raises the plan where nothing is real but its decisions and its files.
pub(super) fn dry_run(context: &Context, plan: Plan, by_level: bool, drive: &Drive) -> CommandResult {
    let started = Instant::now();
    let faults = rehearsal(drive.rehearse.as_deref(), &[&plan])?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| CommandError::new(format!("cannot start the runtime: {error}")))?;
    let boot_outputs = assumed_outputs(&plan);
    let name = plan.name.clone();
    let (run, halt, virtual_time, blocked) = runtime
        .block_on(async {
            let begin = tokio::time::Instant::now();
            let cloud = SimCloud::new(SimConfig { boot_outputs, ..SimConfig::default() });
            let infrastructure: Arc<dyn Infrastructure> = Arc::new(cloud);
            let infrastructure = faults.map_or(infrastructure.clone(), |faults| faults.infrastructure(infrastructure));
            let options =
                DriverOptions { owner: "dry-run".to_owned(), max_concurrency: drive.max_concurrency as usize };
            let (_keep, stop) = watch::channel(StopRequest::None);
            let mut nobody = ();
            let mut driver = Driver::new(
                Run::new("dry-run", name, plan),
                Arc::new(MemoryRunJournal::new()),
                infrastructure,
                &mut nobody,
                options,
            );
            driver.boot(by_level)?;
            let halt = driver.drive(stop).await?;
            Ok::<_, crate::engine::DriverError>((driver.run().clone(), halt, begin.elapsed(), driver.blocked()))
        })
        .map_err(|error| CommandError::new(error.to_string()))?;
    let exit = if halt == DriveResult::Up { Exit::Done } else { Exit::Failed };
    // What is missing on this side stops a dry run as it stops a boot.
    let ending = RunEnding { blocked, ..RunEnding::default() };
    if context.wants_json() {
        let outcome = OutcomeView::of_dry_run(&run, halt, &ending, virtual_time, started.elapsed());
        context.print_json(&RunDocument::with_outcome(&run, outcome))?;
    } else {
        let diagnostics: String =
            report::diagnostics(&run, halt, &ending).iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
        context
            .print_with_advice(&format!("{}{diagnostics}", report::dry_run(&run, halt, virtual_time, context.style)))?;
    }
    Ok(exit)
}

/// Something for every attribute that only a boot program could give, so that what reads it can be expanded.
fn assumed_outputs(plan: &Plan) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut outputs: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut assume = |service: &str, attribute: String| {
        let value = format!("<{service}.{attribute}>");
        outputs.entry(service.to_owned()).or_default().insert(attribute, value);
    };
    let services: BTreeMap<&str, &Service> =
        plan.services().map(|(_, service)| (service.name.as_str(), service)).collect();
    let is_known = |service: &str, attribute: &str| {
        LAUNCH_ATTRIBUTES.contains(&attribute)
            || services.get(service).is_none_or(|service| {
                service.attributes.contains_key(attribute) || service.settings.contains_key(attribute)
            })
    };
    for (_, service) in plan.services() {
        for reference in service.texts().flat_map(|text| text.references().collect::<Vec<_>>()) {
            match reference {
                Reference::Service { service, attribute } if !is_known(&service, &attribute) => {
                    assume(&service, attribute)
                }
                Reference::Own(attribute) if !is_known(&service.name, &attribute) => assume(&service.name, attribute),
                _ => {}
            }
        }
    }
    outputs
}
