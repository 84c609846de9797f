//! What goes wrong with calls of a cloud: by script, else by chance, drawn by a seed, so that the same calls meet the
//! same effects.

use std::time::Duration;

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// This error, and nothing else takes place.
    Error { status: u16, code: String, message: String },
    /// It takes effect, and is then answered with this error.
    ErrorAfterwards { status: u16, code: String, message: String },
    /// A page of a load balancer instead of an answer; nothing takes place.
    Page(u16),
    /// The connection is cut before anything takes place.
    LostBefore,
    /// It takes effect, and then the connection is cut without an answer.
    LostAfter,
    /// It takes effect, and half of its answer comes through.
    CutShort,
    /// It takes effect at once, and is answered this much later (by the clock of the test).
    Slow(Duration),
}

/// Something that happens to some calls of an action: after the first `skip`, to `times` of them.
#[derive(Clone, Debug)]
pub struct Script {
    /// A glob.
    pub action: String,
    pub skip: usize,
    pub times: usize,
    pub effect: Effect,
}

/// When a watcher is told of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It has come, and nothing has taken place.
    Come,
    /// What it asks for has taken place or failed, and it has not been answered.
    Done,
}

/// What happens to a call of this action, `before` of which came earlier: by script, else by chance, which strikes only
/// the actions `struck` (globs), or all when there are none.
pub(crate) fn strike(
    seed: u64,
    scripts: &[Script],
    struck: &[String],
    chances: &[(f64, Effect)],
    action: &str,
    before: usize,
) -> Option<Effect> {
    let strikes = |script: &&Script| {
        let skipped = before.checked_sub(script.skip);
        glob(&script.action, action) && skipped.is_some_and(|number| number < script.times)
    };
    if let Some(script) = scripts.iter().find(strikes) {
        return Some(script.effect.clone());
    }
    if !struck.is_empty() && !struck.iter().any(|pattern| glob(pattern, action)) {
        return None;
    }
    let mut drawn = draw(seed, action, before);
    for (share, effect) in chances {
        if drawn < *share {
            return Some(effect.clone());
        }
        drawn -= share;
    }
    None
}

/// A number from 0 to 1 that depends on these alone, so that calls of other actions in between change nothing.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub(crate) fn draw(seed: u64, action: &str, number: usize) -> f64 {
    // FNV-1a over the name, then the finish of SplitMix64.
    let name = action
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut bits = name ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = bits.wrapping_add((number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whether a pattern with `*` and `?` matches all of a text.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| glob(rest, &text[at..]))
        }
        Some(first) => {
            let mut characters = text.chars();
            characters.next().is_some_and(|c| first == '?' || c == first)
                && glob(&pattern[first.len_utf8()..], characters.as_str())
        }
    }
}
