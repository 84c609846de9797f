//! Every variant has its sentence, shown here in full.

mod events;
mod limits;
mod notes;
mod reasons;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::FleetPlace;
use super::words::time;
use crate::scaler::{FleetName, Overrides};

/// The text of the fleet file that sentences point at.
const FILE: &str = "[workers]\nmax = 6\nwaiting_time = 40\n[limits]\nbudget = 40\nbudget_per_hour = 1\n\
                    [machines.big]\nmax = 2\nprice = 0.4\n[queue]\nkind = \"htcondor\"\n[cloud]\nprovider = \"local\"\n";

/// Calls `check` with a fleet named crunch.
fn with_place(check: impl FnOnce(&FleetPlace<'_>)) {
    let name: FleetName = "crunch".parse().unwrap();
    let overrides = Overrides::default();
    check(&FleetPlace::new(&name, (Path::new("/etc/hoist/elastic.toml"), FILE), &overrides));
}

/// Compares sentences with the expected ones, in which `<600>` is the 600th second of 1970 in local time, and makes
/// sure that every variant of the type is among the examples. `tag` is its serde tag.
fn show_all<T: Serialize + DeserializeOwned>(tag: &str, sentence: impl Fn(&T) -> String, examples: &[(T, &str)]) {
    let mut shown = BTreeSet::new();
    for (example, expected) in examples {
        let json = serde_json::to_value(example).unwrap();
        shown.insert(json[tag].as_str().unwrap().to_owned());
        let expected = [600, 640, 1200]
            .iter()
            .fold((*expected).to_owned(), |text, seconds| text.replace(&format!("<{seconds}>"), &time(*seconds)));
        assert_eq!(sentence(example), expected);
    }
    assert_eq!(shown, variants::<T>(tag), "every variant has an example");
}

/// Returns the tags of all variants of an internally tagged type, from the message about an unknown one.
fn variants<T: DeserializeOwned>(tag: &str) -> BTreeSet<String> {
    let unknown = serde_json::json!({ tag: "?" });
    let Err(error) = serde_json::from_value::<T>(unknown) else { panic!("\"?\" is no variant") };
    let message = error.to_string();
    let (_, expected) = message.split_once("expected").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
