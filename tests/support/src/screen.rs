//! As much of a terminal as hoist uses: what stands on it after all that was written to it.

/// The lines on a terminal that is `width` characters wide and as high as it takes, without what stands empty at their
/// ends.
pub fn lines(written: &str, width: u16) -> Vec<String> {
    let width = usize::from(width);
    let mut rows: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut rest = written.chars();
    while let Some(c) = rest.next() {
        match c {
            '\r' => column = 0,
            '\n' => row += 1,
            '\x1b' if rest.next() == Some('[') => {
                let mut number = String::new();
                let command = rest.by_ref().find(|&c| {
                    number.push(c);
                    c.is_ascii_alphabetic()
                });
                number.pop();
                let count = number.parse().unwrap_or(1);
                match command {
                    Some('A') => row = row.saturating_sub(count),
                    Some('B') => row += count,
                    Some('C') => column += count,
                    Some('D') => column = column.saturating_sub(count),
                    Some('K') if number == "2" => rows[row].clear(),
                    Some('K') => rows[row].truncate(column),
                    // Colours, and the cursor's visibility.
                    Some('m' | 'h' | 'l') => {}
                    other => panic!("this terminal does not know {number}{other:?}"),
                }
            }
            c if c.is_control() => panic!("this terminal does not know {c:?}"),
            c => {
                // What is written past the last column goes on in the next line.
                if column == width {
                    (row, column) = (row + 1, 0);
                }
                grow(&mut rows, row);
                let line = &mut rows[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = c;
                column += 1;
            }
        }
        grow(&mut rows, row);
    }
    rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned()).collect()
}

fn grow(rows: &mut Vec<Vec<char>>, row: usize) {
    rows.resize(rows.len().max(row + 1), Vec::new());
}

#[test]
fn what_is_written_over_is_gone() {
    let written = "one\r\ntwo\x1b[1A\rO\x1b[31mN\x1b[0m\r\n\x1b[2K\rthree\r\n123456";
    assert_eq!(lines(written, 5), ["ONe", "three", "12345", "6"]);
}
