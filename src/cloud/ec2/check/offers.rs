//! Whether what launches are to be tried with exists: instance types, zones, prices.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::LocationType;

use super::findings::{Findings, did_you_mean, wanted};
use crate::cloud::aws::{Call, Group};
use crate::cloud::ec2::Ec2Cloud;
use crate::cloud::ec2::pages::all_pages;
use crate::engine::{CloudError, LaunchRequest, Offer};

impl Ec2Cloud {
    pub(super) async fn check_offers(
        &self,
        requests: &[LaunchRequest],
        findings: &mut Findings,
    ) -> Result<(), CloudError> {
        let types = wanted(requests, |request| {
            request.offers.iter().filter_map(|offer| offer.instance_type.as_deref()).collect()
        });
        if types.is_empty() {
            return Ok(());
        }
        // All types in all zones: a dozen pages at most, and what is not there is told with what is.
        let client = self.session.ec2().await?;
        let request = client.describe_instance_type_offerings().location_type(LocationType::AvailabilityZone);
        let call = Call::ec2("DescribeInstanceTypeOfferings", Group::DescribeAll);
        let offerings = all_pages!(&self.session, call, request, instance_type_offerings)
            .map_err(|problem| problem.explain(&self.session.scene(), "look up the instance types"))?;
        let sold: BTreeSet<(String, String)> = offerings
            .into_iter()
            .filter_map(|offering| Some((offering.instance_type?.as_str().to_owned(), offering.location?)))
            .collect();
        let (known, zones): (BTreeSet<&str>, BTreeSet<&str>) =
            sold.iter().map(|(instance_type, zone)| (instance_type.as_str(), zone.as_str())).unzip();
        let region = self.session.region().await?;
        for (name, services) in types.into_iter().filter(|(name, _)| !known.contains(name)) {
            let hint = did_you_mean(name, known.iter().copied())
                .unwrap_or_else(|| "aws ec2 describe-instance-type-offerings lists them".to_owned());
            findings.add_for(&services, format!("there is no instance type {name} in {region}"), hint);
        }
        let named =
            wanted(requests, |request| request.offers.iter().filter_map(|offer| offer.zone.as_deref()).collect());
        for (name, services) in named.into_iter().filter(|(name, _)| !zones.contains(name)) {
            let all: Vec<&str> = zones.iter().copied().collect();
            findings.add_for(
                &services,
                format!("there is no zone {name} in {region}"),
                format!("there are {}", all.join(", ")),
            );
        }
        for request in requests.iter().filter(|request| findings.is_clean(request)).collect::<Vec<_>>() {
            let is_sold = |offer: &Offer| match (&offer.instance_type, &offer.zone) {
                (Some(instance_type), Some(zone)) => sold.contains(&(instance_type.clone(), zone.clone())),
                _ => true,
            };
            // One that is sold is enough: the others are passed over as without capacity.
            if !request.offers.iter().any(is_sold) {
                let offers: Vec<String> = request.offers.iter().map(ToString::to_string).collect();
                let message = format!("none of its offers is sold: {}", offers.join(", "));
                let hint = "aws ec2 describe-instance-type-offerings --location-type availability-zone shows what is sold where";
                findings.add(request, message, hint);
            }
        }
        Ok(())
    }

    /// Whether the highest price that a launch would pay is enough for any of its offers now.
    pub(super) async fn check_prices(
        &self,
        requests: &[LaunchRequest],
        findings: &mut Findings,
    ) -> Result<(), CloudError> {
        let bound = |request: &LaunchRequest| {
            let price: f64 = request.machine.max_price.as_ref()?.parse().ok()?;
            (price > 0.0 && request.offers.iter().all(|offer| offer.spot)).then_some(price)
        };
        let bounded: Vec<(&LaunchRequest, f64)> = requests
            .iter()
            .filter(|request| findings.is_clean(request))
            .filter_map(|request| Some((request, bound(request)?)))
            .collect();
        let types: BTreeSet<String> = bounded
            .iter()
            .flat_map(|(request, _)| request.offers.iter().filter_map(|offer| offer.instance_type.clone()))
            .collect();
        if types.is_empty() {
            return Ok(());
        }
        let prices = self.latest_prices(&types.into_iter().collect::<Vec<_>>()).await?;
        for (request, bound) in bounded {
            let concerns = |offer: &Offer, instance_type: &str, zone: &str| {
                offer.instance_type.as_deref() == Some(instance_type)
                    && offer.zone.as_deref().is_none_or(|wanted| wanted == zone)
            };
            let cheapest = prices
                .iter()
                .filter(|price| request.offers.iter().any(|offer| concerns(offer, &price.instance_type, &price.zone)))
                .filter_map(|price| Some((price.dollars_an_hour.parse::<f64>().ok()?, price)))
                .min_by(|(one, _), (other, _)| one.total_cmp(other));
            if let Some((price, cheapest)) = cheapest
                && price > bound
            {
                let message = format!(
                    "max_price is {bound}, and the cheapest of its offers costs {} an hour now ({} in {})",
                    cheapest.dollars_an_hour, cheapest.instance_type, cheapest.zone
                );
                findings.add(
                    request,
                    message,
                    "raise max_price or leave it out: then the on-demand price is the bound",
                );
            }
        }
        Ok(())
    }
}
