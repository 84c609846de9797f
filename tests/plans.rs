//! Launch plans: what loads, what is refused with which words, and what becomes of both notations.

#[path = "plans/cloudinitd.rs"]
mod cloudinitd;
#[path = "plans/corpus.rs"]
mod corpus;
#[path = "plans/fixture.rs"]
mod fixture;
#[path = "plans/imported.rs"]
mod imported;
#[path = "plans/native.rs"]
mod native;
#[path = "plans/peculiar.rs"]
mod peculiar;
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
