//! The rooms of the program, and which each may import.

/// A directory of `src`.
pub(crate) struct Room {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it holds, in a few words.
    pub(crate) holds: &'static str,
    /// The rooms that it may import besides itself.
    pub(crate) imports: &'static [&'static str],
}

/// Each room; data flows from the command line inward and out again, and `docs/architecture.md` says why.
pub(crate) const ROOMS: [Room; 22] = [
    Room { name: "os", holds: "files, locks, processes", imports: &[] },
    Room { name: "diagnostics", holds: "what is wrong, where, what to try", imports: &[] },
    Room { name: "retry", holds: "pauses, polling, back-off", imports: &[] },
    Room { name: "yaml", holds: "YAML as values with lines", imports: &[] },
    Room { name: "plan", holds: "notations to one model", imports: &["diagnostics"] },
    Room { name: "batch", holds: "HTCondor, queues", imports: &["classad", "diagnostics", "elastic", "plan", "retry"] },
    Room { name: "classad", holds: "ClassAd expressions", imports: &[] },
    Room { name: "elastic", holds: "engines, simulated worlds", imports: &["classad", "diagnostics", "plan"] },
    Room { name: "provider", holds: "the traits of clouds and hosts", imports: &["diagnostics", "plan", "retry"] },
    Room { name: "template", holds: "Handlebars, $name, built-ins", imports: &["diagnostics", "plan"] },
    Room { name: "user_data", holds: "parts, lint, secrets", imports: &["diagnostics", "plan", "template", "yaml"] },
    Room {
        name: "engine",
        holds: "a run: decide, record, act",
        imports: &["diagnostics", "plan", "provider", "retry"],
    },
    Room {
        name: "scaler",
        holds: "a fleet: observe, decide, record, act",
        imports: &["batch", "diagnostics", "elastic", "engine", "plan", "provider", "retry"],
    },
    Room {
        name: "host",
        holds: "OpenSSH, the local init",
        imports: &["diagnostics", "os", "plan", "provider", "retry"],
    },
    Room {
        name: "annex",
        holds: "leased groups of instances",
        imports: &["diagnostics", "batch", "classad", "engine", "plan", "provider", "retry"],
    },
    Room {
        name: "wizard",
        holds: "questions and answers",
        imports: &["diagnostics", "plan", "provider", "template", "user_data"],
    },
    Room {
        name: "compat",
        holds: "earlier programs' notations",
        imports: &["diagnostics", "elastic", "plan", "template", "wizard", "yaml"],
    },
    Room {
        name: "cloud",
        holds: "local, aws, sim, faults",
        imports: &["diagnostics", "annex", "host", "os", "plan", "provider", "retry", "template", "user_data", "yaml"],
    },
    Room {
        name: "state",
        holds: "journals and locks in SQLite",
        imports: &["diagnostics", "annex", "elastic", "engine", "os", "plan", "scaler"],
    },
    Room {
        name: "report",
        holds: "text, JSON, Graphviz",
        imports: &[
            "diagnostics",
            "annex",
            "batch",
            "classad",
            "elastic",
            "engine",
            "plan",
            "provider",
            "scaler",
            "user_data",
        ],
    },
    Room {
        name: "app",
        holds: "what commands do: operations, without a terminal",
        imports: &[
            "annex",
            "batch",
            "cloud",
            "diagnostics",
            "elastic",
            "engine",
            "host",
            "os",
            "plan",
            "provider",
            "report",
            "retry",
            "scaler",
            "state",
            "template",
            "user_data",
            "wizard",
            "yaml",
        ],
    },
    Room {
        name: "cli",
        holds: "commands: parse, ask, print",
        imports: &[
            "annex",
            "app",
            "batch",
            "cloud",
            "compat",
            "diagnostics",
            "elastic",
            "engine",
            "host",
            "os",
            "plan",
            "provider",
            "report",
            "retry",
            "scaler",
            "state",
            "template",
            "user_data",
            "wizard",
        ],
    },
];
