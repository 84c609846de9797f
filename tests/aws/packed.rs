//! User data as text, unpacked where it is packed.

use std::io::Read as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

pub(crate) fn unpacked(user_data: &[u8]) -> String {
    let mut text = String::new();
    match user_data.starts_with(&[0x1f, 0x8b]) {
        true => drop(flate2::read::GzDecoder::new(user_data).read_to_string(&mut text).unwrap()),
        false => text.push_str(std::str::from_utf8(user_data).unwrap()),
    }
    text
}

/// The same of user data in base64, as templates have it.
pub(crate) fn decoded(user_data: &str) -> String {
    unpacked(&BASE64_STANDARD.decode(user_data).unwrap())
}
