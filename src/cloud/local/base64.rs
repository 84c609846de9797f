//! Base64, as cloud-config's `write_files` carries it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// With its padding, as `write_files` wants it.
const PADDED: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// Decodes standard base64; white space is passed over, anything else that does not belong there is refused.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    PADDED.decode(digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (text, decoded) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9v\nYmFy", "foobar"), ("aMOp", "hé")]
        {
            assert_eq!(decode(text).as_deref(), Some(decoded.as_bytes()), "{text}");
        }
        assert_eq!(decode("/+8="), Some(vec![0xff, 0xef]));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["Z", "Zg", "Zg=", "Z===", "====", "Zm9-", "Zg==Zg=="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
