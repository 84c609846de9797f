use super::words::length;
use crate::diagnostics::counted;
use crate::elastic::engine::{KindMisfit, Misfit};

/// Says why no machine of a kind runs the jobs: `big: …`.
pub fn misfit_sentence(misfit: &KindMisfit) -> String {
    format!("{}: {}", misfit.kind, misfit_reason(&misfit.reason))
}

/// Says why a machine does not run the jobs.
pub(in crate::report::elastic) fn misfit_reason(misfit: &Misfit) -> String {
    match misfit {
        Misfit::Clause { of_job, clause, values } => {
            let whose = if *of_job { "the job's Requirements" } else { "the machine's START" };
            format!("in {whose}, \"{clause}\" is not true{}", with(values))
        }
        Misfit::Resource { resource, asked, offered } => {
            let unit = unit(resource);
            format!("a job asks for {asked}{unit} of {resource}, and the largest slot has {offered}{unit}")
        }
        Misfit::Lifetime { run_time, lifetime } => {
            format!("a job runs for {}, and a machine lives for {}", length(*run_time), length(*lifetime))
        }
        Misfit::Unknown { clause, needs } => {
            format!("\"{clause}\" cannot be evaluated here: it needs {needs}")
        }
        Misfit::NoSlots => "its machines have no slots".to_owned(),
    }
}

fn with(values: &[(String, String)]) -> String {
    let values: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    if values.is_empty() { String::new() } else { format!(" with {}", values.join(", ")) }
}

/// Returns the unit in which HTCondor gives a resource.
fn unit(resource: &str) -> &'static str {
    match resource.to_ascii_lowercase().as_str() {
        "memory" => " MiB",
        "disk" => " KiB",
        _ => "",
    }
}

/// Sums up misfits of jobs for a heading: `none of 2 kinds can run them`.
pub(super) fn none_can(kinds: &[KindMisfit], them: &str) -> String {
    match kinds {
        [] => "the fleet has no kind of machine".to_owned(),
        [only] => format!("kind {} cannot run {them}", only.kind),
        several => format!("none of {} can run {them}", counted(several.len() as u64, "kind")),
    }
}
