use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::{Deserializer, Value as Json};

use super::job_groups::JobGroups;
use super::job_record::JobRecord;
use crate::elastic::engine::{JobGroup, Seconds};

/// Keys of a report of work, which an ad does not have.
const REPORT_KEYS: [&str; 5] = ["waiting", "unservable", "hosts", "groups", "slots"];

/// A text that is no list of ads.
#[derive(Debug, thiserror::Error)]
#[error("it is no list of jobs' ads: {0}")]
pub(in crate::batch) struct JobAdsError(#[from] serde_json::Error);

/// Whether a text is a list of ads, or ads one after another, and no report of work.
pub(in crate::batch) fn is_ads(text: &str) -> bool {
    match text.trim_start().chars().next() {
        Some('[') => true,
        Some('{') => {
            let mut values = Deserializer::from_str(text).into_iter::<Json>();
            match values.next() {
                Some(Ok(Json::Object(first))) => !REPORT_KEYS.iter().any(|key| first.contains_key(*key)),
                _ => false,
            }
        }
        _ => false,
    }
}

/// Reads a list of ads as `condor_q -json` prints it, or an ad a line, and puts the waiting jobs into groups.
pub(in crate::batch) fn groups_of(text: &str, now: Seconds) -> Result<Vec<JobGroup>, JobAdsError> {
    let mut groups = JobGroups::default();
    if text.trim_start().starts_with('[') {
        let mut deserializer = Deserializer::from_str(text);
        deserializer.deserialize_seq(Adding { groups: &mut groups, now })?;
        deserializer.end()?;
    } else {
        for record in Deserializer::from_str(text).into_iter::<JobRecord>() {
            groups.add(&record?, now);
        }
    }
    Ok(groups.finish())
}

/// Adds the ads of a list one after another.
struct Adding<'a> {
    groups: &'a mut JobGroups,
    now: Seconds,
}

impl<'de> Visitor<'de> for Adding<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a list of jobs' ads")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(record) = list.next_element::<JobRecord>()? {
            self.groups.add(&record, self.now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADS: &str = r#"[
{"ClusterId": 1, "ProcId": 0, "JobStatus": 1, "JobUniverse": 5, "RequestCpus": 2, "RequestGpus": 1, "QDate": 70,
 "Want": "el9", "Requirements": "\/Expr((TARGET.OS == Want) && TARGET.Cpus >= RequestCpus)\/", "Cmd": "/bin/a"}
,
{"ClusterId": 1, "ProcId": 1, "JobStatus": 1, "JobUniverse": 5, "RequestCpus": 2, "RequestGPUs": 1, "QDate": 50,
 "want": "el9", "Requirements": "\/Expr((TARGET.OS == Want) && TARGET.Cpus >= RequestCpus)\/", "Cmd": "/bin/b"}
,
{"ClusterId": 2, "ProcId": 0, "JobStatus": 1, "JobUniverse": 5, "RequestCpus": 2, "RequestGpus": 1, "QDate": 60,
 "Want": "el8", "Requirements": "\/Expr((TARGET.OS == Want) && TARGET.Cpus >= RequestCpus)\/"}
,
{"ClusterId": 3, "ProcId": 0, "JobStatus": 2, "RequestCpus": 2},
{"ClusterId": 4, "ProcId": 0, "JobStatus": 1, "JobUniverse": 7}
]"#;

    #[test]
    fn jobs_that_are_alike_in_what_matters_are_one_group() {
        assert!(is_ads(ADS));
        let groups = groups_of(ADS, 100).unwrap();
        assert_eq!(groups.iter().map(|group| (group.count, group.oldest)).collect::<Vec<_>>(), [(2, 50), (1, 60)]);
        let ad = &groups[0].ad;
        assert_eq!(ad.attribute("Want").unwrap().to_string(), "\"el9\"");
        assert!(ad.attribute("Cmd").is_none());
        let lines: Vec<&str> = ADS.trim_matches(['[', ']', '\n']).split("\n,\n").collect();
        let lines = lines.join("\n").replace("},\n{", "}\n{");
        assert!(is_ads(&lines));
        let again = groups_of(&lines, 100).unwrap();
        assert_eq!(groups, again);
    }

    #[test]
    fn priorities_and_run_times_tell_jobs_apart() {
        let text = r#"{"JobPrio": 1} {"JobPrio": 2} {"JobPrio": 2, "AllowedJobDuration": 600} {"JobPrio": 2}"#;
        let groups = groups_of(text, 9).unwrap();
        let told = |group: &JobGroup| (group.priority, group.run_time, group.count);
        assert_eq!(groups.iter().map(told).collect::<Vec<_>>(), [(1, None, 1), (2, None, 2), (2, Some(600), 1)]);
        assert_eq!(groups.iter().map(|group| &group.id).collect::<std::collections::BTreeSet<_>>().len(), 3);
    }

    #[test]
    fn other_texts_are_no_ads() {
        for text in ["", "7", "{\"waiting\": 3}", "{\"hosts\": []}", "{", "x"] {
            assert!(!is_ads(text), "{text}");
        }
        assert!(groups_of("[]", 0).unwrap().is_empty());
        for text in ["[1]", "[{}", "[{}] x", "{} 3"] {
            groups_of(text, 0).expect_err(text);
        }
    }
}
