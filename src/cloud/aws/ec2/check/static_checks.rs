//! Checks launches for values that no cloud accepts.

use std::sync::Arc;

use jiff::Timestamp;

use super::findings::CheckFindings;
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::ec2::launch_user_data::LaunchUserData;
use crate::cloud::aws::ec2::tags::TAG_LIMIT;
use crate::cloud::aws::ec2::tags::metadata_faults;
use crate::provider::LaunchRequest;

/// Maximum lengths of a tag's key and value (EC2 User Guide, "Tag restrictions").
const TAG_LENGTHS: (usize, usize) = (128, 256);

/// Checks requests without any call.
pub(super) struct StaticChecks {
    pub(super) session: Arc<AwsSession>,
    pub(super) user_data: Arc<LaunchUserData>,
}

impl StaticChecks {
    pub(super) fn check(&self, request: &LaunchRequest, findings: &mut CheckFindings) {
        let machine = &request.machine;
        if machine.image.is_none() {
            findings.add(request, "no image is named", "`hoist image list` shows what there is");
        }
        let compatible = self.session.is_compatible();
        if !compatible && request.offers.iter().any(|offer| offer.instance_type.is_none()) {
            findings.add(request, "no instance type is named", "give `instance_type` in the plan, such as t3.small");
        }
        if compatible && request.offers.iter().any(|offer| offer.spot) {
            findings.add(request, "this cloud sells no spot capacity", "market = \"on-demand\" in the plan");
        }
        if let Some(price) = &machine.max_price
            && !price.parse::<f64>().is_ok_and(|price| price.is_finite() && price > 0.0)
        {
            let message = format!("max_price is {price:?}, which is no price");
            findings.add(
                request,
                message,
                "give US dollars an hour above zero, such as \"0.05\"; without it, the on-demand price is the bound",
            );
        }
        if request.expires_at.is_some_and(|at| at <= Timestamp::now()) {
            findings.add(request, "its lease has ended already", "give a later end");
        }
        self.check_user_data(request, findings);
        check_tags(request, findings);
        if !compatible && request.has_renewed_lease() {
            check_metadata_tags(request, findings);
        }
    }

    fn check_user_data(&self, request: &LaunchRequest, findings: &mut CheckFindings) {
        if let Some(wrong) = self.user_data.wrong_with(request) {
            findings.add(request, wrong.to_string(), "");
        }
    }
}

pub(super) fn check_tags(request: &LaunchRequest, findings: &mut CheckFindings) {
    // Fleets and EC2-like clouds get one more tag.
    let count = request.tags.len() + 1;
    if count > TAG_LIMIT {
        let message = format!("there are {count} tags with hoist's own, of which EC2 takes {TAG_LIMIT}");
        findings.add(request, message, "leave some of `tags` out");
    }
    for (key, value) in &request.tags {
        let shown: String = key.chars().take(40).collect();
        let wrong = if key.is_empty() {
            "has no name"
        } else if key.to_lowercase().starts_with("aws:") {
            "begins with aws:, which only AWS may use"
        } else if key.chars().count() > TAG_LENGTHS.0 {
            "has a name of more than 128 characters"
        } else if value.chars().count() > TAG_LENGTHS.1 {
            "has a value of more than 256 characters"
        } else {
            continue;
        };
        findings.add(request, format!("the tag {shown:?} {wrong}"), "change it in `tags`");
    }
}

/// Checks the tags of instances that read them.
fn check_metadata_tags(request: &LaunchRequest, findings: &mut CheckFindings) {
    for (message, remedy) in metadata_faults(&request.tags, "a worker learns that its lease was renewed") {
        findings.add(request, message, remedy);
    }
}
