"""What moto lacks of stacks and groups: changes in place, resources that a deletion retains, tags of a stack on its machines."""

import json
import sys
import threading
import types

# Only the import of it is needed: nothing here has to do with API Gateway.
for name in ("", ".validation", ".validation.exceptions"):
    stand_in = types.ModuleType("openapi_spec_validator" + name)
    stand_in.validate, stand_in.OpenAPIValidationError = None, Exception
    sys.modules.setdefault(stand_in.__name__, stand_in)

from moto.autoscaling.exceptions import ValidationError as GroupError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, FakeScheduledAction, autoscaling_backends
from moto.autoscaling.responses import AutoScalingResponse
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult
from moto.ec2.models.instances import Instance


def change_group(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    """CloudFormation changes a group; moto makes a new one, with new machines."""
    properties = cloudformation_json["Properties"]
    group = autoscaling_backends[account_id][region_name].autoscaling_groups[new_resource_name]
    number = lambda name: int(properties[name]) if name in properties else None
    group.tags = properties.get("Tags", [])
    group.update(
        availability_zones=properties.get("AvailabilityZones", []),
        desired_capacity=number("DesiredCapacity"),
        max_size=number("MaxSize"),
        min_size=number("MinSize"),
        launch_config_name="",
        launch_template={},
        vpc_zone_identifier=",".join(properties.get("VPCZoneIdentifier", [])),
        health_check_period=None,
        health_check_type=None,
        mixed_instances_policy=properties.get("MixedInstancesPolicy"),
    )
    return group


FakeAutoScalingGroup.update_from_cloudformation_json = classmethod(change_group)

make_action = FakeScheduledAction.create_from_cloudformation_json.__func__


def make_named_action(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """Names of such actions count within a group; moto has one list of all."""
    group = cloudformation_json["Properties"]["AutoScalingGroupName"]
    kwargs["LogicalId"] = "%s %s" % (group, kwargs["LogicalId"])
    return make_action(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)


def change_action(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    name = original_resource.scheduled_action_name
    return make_action(cls, new_resource_name, cloudformation_json, account_id, region_name, LogicalId=name)


def delete_action(self, account_id, region_name):
    autoscaling_backends[account_id][region_name].scheduled_actions.pop(self.scheduled_action_name, None)


FakeScheduledAction.create_from_cloudformation_json = classmethod(make_named_action)
FakeScheduledAction.update_from_cloudformation_json = classmethod(change_action)
FakeScheduledAction.delete = delete_action

parse_resource = parsing.parse_resource_and_generate_name


def parse_with_tags(logical_id, resource_json, resources_map):
    """Groups, and the machines that they launch, get the tags of their stack."""
    parsed = parse_resource(logical_id, resource_json, resources_map)
    if parsed and parsed[0] is FakeAutoScalingGroup:
        properties = parsed[1]["Properties"]
        properties["Tags"] = with_tags_of(resources_map, properties.get("Tags", []))
    return parsed


def with_tags_of(resources_map, tags):
    own = [tag["Key"] for tag in tags]
    added = [(key, value) for key, value in resources_map.tags.items() if key not in own and not key.startswith("aws:")]
    return list(tags) + [{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in added]


parsing.parse_resource_and_generate_name = parse_with_tags

update_stack = Stack.update


def update_with_tags(self, template, role_arn=None, parameters=None, tags=None):
    changed = [key for key, value in (tags or {}).items() if self.tags.get(key) != value]
    self.resource_map.tags.update(tags or {})
    update_stack(self, template, role_arn, parameters, tags)
    for resource in list(self.resource_map._parsed_resources.values()):
        if isinstance(resource, FakeAutoScalingGroup):
            resource.tags = with_tags_of(self.resource_map, [tag for tag in resource.tags if tag["Key"] not in changed])


Stack.update = update_with_tags


def check_for_changes(self, incoming_params, stack_body, old_stack):
    tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags", [])}
    if json.loads(stack_body) == json.loads(old_stack.template) and tags == old_stack.tags:
        raise ValidationError(message="No updates are to be performed.")


CloudFormationResponse._validate_different_update = check_for_changes

delete_stack = CloudFormationResponse.delete_stack


def delete_but_retained(self):
    backend, name = self.cloudformation_backend, self._get_param("StackName")
    for stack in list(backend.stacks.values()):
        if name in (stack.name, stack.stack_id):
            for resource in self._get_param("RetainResources", []):
                stack.resource_map._resource_json_map[resource]["DeletionPolicy"] = "Retain"
    return delete_stack(self)


CloudFormationResponse.delete_stack = delete_but_retained

terminate_instance = AutoScalingBackend.terminate_instance


# Machines leave a group one after the other: moto's threads would each read its size before the other has written it.
leaving = threading.Lock()


def terminate_known_instance(self, instance_id, should_decrement):
    with leaving:
        known = [state.instance.id for group in self.autoscaling_groups.values() for state in group.instance_states]
        if instance_id not in known:
            raise GroupError("Instance Id not found - No managed instance found for instance ID: %s" % instance_id)
        return terminate_instance(self, instance_id, should_decrement)


AutoScalingBackend.terminate_instance = terminate_known_instance

add_block_device = Instance.add_block_device


def add_sized_block_device(self, size, device_path, snapshot_id=None, *args, **kwargs):
    """A root device of which no size is given has that of the image."""
    return add_block_device(self, size or (None if snapshot_id else 8), device_path, snapshot_id, *args, **kwargs)


Instance.add_block_device = add_sized_block_device

# A group with this tag gets no spot capacity: only its on-demand base is launched, and its last activity says why.
NO_SPOT = "peers-no-spot"
SAID = (
    "Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration."
    " Please adjust your request and try again. Launching EC2 instance failed."
)


def lacks_spot(group):
    return any(tag["Key"] == NO_SPOT for tag in group.tags)


launch_instances = FakeAutoScalingGroup.replace_autoscaling_group_instances


def launch_what_there_is(self, count_needed, propagated_tags):
    if lacks_spot(self):
        base = int(self.mixed_instances_policy["InstancesDistribution"].get("OnDemandBaseCapacity", 0))
        count_needed = min(count_needed, base - len(self.instance_states))
    if count_needed > 0:
        launch_instances(self, count_needed, propagated_tags)


FakeAutoScalingGroup.replace_autoscaling_group_instances = launch_what_there_is


def describe_scaling_activities(self):
    name = self._get_param("AutoScalingGroupName")
    group = self.autoscaling_backend.autoscaling_groups[name]
    failed = {
        "ActivityId": "3b05dbf6-037c-b92f-133f-38275269dc0f",
        "AutoScalingGroupName": name,
        "Description": "Launching a new EC2 instance.  Status Reason: " + SAID,
        "Cause": "an instance was started in response to a difference between desired and actual capacity",
        "StartTime": "2026-11-20T12:00:00Z",
        "StatusCode": "Failed",
        "StatusMessage": SAID,
        "Progress": 100,
    }
    is_short = len(group.instance_states) < (group.desired_capacity or 0)
    return ActionResult({"Activities": [failed] if lacks_spot(group) and is_short else []})


AutoScalingResponse.describe_scaling_activities = describe_scaling_activities
