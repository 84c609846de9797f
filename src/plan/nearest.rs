//! The word that the user probably meant.

/// A hint that names the known word nearest to `word`, if one is near enough to be a slip.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|known| format!("did you mean \"{known}\"?"))
}

/// The known word nearest to `word`, if one is near enough to be a slip.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Longer words are no slip of a name that we know, and comparing them costs time.
    const LONGEST: usize = 100;
    /// More candidates than this are not searched: a hint is not worth a noticeable wait.
    const MOST: usize = 5000;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    known
        .into_iter()
        .filter(|known| !known.is_empty() && known.len() <= LONGEST)
        .take(MOST)
        .map(|known| {
            let folded = known.to_lowercase();
            let distance = strsim::damerau_levenshtein(&lower, &folded);
            // `type` for `instance_type`, `user` for `ssh_username`: a part of the name is near as well.
            let part = lower.len() >= 3 && (folded.contains(&lower) || lower.contains(&folded)) && folded.len() >= 3;
            (if part { distance.min(1) } else { distance }, known)
        })
        .min_by_key(|&(distance, _)| distance)
        .filter(|&(distance, known)| {
            let shorter = lower.chars().count().min(known.chars().count());
            distance < shorter && distance <= 1 + shorter / 4
        })
        .map(|(_, known)| known)
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
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(did_you_mean("bot", known).as_deref(), Some("did you mean \"boot\"?"));
    }
}
