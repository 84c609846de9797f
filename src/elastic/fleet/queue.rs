use super::queue_kind::QueueKind;
use super::section::Section;
use super::toml_writer::TomlWriter;
use crate::diagnostics::agreeing;
use crate::plan::SecretSource;

/// Keys with an example of each, for messages.
const EXAMPLES: [(&str, &str); 4] = [
    ("url", "url = \"https://HOST:PORT\""),
    ("queue", "queue = \"NAME\""),
    ("program", "program = [\"/usr/local/bin/count-jobs\"]"),
    ("path", "path = \"/run/jobs-waiting\""),
];

/// Returns an example of a key for a message.
fn example(kind: QueueKind, key: &str) -> &'static str {
    match (kind, key) {
        (QueueKind::Redis, "url") => "url = \"redis://HOST:PORT\"",
        _ => EXAMPLES.iter().find(|(name, _)| *name == key).map_or("", |(_, example)| example),
    }
}

/// `[queue]`: the source that knows of jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetQueue {
    /// The kind.
    pub kind: QueueKind,
    /// Name of the pool that this machine belongs to, or the address of another one's collector (htcondor). None: that
    /// of this machine.
    pub pool: Option<String>,
    /// Address of the server.
    pub url: Option<String>,
    /// Name of the queue or list.
    pub queue: Option<String>,
    /// Place of the number in JSON that the server returns (http): names and positions separated by dots, as in
    /// `data.0.waiting`, or a JSON pointer, which begins with `/`. None: the answer is a number or a report of work.
    pub field: Option<String>,
    /// Path of the file.
    pub path: Option<String>,
    /// The program and its arguments.
    pub program: Vec<String>,
    /// Name of the user at the server.
    pub user: Option<String>,
    /// Place of that user's password.
    pub password: Option<SecretSource>,
}

impl FleetQueue {
    /// Returns a queue of this kind, without further settings.
    pub fn new(kind: QueueKind) -> Self {
        Self {
            kind,
            pool: None,
            url: None,
            queue: None,
            field: None,
            path: None,
            program: Vec::new(),
            user: None,
            password: None,
        }
    }

    pub(super) fn read(section: Section<'_, '_>) -> Option<Self> {
        section.needs("kind", &QueueKind::ALL.map(|(name, _)| name).join(", "));
        // The valid keys depend on the kind.
        let kind = section.table.choice("kind", &QueueKind::ALL)?.value;
        let keys = kind.keys();
        for key in keys.needs {
            section.needs(key, example(kind, key));
        }
        let text = |key| kind.has(key).then(|| section.text(key)).flatten();
        let url = kind.has("url").then(|| section.url("url", keys.schemes)).flatten();
        let program = if kind.has("program") { section.program("program") } else { Vec::new() };
        let password = kind.has("password").then(|| section.secret("password")).flatten();
        let queue = Self {
            kind,
            pool: text("pool"),
            url,
            queue: text("queue"),
            field: text("field"),
            path: text("path"),
            program,
            user: text("user"),
            password,
        };
        section.table.finish_with(|key| {
            let others = QueueKind::ALL.iter().filter(|(_, other)| other.has(key)).map(|(name, _)| *name);
            let others: Vec<&str> = others.collect();
            let name = kind.as_str();
            (!others.is_empty()).then(|| {
                format!(
                    "kind \"{name}\" has no \"{key}\"; {} {}",
                    others.join(", "),
                    agreeing(others.len(), "has", "have")
                )
            })
        });
        Some(queue)
    }

    pub(super) fn write(&self, out: &mut TomlWriter) {
        out.section(&["queue"]);
        out.put("kind", self.kind.as_str());
        out.given("pool", self.pool.as_deref());
        out.given("url", self.url.as_deref());
        out.given("queue", self.queue.as_deref());
        out.given("field", self.field.as_deref());
        out.given("path", self.path.as_deref());
        out.texts("program", &self.program);
        out.given("user", self.user.as_deref());
        out.secret("password", self.password.as_ref());
    }
}
