//! A list on the terminal that also accepts other input.

use dialoguer::console::{Key, Term};
use dialoguer::theme::Theme;

/// User's choice in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Picked {
    /// Index of an item.
    Item(usize),
    /// Typed text that matches no item.
    Typed(String),
}

/// State of the search in a list.
#[derive(Debug, Default)]
struct Search {
    text: String,
    /// Index of the selected row among the matches.
    at: usize,
}

/// Lets the user choose one of these items; typing filters them, and text that matches none is an answer by itself.
/// Returns none on Esc.
pub(super) fn open_list(
    term: &Term,
    theme: &dyn Theme,
    prompt: &str,
    items: &[String],
    rows: usize,
) -> dialoguer::Result<Option<Picked>> {
    let mut search = Search::default();
    let rows = rows.min(usize::from(term.size().0).saturating_sub(2)).max(1);
    term.hide_cursor()?;
    loop {
        let found = search.found(items);
        let lines = search.lines(theme, prompt, items, &found, rows)?;
        lines.iter().try_for_each(|line| term.write_line(line))?;
        term.flush()?;
        let key = term.read_key();
        term.clear_last_lines(lines.len())?;
        let done = match key? {
            Key::Escape => Some(None),
            Key::Enter => search.chosen(&found).map(Some),
            other => {
                search.take(&other, found.len());
                None
            }
        };
        if let Some(picked) = done {
            let said = match &picked {
                Some(Picked::Item(place)) => items.get(*place).cloned(),
                Some(Picked::Typed(text)) => Some(text.clone()),
                None => None,
            };
            if let Some(said) = said {
                let mut line = String::new();
                theme.format_input_prompt_selection(&mut line, prompt, &said).map_err(std::io::Error::other)?;
                term.write_line(&line)?;
            }
            term.show_cursor()?;
            term.flush()?;
            return Ok(picked);
        }
    }
}

impl Search {
    /// Returns the indices of the items that contain every typed word.
    fn found(&self, items: &[String]) -> Vec<usize> {
        let words: Vec<String> = self.text.split_whitespace().map(str::to_lowercase).collect();
        let fits = |item: &String| {
            let item = item.to_lowercase();
            words.iter().all(|word| item.contains(word))
        };
        items.iter().enumerate().filter(|(_, item)| fits(item)).map(|(place, _)| place).collect()
    }

    fn chosen(&self, found: &[usize]) -> Option<Picked> {
        let typed = || (!self.text.trim().is_empty()).then(|| Picked::Typed(self.text.trim().to_owned()));
        found.get(self.at).map(|place| Picked::Item(*place)).or_else(typed)
    }

    fn take(&mut self, key: &Key, found: usize) {
        match key {
            Key::ArrowDown | Key::Tab if found > 0 => self.at = (self.at + 1) % found,
            Key::ArrowUp | Key::BackTab if found > 0 => self.at = (self.at + found - 1) % found,
            Key::Backspace => {
                self.text.pop();
                self.at = 0;
            }
            Key::Char(c) if !c.is_control() => {
                self.text.push(*c);
                self.at = 0;
            }
            _ => {}
        }
    }

    fn lines(
        &self,
        theme: &dyn Theme,
        prompt: &str,
        items: &[String],
        found: &[usize],
        rows: usize,
    ) -> dialoguer::Result<Vec<String>> {
        let mut first = String::new();
        let format = |error: std::fmt::Error| std::io::Error::other(error);
        theme.format_input_prompt(&mut first, prompt, None).map_err(format)?;
        let mut lines = vec![format!("{first}{}", self.text)];
        let begin = (self.at + 1).saturating_sub(rows);
        for (row, place) in found.iter().enumerate().skip(begin).take(rows) {
            let mut line = String::new();
            let item = items.get(*place).map(String::as_str).unwrap_or_default();
            theme.format_select_prompt_item(&mut line, item, row == self.at).map_err(format)?;
            lines.push(line);
        }
        if found.is_empty() {
            lines.push("  none of the list; Enter takes it as it is".to_owned());
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items() -> Vec<String> {
        ["ami-1  Debian 12", "ami-2  Debian 13", "other image"].map(str::to_owned).to_vec()
    }

    fn typed(text: &str) -> Search {
        let mut search = Search::default();
        text.chars().for_each(|c| search.take(&Key::Char(c), 3));
        search
    }

    #[test]
    fn words_narrow_the_list_and_what_it_has_not_is_taken_as_it_is() {
        let picked = |text: &str| typed(text).chosen(&typed(text).found(&items()));
        assert_eq!(picked(""), Some(Picked::Item(0)));
        assert_eq!(picked("deb 13"), Some(Picked::Item(1)));
        assert_eq!(picked("OTHER"), Some(Picked::Item(2)));
        assert_eq!(picked("ami-0123 "), Some(Picked::Typed("ami-0123".to_owned())));
        assert_eq!(picked("ami-2"), Some(Picked::Item(1)), "an id that is in the list is that item");
    }

    #[test]
    fn arrows_go_round_and_typing_begins_at_the_top() {
        let mut search = Search::default();
        search.take(&Key::ArrowUp, 3);
        assert_eq!(search.at, 2);
        search.take(&Key::ArrowDown, 3);
        assert_eq!(search.at, 0);
        search.take(&Key::ArrowDown, 3);
        search.take(&Key::Char('x'), 3);
        search.take(&Key::Backspace, 0);
        assert_eq!((search.at, search.text.as_str()), (0, ""));
    }
}
