//! Templates: two notations behind one interface, helpers that make a value safe where it stands, and what is read from
//! rendered ones.
//!
//! # Handlebars
//! Strict: a name without a value is an error, also in `{{#if}}` and as an argument; `{{default NAME VALUE}}` says what
//! to take instead. Nothing is escaped unless a helper says for where:
//!
//! | helper | gives | refuses |
//! |---|---|---|
//! | `{{json x}}` | the value as JSON, quotes included | |
//! | `{{yaml x}}` | the value as YAML on one line, quotes included; reads back the same | |
//! | `{{toml x}}` | the value as TOML on one line, quotes included | null |
//! | `{{shell x}}` | one word for a POSIX shell, quotes included; a list becomes a word each | NUL, which no word can hold; objects, null |
//! | `{{base64 x}}` | the text's bytes in base64, on one line | lists and objects, null |
//! | `{{gzip_base64 x}}` | the same, compressed; the same bytes every time | lists and objects, null |
//! | `{{indent 4 x}}` | lines of text with so many spaces before each, for a YAML block (`key: \|`) | what such a block cannot hold: control characters but tab, a space or line end at the front, several line ends at the end |
//! | `{{word x}}` | the text, which means nothing but itself in YAML, shells, URLs and most configuration files | all but letters, digits and `. _ - : / @ % +` |
//! | `{{one_of x "a" "b" …}}` | x | what is none of the others |
//! | `{{#if (flag x)}}` | whether x is true, or the text `true` as the command line gives it; a missing one is false | all but true, false and their texts |
//! | `{{default x y}}` | x, or y where x is missing or null | |
//! | `{{x}}` | the value as it is | NUL; lists and objects, null |
//!
//! A helper stands where a whole word or value stands: `key: {{yaml x}}`, not `key: "{{yaml x}}"`. Helpers nest:
//! `{{yaml (base64 x)}}`. `json`, `yaml`, `toml` and `shell` write `{{`, `{%` and `{#` in values such that Jinja, which
//! cloud-init runs where it is asked to, does not see them. [`Template::unguarded`] tells where values stand as they
//! are.
//!
//! Partials are templates of the same set, `{{> name key=value}}`; their text is put where they stand without indenting
//! it, since that would change values with several lines. They cannot include themselves, and there are no inline ones.
//!
//! # Dollar
//! `$name`, `${name}` and `$$`, as cloudinit.d and coalition have them; [`DollarForm`] says how values are kept from
//! breaking out.

mod about;
mod ast;
mod built_in;
mod compiled;
mod dollar;
mod error;
pub(crate) mod escape;
mod helper;
mod helpers;
mod library;
mod reads;
mod systems;
mod tags;
mod text_template;
mod unescaped_value;
mod unfit_value;
mod values;

pub use about::{About, Variable};

pub use dollar::DollarForm;
pub use error::TemplateError;

pub use library::{TemplateOrigin, Templates};
pub use systems::{SYSTEMS, system_of};
pub use text_template::Template;
pub use unescaped_value::UnescapedValue;
pub use values::Values;
