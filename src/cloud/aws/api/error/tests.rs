use jiff::SignedDuration;

use super::*;

fn scene() -> ErrorContext {
    ErrorContext { region: "us-east-1".to_owned(), has_answered: true, ..ErrorContext::default() }
}

fn problem(fault: CallFailure) -> CallError {
    CallError {
        service: "ec2",
        operation: "RunInstances",
        fault,
        request_id: Some("req-1".to_owned()),
        in_doubt: false,
        attempts: 1,
    }
}

fn refused(code: &str, message: &str) -> CallError {
    problem(CallFailure::Refused { code: code.to_owned(), message: message.to_owned(), status: 400 })
}

fn said(problem: &CallError, scene: &ErrorContext) -> (CloudErrorKind, String) {
    let error = problem.explain(scene, "launch web");
    let hint = error.hint.map(|hint| format!(" | {hint}")).unwrap_or_default();
    (error.kind, format!("{}{hint}", error.message))
}

/// An error code, AWS's message for it, the expected kind, and words that the text must contain.
type Row = (&'static str, &'static str, CloudErrorKind, &'static [&'static str]);

#[test]
fn every_class_of_error_says_what_it_is_and_what_to_try() {
    use CloudErrorKind::{Denied, NoCapacity, Rejected, TokenUsed, Transient};
    let rows: &[Row] = &[
        ("RequestLimitExceeded", "Request limit exceeded.", Transient, &["how often", "RunInstances", "slows down"]),
        ("ThrottlingException", "Rate exceeded", Transient, &["how often"]),
        ("InternalError", "An internal error has occurred", Transient, &["trouble of its own", "health.aws"]),
        ("ServiceUnavailable", "", Transient, &["trouble of its own"]),
        (
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
            Denied,
            &["does not accept the credentials", "hoist doctor"],
        ),
        (
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            Denied,
            &["does not accept the credentials"],
        ),
        ("SignatureDoesNotMatch", "The request signature we calculated does not match", Denied, &["its secret"]),
        ("UnrecognizedClientException", "", Denied, &["does not accept the credentials"]),
        ("RequestExpired", "Request has expired.", Denied, &["clock"]),
        (
            "ExpiredToken",
            "The security token included in the request is expired",
            Denied,
            &["have expired", "aws sso login"],
        ),
        (
            "UnauthorizedOperation",
            "You are not authorized to perform this operation.",
            Denied,
            &["do not allow ec2:RunInstances", "the permission ec2:RunInstances"],
        ),
        (
            "OptInRequired",
            "In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so \
            please visit https://aws.amazon.com/marketplace/pp?sku=x",
            Rejected,
            &["accept an offer", "marketplace/pp?sku=x"],
        ),
        (
            "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
            "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
            NoCapacity,
            &["role", "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com"],
        ),
        ("PendingVerification", "Your account is currently being verified", Denied, &["holds the account back"]),
        ("Blocked", "Your account is currently blocked", Denied, &["AWS support"]),
        (
            "InvalidAMIID.NotFound",
            "The image id '[ami-12345678]' does not exist",
            Rejected,
            &["no such image in us-east-1", "ami-12345678", "hoist image list"],
        ),
        ("InvalidAMIID.Malformed", "Invalid id: \"x\"", Rejected, &["no such image", "Invalid id"]),
        ("InvalidKeyPair.NotFound", "The key pair 'k' does not exist", Rejected, &["no such key pair", "'k'"]),
        (
            "InvalidGroup.NotFound",
            "The security group 'g' does not exist",
            Rejected,
            &["no such security group", "VPC"],
        ),
        ("InvalidGroupId.Malformed", "Invalid id: \"g\"", Rejected, &["no such security group"]),
        ("InvalidSubnetID.NotFound", "The subnet ID 's' does not exist", Rejected, &["no such subnet", "'s'"]),
        ("InvalidIamInstanceProfile.NotFound", "", Rejected, &["instance profile", "aws iam list-instance-profiles"]),
        ("InvalidInstanceID.NotFound", "The instance ID 'i-1' does not exist", Rejected, &["no such instance", "i-1"]),
        ("InvalidLaunchTemplateName.NotFoundException", "", Rejected, &["nothing of this name"]),
        ("InvalidParameterValue", "Invalid value 't9.big' for InstanceType.", Rejected, &["t9.big"]),
        ("InvalidParameterCombination", "Network interfaces and x", Rejected, &["does not take", "Network interfaces"]),
        (
            "VcpuLimitExceeded",
            "You have requested more vCPU capacity than your current vCPU limit of 32",
            NoCapacity,
            &["quota", "limit of 32", "Service Quotas"],
        ),
        ("InstanceLimitExceeded", "Your quota allows for 0 more running instance(s)", NoCapacity, &["quota"]),
        ("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded", NoCapacity, &["quota"]),
        (
            "SpotMaxPriceTooLow",
            "Your Spot request price of 0.001 is lower than the minimum required Spot request \
            fulfillment price of 0.0031.",
            NoCapacity,
            &["0.0031"],
        ),
        (
            "InsufficientInstanceCapacity",
            "We currently do not have sufficient t3.small capacity in the Availability Zone \
            you requested (us-east-1a).",
            NoCapacity,
            &["no capacity", "us-east-1a"],
        ),
        ("UnfulfillableCapacity", "", NoCapacity, &["no capacity"]),
        (
            "Unsupported",
            "Your requested instance type (t9) is not supported in your requested Availability Zone",
            NoCapacity,
            &["not supported in your requested"],
        ),
        ("InsufficientFreeAddressesInSubnet", "", NoCapacity, &["no capacity"]),
        (
            "IdempotentParameterMismatch",
            "Arguments on this idempotent request are inconsistent",
            Rejected,
            &["made before with other parameters"],
        ),
        ("IdempotentInstanceTerminated", "", TokenUsed, &["gone again"]),
        (
            "OperationNotPermitted",
            "The instance 'i-1' may not be terminated. Modify its 'disableApiTermination'",
            Rejected,
            &["protected", "i-1", "--no-disable-api-termination"],
        ),
        ("IncorrectInstanceState", "The instance 'i-1' is not in a state", Rejected, &["another state"]),
        ("UnsupportedOperation", "This is not available here", Rejected, &["cannot do this"]),
        ("DryRunOperation", "Request would have succeeded", Rejected, &["rehearsed"]),
        ("InvalidLaunchTemplateName.AlreadyExistsException", "", Rejected, &["exists already"]),
        ("BrandNewCode", "Something that nobody knows", Rejected, &["BrandNewCode", "nobody knows", "request req-1"]),
    ];
    for (code, message, kind, words) in rows {
        let (got, text) = said(&refused(code, message), &scene());
        assert_eq!(got, *kind, "{code}: {text}");
        assert!(text.starts_with("cannot launch web: "), "{text}");
        for word in *words {
            assert!(text.contains(word), "{code} should say {word:?}: {text}");
        }
        // A dump of the SDK's error would show its types.
        for dumped in ["ErrorMetadata", "SdkError", "{ ", "Some("] {
            assert!(!text.contains(dumped), "{code}: {text}");
        }
    }
}

#[test]
fn a_missing_permission_is_named_and_what_only_aws_can_read_is_left_out() {
    let message = "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/ann is not \
                   authorized to perform: ec2:CreateTags on resource: arn:aws:ec2:us-east-1:123456789012:instance/* because no \
                   identity-based policy allows the ec2:CreateTags action. Encoded authorization failure message: \
                   AbCdEfGhIjKlMnOpQrStUvWxYz";
    let (_, text) = said(&refused("UnauthorizedOperation", message), &scene());
    assert!(text.contains("do not allow ec2:CreateTags on arn:aws:ec2:us-east-1:123456789012:instance/*"), "{text}");
    assert!(text.contains("the permission ec2:CreateTags"), "{text}");
    assert!(!text.contains("AbCdEf"), "{text}");
}

#[test]
fn a_wrong_clock_is_told_as_that_whatever_code_aws_gives_it() {
    let scene = ErrorContext { skew: Some(SignedDuration::from_mins(-95)), ..scene() };
    for code in ["AuthFailure", "RequestExpired", "SignatureDoesNotMatch"] {
        let (_, text) = said(&refused(code, ""), &scene);
        assert!(text.contains("this machine's clock is 1 h 35 min ahead"), "{text}");
        assert!(text.contains("set the clock"), "{text}");
    }
    let behind = ErrorContext { skew: Some(SignedDuration::from_mins(10)), ..scene.clone() };
    assert!(said(&refused("RequestExpired", ""), &behind).1.contains("10 min behind"));
    // A few seconds are within tolerance.
    let near = ErrorContext { skew: Some(SignedDuration::from_secs(20)), ..scene };
    assert!(said(&refused("AuthFailure", ""), &near).1.contains("does not accept the credentials"));
}

#[test]
fn a_missing_connection_is_told_with_the_endpoint() {
    let ours = ErrorContext { endpoint: Some("http://127.0.0.1:1".to_owned()), has_answered: false, ..scene() };
    let at = |kind, scene: &ErrorContext| said(&problem(CallFailure::Unconnected(kind, "reason".to_owned())), scene);
    let (kind, text) = at(ConnectFailure::Refused, &ours);
    assert_eq!(kind, CloudErrorKind::Rejected);
    assert!(text.contains("nothing listens at http://127.0.0.1:1"), "{text}");
    assert!(at(ConnectFailure::Tls, &ours).1.contains("certificates"));
    assert!(at(ConnectFailure::Silent, &ours).1.contains("does not answer"));
    assert!(at(ConnectFailure::Other, &ours).1.contains("reason"));
    // An endpoint that answered before counts as temporarily unreachable.
    assert_eq!(at(ConnectFailure::Refused, &ErrorContext { has_answered: true, ..ours }).0, CloudErrorKind::Transient);

    let misspelt = ErrorContext { region: "us-esat-1".to_owned(), has_answered: false, ..scene() };
    let (kind, text) = at(ConnectFailure::Name, &misspelt);
    assert_eq!(kind, CloudErrorKind::Rejected);
    assert!(text.contains("region us-esat-1") && text.contains("Did you mean us-east-1?"), "{text}");
}

#[test]
fn what_passes_is_transient_and_what_was_in_doubt_stays_so() {
    for fault in [
        CallFailure::TimedOut,
        CallFailure::Broken("reset".to_owned()),
        CallFailure::Status(503),
        CallFailure::Garbled("no XML".to_owned()),
    ] {
        assert_eq!(said(&problem(fault), &scene()).0, CloudErrorKind::Transient);
    }
    assert_eq!(said(&problem(CallFailure::Status(404)), &scene()).0, CloudErrorKind::Rejected);
    let expired = CallError { in_doubt: true, attempts: 3, ..refused("ExpiredToken", "") };
    let (kind, text) = said(&expired, &scene());
    assert_eq!(kind, CloudErrorKind::Transient);
    assert!(text.contains("tried 3 times"), "{text}");
    assert_eq!(said(&refused("ExpiredToken", ""), &scene()).0, CloudErrorKind::Denied);
}
