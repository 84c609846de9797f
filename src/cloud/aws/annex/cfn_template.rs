//! The CloudFormation template of an annex's stack.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::annex::{AnnexId, AnnexName, AnnexSpec, InstanceGroup, TAG_ANNEX};
use crate::provider::TAG_EXPIRES;

/// Size in bytes of the largest template in a call; a larger one goes through the bucket (CloudFormation quotas,
/// "Template body size in a request").
pub const LARGEST_BODY: usize = 51_200;

/// The set-up's resources, from the outputs of its stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The bucket's name.
    pub bucket: String,
    /// The security group's id.
    pub security_group: String,
    /// VPC of the security group.
    pub vpc: String,
    /// ARN of the policy that is the permissions boundary of instances.
    pub boundary: String,
    /// ARN of the role that CloudFormation uses to create annexes.
    pub service_role: String,
    /// ARN of the role that ends leases.
    pub scheduler_role: String,
    /// Whether that role may delete groups with all their instances; that of an earlier version may not.
    pub ends_groups: bool,
    /// Whether instances may be allowed to store their logs; by the boundary of an earlier version they may not.
    pub takes_logs: bool,
}

/// Where the instances of an annex store their logs, below the prefix of its files: a directory for each, which is
/// named for it.
pub(super) const LOGS: &str = "logs/";

/// Launch data of a pool's instances in addition to the user's specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupLaunchData {
    /// The name of the image's root device, such as `/dev/xvda`.
    pub root_device: String,
    /// User data in base64; empty if there is none.
    pub user_data: String,
}

/// Returns the template of the stack: a role that reads only its annex's files and stores only its logs, a launch
/// template and a group for each pool, and ends of the lease that need no client: when it is over, every group is
/// deleted with its instances, and then the stack. No group ends an instance by itself: they are protected from
/// scale-in, and so CloudFormation could not end them either.
///
/// `details` and `counts` (instances of each pool) have one entry for each of `spec.pools`. The lease can be changed in
/// place, without replacing any resource.
pub fn stack(id: &AnnexId, spec: &AnnexSpec, setup: &Setup, details: &[GroupLaunchData], counts: &[u32]) -> Value {
    let mut resources = Map::new();
    resources.insert("Role".to_owned(), role(id, setup));
    let profile = json!({
        "Type": "AWS::IAM::InstanceProfile",
        "Properties": {"Path": ROLE_PATH, "Roles": [{"Ref": "Role"}]}
    });
    resources.insert("Profile".to_owned(), profile);
    for (index, (details, count)) in details.iter().zip(counts).enumerate().take(spec.pools.len()) {
        resources.insert(template_name(index), launch_template(id, spec, setup, index, details));
        resources.insert(group_name(index), group(id, spec, setup, index, *count));
        resources.insert(end_name(index), group_end(index, spec.expires_at));
        if setup.ends_groups {
            resources.insert(close_name(index), group_close(id, index, spec.expires_at, setup));
        }
    }
    let end = stack_end_at(spec.expires_at, setup.ends_groups);
    resources.insert(STACK_END.to_owned(), stack_end(id, end, setup));
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("{DESCRIPTION}{}", id.tag()),
        "Resources": resources,
        "Outputs": {
            OUTPUT_END: {"Description": "When the lease is over", "Value": end_of(spec)},
            OUTPUT_FINGERPRINT: {
                "Description": "What the annex is, but for its lease and its size",
                "Value": fingerprint(spec)
            },
        },
    })
}

/// Stack output with the end of the lease.
pub const OUTPUT_END: &str = "LeaseEnd";

/// Stack output with the [`fingerprint`] of the annex's specification.
pub const OUTPUT_FINGERPRINT: &str = "Fingerprint";

/// Returns a digest of an annex's specification except the end of its lease, its number of instances, and how many of
/// them are on demand since spot lacks them. While the digest stays the same, the template can be [`renewed`] without
/// the files that it was made from.
pub fn fingerprint(spec: &AnnexSpec) -> String {
    // Subnets cannot be changed; here they may be the named ones, or those found instead.
    let pools = spec.pools.iter().map(|pool| InstanceGroup { fallen_back: 0, ..pool.clone() }).collect();
    let end = Timestamp::UNIX_EPOCH;
    let lasting = AnnexSpec { pools, expires_at: end, count: 0, subnets: Vec::new(), ..spec.clone() };
    // A specification always serializes to JSON: its maps have string keys.
    hex::encode(Sha256::digest(serde_json::to_vec(&lasting).unwrap_or_default()))
}

/// Returns the template with another end of the lease and other group sizes; `None` if `template` is not one of such an
/// annex.
pub fn renewed(mut template: Value, spec: &AnnexSpec, counts: &[u32]) -> Option<Value> {
    let tag = described(template["Description"].as_str()?)?.tag();
    let mut ends_groups = true;
    let mut set = |path: &str, value: Value| template.pointer_mut(path).map(|place| *place = value);
    for (index, count) in counts.iter().enumerate() {
        let (group, end) = (group_name(index), group_end(index, spec.expires_at));
        set(&format!("/Resources/{group}/Properties/MaxSize"), json!(count.to_string()))?;
        set(&format!("/Resources/{group}/Properties/DesiredCapacity"), json!(count.to_string()))?;
        set(&format!("/Resources/{}", end_name(index)), end)?;
        set(&format!("/Resources/{group}/Properties/Tags"), group_tags(spec, &tag))?;
        let base = "Properties/MixedInstancesPolicy/InstancesDistribution/OnDemandBaseCapacity";
        set(&format!("/Resources/{group}/{base}"), json!(spec.on_demand_base(index)))?;
        // Templates of earlier versions have none.
        let closes =
            set(&format!("/Resources/{}/Properties/ScheduleExpression", close_name(index)), json!(at(spec.expires_at)));
        ends_groups &= closes.is_some();
    }
    let end = stack_end_at(spec.expires_at, ends_groups);
    set(&format!("/Resources/{STACK_END}/Properties/ScheduleExpression"), json!(at(end)))?;
    set(&format!("/Outputs/{OUTPUT_END}/Value"), json!(end_of(spec)))?;
    Some(template)
}

/// How long after the end of the lease the stack is deleted, in minutes: first its groups are, by schedules of the
/// stack itself, which take up to a minute.
const STACK_END_LATER: i64 = 5;

/// Returns when the stack is deleted: after its groups, where those are deleted before.
fn stack_end_at(expires_at: Timestamp, ends_groups: bool) -> Timestamp {
    let later = SignedDuration::from_mins(if ends_groups { STACK_END_LATER } else { 0 });
    expires_at.checked_add(later).unwrap_or(expires_at)
}

/// Name of the resource that deletes the stack.
const STACK_END: &str = "End";

fn end_of(spec: &AnnexSpec) -> String {
    spec.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Formats a time for EventBridge Scheduler.
fn at(time: Timestamp) -> String {
    format!("at({})", time.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// Prefix of the descriptions of annexes' stacks: listings of all stacks show descriptions, but no tags.
const DESCRIPTION: &str = "hoist annex ";

/// Returns the annex whose stack has this description.
pub fn described(description: &str) -> Option<AnnexId> {
    AnnexId::of_tag(description.strip_prefix(DESCRIPTION)?)
}

/// IAM path of the roles of annexes: the set-up's service role may create roles only there.
const ROLE_PATH: &str = "/hoist/annex/";

fn template_name(index: usize) -> String {
    format!("Template{index}")
}

fn group_name(index: usize) -> String {
    format!("Group{index}")
}

fn end_name(index: usize) -> String {
    format!("End{index}")
}

fn close_name(index: usize) -> String {
    format!("Close{index}")
}

/// Whether this resource of a stack is an Auto Scaling group, goes with one, or is a launch template: all of them are
/// found by the annex's tag.
pub(super) fn goes_with_groups(resource: &str) -> bool {
    let kind = resource.trim_end_matches(|c: char| c.is_ascii_digit());
    kind != resource && [template_name, group_name, end_name].iter().any(|name| name(0).trim_end_matches('0') == kind)
}

/// Returns the name of the Auto Scaling group of pool `index`.
pub fn group_of(id: &AnnexId, index: usize) -> String {
    format!("{}-{index}", id.name.stack())
}

fn role(id: &AnnexId, setup: &Setup) -> Value {
    let files = format!("arn:${{AWS::Partition}}:s3:::{}/{}*", setup.bucket, id.prefix());
    let logs = format!("arn:${{AWS::Partition}}:s3:::{}/{}{LOGS}*", setup.bucket, id.prefix());
    let mut statements = vec![
        json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"Fn::Sub": files}}),
        json!({
            "Effect": "Allow",
            "Action": "autoscaling:TerminateInstanceInAutoScalingGroup",
            "Resource": "*",
            "Condition": {"StringEquals": {format!("autoscaling:ResourceTag/{TAG_ANNEX}"): id.tag()}}
        }),
    ];
    if setup.takes_logs {
        statements.push(json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": {"Fn::Sub": logs}}));
    }
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "Path": ROLE_PATH,
            "Description": "The machines of an annex read its files, store their logs, and leave it",
            "PermissionsBoundary": setup.boundary,
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ]
            },
            "Policies": [{
                "PolicyName": "annex",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": statements
                }
            }],
            "Tags": [{"Key": TAG_ANNEX, "Value": id.tag()}]
        }
    })
}

fn launch_template(id: &AnnexId, spec: &AnnexSpec, setup: &Setup, index: usize, details: &GroupLaunchData) -> Value {
    let pool = &spec.pools[index];
    // The end of the lease is a tag of the group, which gives it to what it launches: here, each change would be a new
    // version of the launch template.
    let mut tags = BTreeMap::from([("Name".to_owned(), id.name.stack())]);
    tags.extend(spec.tags.clone());
    tags.insert(TAG_ANNEX.to_owned(), id.tag());
    tags.extend(spec.ownership());
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let tagged = ["instance", "volume", "network-interface"];
    let groups = match spec.security_groups.as_slice() {
        [] => std::slice::from_ref(&setup.security_group),
        own => own,
    };
    let mut data = json!({
        "ImageId": pool.image,
        "InstanceType": pool.instance_types[0],
        "IamInstanceProfile": {"Arn": {"Fn::GetAtt": ["Profile", "Arn"]}},
        "SecurityGroupIds": groups,
        // An instance that shuts itself down has already left its group, and must not stay stopped.
        "InstanceInitiatedShutdownBehavior": "terminate",
        "MetadataOptions": {
            "HttpEndpoint": "enabled",
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": spec.metadata_hops.unwrap_or(1),
            "InstanceMetadataTags": "enabled"
        },
        "BlockDeviceMappings": [{
            "DeviceName": details.root_device,
            "Ebs": {"Encrypted": true, "DeleteOnTermination": true, "VolumeType": "gp3"}
        }],
        "TagSpecifications": tagged.map(|kind| json!({"ResourceType": kind, "Tags": tags})),
    });
    if let Some(size) = pool.disk {
        data["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] = json!(size);
    }
    if let Some(key_name) = &spec.key_name {
        data["KeyName"] = json!(key_name);
    }
    if !details.user_data.is_empty() {
        data["UserData"] = json!(details.user_data);
    }
    json!({"Type": "AWS::EC2::LaunchTemplate", "Properties": {
        "LaunchTemplateData": data,
        "TagSpecifications": [{"ResourceType": "launch-template", "Tags": [{"Key": TAG_ANNEX, "Value": id.tag()}]}]
    }})
}

fn group(id: &AnnexId, spec: &AnnexSpec, setup: &Setup, index: usize, count: u32) -> Value {
    let pool = &spec.pools[index];
    let template = template_name(index);
    let market = spec.market_of(index);
    let mut distribution = json!({
        "OnDemandBaseCapacity": spec.on_demand_base(index),
        "OnDemandPercentageAboveBaseCapacity": market.percent_on_demand(),
        "SpotAllocationStrategy": "price-capacity-optimized",
    });
    if let Some(price) = pool.max_price.filter(|_| market.buys_spot()) {
        distribution["SpotMaxPrice"] = json!(price.to_string());
    }
    let overrides: Vec<Value> = pool.instance_types.iter().map(|name| json!({"InstanceType": name})).collect();
    let mut properties = json!({
        "AutoScalingGroupName": group_of(id, index),
        "MinSize": "0",
        "MaxSize": count.to_string(),
        "DesiredCapacity": count.to_string(),
        // Releases name their instances; when a group shrinks, the youngest instances have done the least.
        "TerminationPolicies": ["NewestInstance"],
        "MixedInstancesPolicy": {
            "LaunchTemplate": {
                "LaunchTemplateSpecification": {
                    "LaunchTemplateId": {"Ref": template},
                    "Version": {"Fn::GetAtt": [template, "LatestVersionNumber"]}
                },
                "Overrides": overrides
            },
            "InstancesDistribution": distribution
        },
        // Only who names an instance ends it. Its replacement when it is unhealthy is no scale-in.
        "NewInstancesProtectedFromScaleIn": setup.ends_groups,
        "Tags": group_tags(spec, &id.tag())
    });
    if spec.subnets.is_empty() {
        properties["AvailabilityZones"] = json!({"Fn::GetAZs": ""});
    } else {
        properties["VPCZoneIdentifier"] = json!(spec.subnets);
    }
    json!({"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": properties})
}

/// Returns the tags of a group, which each instance gets at its launch; `tag` is the annex's.
fn group_tags(spec: &AnnexSpec, tag: &str) -> Value {
    json!([
        {"Key": TAG_ANNEX, "Value": tag, "PropagateAtLaunch": true},
        {"Key": TAG_EXPIRES, "Value": end_of(spec), "PropagateAtLaunch": true}
    ])
}

/// Returns the action that lets a group need no instances when the lease is over.
fn group_end(index: usize, expires_at: Timestamp) -> Value {
    json!({
        "Type": "AWS::AutoScaling::ScheduledAction",
        "Properties": {
            "AutoScalingGroupName": {"Ref": group_name(index)},
            "StartTime": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "MinSize": 0,
            "MaxSize": 0,
            "DesiredCapacity": 0
        }
    })
}

/// Returns the schedule that deletes a group with all its instances, protected or not, when the lease is over.
fn group_close(id: &AnnexId, index: usize, expires_at: Timestamp, setup: &Setup) -> Value {
    let input = json!({"AutoScalingGroupName": group_of(id, index), "ForceDelete": true}).to_string();
    let call = "autoscaling:deleteAutoScalingGroup";
    schedule(id, &format!("-{index}"), expires_at, setup, call, json!(input))
}

/// Returns the schedule that deletes the stack at `end`, also if the client is gone for good.
fn stack_end(id: &AnnexId, end: Timestamp, setup: &Setup) -> Value {
    let input = json!({"Fn::Sub": "{\"StackName\": \"${AWS::StackId}\"}"});
    schedule(id, "", end, setup, "cloudformation:deleteStack", input)
}

/// Returns a schedule that makes this call of the AWS SDK once.
fn schedule(id: &AnnexId, suffix: &str, end: Timestamp, setup: &Setup, call: &str, input: Value) -> Value {
    json!({
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "Name": format!("{}{}{suffix}", AnnexName::STACK_PREFIX, id.name.digest()),
            "Description": format!("The end of the annex {}", id.tag()),
            "ScheduleExpression": at(end),
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": {"Fn::Sub": format!("arn:${{AWS::Partition}}:scheduler:::aws-sdk:{call}")},
                "RoleArn": setup.scheduler_role,
                // Without a policy of its own it is tried again for a day, should the service refuse at that moment.
                "Input": input
            }
        }
    })
}
