//! Launch requests in other tools' files: EC2's launch specification and GCE's instance body, read into one form.

mod ec2;
mod gce;
mod notation;
mod specification;
mod values;

pub use specification::{LaunchSpecification, Provider};
