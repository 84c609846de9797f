//! The placeholders of workers' user data.

/// Replaces `%NAME%` for each of these names; other text with percent signs stays as it is.
pub(super) fn fill(template: &[u8], values: &[(&str, &str)]) -> Vec<u8> {
    let mut filled = Vec::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.iter().position(|byte| *byte == b'%') {
        filled.extend_from_slice(&rest[..start]);
        let after = &rest[start + 1..];
        let end = after.iter().position(|byte| *byte == b'%');
        let value =
            end.and_then(|end| Some((end, values.iter().find(|(name, _)| name.as_bytes() == &after[..end])?.1)));
        match value {
            Some((end, value)) => {
                filled.extend_from_slice(value.as_bytes());
                rest = &after[end + 1..];
            }
            None => {
                filled.push(b'%');
                rest = after;
            }
        }
    }
    filled.extend_from_slice(rest);
    filled
}

/// Whether a template has the placeholder of this name.
pub(super) fn has(template: &[u8], name: &str) -> bool {
    let placeholder = format!("%{name}%");
    template.windows(placeholder.len()).any(|window| window == placeholder.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_replaced_and_all_else_stays() {
        let filled =
            fill(b"a=%kind% 100%% %kind %grace%%fleet%%x% %", &[("kind", "big"), ("grace", "60"), ("fleet", "%kind%")]);
        assert_eq!(String::from_utf8(filled).unwrap(), "a=big 100%% %kind 60%kind%%x% %");
        assert!(has(b"x %worker_token% y", "worker_token") && !has(b"%worker_token", "worker_token"));
    }

    #[test]
    fn bytes_that_are_no_text_stay() {
        assert_eq!(fill(&[0xff, b'%', 0xfe, b'%'], &[("kind", "x")]), [0xff, b'%', 0xfe, b'%']);
    }
}
