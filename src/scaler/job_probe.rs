//! What a job would find on new machines of a fleet.

use std::borrow::Cow;
use std::sync::Arc;

use super::engine_of::classad;
use super::kind_spec::KindSpecs;
use super::scaler_error::EngineError;
use crate::classad::ClassAd;
use crate::elastic::engine::{
    ClassadConfig, ClassadEngine, ClassadMemory, Engine as _, Fate, JobGroup, KindConfig, MachineId, Memory, Note,
    Observation, Reading, Seconds,
};
use crate::elastic::fleet::{Bounds, ClassadSettings, FleetFile};

/// What one job would find on a new machine of a kind.
#[derive(Clone, Debug, PartialEq)]
pub struct KindFate {
    /// The kind.
    pub kind: Arc<str>,
    /// [`Fate::New`] if such a machine would run it; else the reason why not.
    pub fate: Fate,
    /// What the kind's machines were judged by.
    pub judged_by: JudgedBy,
}

/// What a kind of machines is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JudgedBy {
    /// The ad of the first machine that joined. None: which one that was is not recorded.
    Ad(Option<MachineId>),
    /// Its figures in the file: none has joined yet.
    Figures,
}

/// Asks the engine classad, kind by kind, whether a new machine of the fleet would run a job: by what the fleet's
/// `memory` has learned of the kind, else by its figures in the file. Limits of the fleet do not matter here.
///
/// # Errors
/// The figures of a kind make no machine.
pub fn probe_job(
    file: &FleetFile,
    memory: Option<&Memory>,
    job: &Arc<ClassAd>,
    now: Seconds,
) -> Result<Vec<KindFate>, EngineError> {
    let memory = match memory {
        Some(Memory::Classad(memory)) => memory.of_kinds(),
        _ => ClassadMemory::default(),
    };
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
        let learned = memory.learned(&kind.name);
        // What was learned holds for machines as they were then; a kind that has changed is learned anew.
        let revision = learned.as_ref().map(|learned| learned.revision.clone()).unwrap_or_default();
        let alone = KindConfig { min: 0, max: None, revision, ..kind.clone() };
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
        let pass = engine.decide(&observation, Memory::Classad(Box::new(memory.clone())));
        let fate = pass.notes.into_iter().find_map(|note| match note {
            Note::Placed(placement) => placement.shares.into_iter().next().map(|share| share.fate),
            _ => None,
        });
        let judged_by = learned.map_or(JudgedBy::Figures, |learned| JudgedBy::Ad(learned.machine));
        fates.extend(fate.map(|fate| KindFate { kind: kind.name.clone(), fate, judged_by }));
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
        probe_job(&file, None, &job, 1_800_000_000).unwrap().into_iter().map(of_fate).collect()
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

    /// A memory that has learned of the kind `big` that its machines have 12 processors and no GPU.
    fn learned() -> Memory {
        let memory = serde_json::json!({"engine": "classad", "kinds": {"big": {"template": {
            "revision": "r7", "machine": "i-1", "slots": [{"kind": "partitionable", "count": 1, "ad":
            "[ Cpus = 12; TotalSlotCpus = 12; Memory = 30000; TotalSlotMemory = 30000; Disk = 9000000; \
               TotalSlotDisk = 9000000; HasGPU = false; Start = true; Requirements = START ]"}]}}}});
        serde_json::from_value(memory).unwrap()
    }

    #[test]
    fn a_kind_is_judged_by_what_was_learned_of_it() {
        let file = FleetFile::parse(FILE, Path::new("/e.toml")).unwrap();
        let ad =
            Arc::new(ClassAd::from_long_text("RequestCpus = 10\nRequestMemory = 1024\nRequestDisk = 1024").unwrap());
        let judged = |memory: Option<&Memory>| -> Vec<(String, bool, JudgedBy)> {
            let fates = probe_job(&file, memory, &ad, 1_800_000_000).unwrap();
            let runs = |fate: &Fate| matches!(fate, Fate::New { .. });
            fates.into_iter().map(|fate| (fate.kind.to_string(), runs(&fate.fate), fate.judged_by)).collect()
        };
        let by_ad = JudgedBy::Ad(Some(MachineId::new("i-1")));
        let of = |kind: &str, runs, by| (kind.to_owned(), runs, by);
        let figures = [of("big", false, JudgedBy::Figures), of("small", false, JudgedBy::Figures)];
        assert_eq!(judged(None), figures);
        assert_eq!(judged(Some(&learned())), [of("big", true, by_ad), of("small", false, JudgedBy::Figures)]);
    }
}
