use std::str::FromStr;

use thiserror::Error;

use crate::elastic::engine::Engine;

/// A yardstick beside the engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yardstick {
    /// So many machines of the first kind from the begin to the end.
    Fixed(u32),
    /// A machine is there in the moment in which a job needs it, and gone when it has none.
    Oracle,
}

/// A text that names no yardstick.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is no yardstick; give `oracle` or `fixed:N` with a number of machines from 1 to 100000")]
pub struct YardstickError {
    text: String,
}

/// Largest fixed pool.
const MOST_FIXED: u32 = 100_000;

impl FromStr for Yardstick {
    type Err = YardstickError;

    fn from_str(text: &str) -> Result<Yardstick, YardstickError> {
        let fixed = || text.strip_prefix("fixed:")?.parse().ok().filter(|count| (1..=MOST_FIXED).contains(count));
        match text {
            "oracle" => Ok(Yardstick::Oracle),
            _ => fixed().map(Yardstick::Fixed).ok_or_else(|| YardstickError { text: text.into() }),
        }
    }
}

/// What decides on the machines of a simulated pool.
#[derive(Clone, Copy)]
pub enum Contender<'a> {
    /// An engine.
    Engine(&'a dyn Engine),
    /// A yardstick.
    Yardstick(Yardstick),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yardsticks_by_name() {
        assert_eq!("oracle".parse(), Ok(Yardstick::Oracle));
        assert_eq!("fixed:12".parse(), Ok(Yardstick::Fixed(12)));
        for text in ["fixed:", "fixed:0", "fixed:-1", "fixed:100001", "elastiq"] {
            assert!(text.parse::<Yardstick>().unwrap_err().to_string().starts_with(&format!("`{text}` is no yardst")));
        }
    }
}
