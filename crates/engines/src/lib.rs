//! What decides on the size of fleets: pure functions, without input, output or a clock.
//!
//! It is a crate of its own because it alone computes for long, so that it is compiled for speed and the rest of hoist
//! for size. Its modules are rooms of hoist like any other, and hoist passes them on under the same names.

pub mod classad;
pub mod diagnostics;
pub mod elastic;
