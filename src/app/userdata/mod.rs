//! Operations on user data.

mod render;
#[cfg(feature = "aws")]
mod store;
#[cfg(not(feature = "aws"))]
#[path = "store_without_aws.rs"]
mod store;
mod values;

pub(crate) use render::{RenderRequest, render};
