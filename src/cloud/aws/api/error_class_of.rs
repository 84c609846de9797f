//! What AWS's error codes mean (EC2 API reference, "Error codes for the Amazon EC2 API"; "Common errors" of each
//! service).

/// What a code means for whoever called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cloud) enum ErrorClass {
    /// Too many calls; this one was not carried out.
    Throttled,
    /// The service fails for a while; the call may have been carried out.
    Busy,
    /// The credentials are not accepted.
    WrongCredentials,
    /// The request was signed at another time than the service's now.
    Clock,
    /// The credentials were good until they expired.
    ExpiredCredentials,
    /// The credentials do not allow this action.
    NotPermitted,
    /// The account has to accept something first: the service, the image's licence.
    NotSubscribed,
    /// AWS holds the account back.
    Blocked,
    /// There is no such image here.
    UnknownImage,
    /// There is no such key pair here.
    UnknownKey,
    /// There is no such security group here.
    UnknownGroup,
    /// There is no such subnet here.
    UnknownSubnet,
    /// There is no such instance profile.
    UnknownProfile,
    /// There is no such instance, or not yet.
    UnknownInstance,
    /// There is no such bucket.
    UnknownBucket,
    /// The bucket is in another region.
    OtherRegion,
    /// There is no such thing, or not any more.
    UnknownOther,
    /// A limit of the account; another type or market may have room.
    Quota,
    /// There are no such machines to be had now.
    NoCapacity,
    /// The account has no role for spot instances, and the credentials may not make it.
    NoSpotRole,
    /// The token was used with another request.
    TokenMismatch,
    /// The token's instances are gone.
    TokenGone,
    /// It is protected.
    Protected,
    /// It is there already.
    Exists,
    /// It is in a state in which this cannot be done.
    WrongState,
    /// The request is wrong.
    BadValue,
    /// The service does not know this action or parameter.
    Unsupported,
    /// A rehearsal of a call that would have worked.
    WouldWork,
    /// A code that is not listed here.
    Unknown,
}

/// The codes of each class; one that ends in `*` is a prefix.
const CODES: &[(ErrorClass, &[&str])] = &[
    (
        ErrorClass::Throttled,
        &[
            "RequestLimitExceeded",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "TooManyRequestsException",
            "EC2ThrottledException",
            "SlowDown",
            "BandwidthLimitExceeded",
            "InstanceReplenishmentLimitExceeded",
        ],
    ),
    (
        ErrorClass::Busy,
        &[
            "InternalError",
            "InternalFailure",
            "ServiceUnavailable",
            "Unavailable",
            "InternalServerError",
            "ServiceException",
            "RequestTimeout",
            "ResourceContention",
        ],
    ),
    (
        ErrorClass::WrongCredentials,
        &[
            "AuthFailure",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "IncompleteSignature",
            "InvalidSignatureException",
            "Unauthorized",
        ],
    ),
    (ErrorClass::Clock, &["RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"]),
    (ErrorClass::ExpiredCredentials, &["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]),
    (
        ErrorClass::NotPermitted,
        &["UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedAccess"],
    ),
    (ErrorClass::NotSubscribed, &["OptInRequired", "SubscriptionRequiredException", "InvalidAMIID.NotSubscribed"]),
    (ErrorClass::Blocked, &["Blocked", "PendingVerification", "AccountDisabled", "AccountProblem", "NotSignedUp"]),
    (ErrorClass::UnknownImage, &["InvalidAMIID*", "InvalidAMIName*", "InvalidManifest", "InvalidSSMParameter*"]),
    (ErrorClass::UnknownKey, &["InvalidKeyPair*", "InvalidKey*"]),
    (ErrorClass::UnknownGroup, &["InvalidGroup*", "InvalidGroupId*", "InvalidSecurityGroup*"]),
    (ErrorClass::UnknownSubnet, &["InvalidSubnetID*", "InvalidSubnetId*", "InvalidSubnet*"]),
    (ErrorClass::UnknownProfile, &["InvalidIamInstanceProfile*", "InvalidIAMInstanceProfile*", "NoSuchEntity"]),
    (ErrorClass::UnknownInstance, &["InvalidInstanceID*", "InvalidInstanceId*"]),
    (
        ErrorClass::Quota,
        &[
            "InstanceLimitExceeded",
            "VcpuLimitExceeded",
            "MaxSpotInstanceCountExceeded",
            "MaxSpotFleetRequestCountExceeded",
            "MaxFleetCountExceeded",
            "ReservationCapacityExceeded",
            "VolumeLimitExceeded",
            "MaxIOPSLimitExceeded",
            "NetworkInterfaceLimitExceeded",
            "AddressLimitExceeded",
            "PrivateIpAddressLimitExceeded",
            "SecurityGroupLimitExceeded",
            "RulesPerSecurityGroupLimitExceeded",
            "LimitExceeded",
            "LimitExceededException",
        ],
    ),
    (
        ErrorClass::NoCapacity,
        &[
            "InsufficientInstanceCapacity",
            "InsufficientHostCapacity",
            "InsufficientReservedInstanceCapacity",
            "InsufficientCapacityOnHost",
            "InsufficientCapacity",
            "InsufficientVolumeCapacity",
            "InsufficientAddressCapacity",
            "InsufficientFreeAddressesInSubnet",
            "UnfulfillableCapacity",
            "SpotMaxPriceTooLow",
            "Unsupported",
        ],
    ),
    (ErrorClass::NoSpotRole, &["AuthFailure.ServiceLinkedRoleCreationNotPermitted"]),
    (
        ErrorClass::TokenMismatch,
        &["IdempotentParameterMismatch", "IdempotencyTokenMismatch", "TokenAlreadyExistsException"],
    ),
    (ErrorClass::TokenGone, &["IdempotentInstanceTerminated"]),
    (ErrorClass::Protected, &["OperationNotPermitted"]),
    (
        ErrorClass::Exists,
        &[
            "InvalidLaunchTemplateName.AlreadyExistsException",
            "InvalidGroup.Duplicate",
            "InvalidPermission.Duplicate",
            "AlreadyExists*",
            "ResourceAlreadyAssociated",
            "PreconditionFailed",
        ],
    ),
    (
        ErrorClass::WrongState,
        &[
            "IncorrectInstanceState",
            "IncorrectState",
            "VolumeInUse",
            "InvalidNetworkInterface.InUse",
            "DependencyViolation",
            "ScalingActivityInProgress",
            "ResourceInUse",
            "OperationInProgressException",
        ],
    ),
    (
        ErrorClass::Unsupported,
        &[
            "UnsupportedOperation",
            "InvalidAction",
            "UnknownParameter",
            "UnsupportedProtocol",
            "InvalidVersion",
            "NotImplemented",
        ],
    ),
    (
        ErrorClass::BadValue,
        &[
            "InvalidParameter*",
            "MissingParameter",
            "MissingAction",
            "InvalidRequest",
            "InvalidInput",
            "InvalidUserData*",
            "InvalidTagKey*",
            "InvalidBlockDeviceMapping",
            "InvalidInterface*",
            "InvalidGroup.Reserved",
            "InvalidPermission.Malformed",
            "InvalidNextToken",
            "InvalidPaginationToken",
            "InvalidFilter",
            "InvalidZone*",
            "InvalidAvailabilityZone*",
            "InvalidInstanceType*",
            "InvalidQueryParameter",
            "MalformedQueryString",
            "ValidationError",
            "ValidationException",
            "TagLimitExceeded",
            "TagPolicyViolation",
            "VPCIdNotSpecified",
            "DefaultVpcDoesNotExist",
            "RequestResourceCountExceeded",
            "FilterLimitExceeded",
            "NonEBSInstance",
            "InsufficientCapabilitiesException",
        ],
    ),
    (ErrorClass::UnknownBucket, &["NoSuchBucket"]),
    (
        ErrorClass::OtherRegion,
        &["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"],
    ),
    (
        ErrorClass::UnknownOther,
        &[
            "NoSuchKey",
            "NoSuchResourceException",
            "InvalidLaunchTemplateId*",
            "InvalidLaunchTemplateName*",
            "InvalidVolume.NotFound",
            "InvalidNetworkInterfaceID.NotFound",
            "InvalidNetworkInterfaceId.NotFound",
            "InvalidSpotInstanceRequestID*",
            "InvalidFleetId*",
            "InvalidAllocationID.NotFound",
            "InvalidSnapshot.NotFound",
            "InvalidCapacityReservationId*",
            "InvalidVpcID*",
            "InvalidPlacementGroup*",
        ],
    ),
    (ErrorClass::WouldWork, &["DryRunOperation"]),
];

/// What this code means. The oldest clouds prefix it with who is to blame.
pub(in crate::cloud) fn class_of(code: &str) -> ErrorClass {
    let code = code.strip_prefix("Client.").or_else(|| code.strip_prefix("Server.")).unwrap_or(code);
    let find = |test: &dyn Fn(&str) -> bool| {
        CODES.iter().find(|(_, codes)| codes.iter().any(|known| test(known))).map(|(class, _)| *class)
    };
    // A whole code counts before a prefix, and a long prefix before a short one.
    find(&|known| known == code).unwrap_or_else(|| {
        let prefixes = CODES.iter().flat_map(|(class, codes)| codes.iter().map(move |known| (*class, *known)));
        prefixes
            .filter_map(|(class, known)| Some((class, known.strip_suffix('*')?)))
            .filter(|(_, prefix)| code.starts_with(prefix))
            .max_by_key(|(_, prefix)| prefix.len())
            .map_or(ErrorClass::Unknown, |(class, _)| class)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_listed_code_is_of_the_class_that_lists_it() {
        let mut seen = HashSet::new();
        for (class, codes) in CODES {
            for code in *codes {
                assert!(seen.insert(code), "{code} is listed twice");
                let example = code.strip_suffix('*').map_or((*code).to_owned(), |prefix| format!("{prefix}.NotFound"));
                assert_eq!(class_of(&example), *class, "{example}");
                assert_eq!(class_of(&format!("Client.{example}")), *class);
            }
        }
    }

    #[test]
    fn the_more_exact_code_decides() {
        assert_eq!(class_of("InvalidAMIID.NotFound"), ErrorClass::UnknownImage);
        assert_eq!(class_of("InvalidAMIID.NotSubscribed"), ErrorClass::NotSubscribed);
        assert_eq!(class_of("InvalidLaunchTemplateName.NotFoundException"), ErrorClass::UnknownOther);
        assert_eq!(class_of("InvalidLaunchTemplateName.AlreadyExistsException"), ErrorClass::Exists);
        assert_eq!(class_of("InvalidGroup.NotFound"), ErrorClass::UnknownGroup);
        assert_eq!(class_of("InvalidGroup.Duplicate"), ErrorClass::Exists);
        assert_eq!(class_of("InvalidParameterCombination"), ErrorClass::BadValue);
        assert_eq!(class_of("InvalidKeyPair.NotFound"), ErrorClass::UnknownKey);
        assert_eq!(class_of("SomethingNew"), ErrorClass::Unknown);
    }
}
