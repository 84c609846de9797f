//! Names of regions.

/// Regions known to this version, used for suggestions only; other names are used as they are.
const KNOWN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Why a name is not a region's, with a suggestion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RegionError {
    /// The name of an availability zone.
    #[error("{zone} is an availability zone; its region is {region}")]
    Zone {
        /// The given name.
        zone: String,
        /// The zone's region.
        region: String,
    },
    /// A name similar to that of a region.
    #[error("did you mean {0}?")]
    Misspelt(&'static str),
    /// A name unlike any region's.
    #[error("regions are called like us-east-1 or eu-central-1")]
    Unlike,
}

/// Checks that a name has the form of an AWS region's.
pub(super) fn check(name: &str) -> Result<(), RegionError> {
    let parts: Vec<&str> = name.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let well_formed = match parts.split_last() {
        Some((number, words)) => {
            words.len() >= 2
                && words.iter().all(is_word)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        None => false,
    };
    if well_formed {
        return Ok(());
    }
    let zone = name.strip_suffix(|last: char| last.is_ascii_lowercase()).filter(|region| KNOWN.contains(region));
    Err(match (zone, nearest(name)) {
        (Some(region), _) => RegionError::Zone { zone: name.to_owned(), region: region.to_owned() },
        (None, Some(near)) => RegionError::Misspelt(near),
        (None, None) => RegionError::Unlike,
    })
}

/// Returns the known region with the most similar name; `None` for a known region, or if all differ in more than three
/// edits.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_ascii_lowercase().replace('_', "-");
    let (distance, near) = KNOWN.iter().map(|known| (strsim::damerau_levenshtein(&lower, known), *known)).min()?;
    (distance <= 3 && near != name).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_regions() {
        for good in ["us-east-1", "us-gov-west-1", "ap-southeast-12", "us-iso-east-1"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let wrong = |name: &str| check(name).unwrap_err().to_string();
        assert_eq!(wrong("us-east-1a"), "us-east-1a is an availability zone; its region is us-east-1");
        assert_eq!(wrong("US-EAST-1"), "did you mean us-east-1?");
        assert_eq!(wrong("us_east_1"), "did you mean us-east-1?");
        assert!(wrong("mars").contains("like us-east-1"));
        assert!(check("").is_err());
        assert_eq!(nearest("us-esat-1"), Some("us-east-1"));
        assert_eq!(nearest("us-east-1"), None);
    }
}
