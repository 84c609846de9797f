//! Jinja templates: their results are checked, with placeholders for values that only the machine knows.

use super::super::jinja::{Branches, Rendered, render};
use super::super::part_kind::PartKind;
use super::check::{EMPTY, JINJA_HYPHEN, JINJA_NAME, JINJA_SYNTAX, JINJA_VALUE, NO_HEADER};
use super::finding::Finding;
use super::lint_path::LintPath;
use super::stumbles::subtraction;
use super::visitor::LintVisitor;

impl LintVisitor<'_> {
    /// Checks a template that is marked as such in its first line.
    pub(super) fn jinja(&mut self, text: &str, place: &LintPath) {
        let blank = text.len() - text.trim_start().len();
        let (mark, rest) = text[blank..].split_once('\n').unwrap_or((&text[blank..], ""));
        let first = u32::try_from(text[..blank].matches('\n').count()).unwrap_or(0) + 2;
        if !is_mark(mark) {
            let message =
                "a part of the type text/jinja2 must begin with \"## template: jinja\"; cloud-init leaves it out";
            self.add(Finding::new(&JINJA_SYNTAX, place, first - 1, message));
            return;
        }
        let said = self.said.len();
        if rest.trim().is_empty() {
            self.add(Finding::new(&EMPTY, place, first - 1, "the template is empty"));
        }
        for branches in [Branches::First, Branches::Last] {
            match render(rest, first, branches) {
                Ok(rendered) => {
                    let begun = self.findings.len();
                    self.rendered(&rendered, place);
                    // The last branches may leave everything out, so an empty result is not reported for them.
                    if branches == Branches::Last {
                        let found = self.findings.split_off(begun);
                        self.findings.extend(found.into_iter().filter(|finding| finding.name != EMPTY.name));
                    }
                }
                Err(problem) => {
                    let message = format!("it is no Jinja template, so cloud-init leaves it out: {}", problem.message);
                    self.add(Finding::new(&JINJA_SYNTAX, place, problem.line, message));
                    break;
                }
            }
        }
        // Both branches are of the same machine, so they are not compared with each other.
        self.said.truncate(said + 1);
    }

    fn rendered(&mut self, rendered: &Rendered, place: &LintPath) {
        for (line, name) in &rendered.names {
            if let Some(name) = subtraction(name) {
                let message = format!("Jinja takes the hyphen of {name} for a minus");
                let finding = Finding::new(&JINJA_HYPHEN, place, *line, message);
                self.add(finding.hint("cloud-init has the same with underscores"));
            }
        }
        for (line, name) in &rendered.unknown {
            let message = format!("no machine knows {name}, so cloud-init leaves out all of this");
            let hint = "`cloud-init query --all` shows what a machine knows: v1, ds, merged_cfg, …";
            let finding = Finding::new(&JINJA_NAME, place, *line, message).hint(hint);
            if !self.findings.contains(&finding) {
                self.add(finding);
            }
        }
        for line in &rendered.alone {
            let message = "what this expression gives is read as what stands here, in Python's notation: a list at the depth of its \
                           key is no YAML";
            let finding = Finding::new(&JINJA_VALUE, place, *line, message);
            self.add(finding.hint("write it behind its key: `KEY: {{ … | tojson }}`"));
        }
        if rendered.text.trim().is_empty() {
            return;
        }
        let kind = PartKind::of(rendered.text.as_bytes());
        // cloud-init looks at the first line of the result, and does not split messages any more.
        if matches!(kind, PartKind::Foreign(_) | PartKind::Message) {
            // It may come from an expression.
            if rendered.alone.is_empty() {
                let line = rendered.lines.first().copied().unwrap_or(1);
                let message = "cloud-init does not read the output of the template";
                let hint = "the line after the mark must be #cloud-config, #!… or the like";
                self.add(Finding::new(&NO_HEADER, place, line, message).hint(hint));
            }
            return;
        }
        // Lines of the result are mapped to those of the template.
        let within = place.of_text("the template", 1, true);
        let begun = self.findings.len();
        self.document_of(rendered.text.as_bytes(), kind, &within);
        let base = place.line(0);
        let of_template = |line: u32| {
            let index = line.saturating_sub(base).saturating_sub(1) as usize;
            rendered.lines.get(index).or(rendered.lines.last()).map_or(line, |line| base + line)
        };
        let found = self.findings.split_off(begun);
        for mut finding in found {
            let is_here = finding.line == finding.file_line || finding.within.len() == within.within().len();
            if is_here {
                finding.line = of_template(finding.line);
            }
            if !place.is_encoded() {
                finding.file_line = if is_here { finding.line } else { of_template(finding.file_line) };
            }
            // The value of an expression may have any type.
            let is_of_value = matches!(
                finding.name.as_str(),
                "schema" | "empty" | "not-a-string" | "permissions" | "owner-before-user"
            ) || finding.check == "yaml" && !rendered.alone.is_empty();
            let line = finding.line.saturating_sub(base);
            let is_near = rendered.expressions.iter().any(|of| of.abs_diff(line) <= 1) || !rendered.alone.is_empty();
            let is_open = is_of_value && is_near;
            if !is_open && !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}

/// Returns whether a line marks the text as a Jinja template.
fn is_mark(line: &str) -> bool {
    let rest = line.trim_start().strip_prefix("##").map(str::trim_start);
    let engine =
        rest.and_then(|rest| rest.get(..9).filter(|word| word.eq_ignore_ascii_case("template:")).map(|_| &rest[9..]));
    engine.is_some_and(|engine| engine.trim().eq_ignore_ascii_case("jinja"))
}
