//! The scaler's values for the master's template.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answers::{Answers, Binary, CloudKind};
use crate::plan::{LOCAL_CLOUD, ProviderRules};
use crate::template::Values;

/// The file of the keys on a master whose role may not launch.
pub(super) const CREDENTIALS_FILE: &str = "/etc/hoist/credentials.env";

/// Whether the scaler launches with the master's own role. Clouds other than EC2 usually have no roles; if they do, the
/// profile is named.
pub(super) fn has_role(answers: &Answers) -> bool {
    answers.master_profile.is_some()
}

/// Returns the configuration of hoist's scaler, and how it is installed on the master.
pub(super) fn of_hoist(answers: &Answers, binary: &Binary) -> Values {
    let mut values = Values::from_iter([
        ("scaler".to_owned(), json!("hoist")),
        ("jobs_per_worker".to_owned(), json!(answers.jobs_per_worker)),
        ("idle".to_owned(), json!(format!("{}s", answers.idle_seconds))),
        (
            "provider".to_owned(),
            json!(if answers.cloud == CloudKind::Local { LOCAL_CLOUD } else { ProviderRules::EC2.name }),
        ),
        ("compatible".to_owned(), json!(answers.cloud == CloudKind::Compatible)),
        ("credentials".to_owned(), json!(if has_role(answers) { "role" } else { "file" })),
        ("security_groups".to_owned(), json!(answers.worker_group.iter().collect::<Vec<_>>())),
        ("tags".to_owned(), json!(BTreeMap::from([("Name", format!("{} worker", answers.pool))]))),
    ]);
    if let Binary::At { source, sha256 } = binary {
        values.insert("hoist_source".to_owned(), json!(source));
        values.insert("hoist_sha256".to_owned(), json!(sha256));
    }
    let given: [(&str, &Option<String>); 7] = [
        ("region", &answers.region),
        ("endpoint", &answers.endpoint),
        ("image", &answers.image),
        ("instance_type", &answers.worker_type),
        ("key_name", &answers.key_name),
        ("subnet", &answers.subnet),
        ("instance_profile", &answers.worker_profile),
    ];
    let given = given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::from(value.as_deref()?))));
    values.extend(given);
    values
}
