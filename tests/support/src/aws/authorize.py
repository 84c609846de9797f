"""What a call needs to be allowed, and whether a user's policy allows it.

moto's own enforcement asks whether a policy allows the operation's name for every resource. Here moto's users, roles and policies are
asked for what AWS asks (Service Authorization Reference): the action that permits the operation, the resource, the keys of
conditions, and whatever a call does besides: hand on a role, read a template, and, in stacks, make and remove resources."""

import json
import re
from urllib.parse import parse_qs, unquote, urlsplit

from moto.autoscaling.models import autoscaling_backends
from moto.cloudformation.models import cloudformation_backends
from moto.ec2.models import ec2_backends
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

# Where AWS authorises another action than the operation's name, which is the one that moto would ask for.
OTHER_ACTIONS = {
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "DeleteObjects"): "s3:DeleteObject",
}

# What CloudFormation calls for a resource (the `handlers` of the resource's schema in the CloudFormation registry), as far as our
# templates use the properties that the calls are for.
HANDLERS = {
    "AWS::S3::Bucket": {
        "create": "s3:CreateBucket s3:PutBucketTagging s3:PutEncryptionConfiguration s3:PutLifecycleConfiguration"
        " s3:PutBucketPublicAccessBlock s3:PutBucketOwnershipControls s3:ListBucket",
        "read": "s3:GetLifecycleConfiguration s3:GetBucketPublicAccessBlock s3:GetEncryptionConfiguration s3:ListBucket",
        "update": "s3:PutBucketTagging s3:PutEncryptionConfiguration s3:PutLifecycleConfiguration s3:PutBucketPublicAccessBlock"
        " s3:PutBucketOwnershipControls",
        "delete": "s3:DeleteBucket s3:ListBucket",
    },
    "AWS::S3::BucketPolicy": {
        "create": "s3:GetBucketPolicy s3:PutBucketPolicy",
        "read": "s3:GetBucketPolicy",
        "update": "s3:GetBucketPolicy s3:PutBucketPolicy",
        "delete": "s3:GetBucketPolicy s3:DeleteBucketPolicy",
    },
    "AWS::EC2::SecurityGroup": {
        "create": "ec2:CreateSecurityGroup ec2:DescribeSecurityGroups ec2:RevokeSecurityGroupEgress"
        " ec2:AuthorizeSecurityGroupEgress ec2:AuthorizeSecurityGroupIngress ec2:CreateTags",
        "read": "ec2:DescribeSecurityGroups",
        "update": "ec2:RevokeSecurityGroupEgress ec2:RevokeSecurityGroupIngress ec2:DescribeSecurityGroups"
        " ec2:AuthorizeSecurityGroupEgress ec2:AuthorizeSecurityGroupIngress ec2:UpdateSecurityGroupRuleDescriptionsIngress"
        " ec2:UpdateSecurityGroupRuleDescriptionsEgress ec2:CreateTags ec2:DeleteTags",
        "delete": "ec2:DescribeSecurityGroups ec2:DeleteSecurityGroup ec2:DescribeInstances",
    },
    "AWS::IAM::ManagedPolicy": {
        "create": "iam:CreatePolicy",
        "read": "iam:GetPolicy iam:ListEntitiesForPolicy iam:GetPolicyVersion",
        "update": "iam:GetPolicy iam:ListPolicyVersions iam:CreatePolicyVersion iam:DeletePolicyVersion",
        "delete": "iam:GetPolicy iam:ListPolicyVersions iam:DeletePolicyVersion iam:DeletePolicy iam:ListEntitiesForPolicy",
    },
    "AWS::IAM::Role": {
        "create": "iam:CreateRole iam:PutRolePolicy iam:GetRolePolicy iam:TagRole iam:UntagRole iam:GetRole",
        "read": "iam:GetRole iam:ListAttachedRolePolicies iam:ListRolePolicies iam:GetRolePolicy",
        "update": "iam:UpdateRole iam:UpdateRoleDescription iam:UpdateAssumeRolePolicy iam:DeleteRolePolicy iam:PutRolePolicy"
        " iam:TagRole iam:UntagRole",
        "delete": "iam:DeleteRole iam:DeleteRolePolicy iam:GetRole iam:ListAttachedRolePolicies iam:ListRolePolicies"
        " iam:TagRole iam:UntagRole",
    },
    "AWS::IAM::InstanceProfile": {
        "create": "iam:CreateInstanceProfile iam:AddRoleToInstanceProfile iam:GetInstanceProfile",
        "delete": "iam:GetInstanceProfile iam:RemoveRoleFromInstanceProfile iam:DeleteInstanceProfile",
    },
    "AWS::EC2::LaunchTemplate": {
        "create": "ec2:CreateLaunchTemplate ec2:CreateTags",
        "update": "ec2:CreateLaunchTemplateVersion ec2:CreateTags ec2:DeleteTags",
        "delete": "ec2:DeleteLaunchTemplate ec2:DeleteTags ec2:DescribeLaunchTemplates",
    },
    "AWS::AutoScaling::AutoScalingGroup": {
        "create": "autoscaling:CreateAutoScalingGroup autoscaling:UpdateAutoScalingGroup autoscaling:CreateOrUpdateTags"
        " autoscaling:DescribeAutoScalingGroups autoscaling:DescribeScalingActivities ec2:DescribeLaunchTemplateVersions"
        " ec2:DescribeSubnets ec2:RunInstances ec2:CreateTags",
        "update": "autoscaling:UpdateAutoScalingGroup autoscaling:CreateOrUpdateTags autoscaling:DeleteTags"
        " autoscaling:DescribeAutoScalingGroups autoscaling:DescribeScalingActivities ec2:RunInstances ec2:CreateTags",
        "delete": "autoscaling:DeleteAutoScalingGroup autoscaling:UpdateAutoScalingGroup autoscaling:DescribeAutoScalingGroups",
    },
    "AWS::AutoScaling::ScheduledAction": {
        "create": "autoscaling:PutScheduledUpdateGroupAction autoscaling:DescribeScheduledActions",
        "update": "autoscaling:PutScheduledUpdateGroupAction",
        "delete": "autoscaling:DeleteScheduledAction autoscaling:DescribeScheduledActions",
    },
    "AWS::Scheduler::Schedule": {
        "create": "scheduler:CreateSchedule scheduler:GetSchedule",
        "update": "scheduler:UpdateSchedule scheduler:GetSchedule",
        "delete": "scheduler:DeleteSchedule scheduler:GetSchedule",
    },
}

# Actions that AWS cannot restrict to resources, as far as they are used here.
UNRESTRICTED = re.compile(r"(autoscaling|ec2):Describe\w*|cloudformation:ListStacks")

OPERATION_OF = {"CreateStack": "create", "UpdateStack": "update", "DeleteStack": "delete"}


class Place:
    """An account and a region, and what things are called there."""

    def __init__(self, account, region):
        self.account, self.region = account, region
        self.iam = iam_backends[account]["aws"]

    def arn(self, service, resource):
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def iam_arn(self, resource):
        return f"arn:aws:iam::{self.account}:{resource}"

    def stack(self, name):
        return name if name.startswith("arn:") else self.arn("cloudformation", f"stack/{name}/*")

    def resource(self, stack, logical, definition, action):
        """The resource of an action for a resource of a stack, and the keys of conditions."""
        kind, properties = definition["Type"], definition.get("Properties", {})
        named = f"{stack}-{logical}-ABCDEFGHIJKL"
        if UNRESTRICTED.fullmatch(action):
            return "*", {}
        if kind == "AWS::IAM::Role":
            context = {}
            boundary = properties.get("PermissionsBoundary")
            if action == "iam:CreateRole" and isinstance(boundary, str):
                context["iam:PermissionsBoundary"] = boundary
            return self.iam_arn(f"role{properties.get('Path', '/')}{named}"), context
        if kind == "AWS::IAM::ManagedPolicy":
            return self.iam_arn(f"policy{properties.get('Path', '/')}{named}"), {}
        if kind == "AWS::IAM::InstanceProfile":
            return self.iam_arn(f"instance-profile{properties.get('Path', '/')}{named}"), {}
        if kind.startswith("AWS::S3::"):
            return f"arn:aws:s3:::{named.lower()}", {}
        region = {"aws:RequestedRegion": self.region}
        if kind == "AWS::EC2::SecurityGroup":
            tags = {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in properties.get("Tags", [])}
            return self.arn("ec2", "security-group/sg-0123456789abcdef0"), region | tags
        if kind.startswith("AWS::AutoScaling::"):
            group = properties.get("AutoScalingGroupName")
            name = group if isinstance(group, str) else f"{stack}-0"
            return self.arn("autoscaling", f"autoScalingGroup:1:autoScalingGroupName/{name}"), region
        if kind == "AWS::Scheduler::Schedule":
            return self.arn("scheduler", f"schedule/default/{properties['Name']}"), region
        tags = tags_of(properties.get("TagSpecifications", []), "aws:ResourceTag")
        return self.arn("ec2", "launch-template/lt-0123456789abcdef0"), region | tags

    def launches(self, definition, definitions):
        """What a group's launch template lets a launch make and use, which is asked for when the group is made or changed."""
        launch = definition["Properties"]["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
        data = definitions[launch["LaunchTemplateId"]["Ref"]]["Properties"]["LaunchTemplateData"]
        for kind in ("instance", "volume", "network-interface"):
            tags = [some for some in data.get("TagSpecifications", []) if some["ResourceType"] == kind]
            yield "ec2:RunInstances", self.arn("ec2", f"{kind}/*"), tags_of(tags, "aws:RequestTag")
            if tags:
                yield "ec2:CreateTags", self.arn("ec2", f"{kind}/*"), {"ec2:CreateAction": "RunInstances"}
        yield "ec2:RunInstances", f"arn:aws:ec2:{self.region}::image/ami-0123456789abcdef0", {}
        used = ["launch-template/lt-0123456789abcdef0", "security-group/sg-0123456789abcdef0", "subnet/subnet-0123456789abcdef0"]
        for resource in used + (["key-pair/hoist"] if "KeyName" in data else []):
            yield "ec2:RunInstances", self.arn("ec2", resource), {}


def tags_of(specifications, prefix):
    return {f"{prefix}/{tag['Key']}": tag["Value"] for some in specifications for tag in some["Tags"]}


def permits(policies, action, resource, context):
    results = [IAMPolicy(policy).is_action_permitted(action, resource, None, context) for policy in policies]
    return PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results


def user_of(place, key):
    for user in place.iam.users.values():
        if any(known.access_key_id == key for known in user.access_keys):
            return user
    raise KeyError(f"nobody has the access key {key}")


def policies_of_user(user):
    return list(user.policies.values()) + [policy.document for policy in user.managed_policies.values()]


def policies_of_role(place, arn):
    role = next(role for role in place.iam.roles.values() if role.arn == arn)
    return [policy if isinstance(policy, str) else json.dumps(policy) for policy in role.policies.values()]


def needs(place, call):
    """Each action that the call needs, with its resource and the keys of conditions."""
    service, parameters = call["service"], call["parameters"]
    if service == "s3":
        yield from needs_of_store(call)
        return
    action = f"{service}:{call['action']}"
    if action == "sts:GetCallerIdentity":
        return
    if service == "cloudformation" and "StackName" in parameters:
        stack = place.stack(parameters["StackName"])
        yield action, stack, {}
        if "Tags.member.1.Key" in parameters:
            yield "cloudformation:TagResource", stack, {}
        if "RoleARN" in parameters:
            yield "iam:PassRole", parameters["RoleARN"], {"iam:PassedToService": "cloudformation.amazonaws.com"}
        if "TemplateURL" in parameters:
            url = urlsplit(parameters["TemplateURL"])
            yield "s3:GetObject", f"arn:aws:s3:::{url.hostname.split('.')[0]}{unquote(url.path)}", {}
        if call["action"] == "DetectStackResourceDrift":
            yield from needs_of_drift(place, parameters)
    elif action == "autoscaling:TerminateInstanceInAutoScalingGroup":
        yield from at_group(place, action, lambda group: parameters["InstanceId"] in ids_of(group))
    elif action in ("autoscaling:DeleteAutoScalingGroup", "autoscaling:SetDesiredCapacity", "autoscaling:SuspendProcesses"):
        yield from at_group(place, action, lambda group: group.name == parameters["AutoScalingGroupName"])
    elif action == "ec2:TerminateInstances":
        yield from at_instances(place, action, [value for name, value in parameters.items() if name.startswith("InstanceId.")])
    elif action == "ec2:CreateTags":
        of = {kind: [value for name, value in sorted(parameters.items()) if re.fullmatch(kind, name)] for kind in TAGGING}
        keys = {"aws:TagKeys": " ".join(of[TAGGING[1]])}
        for instance, resource, tags in at_instances(place, action, of[TAGGING[0]]):
            yield instance, resource, tags | keys
    elif action == "ec2:DeleteVolume":
        volume = ec2_backends[place.account][place.region].volumes[parameters["VolumeId"]]
        yield action, place.arn("ec2", f"volume/{volume.id}"), resource_tags(volume)
    elif action == "ec2:DeleteLaunchTemplate":
        template = ec2_backends[place.account][place.region].launch_templates[parameters["LaunchTemplateId"]]
        yield action, place.arn("ec2", f"launch-template/{template.id}"), resource_tags(template)
    else:
        yield action, "*", {}


# The parameters of CreateTags: what is tagged, and with which keys.
TAGGING = (r"ResourceId\.\d+", r"Tag\.\d+\.Key")


def resource_tags(resource):
    return {f"aws:ResourceTag/{tag['key']}": tag["value"] for tag in resource.get_tags()}


def ids_of(group):
    return [state.instance.id for state in group.instance_states]


def at_group(place, action, wanted):
    """The resource is the group that an instance is in. Where there is none, there is none to ask for, only an error to tell."""
    for group in autoscaling_backends[place.account][place.region].autoscaling_groups.values():
        if wanted(group):
            yield action, place.arn("autoscaling", f"autoScalingGroup:1:autoScalingGroupName/{group.name}"), {}


def at_instances(place, action, ids):
    for instance in ec2_backends[place.account][place.region].all_instances():
        if instance.id in ids:
            yield action, place.arn("ec2", f"instance/{instance.id}"), resource_tags(instance)


def needs_of_drift(place, parameters):
    stack = cloudformation_backends[place.account][place.region].get_stack(parameters["StackName"])
    logical = parameters["LogicalResourceId"]
    definition = stack.template_dict["Resources"][logical]
    for action in HANDLERS[definition["Type"]]["read"].split():
        yield action, *place.resource(stack.name, logical, definition, action)


def needs_of_store(call):
    url = urlsplit(call["target"])
    query = parse_qs(url.query, keep_blank_values=True)
    _, bucket, *key = unquote(url.path).split("/", 2)
    key = "".join(key)
    method = call["method"]
    if key:
        action = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}[method]
    elif method == "POST" and "delete" in query:
        action, key = "DeleteObjects", "annexes/any"
    elif method == "HEAD":
        action = "HeadBucket"
    else:
        settings = {
            "publicAccessBlock": "GetPublicAccessBlock",
            "encryption": "GetBucketEncryption",
            "lifecycle": "GetBucketLifecycleConfiguration",
            "policy": "GetBucketPolicy",
            "list-type": "ListObjectsV2",
        }
        action = next(operation for setting, operation in settings.items() if setting in query)
    context = {"s3:prefix": query["prefix"][0]} if "prefix" in query else {}
    resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    yield OTHER_ACTIONS.get(("s3", action), f"s3:{action}"), resource, context


def changes(place, call):
    """What a change of a stack does to its resources: what, how, and by what definition."""
    operation = OPERATION_OF.get(call["action"])
    backend = cloudformation_backends[place.account][place.region]
    name = call["parameters"].get("StackName", "")
    present = next((stack for stack in backend.stacks.values() if name in (stack.name, stack.stack_id)), None)
    old = present.template_dict["Resources"] if present else {}
    if operation == "delete":
        return present, [(logical, "delete", definition) for logical, definition in old.items()], {}
    body = call["parameters"].get("TemplateBody")
    if body is None:
        url = urlsplit(call["parameters"]["TemplateURL"])
        bucket, key = url.hostname.split(".")[0], unquote(url.path)[1:]
        body = s3_backends[place.account]["aws"].get_object(bucket, key).value.decode()
    new = json.loads(body)["Resources"]
    made = [(logical, "create", definition) for logical, definition in new.items() if logical not in old]
    changed = [(logical, "update", new[logical]) for logical in new if logical in old and new[logical] != old[logical]]
    gone = [(logical, "delete", old[logical]) for logical in old if logical not in new]
    return present, made + changed + gone, new


def handed_on(place, definition, logical):
    """Roles that a resource is given to use."""
    properties = definition.get("Properties", {})
    if definition["Type"] == "AWS::IAM::InstanceProfile":
        yield place.iam_arn("role/hoist/annex/hoist-annex-x-Role-ABCDEFGHIJKL"), "ec2.amazonaws.com"
    if definition["Type"] == "AWS::Scheduler::Schedule":
        yield properties["Target"]["RoleArn"], "scheduler.amazonaws.com"


def missing_in_stack(place, call, policies, who):
    """Why each resource of a change fails, for want of a permission of whoever CloudFormation works for."""
    present, changed, definitions = changes(place, call)
    name = present.name if present else call["parameters"]["StackName"]
    for logical, operation, definition in changed:
        handlers = HANDLERS.get(definition["Type"])
        if handlers is None:
            continue
        actions = handlers[operation].split()
        launches = []
        if "ec2:RunInstances" in actions:
            launches = list(place.launches(definition, definitions))
            actions = [action for action in actions if action not in ("ec2:RunInstances", "ec2:CreateTags")]
        wanted = [(action, *place.resource(name, logical, definition, action)) for action in actions] + launches
        if definition["Type"] == "AWS::EC2::LaunchTemplate" and operation == "create":
            # It has no tags yet: they come with the request.
            tags = tags_of(definition["Properties"].get("TagSpecifications", []), "aws:RequestTag")
            context = tags | {"ec2:CreateAction": "CreateLaunchTemplate"}
            wanted = [(action, resource, context) for action, resource, _ in wanted]
        if operation != "delete":
            wanted += [
                ("iam:PassRole", role, {"iam:PassedToService": service})
                for role, service in handed_on(place, definition, logical)
            ]
        for action, resource, context in wanted:
            if not permits(policies, action, resource, context):
                yield name, OPERATION_OF[call["action"]], logical, denial(who, action, resource)
                break


def denial(who, action, resource):
    on = "" if resource == "*" else f" on resource: {resource}"
    return f"User: {who} is not authorized to perform: {action}{on} because no identity-based policy allows the {action} action"


def authorize(account, call):
    """Why the call is refused, or what fails later in a stack: its name, the operation, the resource and the reason."""
    place = Place(account, call["region"])
    user = user_of(place, call["key"])
    own = policies_of_user(user)
    for action, resource, context in needs(place, call):
        if not permits(own, action, resource, context):
            return {"refusal": denial(user.arn, action, resource)}
    if call["action"] in OPERATION_OF and call["service"] == "cloudformation":
        present, _, _ = changes(place, call)
        role = call["parameters"].get("RoleARN") or (present.role_arn if present else None)
        policies, who = (policies_of_role(place, role), role) if role else (own, user.arn)
        return {"fails": next(missing_in_stack(place, call, policies, who), None)}
    return {}
