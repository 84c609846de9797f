//! Tables with aligned columns.

use unicode_width::UnicodeWidthStr as _;

/// A cell: the plain text for its width, and the shown text.
pub struct Cell {
    width: usize,
    shown: String,
}

impl Cell {
    /// Creates a cell with coloured text.
    pub fn painted(plain: &str, shown: String) -> Self {
        Self { width: plain.width(), shown }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        let shown = text.into();
        Self { width: shown.width(), shown }
    }
}

/// Lays rows out in columns two spaces apart, each row indented by `indent` spaces; the last column is not padded.
pub fn table(indent: usize, rows: &[Vec<Cell>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = " ".repeat(indent);
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&cell.shown);
            line.push_str(&" ".repeat(width - cell.width + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_whatever_is_in_them() {
        let rows = [["日本語", "a"], ["é", "b"], ["plain", "c"]].map(|row| row.map(Cell::from).into_iter().collect());
        // Each of the first three characters takes two columns of a terminal.
        assert_eq!(table(0, &rows), "日本語  a\né       b\nplain   c\n");
    }
}
