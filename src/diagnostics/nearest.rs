//! Suggestions for misspelt words.

/// Returns a hint that quotes the known word nearest to `word`, if one is near enough to be a slip.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|known| format!("did you mean \"{known}\"?"))
}

/// As [`did_you_mean`], without quotes, for values typed as one word: an option's value, a name.
pub fn did_you_mean_word<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|known| format!("did you mean {known}?"))
}

/// Returns the known word nearest to `word`, if one is near enough to be a slip.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Longest word compared: longer ones are no slips of known names, and comparing them takes time.
    const LONGEST: usize = 100;
    /// Most candidates searched: a hint is not worth a noticeable wait.
    const MOST: usize = 5000;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    // `type` for `instance_type`, `keyname` for `sshkeyname`: a word is near, too, if it is part of only one name.
    let mut wholes: Vec<&str> = Vec::new();
    for known in known.into_iter().filter(|known| !known.is_empty() && known.len() <= LONGEST).take(MOST) {
        let folded = known.to_lowercase();
        let distance = strsim::damerau_levenshtein(&lower, &folded);
        if lower.len() >= 3 && folded.len() >= 3 && (folded.contains(&lower) || lower.contains(&folded)) {
            wholes.push(known);
        }
        if best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, known));
        }
    }
    let slip = best.filter(|&(distance, known)| {
        let shorter = lower.chars().count().min(known.chars().count());
        distance < shorter && distance <= 1 + shorter / 4
    });
    match (slip, wholes.as_slice()) {
        (Some((0 | 1, known)), _) | (_, &[known]) | (Some((_, known)), _) => Some(known),
        (None, _) => None,
    }
}

/// Returns the known words, the nearest to `word` first; those that are as near by their order.
pub fn nearest_first<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = word.to_lowercase();
    let mut sorted: Vec<&str> = known.into_iter().collect();
    sorted.sort_by_cached_key(|known| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), *known));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_word() {
        let known = ["boot", "readypgm", "instance_type", "image"];
        assert_eq!(nearest("readpgm", known), Some("readypgm"));
        assert_eq!(nearest("IMAGE", known), Some("image"));
        assert_eq!(nearest("imgae", known), Some("image"));
        assert_eq!(nearest("type", known), Some("instance_type"));
        assert_eq!(nearest("name", ["hostname", "sshkeyname"]), None);
        assert_eq!(nearest("keyname", ["hostname", "sshkeyname"]), Some("sshkeyname"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(did_you_mean("bot", known).as_deref(), Some("did you mean \"boot\"?"));
        assert_eq!(did_you_mean_word("bot", known).as_deref(), Some("did you mean boot?"));
    }
}
