//! The set of templates by name: built-in ones, overridden by the user's own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::built_in::BUILT_IN;
use super::error::TemplateError;
use crate::plan::read_text_file;

/// Maximum size of a template in bytes: user data may have 16 KB, and larger data stored elsewhere some hundred.
const MAX_TEMPLATE: u64 = 4 << 20;

/// Maximum depth of the search in a directory of templates.
const DEEPEST: usize = 8;

/// Templates by name. A file `NAME.hbs` is in handlebars, `NAME.template` in the dollar notation.
#[derive(Clone, Debug)]
pub struct Templates {
    entries: BTreeMap<String, LibraryEntry>,
}

#[derive(Clone, Debug)]
struct LibraryEntry {
    dollar: bool,
    origin: TemplateOrigin,
}

/// Origin of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateOrigin {
    /// Text of a built-in template.
    BuiltIn(&'static str),
    /// File of the user.
    File(PathBuf),
}

/// Source text of a template.
pub(super) struct TemplateSource {
    pub(super) text: String,
    pub(super) label: String,
    pub(super) dollar: bool,
}

impl Templates {
    /// Returns the built-in templates.
    pub fn built_in() -> Self {
        let entries = BUILT_IN.iter().filter_map(|(file, text)| {
            let (name, dollar) = split(file)?;
            Some((name.to_owned(), LibraryEntry { dollar, origin: TemplateOrigin::BuiltIn(text) }))
        });
        Self { entries: entries.collect() }
    }

    /// Returns the built-in templates, overridden by those in `user` (`$XDG_CONFIG_HOME/hoist/templates`, which need
    /// not exist), and these by those in `explicit` (`--templates`, which must exist).
    ///
    /// # Errors
    /// A directory that cannot be read, or that has a template twice.
    pub fn open(explicit: Option<&Path>, user: Option<&Path>) -> Result<Self, TemplateError> {
        let mut templates = Self::built_in();
        for (directory, must_exist) in [(user, false), (explicit, true)] {
            let Some(directory) = directory else { continue };
            let mut found = BTreeMap::new();
            list(directory, "", must_exist, 0, &mut found)?;
            templates.entries.extend(found);
        }
        Ok(templates)
    }

    /// Does the same with the user's directory from this process's environment.
    ///
    /// # Errors
    /// Those of [`Templates::open`].
    pub fn of_user(explicit: Option<&Path>) -> Result<Self, TemplateError> {
        let user = Self::user_directory(|name| std::env::var_os(name));
        Self::open(explicit, user.as_deref())
    }

    /// Returns the directory of the user's own templates, from environment variables.
    pub fn user_directory(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
        config.map(|config| config.join("hoist/templates"))
    }

    /// Returns the names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Returns the origin of the template of this name.
    pub fn origin(&self, name: &str) -> Option<&TemplateOrigin> {
        self.entries.get(name).map(|entry| &entry.origin)
    }

    /// Returns the text of the template of this name, if there is one.
    pub(super) fn source(&self, name: &str) -> Result<Option<TemplateSource>, TemplateError> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        let (text, label) = match &entry.origin {
            TemplateOrigin::BuiltIn(text) => ((*text).to_owned(), name.to_owned()),
            TemplateOrigin::File(path) => (read(path)?, path.display().to_string()),
        };
        Ok(Some(TemplateSource { text, label, dollar: entry.dollar }))
    }
}

/// Splits a template's file name into its name, and whether it is in the dollar notation.
fn split(file: &str) -> Option<(&str, bool)> {
    let handlebars = file.strip_suffix(".hbs").map(|name| (name, false));
    handlebars.or_else(|| file.strip_suffix(".template").map(|name| (name, true))).filter(|(name, _)| !name.is_empty())
}

fn list(
    directory: &Path,
    prefix: &str,
    must_exist: bool,
    depth: usize,
    found: &mut BTreeMap<String, LibraryEntry>,
) -> Result<(), TemplateError> {
    let label = directory.display().to_string();
    let failed =
        |error: std::io::Error| TemplateError::new(&label, None, format!("cannot read the directory: {error}"));
    if depth > DEEPEST {
        return Err(TemplateError::new(&label, None, format!("directories are nested more than {DEEPEST} deep")));
    }
    let files = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => return Ok(()),
        files => files.map_err(failed)?,
    };
    for file in files {
        let path = file.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            list(&path, &format!("{name}/"), true, depth + 1, found)?;
        } else if let Some((name, dollar)) = split(&name) {
            let entry = LibraryEntry { dollar, origin: TemplateOrigin::File(path.clone()) };
            if found.insert(name.to_owned(), entry).is_some() {
                let message = format!("there are both {name}.hbs and {name}.template");
                return Err(TemplateError::new(&label, None, message).hint("remove one of them"));
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, TemplateError> {
    let label = path.display().to_string();
    let failed = |why: String| TemplateError::new(&label, None, why);
    read_text_file(path, MAX_TEMPLATE).map_err(|error| failed(format!("cannot be read: {error}")))
}
