//! Templates: two notations behind one interface, helpers that make a value safe at its place, and values read from
//! rendered templates.
//!
//! # Handlebars
//! Strict: a name without a value is an error, also in `{{#if}}` and as an argument; `{{default NAME VALUE}}` names a
//! substitute. Nothing is escaped except by a helper for the place:
//!
//! | helper | result | refused |
//! |---|---|---|
//! | `{{json x}}` | the value as JSON, quotes included | |
//! | `{{yaml x}}` | the value as YAML on one line, quotes included; reads back the same | |
//! | `{{toml x}}` | the value as TOML on one line, quotes included | null |
//! | `{{shell x}}` | one word for a POSIX shell, quotes included; a word per item of a list | NUL; objects, null |
//! | `{{base64 x}}` | the text's bytes in base64, on one line | lists and objects, null |
//! | `{{gzip_base64 x}}` | the same, compressed; the same bytes every time | lists and objects, null |
//! | `{{indent 4 x}}` | lines of text indented by 4 spaces, for a YAML block (`key: \|`) | text unfit for a block |
//! | `{{word x}}` | text without a special meaning | all but letters, digits and `. _ - : / @ % +` |
//! | `{{one_of x "a" "b" …}}` | x | values other than those listed |
//! | `{{#if (flag x)}}` | whether x is true, or the text `true` | all but true, false and their texts |
//! | `{{default x y}}` | x, or y where x is missing or null | |
//! | `{{x}}` | the unchanged value | NUL; lists and objects, null |
//!
//! No shell word can hold NUL. `indent` refuses control characters other than tab, a space or line end at the front,
//! and several line ends at the end. The result of `word` has no special meaning in YAML, shells, URLs and most
//! configuration files. `flag` accepts the text since values from the command line are texts; a missing one is false.
//!
//! A helper stands in place of a whole word or value: `key: {{yaml x}}`, not `key: "{{yaml x}}"`. Helpers nest:
//! `{{yaml (base64 x)}}`. `json`, `yaml`, `toml` and `shell` hide `{{`, `{%` and `{#` in values from Jinja, which
//! cloud-init runs on request. [`Template::unguarded`] returns the places where values are inserted unchanged.
//!
//! Partials are templates of the same set, `{{> name key=value}}`; their text is inserted without indentation, which
//! would change values with several lines. They cannot include themselves, and there are no inline ones.
//!
//! # Dollar
//! `$name`, `${name}` and `$$`, as in cloudinit.d and coalition; [`DollarForm`] defines how values are kept from
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
