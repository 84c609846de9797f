//! Layout of the live view for the size of the terminal.

use std::time::Duration;

use indicatif::ProgressStyle;

use crate::engine::Phase;

/// Maximum number of service lines at once; thousands would tell nothing.
const MOST_LINES: usize = 14;

/// Interval at which spinners and times move.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// Assumed columns and rows if the terminal does not tell its size.
const USUAL: (usize, usize) = (80, 24);

/// Width in columns below which bars are shorter.
const NARROW: usize = 72;

/// Kind of a service's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    /// The service's turn has not come.
    Waiting,
    /// Work on the service is in progress.
    Working,
    /// Nothing is left to do.
    AtRest,
    /// The service failed or is lost.
    Broken,
}

impl LineKind {
    pub(super) fn of(phase: &Phase) -> Self {
        match phase {
            Phase::Pending => Self::Waiting,
            Phase::Ready { .. } | Phase::Terminated { .. } => Self::AtRest,
            phase if phase.is_broken() => Self::Broken,
            _ => Self::Working,
        }
    }
}

/// Number of lines and columns that fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    columns: usize,
    /// Maximum number of service lines.
    pub(super) most_lines: usize,
    /// Whether one bar stands for all levels, whose own bars would fill the terminal.
    pub(super) bar_for_all: bool,
}

impl Shape {
    /// Returns the shape for this number of levels on the terminal of standard error.
    pub(super) fn of_terminal(levels: usize) -> Self {
        let size = terminal_size::terminal_size_of(std::io::stderr());
        let size = size.map(|(columns, rows)| (usize::from(columns.0), usize::from(rows.0)));
        // A terminal without a configured size reports 0.
        let (columns, rows) = size.filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or(USUAL);
        Self::new(columns, rows, levels)
    }

    fn new(columns: usize, rows: usize, levels: usize) -> Self {
        let bar_for_all = levels > (rows / 2).max(1);
        let bars = if bar_for_all { 1 } else { levels };
        // Reserves a line for the count of hidden services, and one for the cursor.
        let most_lines = rows.saturating_sub(bars + 2).clamp(1, MOST_LINES);
        Self { columns, most_lines, bar_for_all }
    }

    fn bar_width(&self) -> usize {
        if self.columns < NARROW { 10 } else { 24 }
    }

    /// Returns the style of a level's bar.
    pub(super) fn bar(&self, colored: bool) -> ProgressStyle {
        let (bold, color) = if colored { (":.bold", ".green/dim") } else { ("", "") };
        let width = self.bar_width();
        style(&format!("{{prefix{bold}}} {{bar:{width}{color}}} {{pos:>4}}/{{len:<4}} {{wide_msg}}"))
            .progress_chars("━━─")
    }

    /// Returns the style of a service's line, which begins with `mark`.
    pub(super) fn line(&self, mark: &str) -> ProgressStyle {
        style(&format!("      {mark} {{prefix}} {{wide_msg}} {{elapsed}}")).tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
    }

    /// Returns the style of the line that counts the hidden services.
    pub(super) fn rest(&self) -> ProgressStyle {
        style("      {wide_msg}")
    }

    /// Shortens a level's name to fit beside number, bar, counts and a few words.
    pub(super) fn level_name(&self, name: &str) -> String {
        let others = "999 ".len() + " ".len() + self.bar_width() + " 9999/9999 ".len() + "9999 going or gone".len();
        shortened(name, self.columns.saturating_sub(others).max(8))
    }

    /// Shortens or pads a service's name to the common width.
    pub(super) fn service_name(&self, name: &str) -> String {
        const USUAL_NAME: usize = 20;
        const OTHERS: usize = 50;
        let name = shortened(name, self.columns.saturating_sub(OTHERS).max(USUAL_NAME));
        format!("{name:<USUAL_NAME$}")
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Shortens a name in its middle, since replicas differ at the end.
fn shortened(name: &str, width: usize) -> String {
    let length = name.chars().count();
    if length <= width {
        return name.to_owned();
    }
    let end = (width - 1) / 2;
    let begin = width - 1 - end;
    let begins: String = name.chars().take(begin).collect();
    let ends: String = name.chars().skip(length - end).collect();
    format!("{begins}…{ends}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_lines_and_the_count_fit_the_terminal() {
        for rows in 5..60 {
            for levels in 1..100 {
                let shape = Shape::new(80, rows, levels);
                let bars = if shape.bar_for_all { 1 } else { levels };
                assert!(bars + shape.most_lines + 1 < rows, "{levels} levels on {rows} rows: {shape:?}");
            }
        }
        assert_eq!(Shape::new(80, 24, 3).most_lines, 14);
        assert_eq!(Shape::new(80, 10, 1).most_lines, 7);
        assert!(!Shape::new(80, 24, 12).bar_for_all && Shape::new(80, 24, 13).bar_for_all);
    }

    #[test]
    fn names_lose_their_middle() {
        assert_eq!(shortened("node-12", 7), "node-12");
        assert_eq!(shortened("a-very-long-name-12", 9), "a-ve…e-12");
        assert_eq!(Shape::new(60, 24, 1).service_name("node"), format!("node{}", " ".repeat(16)));
        assert_eq!(Shape::new(60, 24, 1).service_name(&"n".repeat(40)).chars().count(), 20);
        assert_eq!(Shape::new(60, 24, 1).level_name(&"l".repeat(40)).chars().count(), 16);
    }
}
