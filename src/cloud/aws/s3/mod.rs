//! The store of objects (Amazon S3 and what speaks its language): where user data is kept that is too large for a
//! machine.
//!
//! Objects are private, as the buckets' own rules have it: since 2023 S3 refuses public access and encrypts what it
//! stores by itself ("Blocking public access", "Protecting data with encryption"), and a bucket whose owner wants a key
//! of his own for that says so in its settings, which a header of ours would undo. Keys begin with the bucket's prefix
//! and `hoist/`; what belongs to a run is below `hoist/runs/RUN/`, so that one listing finds it and no permission to
//! read tags is needed. The last part of a key is the SHA-256 of the content.

mod presigned_urls;
mod probe;
mod signed;
mod store;

pub use probe::probe;
pub use signed::SHORTEST_VALIDITY;
pub use store::{Store, Stored};

pub use presigned_urls::{LaunchAddress, LaunchAddresses};
