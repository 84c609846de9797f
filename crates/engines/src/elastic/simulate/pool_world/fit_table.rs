use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::ads::{job_ad, slot_ad};
use super::machine_kind::{MachineKind, SlotPlan};
use super::misfit::Misfit;
use super::resources::Resources;
use crate::classad::{ClassAd, Expression, Scope, Verdict, clauses, first_failing_clause, matches, references_in};
use crate::elastic::simulate::{JobClass, Workload};

/// Names of the resources as attributes of a slot.
const RESOURCES: [&str; 4] = ["cpus", "memory", "disk", "gpus"];

/// Largest number of remembered verdicts on what is left of machines.
const MOST_REMEMBERED: usize = 1 << 20;

/// Whether jobs of a class can run on machines of a kind.
enum Fit {
    /// Wherever the resources are left.
    Yes,
    /// As requirements say that read what is left.
    ByWhatIsLeft,
    /// Never.
    No(Misfit),
}

/// Which jobs fit which machines: classes by kinds, so no question is asked job by machine.
pub(super) struct FitTable {
    kinds: Vec<MachineKind>,
    /// The ads of the classes.
    pub(super) job_ads: Vec<Arc<ClassAd>>,
    requests: Vec<Resources>,
    fits: Vec<Vec<Fit>>,
    /// The kind of the lowest price for a job of each class, if any fits, with the number of jobs that it takes.
    cheapest: Vec<Option<(usize, u64)>>,
    remembered: RefCell<HashMap<(usize, usize, Resources), bool>>,
}

impl FitTable {
    /// Makes the table of a workload.
    pub(super) fn new(workload: &Workload, kinds: &[MachineKind]) -> FitTable {
        let job_ads: Vec<_> = workload.classes.iter().map(|class| Arc::new(job_ad(class))).collect();
        let slots: Vec<_> = kinds.iter().map(|kind| slot_ad(kind, &kind.slot())).collect();
        let mut table = FitTable {
            kinds: kinds.to_vec(),
            requests: workload.classes.iter().map(|class| Resources::of_request(&class.needs)).collect(),
            fits: Vec::new(),
            cheapest: Vec::new(),
            remembered: RefCell::default(),
            job_ads,
        };
        for (number, class) in workload.classes.iter().enumerate() {
            let ad = &table.job_ads[number];
            let sides = kinds.iter().zip(&slots);
            table.fits.push(sides.map(|(kind, slot)| fit(class, ad, kind, slot)).collect());
            let cheapest = table.find_cheapest(number);
            table.cheapest.push(cheapest);
        }
        table
    }

    /// Returns what a job of a class takes of a machine of a kind.
    pub(super) fn share(&self, class: usize, kind: usize) -> Resources {
        match self.kinds[kind].slots {
            SlotPlan::Partitionable => self.requests[class],
            SlotPlan::Static(_) => self.kinds[kind].slot(),
        }
    }

    /// Tells whether a job of a class can start on a machine of a kind that has `left`.
    pub(super) fn has_room(&self, class: usize, kind: usize, left: &Resources) -> bool {
        match &self.fits[class][kind] {
            Fit::No(_) => false,
            Fit::Yes => left.covers(&self.share(class, kind)),
            Fit::ByWhatIsLeft => left.covers(&self.share(class, kind)) && self.ask(class, kind, left),
        }
    }

    fn ask(&self, class: usize, kind: usize, left: &Resources) -> bool {
        let mut remembered = self.remembered.borrow_mut();
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        let left = self.kinds[kind].slot_with(*left);
        *remembered.entry((class, kind, left)).or_insert_with(|| {
            matches(&self.job_ads[class], &slot_ad(&self.kinds[kind], &left), 0).is_match() == Some(true)
        })
    }

    /// Returns the kind that runs a job of a class at the lowest price, and how many such jobs a machine of it takes.
    /// None: no kind can run it.
    pub(super) fn cheapest(&self, class: usize) -> Option<(usize, u64)> {
        self.cheapest[class]
    }

    fn find_cheapest(&self, class: usize) -> Option<(usize, u64)> {
        let fitting = (0..self.kinds.len()).filter(|kind| !matches!(self.fits[class][*kind], Fit::No(_)));
        let priced = fitting.map(|number| {
            let kind = &self.kinds[number];
            let jobs = kind.whole().divided_by(&self.share(class, number)).max(1);
            // Without prices, processors stand for them.
            let price = kind.price_per_hour.unwrap_or_else(|| f64::from(kind.cpus));
            #[expect(clippy::cast_precision_loss, reason = "jobs of one machine")]
            let each = price / jobs as f64;
            (each, price, number, jobs)
        });
        let cheapest = priced.min_by(|(each, price, ..), (other, others, ..)| {
            each.total_cmp(other).then_with(|| price.total_cmp(others))
        });
        cheapest.map(|(_, _, number, jobs)| (number, jobs))
    }

    /// Returns why no kind can run jobs of a class.
    pub(super) fn misfits(&self, class: usize) -> Vec<&Misfit> {
        fn no(fit: &Fit) -> Option<&Misfit> {
            match fit {
                Fit::No(misfit) => Some(misfit),
                _ => None,
            }
        }
        self.fits[class].iter().filter_map(no).collect()
    }
}

fn fit(class: &JobClass, job: &ClassAd, kind: &MachineKind, slot: &ClassAd) -> Fit {
    if let Some(misfit) = lack(class, kind) {
        return Fit::No(misfit);
    }
    let name = || Arc::clone(&kind.name);
    let result = matches(job, slot, 0);
    let (mine, theirs) = (Scope::new(job, Some(slot), 0), Scope::new(slot, Some(job), 0));
    let failing = |ad: &ClassAd, scope| {
        let clause = ad.attribute("Requirements").and_then(|requirements| first_failing_clause(requirements, scope));
        clause.map_or_else(|| "Requirements".to_owned(), |clause| clause.text)
    };
    match (&result.left, &result.right) {
        (Verdict::False | Verdict::Undefined, _) => {
            Fit::No(Misfit::JobClause { kind: name(), clause: failing(job, mine) })
        }
        (_, Verdict::False | Verdict::Undefined) => {
            let clause = match kind.start.as_deref() {
                Some(start) => start.to_owned(),
                None => failing(slot, theirs),
            };
            Fit::No(Misfit::MachineClause { kind: name(), clause })
        }
        (Verdict::Unknown(unknown), _) | (_, Verdict::Unknown(unknown)) => {
            Fit::No(Misfit::Unknown { kind: name(), what: unknown.to_string() })
        }
        (Verdict::True, Verdict::True) => {
            let by_job = job.attribute("Requirements").is_some_and(|own| reads_what_is_left(own, job, false));
            let by_slot = slot.attribute("Start").is_some_and(|start| reads_what_is_left(start, slot, true));
            if by_job || by_slot { Fit::ByWhatIsLeft } else { Fit::Yes }
        }
    }
}

fn lack(class: &JobClass, kind: &MachineKind) -> Option<Misfit> {
    let (needs, slot) = (Resources::of_request(&class.needs), kind.slot());
    let pairs = [
        ("processors", u64::from(needs.cpus), u64::from(slot.cpus)),
        ("MiB of memory", needs.memory, slot.memory),
        ("KiB of disk", needs.disk, slot.disk),
        ("GPUs", u64::from(needs.gpus), u64::from(slot.gpus)),
    ];
    pairs.into_iter().find(|(_, needed, has)| needed > has).map(|(resource, needed, has)| Misfit::Resource {
        kind: Arc::clone(&kind.name),
        resource,
        needed,
        has,
    })
}

/// Tells whether a requirement reads resources of a slot other than by the clauses that compare them with the request,
/// which placing by resources answers.
fn reads_what_is_left(requirement: &Expression, ad: &ClassAd, own: bool) -> bool {
    clauses(requirement).into_iter().filter(|clause| !compares_with_request(clause)).any(|clause| {
        let read = references_in(clause, ad);
        let names = if own { &read.my } else { &read.target };
        names.iter().chain(&read.bare).any(|name| RESOURCES.contains(&name.as_str()))
    })
}

fn compares_with_request(clause: &Expression) -> bool {
    let text = clause.to_string().to_ascii_lowercase();
    let bare: String = text.chars().filter(|sign| !sign.is_whitespace() && !matches!(sign, '(' | ')')).collect();
    let bare = bare.replace("target.", "").replace("my.", "");
    RESOURCES.iter().any(|name| bare == format!("{name}>=request{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elastic::simulate::Needs;

    fn table(needs: Vec<Needs>, kinds: &[MachineKind]) -> FitTable {
        let classes = needs.into_iter().map(|needs| JobClass { needs, ..JobClass::default() }).collect();
        FitTable::new(&Workload { classes, ..Workload::default() }, kinds)
    }

    fn kind(name: &str, cpus: u32, price: f64) -> MachineKind {
        MachineKind { name: name.into(), cpus, price_per_hour: Some(price), ..MachineKind::default() }
    }

    #[test]
    fn the_cheapest_kind_is_the_one_of_the_lowest_price_for_a_job() {
        let kinds = [kind("small", 2, 0.3), kind("large", 8, 1.0)];
        let table = table(vec![Needs::of_cpus(2), Needs::of_cpus(1), Needs::of_cpus(16)], &kinds);
        assert_eq!([table.cheapest(0), table.cheapest(1), table.cheapest(2)], [Some((1, 4)), Some((1, 8)), None]);
        let misfits: Vec<String> = table.misfits(2).iter().map(ToString::to_string).collect();
        assert_eq!(
            misfits,
            ["needs 16 processors, a slot of small has 2", "needs 16 processors, a slot of large has 8"]
        );
    }

    #[test]
    fn requirements_that_read_what_is_left_are_asked_again() {
        let requirements = |text: &str| Needs { requirements: Some(text.into()), ..Needs::default() };
        let needs = vec![
            requirements("TARGET.Cpus >= 3 && TARGET.Arch == \"X86_64\""),
            requirements("(TARGET.Cpus >= RequestCpus) && TARGET.Memory >= MY.RequestMemory"),
            requirements("TARGET.HasGPU"),
        ];
        let kinds = [kind("only", 4, 1.0)];
        let table = table(needs, &kinds);
        let left = |cpus| Resources { cpus, ..kinds[0].whole() };
        assert_eq!([4, 3, 2].map(|cpus| table.has_room(0, 0, &left(cpus))), [true, true, false]);
        assert!(table.has_room(1, 0, &left(1)));
        assert_eq!(table.remembered.borrow().len(), 3);
        assert_eq!(table.misfits(2)[0].to_string(), "only fails the job's `TARGET.HasGPU`");
    }

    #[test]
    fn a_start_expression_refuses_jobs() {
        let mut kinds = [kind("only", 4, 1.0)];
        kinds[0].start = Some("TARGET.RequestCpus > 1".into());
        let table = table(vec![Needs::of_cpus(1), Needs::of_cpus(2)], &kinds);
        assert!(table.has_room(1, 0, &kinds[0].whole()));
        assert_eq!(table.misfits(0)[0].to_string(), "only refuses it by `TARGET.RequestCpus > 1`");
    }
}
