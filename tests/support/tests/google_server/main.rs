//! The Compute Engine for tests, tested itself: by Google's own client, and fault by fault.

mod buckets;
mod bulk;
mod client;
mod ends;
mod faults;
mod guest;
mod judge;
mod lists;
mod places;
mod requests;
mod validator;
