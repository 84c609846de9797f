//! The state file: what it keeps, what it refuses, who may write, and what survives a kill.

mod fleet_support;
mod support;

mod annexes;
mod bad_files;
mod damages;
mod fleet_damages;
mod fleet_growth;
mod fleet_passes;
mod fleet_requests;
mod fleets;
mod formats;
mod identity;
mod journals;
mod locks;
mod places;
mod reserve;
mod soak;
mod unwritable;

/// What this test binary does when another test starts it as a process of its own.
#[test]
#[ignore = "other tests start it"]
fn play_a_part() {
    let Ok(part) = std::env::var(support::PART) else { return };
    let file = std::path::PathBuf::from(std::env::var_os(support::FILE).unwrap());
    match part.as_str() {
        "create" => bad_files::create(&file),
        "open" => bad_files::open(&file),
        "grow" => bad_files::grow(&file),
        "fill" => bad_files::fill(&file),
        "end-on-a-full-disk" => reserve::end_on_a_full_disk(&file),
        "read-where-nothing-can-be-written" => unwritable::read_where_nothing_can_be_written(&file),
        "hold" => locks::hold(&file),
        "hold-annex" => annexes::hold(&file),
        "hold-fleet" => fleets::hold(&file),
        "record-fleet" => fleets::record_for_ever(&file),
        "ask-fleet" => fleet_requests::ask(&file),
        "append" => journals::append_for_ever(&file),
        other => panic!("there is no part {other}"),
    }
}
