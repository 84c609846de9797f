//! An annex on the local cloud from its first command to its last, with an HTCondor pool of an ordinary user's.

mod jobs;
mod machine;
mod story;
