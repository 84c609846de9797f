//! Logins of users, and keys that several parts set.

use super::check::{MERGE_RULE, NO_DEFAULT_USER, POWER_STATE, REPLACED};
use super::declared_user::DeclaredUser;
use super::finding::Finding;
use super::lint_path::LintPath;
use super::visitor::LintVisitor;
use crate::yaml::{Node, YamlValue};

impl LintVisitor<'_> {
    pub(super) fn users(&mut self, root: &Node, place: &LintPath) {
        if let Some(users) = root.get("users") {
            let is_default = |user: &Node| {
                user.as_text().is_some_and(|names| names.split(',').any(|name| name.trim() == "default"))
                    || user.get("name").and_then(Node::as_text) == Some("default")
            };
            let listed = users.items();
            if !listed.is_empty() && !listed.iter().any(is_default) && root.get("user").is_none() {
                let message = "users does not list default, so the image's own user, for whom the cloud's SSH key is, is not made";
                self.add(
                    Finding::new(&NO_DEFAULT_USER, place, users.line, message)
                        .hint("add `- default` as the first of them"),
                );
            }
        }
        let delay = root.get("power_state").and_then(|state| state.get("delay"));
        if let Some(delay) = delay
            && let YamlValue::Int(minutes) = delay.value
            && minutes > 0
        {
            let message = format!(
                "power_state: a delay of {minutes} is in minutes, from the end of cloud-init on; cloud-init before 20.4 takes \
                 only a string with a plus"
            );
            self.add(
                Finding::new(&POWER_STATE, place, delay.line, message).hint(format!("\"+{minutes}\" is read by all")),
            );
        }
    }

    /// Checks the merge rule of a cloud-config, from a header or the cloud-config itself:
    /// `list(append)+dict(recurse_list)+str()`.
    pub(super) fn merge_rule(&mut self, rule: &str, place: &LintPath, line: u32) {
        let is_known = |part: &str| {
            let part = part.trim().to_ascii_lowercase();
            let name = part.strip_suffix(')').and_then(|part| part.split_once('(')).map(|(name, _)| name);
            part.is_empty() || name.is_some_and(|name| matches!(name, "list" | "dict" | "str"))
        };
        if let Some(part) = rule.split('+').find(|part| !is_known(part)) {
            let message =
                format!("{:?} is no rule by which cloud-init merges, so it leaves out all of this", part.trim());
            let hint = "list(append)+dict(recurse_list)+str()";
            self.add(Finding::new(&MERGE_RULE, place, line, message).hint(hint));
        }
    }

    /// Records the lists and mappings of a cloud-config, for comparison with later ones.
    pub(super) fn note_lists(&mut self, root: &Node, place: &LintPath) {
        let YamlValue::Map(entries) = &root.value else { return };
        let is_several = |node: &Node| {
            matches!(&node.value, YamlValue::List(items) if !items.is_empty())
                || matches!(&node.value, YamlValue::Map(_))
        };
        let keys = entries.iter().filter(|(_, value)| is_several(value));
        let keys = keys.filter_map(|(key, value)| Some((key.as_text()?.to_owned(), value.line))).collect();
        let has_rule = self.has_merge_header || root.get("merge_how").is_some() || root.get("merge_type").is_some();
        self.said.push(DeclaredUser { place: place.clone(), keys, has_rule });
    }

    /// Reports keys that replace those of an earlier cloud-config without a merge rule.
    pub(super) fn compare_lists(&mut self) {
        let said = std::mem::take(&mut self.said);
        let mut known: std::collections::HashMap<&str, &LintPath> = std::collections::HashMap::new();
        let mut found = Vec::new();
        for one in &said {
            for (key, line) in one.keys.iter().filter(|(key, _)| !matches!(key.as_str(), "merge_how" | "merge_type")) {
                if let Some(earlier) = known.insert(key, &one.place)
                    && !one.has_rule
                {
                    let message = format!("{key} is in {} as well, and this takes the place of it", earlier.name());
                    let hint = "merge_how: 'list(append)+dict(recurse_array)+str()' here, or a header X-Merge-Type, joins them";
                    found.push(Finding::new(&REPLACED, &one.place, *line, message).hint(hint));
                }
            }
        }
        found.into_iter().for_each(|finding| self.add(finding));
    }
}
