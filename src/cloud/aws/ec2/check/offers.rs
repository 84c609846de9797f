//! Checks that the offers of launches exist: instance types, zones, prices.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ec2::types::LocationType;

use super::findings::{CheckFindings, did_you_mean, wanted};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::pages::all_pages;
use crate::cloud::aws::ec2::prices::SpotPrices;
use crate::provider::{CloudError, LaunchRequest, Offer};

/// Maximum number of values of a filter.
const FILTER_VALUES: usize = 200;

/// Maximum number of offerings on a page (EC2 API reference, `DescribeInstanceTypeOfferings`).
const PAGE: i32 = 1000;

/// Checks instance types, zones and prices.
pub(super) struct OfferChecks {
    pub(super) session: Arc<AwsSession>,
    pub(super) prices: SpotPrices,
}

impl OfferChecks {
    pub(super) async fn check(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        let types = wanted(requests, |request| {
            request.offers.iter().filter_map(|offer| offer.instance_type.as_deref()).collect()
        });
        if types.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = types.keys().map(|&name| name.to_owned()).collect();
        let mut sold: BTreeSet<(String, String)> = BTreeSet::new();
        for chunk in names.chunks(FILTER_VALUES) {
            sold.extend(self.sold(LocationType::AvailabilityZone, Some(chunk)).await?);
        }
        let region = self.session.region().await?;
        let unknown: Vec<_> =
            types.into_iter().filter(|(name, _)| !sold.iter().any(|(known, _)| known == name)).collect();
        if !unknown.is_empty() {
            let known = self.sold(LocationType::Region, None).await?;
            for (name, services) in unknown {
                let hint = did_you_mean(name, known.iter().map(|(known, _)| known.as_str()))
                    .unwrap_or_else(|| "aws ec2 describe-instance-type-offerings lists them".to_owned());
                findings.add_for(&services, format!("there is no instance type {name} in {region}"), hint);
            }
        }
        self.check_zones(requests, findings).await?;
        for request in requests.iter().filter(|request| findings.is_clean(request)).collect::<Vec<_>>() {
            let is_sold = |offer: &Offer| match (&offer.instance_type, &offer.zone) {
                (Some(instance_type), Some(zone)) => sold.contains(&(instance_type.clone(), zone.clone())),
                _ => true,
            };
            // One available offer is enough: the others are skipped as without capacity.
            if !request.offers.iter().any(is_sold) {
                let offers: Vec<String> = request.offers.iter().map(ToString::to_string).collect();
                let message = format!("none of its offers is sold: {}", offers.join(", "));
                let hint = "aws ec2 describe-instance-type-offerings --location-type availability-zone shows what is sold where";
                findings.add(request, message, hint);
            }
        }
        Ok(())
    }

    async fn check_zones(&self, requests: &[LaunchRequest], findings: &mut CheckFindings) -> Result<(), CloudError> {
        let wanted =
            wanted(requests, |request| request.offers.iter().filter_map(|offer| offer.zone.as_deref()).collect());
        if wanted.is_empty() {
            return Ok(());
        }
        let client = self.session.ec2().await?;
        let request = client.describe_availability_zones();
        let call = Call::ec2("DescribeAvailabilityZones", ApiClass::DescribeAll);
        let answer = self.session.call(call, || request.clone().send()).await;
        let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "look up the zones"))?;
        let zones: Vec<String> =
            answer.availability_zones.unwrap_or_default().into_iter().filter_map(|zone| zone.zone_name).collect();
        let region = self.session.region().await?;
        for (name, services) in wanted.into_iter().filter(|(name, _)| !zones.iter().any(|zone| zone == name)) {
            let message = format!("there is no zone {name} in {region}");
            findings.add_for(&services, message, format!("there are {}", zones.join(", ")));
        }
        Ok(())
    }

    /// Returns pairs of instance type and location; of all types if none is named.
    async fn sold(
        &self,
        location: LocationType,
        types: Option<&[String]>,
    ) -> Result<BTreeSet<(String, String)>, CloudError> {
        let client = self.session.ec2().await?;
        let request = client
            .describe_instance_type_offerings()
            .location_type(location)
            .set_filters(types.map(|types| vec![filter("instance-type", types.iter().cloned())]))
            .max_results(PAGE);
        let call = Call::ec2("DescribeInstanceTypeOfferings", ApiClass::Describe);
        let offerings = all_pages!(&self.session, call, request, instance_type_offerings)
            .map_err(|problem| problem.explain(&self.session.scene(), "look up the instance types"))?;
        let named = offerings
            .into_iter()
            .filter_map(|offering| Some((offering.instance_type?.as_str().to_owned(), offering.location?)));
        Ok(named.collect())
    }

    /// Checks that a launch's maximum price is enough for at least one of its offers now.
    pub(super) async fn check_prices(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
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
        let prices = self.prices.latest(&types.into_iter().collect::<Vec<_>>()).await?;
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
