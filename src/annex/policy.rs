//! The least that people must be allowed for annexes, as IAM policies.

use serde_json::{Value, json};

/// Who a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever sets annexes up, once in a region.
    Admin,
    /// Whoever makes, watches and deletes annexes.
    User,
}

/// The policy for `audience` in an account (its twelve digits) and a region; `partition` is `aws` but in China and for the US
/// government.
///
/// Whoever uses annexes needs no right to make roles, groups or machines: CloudFormation does that with the role of the set-up,
/// which may be passed to CloudFormation only. Actions that AWS cannot restrict to resources stand with `*`: they only look
/// (Service Authorization Reference).
pub fn policy(audience: Audience, partition: &str, region: &str, account: &str) -> Value {
    let arn = |service: &str, resource: &str| format!("arn:{partition}:{service}:{region}:{account}:{resource}");
    let iam = |resource: &str| format!("arn:{partition}:iam::{account}:{resource}");
    let stacks = [arn("cloudformation", "stack/hoist-annex-*/*"), arn("cloudformation", "stack/hoist-annex-*")];
    let statement = |sid: &str, actions: &[&str], resources: Value| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources});
    let mut statements = vec![
        statement(
            "Stacks",
            &[
                "cloudformation:CreateStack",
                "cloudformation:DeleteStack",
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStackResources",
                "cloudformation:DescribeStacks",
                "cloudformation:GetTemplate",
                "cloudformation:UpdateStack",
            ],
            json!(stacks),
        ),
        statement(
            "Look",
            &[
                "autoscaling:DescribeAutoScalingGroups",
                "cloudformation:ListStacks",
                "ec2:DescribeImages",
                "ec2:DescribeInstances",
                "ec2:DescribeKeyPairs",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSpotPriceHistory",
                "ec2:DescribeSubnets",
                "ec2:DescribeVolumes",
                "ec2:DescribeVpcs",
            ],
            json!("*"),
        ),
    ];
    match audience {
        Audience::User => statements.extend([
            json!({
                "Sid": "GiveServiceRole",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": iam("role/hoist/*"),
                "Condition": {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
            }),
            statement(
                "Files",
                &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
                json!(format!("arn:{partition}:s3:::hoist-annex-setup-*/annexes/*")),
            ),
            json!({
                "Sid": "ListFiles",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": format!("arn:{partition}:s3:::hoist-annex-setup-*"),
                "Condition": {"StringLike": {"s3:prefix": "annexes/*"}}
            }),
            json!({
                "Sid": "Release",
                "Effect": "Allow",
                "Action": "autoscaling:TerminateInstanceInAutoScalingGroup",
                "Resource": arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/hoist-annex-*")
            }),
        ]),
        Audience::Admin => statements.extend([
            statement(
                "Roles",
                &[
                    "iam:AttachRolePolicy",
                    "iam:CreatePolicy",
                    "iam:CreatePolicyVersion",
                    "iam:CreateRole",
                    "iam:DeletePolicy",
                    "iam:DeletePolicyVersion",
                    "iam:DeleteRole",
                    "iam:DeleteRolePolicy",
                    "iam:DetachRolePolicy",
                    "iam:GetPolicy",
                    "iam:GetRole",
                    "iam:GetRolePolicy",
                    "iam:ListPolicyVersions",
                    "iam:PutRolePolicy",
                    "iam:TagRole",
                    "iam:UntagRole",
                    "iam:UpdateAssumeRolePolicy",
                    "iam:UpdateRoleDescription",
                ],
                json!([iam("role/hoist/*"), iam("policy/hoist/*")]),
            ),
            statement(
                "Bucket",
                &[
                    "s3:CreateBucket",
                    "s3:DeleteBucket",
                    "s3:DeleteBucketPolicy",
                    "s3:DeleteObject",
                    "s3:GetBucketPolicy",
                    "s3:GetBucketPublicAccessBlock",
                    "s3:GetBucketTagging",
                    "s3:GetEncryptionConfiguration",
                    "s3:ListBucket",
                    "s3:PutBucketOwnershipControls",
                    "s3:PutBucketPolicy",
                    "s3:PutBucketPublicAccessBlock",
                    "s3:PutBucketTagging",
                    "s3:PutEncryptionConfiguration",
                    "s3:PutLifecycleConfiguration",
                ],
                json!([
                    format!("arn:{partition}:s3:::hoist-annex-setup-*"),
                    format!("arn:{partition}:s3:::hoist-annex-setup-*/*")
                ]),
            ),
            statement(
                "SecurityGroup",
                &[
                    "ec2:AuthorizeSecurityGroupEgress",
                    "ec2:AuthorizeSecurityGroupIngress",
                    "ec2:CreateSecurityGroup",
                    "ec2:CreateTags",
                    "ec2:DeleteSecurityGroup",
                    "ec2:DeleteTags",
                    "ec2:RevokeSecurityGroupEgress",
                    "ec2:RevokeSecurityGroupIngress",
                ],
                json!("*"),
            ),
        ]),
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IAM's limit for a managed policy, in characters without white space (IAM and STS quotas).
    const LONGEST: usize = 6144;

    #[test]
    fn policies_fit_and_the_users_can_make_no_role() {
        for audience in [Audience::Admin, Audience::User] {
            let text = policy(audience, "aws", "us-east-1", "123456789012").to_string();
            assert!(text.len() <= LONGEST, "{audience:?} has {} characters", text.len());
            assert!(!text.contains("\"*:*\"") && !text.contains(":*\"]"), "{text}");
        }
        let user = policy(Audience::User, "aws-cn", "cn-north-1", "123456789012").to_string();
        for forbidden in ["iam:CreateRole", "ec2:RunInstances", "autoscaling:Create", "\"arn:aws:"] {
            assert!(!user.contains(forbidden), "{forbidden} in {user}");
        }
    }
}
