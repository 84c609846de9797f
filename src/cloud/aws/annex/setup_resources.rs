//! Checks the actual state of the set-up's resources.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::StackResourceDriftStatus;
use aws_sdk_ec2::types::IpPermission;
use aws_sdk_s3::types::{ExpirationStatus, LifecycleRule};
use serde_json::{Value, json};

use super::observed_setup::ObservedStack;
use super::setup_params::{CONDOR_PORT, SSH_PORT, SetupParams};
use crate::annex::{DriftStatus, SetupFinding};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, CallError, ErrorClass};
use crate::provider::CloudError;

/// Maximum length of each value in a reported difference, in characters: documents are long.
const SHOWN: usize = 160;

/// Queries the resources of a set-up.
pub(super) struct SetupResources<'a> {
    pub(super) session: &'a AwsSession,
    pub(super) stack: &'a ObservedStack,
    /// The wanted template.
    pub(super) template: &'a Value,
    pub(super) terms: &'a SetupParams,
}

impl SetupResources<'_> {
    /// Completes the stack's finding about a resource with the resource's actual state.
    pub(super) async fn look(&self, finding: &mut SetupFinding) -> Result<(), CloudError> {
        let Some(id) = finding.id.clone() else { return Ok(()) };
        let definition = &self.template["Resources"][finding.what.as_str()];
        match definition["Type"].as_str().unwrap_or_default() {
            "AWS::S3::Bucket" => self.bucket(&id, &definition["Properties"], finding).await,
            "AWS::S3::BucketPolicy" => self.bucket_policy(&definition["Properties"], finding).await,
            "AWS::EC2::SecurityGroup" => self.security_group(&id, finding).await,
            // CloudFormation compares roles and policies with what it created.
            _ => self.drift(finding).await,
        }
    }

    async fn bucket(&self, bucket: &str, wanted: &Value, finding: &mut SetupFinding) -> Result<(), CloudError> {
        let client = self.session.s3().await?;
        let send = || client.get_public_access_block().bucket(bucket).send();
        match self.session.call(Call::s3("GetPublicAccessBlock"), send).await {
            Ok(answer) => {
                let block = answer.public_access_block_configuration;
                let closed = block.is_some_and(|block| {
                    let all = [
                        block.block_public_acls,
                        block.ignore_public_acls,
                        block.block_public_policy,
                        block.restrict_public_buckets,
                    ];
                    all.iter().all(|flag| *flag == Some(true))
                });
                if !closed {
                    finding.differs("public access is not blocked in every way");
                }
            }
            Err(problem) if problem.class() == ErrorClass::UnknownBucket => {
                finding.lost("the bucket was deleted");
                return Ok(());
            }
            Err(problem) if problem.code() == Some("NoSuchPublicAccessBlockConfiguration") => {
                finding.differs("public access is not blocked");
            }
            Err(problem) => return Err(self.explain(&problem, bucket, "public access to")),
        }
        let send = || client.get_bucket_encryption().bucket(bucket).send();
        match self.session.call(Call::s3("GetBucketEncryption"), send).await {
            Ok(answer) => {
                let rules = answer.server_side_encryption_configuration.map(|found| found.rules).unwrap_or_default();
                let by_default = rules.into_iter().filter_map(|rule| rule.apply_server_side_encryption_by_default);
                let algorithms: Vec<String> = by_default.map(|found| found.sse_algorithm.as_str().to_owned()).collect();
                let wanted = &wanted["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
                let wanted = wanted["ServerSideEncryptionByDefault"]["SSEAlgorithm"].as_str().unwrap_or_default();
                if algorithms != [wanted] {
                    finding.differs(format!("it is encrypted by {}, not by {wanted}", some(&algorithms)));
                }
            }
            Err(problem) if problem.code() == Some("ServerSideEncryptionConfigurationNotFoundError") => {
                finding.differs("it is not encrypted by default");
            }
            Err(problem) => return Err(self.explain(&problem, bucket, "encryption of")),
        }
        let send = || client.get_bucket_lifecycle_configuration().bucket(bucket).send();
        let rules = match self.session.call(Call::s3("GetBucketLifecycleConfiguration"), send).await {
            Ok(answer) => answer.rules.unwrap_or_default(),
            Err(problem) if problem.code() == Some("NoSuchLifecycleConfiguration") => Vec::new(),
            Err(problem) => return Err(self.explain(&problem, bucket, "lifecycle of")),
        };
        let wanted = &wanted["LifecycleConfiguration"]["Rules"][0];
        if !rules.iter().any(|rule| is_rule(rule, wanted)) {
            let days = &wanted["ExpirationInDays"];
            finding.differs(format!("files that are forgotten there are not removed after {days} days"));
        }
        Ok(())
    }

    async fn bucket_policy(&self, wanted: &Value, finding: &mut SetupFinding) -> Result<(), CloudError> {
        let Some(bucket) = self.stack.outputs.get("Bucket") else { return Ok(()) };
        let client = self.session.s3().await?;
        let send = || client.get_bucket_policy().bucket(bucket).send();
        let policy = match self.session.call(Call::s3("GetBucketPolicy"), send).await {
            Ok(answer) => answer.policy.unwrap_or_default(),
            Err(problem) if matches!(problem.code(), Some("NoSuchBucketPolicy" | "NoSuchBucket")) => {
                finding.lost("the bucket has no policy: it could be read without encryption on the way");
                return Ok(());
            }
            Err(problem) => return Err(self.explain(&problem, bucket, "policy of")),
        };
        let is: Value = serde_json::from_str(&policy).unwrap_or(Value::Null);
        let partition = self.stack.id.split(':').nth(1).unwrap_or("aws");
        let all = json!([format!("arn:{partition}:s3:::{bucket}"), format!("arn:{partition}:s3:::{bucket}/*")]);
        let mut wanted = wanted["PolicyDocument"]["Statement"].clone();
        for statement in wanted.as_array_mut().into_iter().flatten() {
            statement["Resource"] = all.clone();
        }
        if is["Statement"] != wanted {
            finding.differs("its statements are not those that it was made with");
        }
        Ok(())
    }

    async fn security_group(&self, id: &str, finding: &mut SetupFinding) -> Result<(), CloudError> {
        // If the physical id is another name, the stack's output has the id.
        let id = self.stack.outputs.get("SecurityGroup").map_or(id, String::as_str);
        let client = self.session.ec2().await?;
        let call = Call::ec2("DescribeSecurityGroups", ApiClass::Describe);
        let answer = self.session.call(call, || client.describe_security_groups().group_ids(id).send()).await;
        let found = match answer {
            Ok(answer) => answer.security_groups.unwrap_or_default().into_iter().next(),
            Err(problem) if problem.class() == ErrorClass::UnknownGroup => None,
            Err(problem) => {
                return Err(problem.explain(&self.session.scene(), &format!("look at the security group {id}")));
            }
        };
        let Some(group) = found else {
            finding.lost(format!("the security group {id} was deleted"));
            return Ok(());
        };
        if group.vpc_id != self.terms.vpc {
            let vpc = |vpc: &Option<String>| vpc.clone().unwrap_or_else(|| "no network".to_owned());
            finding.differs(format!("it is in {}, not in {}", vpc(&group.vpc_id), vpc(&self.terms.vpc)));
        }
        let ports: &[i32] = if self.terms.ssh { &[SSH_PORT, CONDOR_PORT] } else { &[CONDOR_PORT] };
        let networks = self.terms.networks().unwrap_or_default();
        let wanted = networks.iter().flat_map(|cidr| ports.iter().map(move |port| format!("tcp {port} from {cidr}")));
        let is = rules(group.ip_permissions.as_deref().unwrap_or_default(), "from");
        compare(&is, &wanted.collect(), "lets in", finding);
        let out = rules(group.ip_permissions_egress.as_deref().unwrap_or_default(), "to");
        let wanted = ["everything to 0.0.0.0/0", "everything to ::/0"].map(str::to_owned).into();
        compare(&out, &wanted, "lets out", finding);
        Ok(())
    }

    async fn drift(&self, finding: &mut SetupFinding) -> Result<(), CloudError> {
        // CloudFormation detects no drift while a stack changes.
        if self.stack.is_changing() {
            return Ok(());
        }
        let client = self.session.cloudformation().await?;
        let (stack, what) = (&self.stack.id, &finding.what);
        let send = || client.detect_stack_resource_drift().stack_name(stack).logical_resource_id(what).send();
        let answer = match self.session.call(Call::cloudformation("DetectStackResourceDrift"), send).await {
            Ok(answer) => answer,
            // Other clouds may not support this.
            Err(problem) if problem.class() == ErrorClass::Unsupported => return Ok(()),
            Err(problem) => {
                return Err(problem.explain(&self.session.scene(), &format!("compare {what} with what was made")));
            }
        };
        let Some(drift) = answer.stack_resource_drift else { return Ok(()) };
        match drift.stack_resource_drift_status {
            Some(StackResourceDriftStatus::Deleted) => finding.lost("it was deleted"),
            Some(StackResourceDriftStatus::Modified) => {
                for difference in drift.property_differences.unwrap_or_default() {
                    let side = |text: Option<String>| short(&text.unwrap_or_default());
                    finding.differs(format!(
                        "{} is {}, not {}",
                        difference.property_path.unwrap_or_default(),
                        side(difference.actual_value),
                        side(difference.expected_value)
                    ));
                }
                if finding.presence == DriftStatus::There {
                    finding.differs("it is not as it was made");
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn explain(&self, problem: &CallError, bucket: &str, what: &str) -> CloudError {
        problem.explain(&self.session.storage_scene(), &format!("look at the {what} s3://{bucket}"))
    }
}

/// Returns whether a lifecycle rule of a bucket matches this rule of the template.
fn is_rule(rule: &LifecycleRule, wanted: &Value) -> bool {
    #[expect(deprecated, reason = "S3 may tell the prefix in the old place")]
    let old = rule.prefix.clone();
    let prefix = rule.filter.as_ref().and_then(|filter| filter.prefix.clone()).or(old);
    rule.status == ExpirationStatus::Enabled
        && prefix.as_deref() == wanted["Prefix"].as_str()
        && rule.expiration.as_ref().and_then(|end| end.days).map(Value::from).as_ref()
            == Some(&wanted["ExpirationInDays"])
}

/// Returns the rules of a security group as texts, one for each source or destination.
fn rules(permissions: &[IpPermission], direction: &str) -> BTreeSet<String> {
    let mut rules = BTreeSet::new();
    for permission in permissions {
        let protocol = permission.ip_protocol.as_deref().unwrap_or("-1");
        let what = match (protocol, permission.from_port, permission.to_port) {
            ("-1", ..) => "everything".to_owned(),
            (protocol, Some(from), Some(to)) if from == to => format!("{protocol} {from}"),
            (protocol, Some(from), Some(to)) => format!("{protocol} {from} to {to}"),
            (protocol, ..) => protocol.to_owned(),
        };
        let v4 = permission.ip_ranges.iter().flatten().filter_map(|range| range.cidr_ip.clone());
        let v6 = permission.ipv6_ranges.iter().flatten().filter_map(|range| range.cidr_ipv6.clone());
        let lists = permission.prefix_list_ids.iter().flatten().filter_map(|list| list.prefix_list_id.clone());
        let groups = permission.user_id_group_pairs.iter().flatten().filter_map(|group| group.group_id.clone());
        rules.extend(v4.chain(v6).chain(lists).chain(groups).map(|peer| format!("{what} {direction} {peer}")));
    }
    rules
}

fn compare(is: &BTreeSet<String>, wanted: &BTreeSet<String>, does: &str, finding: &mut SetupFinding) {
    for rule in is.difference(wanted) {
        finding.differs(format!("it {does} {rule}, and should not"));
    }
    for rule in wanted.difference(is) {
        finding.differs(format!("it does not {} {rule}", does.replacen("lets", "let", 1)));
    }
}

fn some(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(" and ") }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None if text.is_empty() => "nothing".to_owned(),
        None => text.to_owned(),
    }
}
