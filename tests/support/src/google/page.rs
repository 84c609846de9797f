//! Lists: filtered, in pages, of one scope or of all.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::error::GoogleError;
use super::filter::Filter;
use super::place::{last, link};
use super::shelf::Row;

/// The most results of a page, and how many are on one that says nothing else.
const MOST: usize = 500;

/// The rows of one page, and the token of the next.
pub(super) struct Page {
    pub rows: Vec<Row>,
    pub next: Option<String>,
}

impl Page {
    /// `rows` are in the order of their scopes and names.
    pub(super) fn new(ask: &Ask, rows: Vec<Row>) -> Result<Self, GoogleError> {
        let filter = ask.asked("filter").filter(|filter| !filter.is_empty()).map(Filter::new).transpose()?;
        if let Some(order) = ask.asked("orderBy").filter(|order| !order.is_empty() && *order != "name") {
            return Err(GoogleError::unknown_here(format!("orderBy={order} is not known here")));
        }
        let asked = ask.asked("maxResults").and_then(|most| most.parse().ok()).unwrap_or(MOST);
        if asked > MOST {
            let why = "Values must be within the range: [0, 500]";
            return Err(GoogleError::invalid("maxResults", &asked.to_string(), why));
        }
        let most = if asked == 0 { MOST } else { asked };
        let mut rows = rows;
        if let Some(token) = ask.asked("pageToken").filter(|token| !token.is_empty()) {
            let after =
                token_read(token).ok_or_else(|| GoogleError::invalid("pageToken", token, "The token is invalid."))?;
            // What was made or deleted in between shifts nothing.
            rows.retain(|row| position(row) > after);
        }
        rows.retain(|row| filter.as_ref().is_none_or(|filter| filter.holds(&row.value)));
        let more = rows.len() > most;
        rows.truncate(most);
        let next = rows.last().filter(|_| more).map(|row| BASE64_URL_SAFE.encode(position(row)));
        Ok(Self { rows, next })
    }

    /// The answer of a list of one scope.
    pub(super) fn list(self, ask: &Ask, singular: &str) -> Value {
        let path = ask.path.get("project").map_or_else(String::new, |project| format!("projects/{project}"));
        let (scope, collection) = (ask.scope(), plural(ask));
        let place = if matches!(collection, "zones" | "regions") { String::new() } else { format!("{scope}/") };
        let mut answer = json!({
            "kind": format!("compute#{singular}List"), "id": format!("{path}/{place}{collection}"),
            "selfLink": link(&format!("{path}/{place}{collection}")),
        });
        if !self.rows.is_empty() {
            answer["items"] = self.rows.into_iter().map(|row| row.value).collect();
        }
        if let Some(next) = self.next {
            answer["nextPageToken"] = json!(next);
        }
        answer
    }

    /// The answer of a list of all scopes; of some of them nothing is known.
    pub(super) fn aggregated(self, ask: &Ask, singular: &str, scopes: &[String], unreachable: &[String]) -> Value {
        let collection = plural(ask);
        let mut items = Map::new();
        for scope in scopes {
            let rows: Vec<Value> =
                self.rows.iter().filter(|row| row.scope == *scope).map(|row| row.value.clone()).collect();
            let warning = |code: &str, message: String| {
                let data = json!([{"key": "scope", "value": scope}]);
                json!({"warning": {"code": code, "message": message, "data": data}})
            };
            let item = if unreachable.iter().any(|zone| zone == last(scope)) {
                warning("UNREACHABLE", format!("The scope '{scope}' could not be reached."))
            } else if rows.is_empty() {
                warning("NO_RESULTS_ON_PAGE", format!("There are no results for scope '{scope}' on this page."))
            } else {
                let mut item = Map::new();
                item.insert(collection.to_owned(), Value::Array(rows));
                Value::Object(item)
            };
            items.insert(scope.clone(), item);
        }
        let path = format!("projects/{}/aggregated/{collection}", ask.named("project"));
        let mut answer = json!({
            "kind": format!("compute#{singular}AggregatedList"), "id": path, "selfLink": link(&path), "items": items,
        });
        let lost: Vec<&String> =
            scopes.iter().filter(|scope| unreachable.iter().any(|zone| zone == last(scope))).collect();
        if !lost.is_empty() {
            answer["unreachables"] = json!(lost);
        }
        if let Some(next) = self.next {
            answer["nextPageToken"] = json!(next);
        }
        answer
    }
}

/// The collection as paths name it: templates and operations of regions have resources of their own.
pub(super) fn plural(ask: &Ask) -> &str {
    match ask.resource().0 {
        "regionInstanceTemplates" => "instanceTemplates",
        "zoneOperations" | "regionOperations" | "globalOperations" => "operations",
        other => other,
    }
}

fn position(row: &Row) -> String {
    format!("{} {}", row.scope, row.name)
}

fn token_read(token: &str) -> Option<String> {
    String::from_utf8(BASE64_URL_SAFE.decode(token).ok()?).ok()
}
