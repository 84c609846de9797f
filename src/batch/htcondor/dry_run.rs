//! The jobs that `condor_submit -dry-run` shows.

use std::collections::BTreeSet;

use crate::classad::{AdError, ClassAd};

/// The most different jobs that are told apart.
const MOST: usize = 64;

/// Attributes that differ from job to job and matter for no match, in lower case.
const EACH_JOBS_OWN: [&str; 8] = ["procid", "jobstatus", "args", "arguments", "out", "err", "in", "transferinput"];

/// Reads the jobs of an output: one has all attributes, and the following ones only those that differ. Jobs that are
/// alike are returned once.
pub(super) fn jobs_of(output: &str) -> Result<Vec<ClassAd>, AdError> {
    let mut common: Vec<&str> = Vec::new();
    let mut own: Vec<Vec<&str>> = Vec::new();
    for line in output.lines().map(str::trim) {
        let Some((name, _)) = line.split_once('=') else { continue };
        let name = name.trim();
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        if name.eq_ignore_ascii_case("ProcId") {
            own.push(Vec::new());
        }
        own.last_mut().unwrap_or(&mut common).push(line);
    }
    let mut known = BTreeSet::new();
    let mut jobs = Vec::new();
    if own.is_empty() {
        own.push(Vec::new());
    }
    for lines in own {
        let telling: Vec<&str> = lines.iter().copied().filter(|line| !is_own(line)).collect();
        if known.len() < MOST && known.insert(telling.clone()) {
            jobs.push(ClassAd::from_long_text(&[common.join("\n"), telling.join("\n")].join("\n"))?);
        }
    }
    Ok(jobs)
}

fn is_own(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| EACH_JOBS_OWN.contains(&name.trim().to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_job_has_what_is_common_and_what_is_its_own() {
        let output = "Dry-Run job(s)\nClusterId=1\nRequestCpus=1\nRequirements=(Memory > 1)\nProcId=0\nJobStatus=1\n\
                      ProcId=1\nJobStatus=1\nProcId=2\nArgs=\"x\"\nRequirements=(Memory > 9)\n3 job(s) dry-run to cluster 1.\n";
        let jobs = jobs_of(output).unwrap();
        let shown: Vec<String> = jobs.iter().map(|job| job.attribute("Requirements").unwrap().to_string()).collect();
        assert_eq!(shown, ["(Memory > 1)", "(Memory > 9)"]);
        assert!(jobs.iter().all(|job| job.int("RequestCpus") == Some(1)));
        let late =
            jobs_of("ClusterId=1\nRequestCpus=2\nJobMaterializeMaxIdle=2\n\n20 job(s) dry-run to cluster 1.").unwrap();
        assert_eq!(late.len(), 1);
    }
}
