//! The operations of `hoist elastic`.

mod simulate;

pub(crate) use simulate::simulate;
