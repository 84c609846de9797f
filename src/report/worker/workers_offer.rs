use jiff::Timestamp;

use crate::diagnostics::{agreeing, counted};
use crate::provider::Offer;
use crate::report::printable;
use crate::report::time::{age, duration, local};
use crate::scaler::{FleetName, KindSpec};

/// Workers that a person is about to start.
#[derive(Clone, Copy, Debug)]
pub struct WorkersOffer<'a> {
    /// The fleet that they are of.
    pub fleet: &'a FleetName,
    /// Label of the cloud.
    pub place: &'a str,
    /// Number of workers.
    pub count: u32,
    /// What they are launched as.
    pub spec: &'a KindSpec,
    /// When they end by themselves.
    pub until: Timestamp,
    /// The server or queue that they work for.
    pub server: Option<&'a str>,
}

impl WorkersOffer<'_> {
    /// Says what will be launched, where, for how much and for how long, as of `now`.
    pub fn sentence(&self, now: Timestamp) -> String {
        let count = self.count;
        let mut text = format!("{} of fleet {} on {}", counted(count, "worker"), self.fleet, self.place);
        text.push_str(&format!(": {}", machine(self.spec)));
        match self.spec.price {
            Some(price) => text.push_str(&format!("; ${price} an hour{}", if count > 1 { " each" } else { "" })),
            None => text.push_str("; the price is not known"),
        }
        let (ends, end) = (agreeing(count, "it ends", "they end"), self.until);
        text.push_str(&format!(
            "; {ends} by {} {} in {}",
            agreeing(count, "its lease", "their leases"),
            local(end),
            duration(age(now, end))
        ));
        if let Some(server) = self.server {
            text.push_str(&format!("; {} for {server}", agreeing(count, "it works", "they work")));
        }
        printable(&text)
    }
}

/// Says what a machine is launched as.
fn machine(spec: &KindSpec) -> String {
    let machine = &spec.machine;
    let mut parts: Vec<String> = machine.image.iter().cloned().collect();
    let offers: Vec<String> = machine.offers.iter().map(Offer::to_string).collect();
    parts.push(offers.join(" or "));
    parts.extend(machine.max_price.as_ref().map(|price| format!("at most ${price} an hour")));
    parts.extend(machine.instance_profile.as_ref().map(|profile| format!("role {profile}")));
    if !machine.security_groups.is_empty() {
        parts.push(machine.security_groups.join(" "));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}
