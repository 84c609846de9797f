"""What moto's CloudFormation leaves out, and CloudFormation does: properties of buckets and security groups, drift, and failing."""

import json
import sys
import types

# Only the import of it is needed: nothing here has to do with API Gateway.
for name in ["", ".validation", ".validation.exceptions"]:
    stand_in = types.ModuleType("openapi_spec_validator" + name)
    stand_in.validate, stand_in.OpenAPIValidationError = None, Exception
    sys.modules[stand_in.__name__] = stand_in

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.cloudformation import models, responses
from moto.cloudformation.exceptions import ValidationError
from moto.core.common_models import CloudFormationModel
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.security_groups import SecurityGroup
from moto.iam.models import iam_backends
from moto.s3.models import FakeBucket, PublicAccessBlock, s3_backends
from moto.utilities.utils import get_partition


# Groups: moto replaces each instance that ends, whatever the group wants.

group_replace = FakeAutoScalingGroup.replace_autoscaling_group_instances


def replace_what_is_wanted(self, count_needed, propagated_tags):
    missing = (self.desired_capacity or 0) - len(self.instance_states)
    if min(count_needed, missing) > 0:
        group_replace(self, min(count_needed, missing), propagated_tags)


FakeAutoScalingGroup.replace_autoscaling_group_instances = replace_what_is_wanted


# Buckets: moto keeps encryption and tags only.

bucket_create = FakeBucket.create_from_cloudformation_json.__func__
bucket_update = FakeBucket.update_from_cloudformation_json.__func__


def complete_bucket(bucket, properties):
    block = properties.get("PublicAccessBlockConfiguration")
    if block:
        bucket.public_access_block = PublicAccessBlock(
            block_public_acls=block.get("BlockPublicAcls"),
            ignore_public_acls=block.get("IgnorePublicAcls"),
            block_public_policy=block.get("BlockPublicPolicy"),
            restrict_public_buckets=block.get("RestrictPublicBuckets"),
        )
    rules = properties.get("LifecycleConfiguration", {}).get("Rules")
    if rules:
        bucket.set_lifecycle(
            [
                {
                    "ID": rule.get("Id"),
                    "Status": rule["Status"],
                    "Filter": {"Prefix": rule.get("Prefix", "")},
                    "Expiration": {"Days": str(rule["ExpirationInDays"])},
                }
                for rule in rules
            ]
        )
    return bucket


def create_bucket(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    bucket = bucket_create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
    return complete_bucket(bucket, cloudformation_json.get("Properties", {}))


def update_bucket(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    properties = cloudformation_json["Properties"]
    # It asks for the name of a bucket that was given none.
    properties.setdefault("BucketName", original_resource.name)
    bucket = bucket_update(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    )
    return complete_bucket(bucket, properties)


FakeBucket.create_from_cloudformation_json = classmethod(create_bucket)
FakeBucket.update_from_cloudformation_json = classmethod(update_bucket)


# Policies of buckets: moto has none.


class BucketPolicy(CloudFormationModel):
    # By this moto finds out of which service it is.
    __module__ = "moto.s3.policies"

    def __init__(self, bucket):
        self.bucket = bucket
        self.physical_resource_id = bucket

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::S3::BucketPolicy"

    @classmethod
    def has_cfn_attr(cls, attr):
        return False

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        policy = json.dumps(properties["PolicyDocument"]).encode()
        s3_backends[account_id][get_partition(region_name)].put_bucket_policy(properties["Bucket"], policy)
        return cls(properties["Bucket"])

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        backend = s3_backends[account_id][get_partition(region_name)]
        # It goes with its bucket.
        if resource_name in backend.buckets:
            backend.delete_bucket_policy(resource_name)


# Security groups: moto drops descriptions, networks of IPv6 and rules for what goes out, and makes a new group at each change.


def set_rules(backend, group, properties):
    directions = [
        ("SecurityGroupIngress", group.ingress_rules, backend.authorize_security_group_ingress),
        ("SecurityGroupEgress", group.egress_rules, backend.authorize_security_group_egress),
    ]
    for name, present, authorize in directions:
        if name == "SecurityGroupEgress" and name not in properties:
            continue
        present.clear()
        for rule in properties.get(name, []):
            key = "CidrIpv6" if "CidrIpv6" in rule else "CidrIp"
            authorize(
                group_name_or_id=group.id,
                ip_protocol=str(rule["IpProtocol"]),
                from_port=rule.get("FromPort"),
                to_port=rule.get("ToPort"),
                ip_ranges=[{key: rule[key], "Description": rule.get("Description")}],
                source_groups=[],
                vpc_id=group.vpc_id,
            )


def create_group(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    properties = cloudformation_json["Properties"]
    backend = ec2_backends[account_id][region_name]
    group = backend.create_security_group(
        name=resource_name, description=properties.get("GroupDescription"), vpc_id=properties.get("VpcId")
    )
    for tag in properties.get("Tags", []):
        group.add_tag(tag["Key"], tag["Value"])
    set_rules(backend, group, properties)
    return group


def update_group(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    properties = cloudformation_json["Properties"]
    if properties.get("VpcId") not in (None, original_resource.vpc_id):
        group = create_group(cls, new_resource_name, cloudformation_json, account_id, region_name)
        ec2_backends[account_id][region_name].delete_security_group(group_id=original_resource.id)
        return group
    set_rules(ec2_backends[account_id][region_name], original_resource, properties)
    return original_resource


SecurityGroup.create_from_cloudformation_json = classmethod(create_group)
SecurityGroup.update_from_cloudformation_json = classmethod(update_group)


# Stacks: a bucket that is not empty keeps its stack from being deleted, and each resource has a status of its own.


def resources_of(stack):
    return stack.resource_map._parsed_resources


def in_the_way(account, region, name):
    """What cannot be deleted of a stack, and why."""
    try:
        stack = models.cloudformation_backends[account][region].get_stack(name)
    except ValidationError:
        return None
    for logical, resource in resources_of(stack).items():
        if isinstance(resource, FakeBucket) and len(resource.keys) > 0:
            reason = "The bucket you tried to delete is not empty (Service: S3, Status Code: 409, Error Code: BucketNotEmpty)"
            return [stack.name, "delete", logical, reason]
    return None


class ResourceShown(responses.StackResourceDTO):
    def __init__(self, stack, resource):
        super().__init__(stack, resource)
        self.resource_status = "CREATE_COMPLETE"


responses.StackResourceDTO = ResourceShown


# Lists of stacks come in pages.

PAGE = 100


def list_stacks(self):
    stacks = self.cloudformation_backend.list_stacks(self._get_param("StackStatusFilter", []))
    first = int(self._get_param("NextToken") or 0)
    result = {"StackSummaries": stacks[first:first + PAGE]}
    if first + PAGE < len(stacks):
        result["NextToken"] = str(first + PAGE)
    return ActionResult(result)


responses.CloudFormationResponse.list_stacks = list_stacks


# Drift of roles and policies; of other resources it says that they are as they were made.


def drift_of(resource, kind, definition, iam):
    properties = definition.get("Properties", {})
    differences = []

    def compare(path, expected, actual):
        if expected != actual:
            differences.append(
                {
                    "PropertyPath": path,
                    "ExpectedValue": json.dumps(expected),
                    "ActualValue": json.dumps(actual),
                    "DifferenceType": "NOT_EQUAL",
                }
            )

    if kind == "AWS::IAM::Role":
        role = next((role for role in iam.roles.values() if role.name == resource.name), None)
        if role is None:
            return "DELETED", []
        compare("/Policies", [policy["PolicyName"] for policy in properties.get("Policies", [])], list(role.policies))
        compare("/ManagedPolicyArns", properties.get("ManagedPolicyArns", []), list(role.managed_policies))
    if kind == "AWS::IAM::ManagedPolicy":
        if resource.arn not in iam.managed_policies:
            return "DELETED", []
        compare("/PolicyVersions", 1, len(iam.managed_policies[resource.arn].versions))
    return ("MODIFIED" if differences else "IN_SYNC"), differences


def detect_stack_resource_drift(self):
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    logical = self._get_param("LogicalResourceId")
    definition = stack.template_dict["Resources"].get(logical)
    if definition is None:
        raise ValidationError(message=f"Resource {logical} does not exist for stack {stack.name}")
    resource = resources_of(stack)[logical]
    iam = iam_backends[self.current_account][get_partition(self.region)]
    status, differences = drift_of(resource, definition["Type"], definition, iam)
    drift = {
        "StackId": stack.stack_id,
        "LogicalResourceId": logical,
        "PhysicalResourceId": resource.physical_resource_id,
        "ResourceType": definition["Type"],
        "StackResourceDriftStatus": status,
        "PropertyDifferences": differences,
        "Timestamp": stack.creation_time,
    }
    return ActionResult({"StackResourceDrift": drift})


responses.CloudFormationResponse.detect_stack_resource_drift = detect_stack_resource_drift
