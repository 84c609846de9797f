//! Percent-encoding of parts of addresses (RFC 3986, section 2).

/// Encodes every byte that is not unreserved, so that the text is one segment of a path.
pub(in crate::batch) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Decodes a segment. None: it is no UTF-8 text, or has a `%` without two hexadecimal digits.
pub(in crate::batch) fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for text in ["", "/", "a b/c%d?e#f", "ünï", "plain-1.2_3~"] {
            let segment = encoded(text);
            assert!(!segment.contains(['/', '?', '#', ' ']), "{segment}");
            assert_eq!(decoded(&segment).as_deref(), Some(text));
        }
        for wrong in ["%", "%1", "%g1", "%+1", "%ff"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }
}
