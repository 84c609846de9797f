//! What is done with an annex, on a simulated cloud in virtual time: cut off anywhere, troubled at random, and always
//! right in the end.

mod cloud;
mod cuts;
mod lab;
mod outcomes;
mod random;
mod removals;
mod world;
