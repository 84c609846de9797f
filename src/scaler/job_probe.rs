//! What a job would find on new machines of a fleet.

use std::borrow::Cow;
use std::sync::Arc;

use super::engine_of::classad;
use super::kind_spec::KindSpecs;
use super::scaler_error::EngineError;
use crate::classad::ClassAd;
use crate::elastic::engine::{
    ClassadConfig, ClassadEngine, Engine as _, Fate, JobGroup, Note, Observation, Reading, Seconds,
};
use crate::elastic::fleet::{Bounds, ClassadSettings, FleetFile};

/// What one job would find on a new machine of a kind.
#[derive(Clone, Debug, PartialEq)]
pub struct KindFate {
    /// The kind.
    pub kind: Arc<str>,
    /// [`Fate::New`] if such a machine would run it; else the reason why not.
    pub fate: Fate,
}

/// Asks the engine classad, kind by kind, whether a new machine of the fleet would run a job, by the kinds' figures in
/// the file. Limits of the fleet do not matter here.
///
/// # Errors
/// The figures of a kind make no machine.
pub fn probe_job(file: &FleetFile, job: &Arc<ClassAd>, now: Seconds) -> Result<Vec<KindFate>, EngineError> {
    let group = JobGroup {
        id: "job".into(),
        count: 1,
        hidden: 0,
        ad: job.clone(),
        priority: 0,
        // It has waited for as long as it takes.
        oldest: 0,
        run_time: None,
    };
    let whole = classad(file, Bounds { min: 0, max: 1 }, &KindSpecs::new(), None, &ClassadSettings::default());
    let mut fates = Vec::new();
    for kind in &whole.kinds {
        let alone = crate::elastic::engine::KindConfig { min: 0, max: None, ..kind.clone() };
        let config = ClassadConfig {
            kinds: vec![alone],
            min_idle: 0,
            budget: None,
            budget_per_hour: None,
            launches_per_minute: None,
            ..whole.clone()
        };
        let engine = ClassadEngine::new(config)?;
        let observation = Observation {
            machines: Reading::Fresh { value: Cow::Borrowed(&[]) },
            groups: Reading::Fresh { value: Cow::Borrowed(std::slice::from_ref(&group)) },
            slots: Reading::Fresh { value: Cow::Borrowed(&[]) },
            ..Observation::unread(now)
        };
        let pass = engine.decide(&observation, engine.start(now, &[]));
        let fate = pass.notes.into_iter().find_map(|note| match note {
            Note::Placed(placement) => placement.shares.into_iter().next().map(|share| share.fate),
            _ => None,
        });
        fates.extend(fate.map(|fate| KindFate { kind: kind.name.clone(), fate }));
    }
    Ok(fates)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::elastic::engine::Misfit;

    const FILE: &str = "[queue]\nkind = \"htcondor\"\n[cloud]\nprovider = \"local\"\n\
                        [machines.big]\ncpus = 8\nmemory = \"32G\"\n[machines.small]\ncpus = 2\nmemory = \"4G\"\n";

    fn probed(job: &str) -> Vec<(String, Option<Misfit>)> {
        let file = FleetFile::parse(FILE, Path::new("/e.toml")).unwrap();
        let job = Arc::new(ClassAd::from_long_text(job).unwrap());
        let of_fate = |fate: KindFate| match fate.fate {
            Fate::New { .. } => (fate.kind.to_string(), None),
            Fate::Unservable { kinds } | Fate::Unknown { kinds } => {
                (fate.kind.to_string(), kinds.into_iter().next().map(|misfit| misfit.reason))
            }
            other => panic!("{other:?}"),
        };
        probe_job(&file, &job, 1_800_000_000).unwrap().into_iter().map(of_fate).collect()
    }

    #[test]
    fn each_kind_answers_for_itself() {
        let fates = probed("RequestCpus = 4\nRequestMemory = 2048\nRequestDisk = 1024");
        assert_eq!(fates[0], ("big".to_owned(), None));
        assert!(matches!(&fates[1], (kind, Some(Misfit::Resource { asked: 4, offered: 2, .. })) if kind == "small"));
    }

    #[test]
    fn the_clause_that_fails_is_named() {
        let job = "RequestCpus = 1\nRequestMemory = 1024\nRequestDisk = 1024\nRequirements = TARGET.HasGPU =?= true";
        for (_, misfit) in probed(job) {
            let Some(Misfit::Clause { of_job: true, clause, .. }) = misfit else { panic!("{misfit:?}") };
            assert!(clause.contains("HasGPU"), "{clause}");
        }
    }
}
