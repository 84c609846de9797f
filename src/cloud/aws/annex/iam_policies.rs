//! Minimal IAM policies for people who use annexes.

use serde_json::{Value, json};

use crate::annex::{AnnexName, TAG_ANNEX};
use crate::provider::TAG_EXPIRES;

/// Recipient of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// An administrator, who sets annexes up, once in a region.
    Admin,
    /// A user, who creates, watches and deletes annexes.
    User,
}

/// Returns the policy for `audience` in an account (its twelve digits) and a region; `partition` is `aws` except in
/// China and for the US government. Users may have annexes, and touch what is of annexes and their files, whose names
/// begin with `names`; all where it is empty.
///
/// Users need no permission to create roles, groups or instances: CloudFormation creates them with the role of the
/// set-up, which may be passed to CloudFormation only. Administrators have CloudFormation act in their own name; the
/// permissions for each resource are in the `handlers` of the resource's schema (CloudFormation registry). Actions that
/// AWS cannot restrict to resources have `*`: they are read-only (Service Authorization Reference).
pub fn policy(audience: Audience, partition: &str, region: &str, account: &str, names: &str) -> Value {
    let place = PolicyTarget { partition, region, account, names };
    let statements = match audience {
        Audience::User => user(&place),
        Audience::Admin => admin(&place),
    };
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Scope of a policy.
struct PolicyTarget<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a str,
    names: &'a str,
}

impl PolicyTarget<'_> {
    fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }

    fn iam(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account)
    }

    fn s3(&self, resource: &str) -> String {
        format!("arn:{}:s3:::{resource}", self.partition)
    }
}

fn statement(sid: &str, actions: &[&str], resources: impl Into<Value>) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources.into()})
}

fn with_condition(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

fn user(place: &PolicyTarget) -> Vec<Value> {
    let stack = format!("{}{}*", AnnexName::STACK_PREFIX, place.names);
    let files = format!("{}{}*", AnnexName::FILES, place.names);
    let tag = format!("{}?*", place.names);
    vec![
        statement(
            "Annexes",
            &[
                "cloudformation:CreateStack",
                "cloudformation:DeleteStack",
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStacks",
                "cloudformation:TagResource",
                "cloudformation:UpdateStack",
            ],
            place.arn("cloudformation", &format!("stack/{stack}/*")),
        ),
        statement("SetUp", &["cloudformation:DescribeStacks"], place.arn("cloudformation", "stack/hoist-setup/*")),
        statement(
            "Look",
            &[
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeScalingActivities",
                "cloudformation:ListStacks",
                "ec2:DescribeImages",
                "ec2:DescribeInstances",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeKeyPairs",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSpotPriceHistory",
                "ec2:DescribeSubnets",
                "ec2:DescribeVolumes",
                "ec2:DescribeVpcs",
                "ec2:GetConsoleOutput",
                "servicequotas:GetAWSDefaultServiceQuota",
                "servicequotas:GetServiceQuota",
            ],
            "*",
        ),
        with_condition(
            // CloudFormation names roles after the stack and the resource, and adds a random part.
            statement("GiveServiceRole", &["iam:PassRole"], place.iam("role/hoist/hoist-setup-ServiceRole-*")),
            json!({"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}),
        ),
        statement(
            "Files",
            &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            place.s3(&format!("hoist-setup-*/{files}")),
        ),
        with_condition(
            statement("ListFiles", &["s3:ListBucket"], place.s3("hoist-setup-*")),
            json!({"StringLike": {"s3:prefix": files}}),
        ),
        statement(
            "Resize",
            &[
                "autoscaling:DeleteAutoScalingGroup",
                "autoscaling:SetDesiredCapacity",
                "autoscaling:SuspendProcesses",
                "autoscaling:TerminateInstanceInAutoScalingGroup",
            ],
            place.arn("autoscaling", &format!("autoScalingGroup:*:autoScalingGroupName/{stack}")),
        ),
        with_condition(
            // What is left of an annex without its group and its stack.
            statement(
                "End",
                &["ec2:DeleteLaunchTemplate", "ec2:DeleteVolume", "ec2:TerminateInstances"],
                json!([
                    place.arn("ec2", "instance/*"),
                    place.arn("ec2", "launch-template/*"),
                    place.arn("ec2", "volume/*")
                ]),
            ),
            json!({"StringLike": {format!("aws:ResourceTag/{TAG_ANNEX}"): tag}}),
        ),
        with_condition(
            // The end of the lease, which each instance reads from its own tag.
            statement("Renew", &["ec2:CreateTags"], place.arn("ec2", "instance/*")),
            json!({
                "StringLike": {format!("aws:ResourceTag/{TAG_ANNEX}"): tag},
                "ForAllValues:StringEquals": {"aws:TagKeys": [TAG_EXPIRES]}
            }),
        ),
    ]
}

fn admin(place: &PolicyTarget) -> Vec<Value> {
    let group = place.arn("ec2", "security-group/*");
    vec![
        statement(
            "SetUp",
            &[
                "cloudformation:CreateStack",
                "cloudformation:DeleteStack",
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStackResources",
                "cloudformation:DescribeStacks",
                "cloudformation:DetectStackResourceDrift",
                "cloudformation:GetTemplate",
                "cloudformation:TagResource",
                "cloudformation:UpdateStack",
            ],
            place.arn("cloudformation", "stack/hoist-setup/*"),
        ),
        statement(
            "Look",
            &["cloudformation:ListStacks", "ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs"],
            "*",
        ),
        statement(
            "Roles",
            &[
                "iam:CreateRole",
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:PutRolePolicy",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
                "iam:UpdateRoleDescription",
            ],
            place.iam("role/hoist/hoist-setup-*"),
        ),
        statement(
            "Boundary",
            &[
                "iam:CreatePolicy",
                "iam:CreatePolicyVersion",
                "iam:DeletePolicy",
                "iam:DeletePolicyVersion",
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
                "iam:ListEntitiesForPolicy",
                "iam:ListPolicyVersions",
            ],
            place.iam("policy/hoist/hoist-setup-*"),
        ),
        statement(
            "Bucket",
            &[
                "s3:CreateBucket",
                "s3:DeleteBucket",
                "s3:DeleteBucketPolicy",
                "s3:GetBucketPolicy",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetEncryptionConfiguration",
                "s3:GetLifecycleConfiguration",
                "s3:ListBucket",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPolicy",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketTagging",
                "s3:PutEncryptionConfiguration",
                "s3:PutLifecycleConfiguration",
            ],
            place.s3("hoist-setup-*"),
        ),
        statement("Files", &["s3:DeleteObject"], place.s3("hoist-setup-*/*")),
        statement("MakeSecurityGroup", &["ec2:CreateSecurityGroup"], json!([group, place.arn("ec2", "vpc/*")])),
        statement("TagSecurityGroup", &["ec2:CreateTags", "ec2:DeleteTags"], group.clone()),
        with_condition(
            statement(
                "SecurityGroup",
                &[
                    "ec2:AuthorizeSecurityGroupEgress",
                    "ec2:AuthorizeSecurityGroupIngress",
                    "ec2:DeleteSecurityGroup",
                    "ec2:RevokeSecurityGroupEgress",
                    "ec2:RevokeSecurityGroupIngress",
                    "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
                    "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
                ],
                group,
            ),
            json!({"StringEquals": {"aws:ResourceTag/hoist:setup": "annex"}}),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IAM's limit for a managed policy, in characters without white space (IAM and STS quotas).
    const LONGEST: usize = 6144;

    #[test]
    fn policies_fit_and_the_users_can_make_no_role() {
        for audience in [Audience::Admin, Audience::User] {
            let text = policy(audience, "aws", "us-east-1", "123456789012", "").to_string();
            assert!(text.len() <= LONGEST, "{audience:?} has {} characters", text.len());
            assert!(!text.contains("\"*:*\"") && !text.contains(":*\"]"), "{text}");
        }
        let user = policy(Audience::User, "aws-cn", "cn-north-1", "123456789012", "").to_string();
        for forbidden in ["iam:CreateRole", "ec2:RunInstances", "autoscaling:Create", "\"arn:aws:"] {
            assert!(!user.contains(forbidden), "{forbidden} in {user}");
        }
    }

    #[test]
    fn names_narrow_all_that_is_of_an_annex() {
        let narrow = policy(Audience::User, "aws", "us-east-1", "123456789012", "ada-").to_string();
        let wide = policy(Audience::User, "aws", "us-east-1", "123456789012", "").to_string();
        for (all, hers) in [
            ("stack/hoist-annex-*/*", "stack/hoist-annex-ada-*/*"),
            ("hoist-setup-*/annexes/*", "hoist-setup-*/annexes/ada-*"),
            ("\"s3:prefix\":\"annexes/*\"", "\"s3:prefix\":\"annexes/ada-*\""),
            ("autoScalingGroupName/hoist-annex-*", "autoScalingGroupName/hoist-annex-ada-*"),
            ("aws:ResourceTag/hoist:annex\":\"?*", "aws:ResourceTag/hoist:annex\":\"ada-?*"),
        ] {
            assert!(wide.contains(all) && narrow.contains(hers) && !narrow.contains(all), "{narrow}");
        }
    }
}
