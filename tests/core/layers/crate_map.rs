//! The modules of the crate: what each defines, what it takes in from others by `use`, and which paths it names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Item, UseTree, Visibility};

/// A path from the crate's root, without `crate`; a module, or an item below one.
pub(crate) type CratePath = Vec<String>;

/// One module; those that are written within a file belong to it.
#[derive(Default)]
struct Module {
    file: String,
    defined: BTreeSet<String>,
    /// What a name that was taken in stands for.
    taken: BTreeMap<String, CratePath>,
    taken_whole: Vec<CratePath>,
    /// Paths as they are written; the second is false of those that are only passed on by `pub use`.
    named: Vec<(CratePath, bool)>,
}

/// Every module of the crate by its path, tests excepted.
#[derive(Default)]
pub(crate) struct CrateMap(BTreeMap<CratePath, Module>);

impl CrateMap {
    /// Of these files, by their paths in their crate.
    pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Self {
        let mut map = Self::default();
        for (file, text) in files {
            let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            if !is_test(&parsed.attrs) {
                map.read(&module_of(file), &file.display().to_string(), &parsed.items);
            }
        }
        map
    }

    fn read(&mut self, path: &CratePath, file: &str, items: &[Item]) {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        for item in items {
            match item {
                Item::Mod(inner) if is_test(&inner.attrs) => {}
                Item::Mod(inner) => {
                    if let Some((_, items)) = &inner.content {
                        self.read(&[path.clone(), vec![inner.ident.to_string()]].concat(), file, items);
                    }
                }
                Item::Use(taken) => {
                    let is_used = matches!(taken.vis, Visibility::Inherited);
                    take_in(&mut module, &taken.tree, Vec::new(), is_used);
                }
                other => {
                    module.defined.extend(name_of(other));
                    if !is_test(attributes_of(other)) {
                        find_paths(other.to_token_stream(), &mut module.named);
                    }
                }
            }
        }
        self.0.insert(path.clone(), module);
    }

    /// The files that each file uses something of.
    pub(crate) fn uses(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (path, module) in &self.0 {
            let of_file = uses.entry(&module.file).or_default();
            let paths = module.named.iter().filter(|(_, is_used)| *is_used).map(|(named, _)| named);
            of_file.extend(paths.filter_map(|named| self.file_of(&self.absolute(path, named)?)));
            of_file.remove(module.file.as_str());
        }
        uses
    }

    /// What a path that is written in a module means, if it leads into the crate.
    fn absolute(&self, module: &CratePath, written: &[String]) -> Option<CratePath> {
        let (first, rest) = written.split_first()?;
        match first.as_str() {
            "crate" | "hoist_engines" => Some(rest.to_vec()),
            "self" => Some([module, rest].concat()),
            "super" => {
                let up = written.iter().take_while(|name| *name == "super").count();
                Some([&module[..module.len().checked_sub(up)?], &written[up..]].concat())
            }
            _ => {
                let below = [module.as_slice(), written].concat();
                if self.0.contains_key(&below[..=module.len()]) {
                    return Some(below);
                }
                let taken = self.0.get(module)?.taken.get(first)?;
                // A name of another crate, taken in under its own name.
                if taken.first() == Some(first) {
                    return None;
                }
                self.absolute(module, taken).map(|taken| [taken.as_slice(), rest].concat())
            }
        }
    }

    /// The file that defines what is at this path, through whatever passes it on.
    fn file_of(&self, path: &CratePath) -> Option<&str> {
        self.look_up(path, 0)
    }

    fn look_up(&self, path: &CratePath, depth: usize) -> Option<&str> {
        const DEEPEST: usize = 12;
        let length = (0..=path.len()).rev().find(|length| self.0.contains_key(&path[..*length]))?;
        let module = self.0.get(&path[..length])?;
        let name = path.get(length).filter(|_| depth < DEEPEST)?;
        if module.defined.contains(name) {
            return Some(&module.file);
        }
        let here = path[..length].to_vec();
        let rest = &path[length + 1..];
        if let Some(taken) = module.taken.get(name) {
            let taken = self.absolute(&here, taken)?;
            return self.look_up(&[taken.as_slice(), rest].concat(), depth + 1);
        }
        module.taken_whole.iter().find_map(|whole| {
            let whole = self.absolute(&here, whole)?;
            self.look_up(&[whole.as_slice(), &path[length..]].concat(), depth + 1)
        })
    }
}

fn module_of(file: &Path) -> CratePath {
    let mut names: CratePath =
        file.with_extension("").components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        names.pop();
    }
    names
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.meta.to_token_stream().to_string().contains("test")
    })
}

fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        _ => return None,
    })
}

/// Notes what a `use` takes in; `above` is what stands before this part of it.
fn take_in(module: &mut Module, tree: &UseTree, above: CratePath, is_used: bool) {
    let mut note = |name: String, path: CratePath| {
        module.named.push((path.clone(), is_used));
        // A module that is named by itself is no item of its file.
        module.taken.insert(name, path);
    };
    match tree {
        UseTree::Path(path) => {
            take_in(module, &path.tree, [above, vec![path.ident.to_string()]].concat(), is_used);
        }
        UseTree::Name(name) if name.ident == "self" => note(above.last().cloned().unwrap_or_default(), above),
        UseTree::Name(name) => note(name.ident.to_string(), [above, vec![name.ident.to_string()]].concat()),
        UseTree::Rename(name) => note(name.rename.to_string(), [above, vec![name.ident.to_string()]].concat()),
        UseTree::Glob(_) => module.taken_whole.push(above),
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| take_in(module, tree, above.clone(), is_used));
        }
    }
}

/// Notes each `a::b::c` of some code, also within macros.
fn find_paths(code: TokenStream, found: &mut Vec<(CratePath, bool)>) {
    let mut path: CratePath = Vec::new();
    let mut colons = 0;
    let mut end = |path: &mut CratePath| {
        let path = std::mem::take(path);
        if path.len() > 1 {
            found.push((path, true));
        }
    };
    let mut inner = Vec::new();
    for token in code {
        match token {
            TokenTree::Ident(name) => {
                if colons != 2 {
                    end(&mut path);
                }
                path.push(name.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() && colons < 2 => colons += 1,
            other => {
                end(&mut path);
                colons = 0;
                if let TokenTree::Group(group) = other {
                    inner.push(group.stream());
                }
            }
        }
    }
    end(&mut path);
    inner.into_iter().for_each(|code| find_paths(code, found));
}
