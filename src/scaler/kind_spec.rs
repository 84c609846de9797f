use std::collections::BTreeMap;

use crate::elastic::engine::Money;
use crate::provider::InstanceSpec;

/// What machines of a kind are launched as.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KindSpec {
    /// The specification. Its user data is made from [`KindSpec::user_data`] at each launch; at least one offer.
    pub machine: InstanceSpec,
    /// The user data as its file has it, with `%manager_address%` filled in, other placeholders not yet.
    pub user_data: Option<Vec<u8>>,
    /// The price of a machine for an hour. None: unknown.
    pub price: Option<Money>,
}

/// The kinds of a fleet by their names in its file.
pub type KindSpecs = BTreeMap<String, KindSpec>;
