//! The document of the state of the set-up for annexes.

use serde::Serialize;

use crate::annex::{DriftStatus, SetupFinding};
use crate::report::schema_version::SchemaVersion;
use crate::report::{Cell, Style, printable, table};

/// The document of `hoist annex check-setup`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckSetupDocument<'a> {
    schema: SchemaVersion,
    /// Where, with region and account.
    place: &'a str,
    /// The worst of the things: `there`, `changed` or `missing`.
    status: &'static str,
    /// What the set-up is made of.
    things: Vec<SetupThingView<'a>>,
}

/// A thing of the set-up.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SetupThingView<'a> {
    /// Its name in the set-up: `Bucket`, `SecurityGroup`, …, or `stack` for the whole.
    what: &'a str,
    /// What it is called in the cloud, where it is known.
    id: Option<&'a str>,
    /// `there`, `changed` or `missing`.
    status: &'static str,
    /// What is different from what it should be, or why it is missing; a sentence each.
    details: &'a [String],
}

impl<'a> CheckSetupDocument<'a> {
    /// Creates the document of the findings at this place.
    pub fn new(place: &'a str, findings: &'a [SetupFinding]) -> Self {
        let worst = findings.iter().map(|finding| finding.presence).max().unwrap_or(DriftStatus::Missing);
        let things = findings.iter().map(|finding| SetupThingView {
            what: &finding.what,
            id: finding.id.as_deref(),
            status: finding.presence.as_str(),
            details: &finding.details,
        });
        Self { schema: SchemaVersion, place, status: worst.as_str(), things: things.collect() }
    }
}

/// Formats the findings for people.
pub fn setup_findings_human(findings: &[SetupFinding], style: Style) -> String {
    let rows: Vec<Vec<Cell>> = findings
        .iter()
        .map(|finding| {
            let word = finding.presence.as_str();
            let painted = match finding.presence {
                DriftStatus::There => style.good(word),
                DriftStatus::Changed => style.warn(word),
                DriftStatus::Missing => style.bad(word),
            };
            let id = finding.id.as_deref().map(printable).unwrap_or_default();
            vec![finding.what.clone().into(), Cell::painted(word, painted), id.into()]
        })
        .collect();
    let mut text = String::new();
    for (line, finding) in table(0, &rows).lines().zip(findings) {
        text.push_str(line);
        text.push('\n');
        for detail in &finding.details {
            text.push_str(&format!("  {} {}\n", style.dim("-"), printable(detail)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(place: &str, findings: &[SetupFinding]) -> serde_json::Value {
        serde_json::to_value(CheckSetupDocument::new(place, findings)).unwrap()
    }

    #[test]
    fn the_worst_of_the_things_is_told_and_each_of_them() {
        let mut group = SetupFinding::there("SecurityGroup", Some("sg-1".to_owned()));
        group.differs("it lets in tcp 22 from 0.0.0.0/0, and should not");
        let mut findings = vec![SetupFinding::there("Bucket", Some("b".to_owned())), group];
        assert_eq!(document("ec2 us-east-1", &findings)["status"], "changed");
        let text = setup_findings_human(&findings, Style::new(false));
        assert_eq!(
            text,
            "Bucket         there    b\nSecurityGroup  changed  sg-1\n  - it lets in tcp 22 from 0.0.0.0/0, and should not\n"
        );
        findings.push(SetupFinding::missing("stack", "there is no stack"));
        let told = document("ec2 us-east-1", &findings);
        assert_eq!((&told["status"], &told["schema"]), (&"missing".into(), &1.into()));
        assert_eq!(told["things"][1]["details"][0], "it lets in tcp 22 from 0.0.0.0/0, and should not");
        assert_eq!(document("", &findings[..1])["status"], "there");
    }
}
