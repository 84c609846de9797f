/// Formats a count with its noun: `1 worker`, `2 workers`, `3 launches`, `2 retries`.
pub fn counted(number: impl TryInto<i128>, noun: &str) -> String {
    match number.try_into() {
        Ok(1) => format!("1 {noun}"),
        Ok(number) => format!("{number} {}", plural(noun)),
        // More than any number of things.
        Err(_) => format!("{} {}", i128::MAX, plural(noun)),
    }
}

/// Returns the word that agrees with a count: `one` after 1, `several` after any other number.
pub fn agreeing<'w>(number: impl TryInto<i128>, one: &'w str, several: &'w str) -> &'w str {
    if matches!(number.try_into(), Ok(1)) { one } else { several }
}

/// Returns the plural of a noun that follows the rules of English.
fn plural(noun: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|ending| noun.ends_with(ending));
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if ends(&["s", "x", "ch", "sh"]) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_has_no_plural() {
        for (number, noun, expected) in [
            (1, "worker", "1 worker"),
            (0, "worker", "0 workers"),
            (12, "waiting job", "12 waiting jobs"),
            (2, "launch", "2 launches"),
            (3, "pass", "3 passes"),
            (2, "retry", "2 retries"),
            (2, "day", "2 days"),
            (-2, "job", "-2 jobs"),
        ] {
            assert_eq!(counted(number, noun), expected);
        }
        assert_eq!((agreeing(1_u32, "is", "are"), agreeing(0, "is", "are")), ("is", "are"));
        assert_eq!((counted(1_usize, "job"), counted(u64::MAX, "job")), ("1 job".into(), format!("{} jobs", u64::MAX)));
    }
}
