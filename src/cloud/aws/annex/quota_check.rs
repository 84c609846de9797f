//! Compares the planned growth of an annex with quotas of virtual processors (vCPUs).

use std::collections::{BTreeMap, BTreeSet};

use super::quota_headroom::{AddedInstances, QuotaHeadroom, Rooms, largest, too_small};
use crate::annex::{AnnexSpec, share};
use crate::cloud::aws::ec2::quota::{Quota, of_type};
use crate::provider::{CloudError, CloudErrorKind};

/// The planned and the present size of an annex.
#[derive(Debug)]
pub(super) struct QuotaCheck<'a> {
    pub(super) spec: &'a AnnexSpec,
    /// Present desired size of each pool.
    pub(super) sizes: Vec<u32>,
    /// Running instances by pool and by whether they are spot instances.
    pub(super) running: BTreeMap<(usize, bool), u32>,
    /// vCPUs of each instance type.
    pub(super) vcpus: BTreeMap<String, u32>,
}

impl QuotaCheck<'_> {
    /// Returns the quotas that are too small for the annex.
    pub(super) fn find_faults(&self, rooms: &Rooms, region: &str) -> Vec<CloudError> {
        let parts = self.parts(self.spec.count, rooms);
        let found = too_small(&parts, rooms);
        if found.is_empty() {
            return Vec::new();
        }
        let most = largest(self.spec.count, |count| too_small(&self.parts(count, rooms), rooms).is_empty());
        let fault = |quotas: &BTreeSet<Quota>| {
            let concerned: Vec<&AddedInstances> = parts.iter().filter(|part| part.is_within(quotas)).collect();
            let wanted: u64 = concerned.iter().map(|part| part.vcpus()).sum();
            let message = format!(
                "{}: {} {} {wanted} vCPUs, and {}",
                pools(&concerned),
                concerned.iter().map(|part| self.named(part)).collect::<Vec<_>>().join(" and "),
                if let [AddedInstances { count: 1, .. }] = concerned.as_slice() { "needs" } else { "need" },
                quotas.iter().map(|quota| in_use(*quota, rooms, region)).collect::<Vec<_>>().join("; "),
            );
            CloudError::new(CloudErrorKind::Quota, message).hint(hint(quotas, rooms, wanted, region, most))
        };
        found.iter().map(fault).collect()
    }

    /// Returns the instances to add for a total of `count`, as far as known quotas bound them.
    fn parts(&self, count: u32, rooms: &Rooms) -> Vec<AddedInstances> {
        let counts = share(count, &self.spec.pools, &self.sizes);
        let mut parts = Vec::new();
        for (place, count) in counts.into_iter().enumerate() {
            let on_demand = self.spec.on_demand(place, count);
            for (spot, wanted) in [(false, on_demand), (true, count - on_demand)] {
                let running = self.running.get(&(place, spot)).copied().unwrap_or_default();
                let added = wanted.saturating_sub(running);
                let sizes = self.sizes_of(place, spot, rooms).filter(|_| added > 0);
                parts.extend(sizes.map(|sizes| AddedInstances { place, spot, count: added, sizes }));
            }
        }
        parts
    }

    /// Returns the quotas of a pool with the largest size in each; `None` if no known quota bounds one of its types.
    fn sizes_of(&self, place: usize, spot: bool, rooms: &Rooms) -> Option<BTreeMap<Quota, u32>> {
        let mut sizes: BTreeMap<Quota, u32> = BTreeMap::new();
        for name in &self.spec.pools[place].instance_types {
            let quota = of_type(name, spot).filter(|quota| rooms.contains_key(quota))?;
            let size = sizes.entry(quota).or_default();
            *size = (*size).max(*self.vcpus.get(name)?);
        }
        Some(sizes)
    }

    /// Returns text such as `20 more spot instances of t3.small (2 vCPUs each)`.
    fn named(&self, part: &AddedInstances) -> String {
        let AddedInstances { place, count, .. } = *part;
        let types = &self.spec.pools[place].instance_types;
        let sizes: BTreeSet<u32> = types.iter().filter_map(|name| self.vcpus.get(name)).copied().collect();
        format!(
            "{count} {}{} {} of {} ({}{} vCPUs each)",
            if self.sizes.iter().any(|size| *size > 0) { "more " } else { "" },
            if part.spot { "spot" } else { "on-demand" },
            if count == 1 { "instance" } else { "instances" },
            types.join(" or "),
            if sizes.len() > 1 { "up to " } else { "" },
            part.largest(),
        )
    }
}

/// Returns text such as `pools 1, 3`.
fn pools(parts: &[&AddedInstances]) -> String {
    let places: BTreeSet<usize> = parts.iter().map(|part| part.place + 1).collect();
    let names: Vec<String> = places.iter().map(ToString::to_string).collect();
    format!("{} {}", if names.len() == 1 { "pool" } else { "pools" }, names.join(", "))
}

fn in_use(quota: Quota, rooms: &Rooms, region: &str) -> String {
    let QuotaHeadroom { allowed, used } = rooms[&quota];
    let are = if used == 1 { "is" } else { "are" };
    format!("of the {allowed} that the quota {quota} allows in {region}, {used} {are} in use")
}

/// Returns the hint: fewer instances, or a larger quota.
fn hint(quotas: &BTreeSet<Quota>, rooms: &Rooms, wanted: u64, region: &str, most: Option<u32>) -> String {
    let fewer = match most {
        Some(most) => format!("--count {most} is within the quotas"),
        None => "choose other instance types or another market".to_owned(),
    };
    let more = quotas.iter().next().map_or_else(String::new, |quota| {
        format!(
            "; or have it raised, in the console of Service Quotas or with `aws service-quotas \
             request-service-quota-increase --region {region} --service-code ec2 --quota-code {} --desired-value {}`",
            quota.code,
            rooms[quota].used + wanted
        )
    });
    format!("{fewer}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annex::{FileDigests, InstanceGroup, Market, PoolSoftware};

    fn spec(market: Market, count: u32, pools: &[&[&str]]) -> AnnexSpec {
        let pool = |types: &&[&str]| InstanceGroup {
            image: "ami-1".to_owned(),
            instance_types: types.iter().map(|&name| name.to_owned()).collect(),
            max_price: None,
            weight: 1,
            ..InstanceGroup::default()
        };
        AnnexSpec {
            name: "a".parse().unwrap(),
            pools: pools.iter().map(pool).collect(),
            count,
            market,
            vpc: None,
            subnets: Vec::new(),
            security_groups: Vec::new(),
            key_name: None,
            metadata_hops: None,
            expires_at: jiff::Timestamp::UNIX_EPOCH,
            runs_out: false,
            idle_seconds: None,
            software: PoolSoftware::None,
            owner: String::new(),
            state: None,
            tags: BTreeMap::new(),
            user_data: None,
            contents: FileDigests::default(),
        }
    }

    fn growth(spec: &AnnexSpec) -> QuotaCheck<'_> {
        let vcpus = [("t3.small", 2), ("m5.large", 2), ("m5.4xlarge", 16), ("g5.xlarge", 4), ("q1.huge", 64)];
        let vcpus = vcpus.map(|(name, count)| (name.to_owned(), count)).into();
        QuotaCheck { spec, sizes: Vec::new(), running: BTreeMap::new(), vcpus }
    }

    fn rooms(rooms: &[(&str, bool, u64, u64)]) -> Rooms {
        let room = |&(name, spot, allowed, used): &(&str, bool, u64, u64)| {
            (of_type(name, spot).unwrap(), QuotaHeadroom { allowed, used })
        };
        rooms.iter().map(room).collect()
    }

    /// Returns message and hint of each fault.
    fn faults(growth: &QuotaCheck, rooms: &Rooms) -> Vec<String> {
        let told = growth.find_faults(rooms, "us-east-1").into_iter();
        told.map(|error| {
            assert_eq!(error.kind, CloudErrorKind::Quota);
            format!("{} | {}", error.message, error.hint.unwrap())
        })
        .collect()
    }

    #[test]
    fn the_largest_type_of_each_pool_counts_and_what_would_fit_is_told() {
        let spec = spec(Market::OnDemand, 10, &[&["t3.small"], &["m5.large", "m5.4xlarge"]]);
        assert!(faults(&growth(&spec), &rooms(&[("t3.small", false, 100, 10)])).is_empty());
        let told = faults(&growth(&spec), &rooms(&[("t3.small", false, 99, 10)]));
        let expected = [
            "pools 1, 2: 5 on-demand instances of t3.small (2 vCPUs each) and 5 on-demand instances of m5.large or m5.4xlarge \
             (up to 16 vCPUs each) need 90 vCPUs, and of the 99 that the quota L-1216C47A \
             \"Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances\" allows in us-east-1, 10 are in use | \
             --count 9 is within the quotas; or have it raised, in the console of Service Quotas or with `aws service-quotas \
             request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-1216C47A --desired-value 100`",
        ];
        assert_eq!(told, expected);
        let told = faults(&growth(&spec), &rooms(&[("t3.small", false, 1, 1)]));
        assert!(told[0].contains("1 is in use") && told[0].contains("choose other instance types"), "{told:?}");
    }

    #[test]
    fn of_mixed_markets_the_first_instance_is_on_demand() {
        let spec = spec(Market::Mixed, 5, &[&["t3.small"], &["t3.small"]]);
        let growth = growth(&spec);
        assert!(faults(&growth, &rooms(&[("t3.small", false, 2, 0), ("t3.small", true, 8, 0)])).is_empty());
        let told = faults(&growth, &rooms(&[("t3.small", false, 1, 0), ("t3.small", true, 7, 0)]));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].starts_with("pool 1: 1 on-demand instance of t3.small (2 vCPUs each) needs 2 vCPUs"),
            "{told:?}"
        );
        assert!(told[1].starts_with("pools 1, 2: 2 spot instances"), "{told:?}");
        assert!(told[1].contains("need 8 vCPUs, and of the 7") && told[1].contains("L-34B43A08"), "{told:?}");
    }

    #[test]
    fn of_markets_by_share_each_part_needs_its_quota() {
        let mut spec = spec(Market::OnDemand, 10, &[&["t3.small"]]);
        spec.pools[0].market = Some(Market::Shared(20));
        let growth = growth(&spec);
        assert!(faults(&growth, &rooms(&[("t3.small", false, 4, 0), ("t3.small", true, 16, 0)])).is_empty());
        let told = faults(&growth, &rooms(&[("t3.small", false, 3, 0), ("t3.small", true, 15, 0)]));
        assert!(
            told[0].starts_with("pool 1: 2 on-demand instances") && told[1].starts_with("pool 1: 8 spot"),
            "{told:?}"
        );
    }

    #[test]
    fn what_runs_already_is_not_added_again() {
        let spec = spec(Market::OnDemand, 5, &[&["t3.small"]]);
        let mut growth = growth(&spec);
        growth.sizes = vec![3];
        growth.running = [((0, false), 3)].into();
        assert!(faults(&growth, &rooms(&[("t3.small", false, 10, 6)])).is_empty());
        let told = faults(&growth, &rooms(&[("t3.small", false, 9, 6)]));
        assert!(told[0].contains("2 more on-demand instances") && told[0].contains("--count 4"), "{told:?}");
        // Instances of another market do not count here.
        growth.running = [((0, true), 3)].into();
        assert_eq!(faults(&growth, &rooms(&[("t3.small", false, 9, 6)])).len(), 1);
        // An exceeded quota does not prevent shrinking.
        let fewer = AnnexSpec { count: 2, ..spec.clone() };
        growth = QuotaCheck { spec: &fewer, running: [((0, false), 3)].into(), ..growth };
        assert!(faults(&growth, &rooms(&[("t3.small", false, 1, 6)])).is_empty());
    }

    #[test]
    fn what_no_known_quota_bounds_is_let_through() {
        let small = rooms(&[("t3.small", false, 0, 0), ("g5.xlarge", false, 0, 0)]);
        for types in [&["q1.huge"][..], &["t3.small", "q1.huge"], &["x2idn.16xlarge"], &["t3.unheard-of"]] {
            let spec = spec(Market::OnDemand, 5, &[types]);
            assert!(faults(&growth(&spec), &small).is_empty(), "{types:?}");
        }
        // A pool of two families is refused only if neither has room.
        let spec = spec(Market::OnDemand, 5, &[&["t3.small", "g5.xlarge"]]);
        assert!(faults(&growth(&spec), &rooms(&[("t3.small", false, 10, 0), ("g5.xlarge", false, 0, 0)])).is_empty());
        let told = faults(&growth(&spec), &small);
        assert!(told[0].contains("L-1216C47A") && told[0].contains("; of the 0 that the quota L-DB2E81BA"), "{told:?}");
    }
}
