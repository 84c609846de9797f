use std::path::Path;
use std::sync::OnceLock;

use crate::elastic::fleet::{FleetEngine, FleetFile, QueueKind};
use crate::scaler::{Fleet, FleetName, Overrides};

/// A fleet's name and file, as far as sentences point at them.
#[derive(Clone, Debug)]
pub struct FleetPlace<'a> {
    /// The fleet's name.
    pub name: &'a FleetName,
    /// The fleet file.
    pub file: &'a Path,
    /// Its text.
    pub text: &'a str,
    /// The settings laid over it.
    pub overrides: &'a Overrides,
    /// The kind of its queue, once that was asked for: many sentences may.
    queue_kind: OnceLock<Option<QueueKind>>,
}

impl<'a> FleetPlace<'a> {
    /// Returns the place of a fleet of this name, with this file, its text, and the settings laid over it.
    pub fn new(name: &'a FleetName, (file, text): (&'a Path, &'a str), overrides: &'a Overrides) -> Self {
        Self { name, file, text, overrides, queue_kind: OnceLock::new() }
    }

    /// Returns the place of a fleet.
    pub fn of(fleet: &'a Fleet) -> Self {
        Self::new(&fleet.id.name, (&fleet.path, &fleet.text), &fleet.overrides)
    }

    /// Returns the kind of the fleet's queue. None: it has none, or its file cannot be read any more.
    pub(super) fn queue_kind(&self) -> Option<QueueKind> {
        let read = || Some(FleetFile::parse(self.text, self.file).ok()?.queue?.kind);
        *self.queue_kind.get_or_init(read)
    }

    /// Says what helps where the engine asks for something that the queue does not have.
    pub(super) fn other_engine(&self, engine: &str) -> String {
        let served = QueueKind::engines(self.queue_kind());
        let others = served.into_iter().filter(|name| *name != engine).map(|name| match FleetEngine::needs(name) {
            Some(needs) => format!("{name} with {needs}"),
            None => name.to_owned(),
        });
        let others: Vec<String> = others.collect();
        format!(
            "the queue does not tell what the engine {engine} asks for; take another in [engine] ({}): {}",
            self.file.display(),
            others.join(", ")
        )
    }

    /// Names a setting with its place: `budget of [limits] (FILE:12)`. A setting that the file leaves out is to be put
    /// there: `budget of [limits] (FILE)`.
    pub(super) fn setting(&self, section: &str, key: &str) -> String {
        let file = self.file.display();
        match self.line(section, key) {
            Some(line) => format!("{key} of [{section}] ({file}:{line})"),
            None => format!("{key} of [{section}] ({file})"),
        }
    }

    /// Returns the number of the line that has a key of a section; none if it has none, or writes it another way.
    pub(super) fn line(&self, section: &str, key: &str) -> Option<usize> {
        let mut current = "";
        for (line, number) in self.text.lines().map(str::trim).zip(1..) {
            let header = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
            if let Some((header, _)) = header {
                current = header.trim();
            } else if let Some((found, _)) = line.split_once('=')
                && (current == section && found.trim() == key || found.trim() == format!("{section}.{key}"))
            {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_found_in_its_section() {
        let name: FleetName = "crunch".parse().unwrap();
        let text = "[workers]\nmax = 6\n\n[limits]\n# budget = 1\nbudget = 40\n[machines.big]\nmax = 2\n";
        let file = Path::new("/etc/hoist/elastic.toml");
        let overrides = Overrides::default();
        let place = FleetPlace::new(&name, (file, text), &overrides);
        assert_eq!(place.setting("limits", "budget"), "budget of [limits] (/etc/hoist/elastic.toml:6)");
        assert_eq!(place.line("workers", "max"), Some(2));
        assert_eq!(place.line("machines.big", "max"), Some(8));
        assert_eq!(place.setting("limits", "min_idle"), "min_idle of [limits] (/etc/hoist/elastic.toml)");
    }
}
