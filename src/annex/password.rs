//! A pool's password, as `condor_store_cred` keeps it or as it is typed.

/// What `condor_store_cred` mixes a password with, over and over (HTCondor's `simple_scramble`).
const MIXED_WITH: [u8; 4] = [0xde, 0xad, 0xbe, 0xef];

/// What `condor_store_cred` has mixed, as it was, up to the first NUL or to the end of the file.
pub fn unmixed(content: &[u8]) -> Vec<u8> {
    let bytes = content.iter().zip(MIXED_WITH.iter().cycle()).map(|(byte, mixed)| byte ^ mixed);
    bytes.take_while(|&byte| byte != 0).collect()
}

/// The password that a file with this content holds, as it is typed.
pub fn typed_password(content: &[u8]) -> Vec<u8> {
    let plain = unmixed(content);
    let is_text = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    // Mixed, every character of ASCII has its highest bit set, so that nothing is both.
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
