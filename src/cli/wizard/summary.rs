//! Final message of the wizard.

use crate::app::CommandError;
use crate::app::wizard::{CreatedGroups, WrittenFiles};
use crate::cli::context::Context;
use crate::cli::plan::BootedRun;
use crate::os::quoted;
use crate::report::{SchemaVersion, SecurityGroupView, WizardDocument};
use crate::wizard::{Cluster, ValidatedAnswers};

/// Results of the answers.
pub(super) struct Conclusion<'a> {
    pub(super) whole: &'a ValidatedAnswers,
    pub(super) written: &'a WrittenFiles,
    pub(super) cluster: &'a Cluster,
    pub(super) made: &'a [CreatedGroups],
    pub(super) allowed: &'a [String],
    /// Prerequisites missing on this machine for a launch of the master.
    pub(super) lacking: &'a [&'static str],
}

impl Conclusion<'_> {
    /// Shows the results to people, with the next steps.
    pub(super) fn tell(&self, context: &Context) -> Result<(), CommandError> {
        if context.wants_json() {
            return Ok(());
        }
        let style = context.style;
        let mut text = String::new();
        let mut files = vec![
            (&self.written.master, "the master's user data"),
            (&self.written.plan, "the plan that launches it"),
            (&self.written.answers, "your answers, for the next time: hoist wizard --answers FILE"),
        ];
        files.extend(
            self.written.program.iter().map(|program| (program, "this program, which the plan brings to the master")),
        );
        for (path, about) in files {
            text.push_str(&format!("wrote {}  {}\n", style.bold(path.display()), style.dim(about)));
        }
        for made in self.made {
            text.push_str(&format!("security group {} is there ({})\n", style.bold(&made.name), made.id));
        }
        for note in self.notes() {
            text.push_str(&format!("{} {note}\n", style.warn("note:")));
        }
        text.push_str("next:\n");
        for (number, step) in self.steps().iter().enumerate() {
            text.push_str(&format!("  {}. {step}\n", number + 1));
        }
        context.print(&text)
    }

    /// Writes the document.
    pub(super) fn print_json(&self, context: &Context, raised: Option<&BootedRun>) -> Result<(), CommandError> {
        if !context.wants_json() {
            return Ok(());
        }
        let groups = self.made.iter().map(|made| SecurityGroupView { name: &made.name, id: &made.id });
        context.print_json(&WizardDocument {
            schema: SchemaVersion,
            cloud: self.whole.answers.cloud.as_str(),
            os: self.whole.answers.os.word,
            master: &self.written.master,
            plan: &self.written.plan,
            answers: &self.written.answers,
            security_groups: groups.collect(),
            allowed_secrets: self.allowed,
            notes: self.notes().collect(),
            next_steps: self.steps(),
            launched: raised.is_some(),
            run: raised.map(|raised| raised.run.as_str()),
            outcome: raised.map(|raised| raised.outcome),
        })
    }

    fn notes(&self) -> impl Iterator<Item = &str> {
        self.cluster.notes.iter().map(String::as_str).chain(self.lacking.iter().copied())
    }

    /// Lists the next steps, run where the files are.
    fn steps(&self) -> Vec<String> {
        let mut steps = Vec::new();
        if let Some(directory) = self.written.plan.parent().filter(|path| *path != std::path::Path::new("."))
            && !directory.as_os_str().is_empty()
        {
            steps.push(format!("cd {}", quoted(directory)));
        }
        steps.extend(self.cluster.next_steps.iter().cloned());
        steps
    }
}
