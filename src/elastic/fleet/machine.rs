use std::collections::BTreeMap;

use super::size::Size;
use super::toml_writer::TomlWriter;
use crate::elastic::engine::Money;
use crate::plan::Market;

/// `[machine]`, `[machines.NAME]`: a kind of machines that workers are launched as. What is missing is the cloud's own
/// choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineKind {
    /// The image.
    pub image: Option<String>,
    /// The instance type.
    pub instance_type: Option<String>,
    /// Further instance types, equal in size, which are tried in this order when the one before has no capacity or its
    /// machines do not come up.
    pub other_types: Vec<String>,
    /// The availability zones, tried in this order. None: the cloud's choice.
    pub zones: Vec<String>,
    /// Name of the key pair for logins.
    pub key_name: Option<String>,
    /// The subnet.
    pub subnet: Option<String>,
    /// The security groups.
    pub security_groups: Vec<String>,
    /// The instance profile.
    pub instance_profile: Option<String>,
    /// Path of the user data, relative to the fleet file's directory.
    pub user_data: Option<String>,
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// How it is paid. None: on demand.
    pub market: Option<Market>,
    /// Maximum price of spot capacity for an hour. None: that of on-demand capacity.
    pub max_price: Option<Money>,
    /// Price for an hour, by which kinds are compared.
    pub price: Option<Money>,
    /// Minimum number of workers of this kind.
    pub min: Option<u32>,
    /// Maximum number of workers of this kind.
    pub max: Option<u32>,
    /// What a machine has.
    pub figures: MachineFigures,
}

/// What a machine of a kind has, for matching before the first of it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineFigures {
    /// Number of processors.
    pub cpus: Option<u32>,
    /// Memory.
    pub memory: Option<Size>,
    /// Disk.
    pub disk: Option<Size>,
    /// Number of GPUs.
    pub gpus: Option<u32>,
    /// Number of equal slots into which it is divided. None: one slot, divided on demand.
    pub slots: Option<u32>,
    /// Further attributes of its slots: ClassAd expressions by name.
    pub attributes: BTreeMap<String, String>,
}

impl MachineKind {
    /// Writes the keys, without the header.
    pub(super) fn write(&self, out: &mut TomlWriter) {
        out.given("image", self.image.as_deref());
        out.given("instance_type", self.instance_type.as_deref());
        out.texts("other_types", &self.other_types);
        out.texts("zones", &self.zones);
        out.given("key_name", self.key_name.as_deref());
        out.given("subnet", self.subnet.as_deref());
        out.texts("security_groups", &self.security_groups);
        out.given("instance_profile", self.instance_profile.as_deref());
        out.given("user_data", self.user_data.as_deref());
        out.pairs("tags", &self.tags);
        out.given(
            "market",
            self.market.map(|market| match market {
                Market::Spot => "spot",
                Market::OnDemand => "on-demand",
            }),
        );
        for (key, price) in [("max_price", self.max_price), ("price", self.price)] {
            if let Some(price) = price {
                out.raw(key, &price.to_string());
            }
        }
        out.given("min", self.min);
        out.given("max", self.max);
        out.given("cpus", self.figures.cpus);
        out.given("memory", self.figures.memory.map(|size| size.to_string()));
        out.given("disk", self.figures.disk.map(|size| size.to_string()));
        out.given("gpus", self.figures.gpus);
        out.given("slots", self.figures.slots);
        out.pairs("attributes", &self.figures.attributes);
    }
}
