//! Classes of AWS's error codes (EC2 API reference, "Error codes for the Amazon EC2 API"; "Common errors" of each
//! service).

/// Meaning of an error code for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cloud) enum ErrorClass {
    /// Too many calls; this call was not carried out.
    Throttled,
    /// Temporary failure of the service; the call may have been carried out.
    Busy,
    /// The credentials are not accepted.
    WrongCredentials,
    /// The time of the signature differs from the service's clock.
    Clock,
    /// The credentials have expired.
    ExpiredCredentials,
    /// The credentials do not allow this action.
    NotPermitted,
    /// The account must first subscribe to the service or accept the image's licence.
    NotSubscribed,
    /// AWS has blocked the account, or has yet to verify it.
    Blocked,
    /// The image does not exist in this region.
    UnknownImage,
    /// The key pair does not exist in this region.
    UnknownKey,
    /// The security group does not exist in this region.
    UnknownGroup,
    /// The subnet does not exist in this region.
    UnknownSubnet,
    /// The instance profile does not exist.
    UnknownProfile,
    /// The instance does not exist, or not yet.
    UnknownInstance,
    /// The bucket does not exist.
    UnknownBucket,
    /// The bucket is in another region.
    OtherRegion,
    /// Another resource does not exist, or not any more.
    UnknownOther,
    /// A limit of the account; another type or market may have room.
    Quota,
    /// No capacity for such instances at present.
    NoCapacity,
    /// The account has no role for spot instances, and the credentials may not make it.
    NoSpotRole,
    /// The token was used before with other parameters.
    TokenMismatch,
    /// The instances of the token are gone.
    TokenGone,
    /// The instance is protected against termination.
    Protected,
    /// The resource exists already.
    Exists,
    /// The resource's state does not allow the operation.
    WrongState,
    /// The request is invalid.
    BadValue,
    /// The service does not know this action or parameter.
    Unsupported,
    /// A dry run of a call that would have succeeded.
    WouldWork,
    /// An unlisted code.
    Unknown,
}

/// Error codes of each class; a final `*` makes a code a prefix.
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

/// Returns the class of a code. The oldest clouds prefix codes with the party at fault (`Client.`, `Server.`).
pub(in crate::cloud) fn class_of(code: &str) -> ErrorClass {
    let code = code.strip_prefix("Client.").or_else(|| code.strip_prefix("Server.")).unwrap_or(code);
    let find = |test: &dyn Fn(&str) -> bool| {
        CODES.iter().find(|(_, codes)| codes.iter().any(|known| test(known))).map(|(class, _)| *class)
    };
    // An exact match takes precedence over a prefix, and a long prefix over a short one.
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
