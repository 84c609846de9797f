//! Reports on user data and its templates.

mod checks_document;
mod finding_view;
mod lint_document;
mod template_document;
mod templates_document;

pub use checks_document::{CheckView, ChecksDocument};
pub use finding_view::FindingView;
pub use lint_document::{LintDocument, PartView, user_data_human};
pub use template_document::{TemplateDocument, VariableView};
pub use templates_document::{ListedTemplate, TemplatesDocument};
