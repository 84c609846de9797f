//! The key of a service that runs a scaler.

use super::super::elastic_service::{DEFAULT_STOP_TIMEOUT, ElasticService};
use super::super::located::Located;
use super::table::Table;

/// Reads `elastic = { stop, timeout }`.
pub(super) fn elastic(table: &Table<'_, '_>) -> Option<Located<ElasticService>> {
    let inner = table.table("elastic")?;
    let (place, _) = table.get("elastic")?;
    let stop = inner.texts("stop").map(|(place, words)| {
        let words: Vec<String> = words.into_iter().map(|word| word.value.as_str().to_owned()).collect();
        if words.first().is_none_or(String::is_empty) {
            let problem = "names no program; the default is [\"systemctl\", \"stop\", \"hoist-elastic\"]";
            inner.invalid(&place, "stop", problem);
        } else if words.iter().any(|word| word.contains('\0')) {
            inner.invalid(&place, "stop", "a program's arguments cannot contain the character NUL");
        }
        words
    });
    let timeout = inner.duration("timeout");
    inner.finish_with(|key| (key == "program").then(|| "stop = [\"PROGRAM\", \"ARGUMENT\"]".to_owned()));
    let timeout = timeout.map_or(DEFAULT_STOP_TIMEOUT, |timeout| timeout.value);
    Some(Located::new(ElasticService { stop, timeout }, place))
}
