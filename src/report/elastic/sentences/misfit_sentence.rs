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
            format!("in {whose}, \"{clause}\" is not true{}", with(values, *of_job))
        }
        Misfit::Resource { resource, asked, offered } => {
            let [asked, offered] = amounts(resource, [*asked, *offered]);
            format!("a job asks for {asked} of {resource}, and the largest slot has {offered}")
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

/// Tells the values of attributes. ClassAds name the other side TARGET and their own MY.
fn with(values: &[(String, String)], of_job: bool) -> String {
    let (own, other) = if of_job { ("the job", "the machine") } else { ("the machine", "the job") };
    let whose = |name: &str| match name.split_once('.') {
        Some((scope, name)) if scope.eq_ignore_ascii_case("TARGET") => format!("{other}'s {name}"),
        Some((scope, name)) if scope.eq_ignore_ascii_case("MY") => format!("{own}'s {name}"),
        _ => name.to_owned(),
    };
    let values: Vec<String> = values.iter().map(|(name, value)| format!("{} = {value}", whose(name))).collect();
    if values.is_empty() { String::new() } else { format!(" with {}", values.join(", ")) }
}

/// Formats amounts of a resource, of which HTCondor gives memory in MiB and disk in KiB: in larger units, unless that
/// makes them look alike.
fn amounts(resource: &str, amounts: [i64; 2]) -> [String; 2] {
    let unit = match resource.to_ascii_lowercase().as_str() {
        "memory" => 1,
        "disk" => 0,
        _ => return amounts.map(|amount| amount.to_string()),
    };
    let rounded = amounts.map(|amount| rounded(amount, unit));
    match rounded[0] == rounded[1] {
        true => amounts.map(|amount| format!("{amount} {}", UNITS[unit])),
        false => rounded,
    }
}

const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/// Formats an amount of a unit in the largest unit of which it has one, with one decimal at most.
fn rounded(amount: i64, unit: usize) -> String {
    let mut tenths = i128::from(amount) * 10;
    let mut unit = unit;
    while tenths.abs() >= 10_240 && unit + 1 < UNITS.len() {
        tenths = (tenths + 512).div_euclid(1024);
        unit += 1;
    }
    let decimal = match tenths.rem_euclid(10) {
        0 => String::new(),
        tenth => format!(".{tenth}"),
    };
    format!("{}{decimal} {}", tenths.div_euclid(10), UNITS[unit])
}

/// Sums up misfits of jobs for a heading: `none of 2 kinds can run them`.
pub(super) fn none_can(kinds: &[KindMisfit], them: &str) -> String {
    match kinds {
        [] => "the fleet has no kind of machine".to_owned(),
        [only] => format!("kind {} cannot run {them}", only.kind),
        several => format!("none of {} can run {them}", counted(several.len() as u64, "kind")),
    }
}
