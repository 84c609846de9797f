//! Grouping of equal failures, each reported once with all its services.

use std::collections::HashMap;

use crate::engine::Failure;

/// Maximum number of services named in a line.
const NAMED: usize = 5;

/// Maximum number of instances listed in addition.
const LISTED: usize = 8;

/// A failure and the services that have it.
pub(super) struct Alike<'a> {
    pub(super) failure: &'a Failure,
    /// Text of the failure without the id of the instance, by which failures are compared.
    pub(super) key: String,
    /// Services, each with its instance.
    of: Vec<(&'a str, Option<&'a str>)>,
}

impl Alike<'_> {
    /// Lists the services: `db-0, db-1 and 3 more`.
    pub(super) fn who(&self) -> String {
        let names: Vec<&str> = self.of.iter().take(NAMED).map(|(name, _)| *name).collect();
        match (self.of.len(), names.as_slice()) {
            (many, _) if many > NAMED => format!("{} and {} more", names.join(", "), many - NAMED),
            (_, [init @ .., last]) if !init.is_empty() => format!("{} and {last}", init.join(", ")),
            _ => names.concat(),
        }
    }

    /// Returns the first service.
    pub(super) fn first(&self) -> &str {
        self.of.first().map_or("", |(name, _)| *name)
    }

    /// Returns the number of services.
    pub(super) fn count(&self) -> usize {
        self.of.len()
    }

    /// Lists the other services with their instances, since the failure names only the first one's.
    pub(super) fn others(&self) -> Option<String> {
        let machines: Vec<String> =
            self.of.iter().skip(1).filter_map(|(name, id)| Some(format!("{name} {}", (*id)?))).collect();
        let more = machines.len().saturating_sub(LISTED);
        let listed = machines.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
        match (machines.len(), more) {
            (0, _) => None,
            (_, 0) => Some(listed),
            _ => Some(format!("{listed} and {more} more")),
        }
    }
}

/// Groups equal failures, in the order of the first of each group. Failures of programs are not grouped across
/// services, since each has its own output.
pub(super) fn alike<'a>(failures: impl IntoIterator<Item = (&'a str, Option<&'a str>, &'a Failure)>) -> Vec<Alike<'a>> {
    let mut groups: Vec<Alike<'a>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (name, id, failure) in failures {
        let key = key(name, id, failure);
        match known.get(&key) {
            Some(&at) => groups[at].of.push((name, id)),
            None => {
                known.insert(key.clone(), groups.len());
                groups.push(Alike { failure, key, of: vec![(name, id)] });
            }
        }
    }
    groups
}

fn key(name: &str, id: Option<&str>, failure: &Failure) -> String {
    let Failure { stage, reason, hint, tried, program, .. } = failure;
    let whose = if program.is_some() { name } else { "" };
    let reason = match id.filter(|id| !id.is_empty()) {
        Some(id) => reason.replace(id, "\0"),
        None => reason.clone(),
    };
    format!("{whose}\n{stage}\n{reason}\n{}\n{}", hint.as_deref().unwrap_or_default(), tried.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Stage;

    #[test]
    fn what_differs_in_the_machine_alone_is_told_once() {
        let failure = |reason: &str| Failure::new(Stage::Terminate, reason);
        let (one, two, three) = (failure("i-1 stays: no"), failure("i-2 stays: no"), failure("another"));
        let groups =
            alike([("a", Some("i-1"), &one), ("b", Some("i-2"), &two), ("c", None, &three), ("d", None, &three)]);
        let told: Vec<(String, Option<String>)> = groups.iter().map(|group| (group.who(), group.others())).collect();
        assert_eq!(told, [("a and b".to_owned(), Some("b i-2".to_owned())), ("c and d".to_owned(), None)]);
    }

    #[test]
    fn many_services_are_counted() {
        let failure = Failure::new(Stage::Launch, "no");
        let names: Vec<String> = (0..9).map(|number| format!("s{number}")).collect();
        let groups = alike(names.iter().map(|name| (name.as_str(), None, &failure)));
        assert_eq!(groups[0].who(), "s0, s1, s2, s3, s4 and 4 more");
    }
}
