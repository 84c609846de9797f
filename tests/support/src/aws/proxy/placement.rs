//! Where machines go and what is kept for them: placement groups and capacity reservations, which moto does not have,
//! and the images that launch templates name by a parameter.

use super::error::AwsError;
use super::parameters::Parameters;
use super::region::Region;
use super::xml::Element;
use crate::aws::Answer;

impl Region {
    pub(super) fn placement_groups(&self) -> Answer {
        let item = |name: &String| {
            Element::new("item")
                .with(Element::leaf("groupName", name))
                .with(Element::leaf("strategy", "cluster"))
                .with(Element::leaf("state", "available"))
        };
        let groups = self.shared.placement_groups.lock().unwrap();
        let set = Element::set_of("placementGroupSet", groups.iter().map(item));
        self.answer(Element::new("DescribePlacementGroupsResponse").with(set))
    }

    pub(super) fn capacity_reservations(&self, parameters: &Parameters) -> Result<Answer, AwsError> {
        let reservations = self.shared.reservations.lock().unwrap();
        let mut items = Vec::new();
        for id in parameters.list("CapacityReservationId") {
            let Some(state) = reservations.get(id) else {
                let message = format!("The capacity reservation ID '{id}' does not exist");
                return Err(AwsError::new("InvalidCapacityReservationId.NotFound", message));
            };
            items.push(
                Element::new("item")
                    .with(Element::leaf("capacityReservationId", id))
                    .with(Element::leaf("state", state)),
            );
        }
        let set = Element::set_of("capacityReservationSet", items);
        Ok(self.answer(Element::new("DescribeCapacityReservationsResponse").with(set)))
    }

    /// With the images that parameters stand for, where that is asked for.
    pub(super) fn template_versions(&self, parameters: &Parameters) -> Result<Answer, AwsError> {
        let mut found = self.ask(parameters)?;
        if parameters.get("ResolveAlias") == Some("true") {
            for version in &mut found.child_mut("launchTemplateVersionSet").children {
                let data = version.child_mut("launchTemplateData");
                if let Some(name) = data.get("imageId").strip_prefix("resolve:ssm:") {
                    let image = self.resolved(name)?;
                    data.set("imageId", &image);
                }
            }
        }
        found.remove("requestId");
        Ok(self.answer(found))
    }
}
