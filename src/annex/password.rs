//! A pool's password, as stored by `condor_store_cred` or as typed.

/// The bytes with which `condor_store_cred` scrambles a password, repeated (HTCondor's `simple_scramble`).
const MIXED_WITH: [u8; 4] = [0xde, 0xad, 0xbe, 0xef];

/// Unscrambles the content of a file of `condor_store_cred`, up to the first NUL or the end of the file.
pub fn unmixed(content: &[u8]) -> Vec<u8> {
    let bytes = content.iter().zip(MIXED_WITH.iter().cycle()).map(|(byte, mixed)| byte ^ mixed);
    bytes.take_while(|&byte| byte != 0).collect()
}

/// Returns the password, as typed, in a file with this content.
pub fn typed_password(content: &[u8]) -> Vec<u8> {
    let plain = unmixed(content);
    let is_text = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    // Scrambled ASCII characters have their highest bit set, so a content is text in one form only.
    if is_text(&plain) { plain } else { content.trim_ascii_end().to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_read_in_either_form() {
        let kept = |text: &[u8]| -> Vec<u8> {
            text.iter().zip(MIXED_WITH.iter().cycle()).map(|(byte, mixed)| byte ^ mixed).collect()
        };
        assert_eq!(typed_password(b"it's a secret\n"), b"it's a secret");
        assert_eq!(typed_password(&kept(b"it's a secret\0")), b"it's a secret");
        assert_eq!(typed_password(&kept(b"it's a secret")), b"it's a secret");
        assert_eq!(typed_password("schlüssel".as_bytes()), "schlüssel".as_bytes());
        assert_eq!(typed_password(b""), b"");
    }
}
