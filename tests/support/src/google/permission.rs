//! Which permissions a call needs, and of what ("Compute Engine IAM roles and permissions").

use serde_json::Value;

use super::PROJECT;
use super::ask::Ask;
use super::error::GoogleError;
use super::page::plural;
use super::place::{path, path_in};

/// The refusal of a call for which the caller lacks one of these permissions.
pub(super) fn refusal(ask: &Ask, denied: &[String]) -> Option<GoogleError> {
    needs(ask)
        .into_iter()
        .find(|(permission, _)| denied.contains(permission))
        .map(|(permission, path)| GoogleError::forbidden(&permission, &path))
}

/// Each permission, and what it is needed for.
fn needs(ask: &Ask) -> Vec<(String, String)> {
    let (resource, verb) = ask.resource();
    let project = format!("projects/{}", ask.named("project"));
    let (scope, collection) = (ask.scope(), plural(ask));
    let item = |name: &str| path_in(ask.named("project"), &scope, collection, name);
    if let Some(rest) = ask.method.strip_prefix("storage.") {
        let verb = if verb == "insert" { "create" } else { verb };
        let object = format!("projects/_/buckets/{}", ask.named("bucket"));
        return vec![(format!("storage.{}.{verb}", rest.split('.').next().unwrap_or_default()), object)];
    }
    let own = |verb: &str, path: String| vec![(format!("compute.{collection}.{verb}"), path)];
    match (resource, verb) {
        ("instances" | "regionInstances", "insert" | "bulkInsert") => to_create(ask),
        ("projects", _) => own(verb, project),
        (_, "list" | "aggregatedList") if collection == "operations" => {
            vec![(format!("compute.{resource}.list"), project)]
        }
        (_, "get" | "wait") if collection == "operations" => {
            vec![(format!("compute.{resource}.get"), item(ask.named("operation")))]
        }
        (_, "list" | "aggregatedList") => own("list", project),
        (_, "insert") => own("create", item(ask.body["name"].as_str().unwrap_or_default())),
        _ => own(verb, item(ask.order.last().map_or("", |parameter| ask.named(parameter)))),
    }
}

/// What new instances need, beside the right to make them.
fn to_create(ask: &Ask) -> Vec<(String, String)> {
    let bulk = ask.resource().1 == "bulkInsert";
    let properties = if bulk { &ask.body["instanceProperties"] } else { &ask.body };
    let first = ask.body["perInstanceProperties"].as_object().and_then(|all| all.keys().next());
    let name = ask.body["name"].as_str().or(first.map(String::as_str)).unwrap_or_default();
    let scope = ask.scope();
    let instance = path(&scope, "instances", name);
    let region = scope
        .strip_prefix("zones/")
        .map_or_else(|| scope.clone(), |zone| format!("regions/{}", super::place::region_of(zone)));
    let subnetwork = path(&region, "subnetworks", "default");
    let given = |key: &str| properties[key].as_object().is_some_and(|value| !value.is_empty());
    let interfaces = properties["networkInterfaces"].as_array().into_iter().flatten();
    let outside =
        interfaces.clone().any(|interface| interface["accessConfigs"].as_array().is_some_and(|all| !all.is_empty()));
    let accounts = properties["serviceAccounts"].as_array().is_some_and(|accounts| !accounts.is_empty());
    let mut needs = vec![
        ("compute.instances.create", instance.clone()),
        ("compute.disks.create", path(&scope, "disks", name)),
        ("compute.subnetworks.use", subnetwork.clone()),
    ];
    let conditional = [
        (outside, "compute.subnetworks.useExternalIp", subnetwork),
        (given("metadata"), "compute.instances.setMetadata", instance.clone()),
        (given("labels"), "compute.instances.setLabels", instance.clone()),
        (given("tags"), "compute.instances.setTags", instance.clone()),
        (accounts, "compute.instances.setServiceAccount", instance),
        (accounts, "iam.serviceAccounts.actAs", format!("projects/{PROJECT}/serviceAccounts/{}", account(properties))),
    ];
    needs.extend(conditional.into_iter().filter(|(holds, ..)| *holds).map(|(_, permission, path)| (permission, path)));
    needs.into_iter().map(|(permission, path)| (permission.to_owned(), path)).collect()
}

fn account(properties: &Value) -> &str {
    properties["serviceAccounts"][0]["email"].as_str().unwrap_or("default")
}
