//! The scaler of a fleet in virtual time: a simulated cloud, a scripted pool, and a journal that can be cut anywhere.

mod answers;
mod bounds;
mod drains;
mod falls;
mod faults;
mod growth;
mod kills;
mod lab;
mod limits;
mod offers;
mod random;
mod requests;
mod rooms;
mod told_hosts;
mod untold;
mod watched_cloud;
mod world;
