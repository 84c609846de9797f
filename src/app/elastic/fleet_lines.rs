use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::app::coalition::is_coalition_file;
use crate::compat::coalition_line;
use crate::diagnostics::Place;

/// Lines of the keys of a fleet file, for problems that are found after it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FleetLines<'t> {
    /// Path of the file, as the user named it.
    pub(crate) file: &'t Path,
    /// Its text.
    pub(crate) text: &'t str,
}

impl FleetLines<'_> {
    /// Returns the line of a key within tables, or of the innermost table that the file has, or the whole file.
    pub(super) fn place(&self, keys: &[&str]) -> Place {
        if is_coalition_file(self.file) {
            return Place::new(self.file, keys.last().and_then(|key| coalition_line(self.text, key)));
        }
        let Ok(root) = DeTable::parse(self.text) else { return Place::file(self.file) };
        let (mut table, mut offset) = (root.get_ref(), None);
        for key in keys {
            let Some((name, value)) = table.iter().find(|(name, _)| name.get_ref() == key) else { break };
            offset = Some(name.span().start);
            let DeValue::Table(inner) = value.get_ref() else { break };
            table = inner;
        }
        let line = |offset: usize| self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        Place::new(self.file, offset.map(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_line_and_a_missing_one_that_of_its_table() {
        let text = "name = \"a\"\n\n[machines.big]\nimage = \"ami-1\"\n[cloud]\nprovider = \"local\"\n";
        let lines = FleetLines { file: Path::new("elastic.toml"), text };
        let place = |keys: &[&str]| lines.place(keys).to_string();
        assert_eq!(place(&["machines", "big", "image"]), "elastic.toml:4");
        assert_eq!(place(&["machines", "big", "tags", "a"]), "elastic.toml:3");
        assert_eq!(place(&["machines", "small"]), "elastic.toml:3");
        assert_eq!(place(&["engine", "name"]), "elastic.toml");
    }
}
