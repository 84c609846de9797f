//! Launch plans: what loads, what is refused with which words, and what becomes of both notations.

#[path = "plans/cloudinitd.rs"]
mod cloudinitd;
#[path = "plans/corpus.rs"]
mod corpus;
#[path = "plans/fixture.rs"]
mod fixture;
#[path = "plans/hardware.rs"]
mod hardware;
#[path = "plans/imported.rs"]
mod imported;
#[path = "plans/native.rs"]
mod native;
#[path = "plans/on_host.rs"]
mod on_host;
#[path = "plans/peculiar.rs"]
mod peculiar;
#[path = "plans/programs.rs"]
mod programs;
#[path = "plans/reference.rs"]
mod reference;
#[path = "plans/references.rs"]
mod references;
#[path = "plans/refused.rs"]
mod refused;
#[path = "plans/secrets.rs"]
mod secrets;
#[path = "plans/show.rs"]
mod show;
#[path = "support/skip.rs"]
mod skip;
