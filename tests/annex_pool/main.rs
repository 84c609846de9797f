//! An annex on the local cloud from its first command to its last, with an HTCondor pool of an ordinary user's.

#[path = "../support/contained.rs"]
mod contained;
#[path = "../support/debian.rs"]
mod debian;
#[path = "../support/judges.rs"]
mod judges;
mod machine;
#[path = "../support/skip.rs"]
mod skip;
mod story;
