//! The object store (Amazon S3 and compatible ones), for user data that is too large for an instance.
//!
//! Objects are private by the buckets' own rules: since 2023 S3 refuses public access and encrypts objects by default
//! ("Blocking public access", "Protecting data with encryption"). A bucket whose owner wants a key of their own sets it
//! in its settings, which a header from hoist would override. Keys of user data begin with the bucket's prefix and
//! `hoist/`; objects of a run are below `hoist/runs/RUN/`, so that one listing finds them without permission to read
//! tags. The last part of such a key is the SHA-256 of the content.

mod presigned_urls;
mod probe;
mod signed;
mod store;

pub use probe::probe;
pub use signed::SHORTEST_VALIDITY;
pub use store::{Store, Stored};

pub use presigned_urls::{LaunchAddress, LaunchAddresses};
