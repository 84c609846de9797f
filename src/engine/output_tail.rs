//! The end of a failed program's output, as its failure keeps it.

/// The number of last lines that a failure keeps.
const TAIL_LINES: usize = 12;

/// The most characters of each line: a program that prints one endless line must not fill the journal and the screen.
const TAIL_WIDTH: usize = 1000;

/// Returns the last lines of an output, each at a length that can be shown.
pub(super) fn tail(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].iter().map(|line| shortened(line)).collect()
}

/// Cuts the middle out of a line that is too long: the beginning tells its subject, and the end the error.
fn shortened(line: &str) -> String {
    let length = line.chars().count();
    if length <= TAIL_WIDTH {
        return line.to_owned();
    }
    let half = (TAIL_WIDTH - 1) / 2;
    line.chars().take(half).chain(['…']).chain(line.chars().skip(length - half)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_long_ones_lose_their_middle() {
        let output: String = (1..=20).map(|number| format!("line {number}\n")).collect();
        let kept = tail(&output);
        assert_eq!((kept.len(), kept[0].as_str(), kept[11].as_str()), (TAIL_LINES, "line 9", "line 20"));
        let long = format!("begin{}end", "é".repeat(2 * TAIL_WIDTH));
        let kept = tail(&long);
        assert!(kept[0].starts_with("begin") && kept[0].ends_with("end") && kept[0].contains('…'));
        assert_eq!(kept[0].chars().count(), TAIL_WIDTH - 1);
    }
}
