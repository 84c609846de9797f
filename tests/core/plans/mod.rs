//! Launch plans: what loads, what is refused with which words, and what becomes of both notations.

mod changed;
mod cloudinitd;
mod corpus;
mod fixture;
mod hardware;
mod imported;
mod native;
mod on_host;
mod peculiar;
mod programs;
mod reference;
mod references;
mod refused;
mod secrets;
mod show;
