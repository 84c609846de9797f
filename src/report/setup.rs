//! What there is of the set-up for annexes.

use serde_json::{Value, json};

use super::{Cell, Style, printable, table};
use crate::annex::{DriftStatus, SetupFinding};

/// The document of `annex check-setup`.
pub fn setup_findings_json(place: &str, findings: &[SetupFinding]) -> Value {
    let worst = findings.iter().map(|finding| finding.presence).max().unwrap_or(DriftStatus::Missing);
    let things = findings.iter().map(|finding| {
        json!({
            "what": finding.what,
            "id": finding.id,
            "status": finding.presence.as_str(),
            "details": finding.details,
        })
    });
    json!({"schema": 1, "place": place, "status": worst.as_str(), "things": things.collect::<Vec<_>>()})
}

/// The same for people.
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

    #[test]
    fn the_worst_of_the_things_is_told_and_each_of_them() {
        let mut group = SetupFinding::there("SecurityGroup", Some("sg-1".to_owned()));
        group.differs("it lets in tcp 22 from 0.0.0.0/0, and should not");
        let mut findings = vec![SetupFinding::there("Bucket", Some("b".to_owned())), group];
        assert_eq!(setup_findings_json("ec2 us-east-1", &findings)["status"], "changed");
        let text = setup_findings_human(&findings, Style::new(false));
        assert_eq!(
            text,
            "Bucket         there    b\nSecurityGroup  changed  sg-1\n  - it lets in tcp 22 from 0.0.0.0/0, and should not\n"
        );
        findings.push(SetupFinding::missing("stack", "there is no stack"));
        let document = setup_findings_json("ec2 us-east-1", &findings);
        assert_eq!((&document["status"], &document["schema"]), (&"missing".into(), &1.into()));
        assert_eq!(document["things"][1]["details"][0], "it lets in tcp 22 from 0.0.0.0/0, and should not");
        assert_eq!(setup_findings_json("", &findings[..1])["status"], "there");
    }
}
