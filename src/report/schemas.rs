//! Test that the published schemas match the types of the documents.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::plan::{ImportDocument, PlanDocument, ValidationDocument};
use super::*;

/// Directory of the published schemas.
const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas");

/// Returns the schemas of all documents by file name, which is that of the command.
fn schemas() -> BTreeMap<String, String> {
    let of_files = [
        of::<AnnexChangeDocument<'static>>("annex-change", "hoist annex create, update, extend, drain"),
        of::<AnnexOfferDocument<'static>>("annex-create-dry-run", "hoist annex create --dry-run"),
        of::<AnnexDeletionsDocument>("annex-delete", "hoist annex delete"),
        of::<AnnexEventLine<'static>>("annex-events", "hoist annex, with -o jsonl: a line"),
        of::<AnnexesDocument<'static>>("annex-list", "hoist annex list"),
        of::<AnnexesJobsDocument<'static>>("annex-list-jobs", "hoist annex list --jobs"),
        of::<AnnexLogsDocument<'static>>("annex-logs", "hoist annex logs"),
        of::<ReleasedJobsDocument<'static>>("annex-release-jobs", "hoist annex release-jobs"),
        of::<SetupDocument<'static>>("annex-setup", "hoist annex setup"),
        of::<CheckSetupDocument<'static>>("annex-check-setup", "hoist annex check-setup"),
        of::<AnnexStatusDocument<'static>>("annex-status", "hoist annex status NAME"),
        of::<AnnexStatusesDocument>("annex-statuses", "hoist annex status"),
        of::<SubmissionDocument<'static>>("annex-submit", "hoist annex submit"),
        of::<DoctorDocument<'static>>("doctor", "hoist doctor"),
        of::<NoticeLine<'static>>("elastic-events", "hoist elastic run, with -o jsonl: a line"),
        of::<FleetsDocument<'static>>("elastic-list", "hoist elastic list"),
        of::<OnceDocument<'static>>("elastic-once", "hoist elastic once"),
        of::<RecordedDocument<'static>>("elastic-record", "hoist elastic record"),
        of::<FleetRequestDocument<'static>>("elastic-request", "hoist elastic set, drain, reload, stop"),
        of::<FleetStatusDocument<'static>>("elastic-status", "hoist elastic status NAME"),
        of::<FleetStatusesDocument<'static>>("elastic-statuses", "hoist elastic status"),
        of::<WhyDocument<'static>>("elastic-why", "hoist elastic why NAME, with --at or --last too"),
        of::<WhyJobDocument<'static>>("elastic-why-job", "hoist elastic why NAME --job J"),
        of::<WhyMachineDocument<'static>>("elastic-why-machine", "hoist elastic why NAME --machine I"),
        of::<FleetImportDocument<'static>>("elastic-import", "hoist elastic import"),
        of::<ComparisonDocument<'static>>(
            "elastic-simulate-comparison",
            "hoist elastic simulate, of several engines or a log",
        ),
        of::<TraceDocument<'static>>("elastic-simulate", "hoist elastic simulate"),
        of::<ImagesDocument<'static>>("image-list", "hoist image list"),
        of::<OrphansDocument<'static>>("orphans", "hoist orphans"),
        of::<CleanDocument<'static>>("plan-clean", "hoist plan clean"),
        of::<RunEventLine<'static>>("plan-events", "hoist plan, with -o jsonl: a line"),
        of::<DoneEvent<'static>>("plan-events-done", "hoist plan, with -o jsonl: the last line"),
        of::<HistoryDocument<'static>>("plan-history", "hoist plan history"),
        of::<ImportDocument<'static>>("plan-import", "hoist plan import"),
        of::<RunsDocument<'static>>("plan-list", "hoist plan list"),
        of::<LogsDocument<'static>>("plan-logs", "hoist plan logs"),
        of::<ReloadDocument<'static>>("plan-reload-dry-run", "hoist plan reload --dry-run"),
        of::<PlanDocument<'static>>("plan-show", "hoist plan show PLAN"),
        of::<RunDocument<'static>>("plan-run", "hoist plan show RUN, boot, resume, repair, reboot, reload, terminate"),
        of::<StatusDocument<'static>>("plan-status", "hoist plan status"),
        of::<TerminationsDocument>("plan-terminate-several", "hoist plan terminate, of several runs"),
        of::<ValidationDocument<'static>>("plan-validate", "hoist plan validate"),
        of::<PrunedDocument<'static>>("prune", "hoist plan prune, hoist annex prune"),
        of::<LintDocument<'static>>("userdata-lint", "hoist userdata lint"),
        of::<ChecksDocument<'static>>("userdata-lint-checks", "hoist userdata lint --checks"),
        of::<TemplateDocument<'static>>("userdata-template", "hoist userdata templates NAME"),
        of::<TemplatesDocument<'static>>("userdata-templates", "hoist userdata templates"),
        of::<WizardDocument<'static>>("wizard", "hoist wizard"),
        of::<WorkersDocument<'static>>("worker-list", "hoist worker list"),
        of::<StartDocument<'static>>("worker-start", "hoist worker start"),
        of::<StopDocument<'static>>("worker-stop", "hoist worker stop"),
    ];
    BTreeMap::from(of_files)
}

/// Returns the file name and the content of a document's schema.
fn of<T: JsonSchema>(file: &str, title: &str) -> (String, String) {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(for_readers));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), Value::from(title));
    (format!("{file}.json"), format!("{:#}\n", Value::from(schema)))
}

/// Adapts a schema to its promise to readers: additional fields are allowed, and descriptions are sentences without the
/// line breaks of comments.
fn for_readers(schema: &mut Schema) {
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        schema.remove("additionalProperties");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let paragraphs: Vec<String> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
        // Links lead to code, which readers of documents need not know.
        *text = paragraphs.join("\n\n").replace("[`", "`").replace("`]", "`");
    }
}

#[test]
fn schemas_are_those_of_the_types() {
    let (schemas, directory) = (schemas(), Path::new(DIRECTORY));
    if std::env::var_os("HOIST_UPDATE").is_some() {
        schemas.iter().for_each(|(file, text)| fs::write(directory.join(file), text).unwrap());
    }
    let others = |file: &String| !schemas.contains_key(file) && file.ends_with(".json");
    let published = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(published.filter(others).collect::<Vec<_>>(), [""; 0], "schemas of no document");
    for (file, text) in &schemas {
        let published = fs::read_to_string(directory.join(file)).unwrap_or_default();
        assert!(published == *text, "schemas/{file} is out of date: HOIST_UPDATE=1 cargo test --lib schemas");
    }
}

#[test]
fn documents_of_commands_say_which_version_they_keep() {
    for (file, text) in schemas() {
        let schema: Value = serde_json::from_str(&text).unwrap();
        let version = |schema: &Value| schema["properties"]["schema"]["const"] == 1;
        let has_version = version(&schema) || schema["anyOf"].as_array().is_some_and(|all| !all.is_empty());
        assert!(has_version, "{file}: {text}");
    }
}
