//! A directory of plan files, and what loading them gives.

use std::path::{Path, PathBuf};

use hoist::diagnostics::Diagnostic;
use hoist::plan::{KnownProviders, LoadOptions, Loaded, Plan, ProviderRules, Service, load};
use tempfile::TempDir;

/// Files in a directory of their own, and the options to load them with.
pub(crate) struct Fixture {
    directory: TempDir,
    pub(crate) options: LoadOptions,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("plans").tempdir().unwrap();
        let options = LoadOptions { providers: providers(), ..LoadOptions::default() };
        Self { directory, options }.file("run.sh", "#!/bin/sh\n")
    }

    /// A fixture with a native plan.
    pub(crate) fn toml(text: &str) -> Self {
        Self::new().file("plan.toml", text)
    }

    /// A fixture with a plan in cloudinit.d's notation: one level file, and whatever the top file says beside it.
    pub(crate) fn conf(top: &str, level: &str) -> Self {
        Self::new().file("top.conf", format!("[runlevels]\nlevel1: level1.conf\n{top}")).file("level1.conf", level)
    }

    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.options.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn main_file(&self) -> PathBuf {
        let toml = self.path("plan.toml");
        if toml.exists() { toml } else { self.path("top.conf") }
    }

    pub(crate) fn try_load(&self) -> Result<Loaded, Vec<String>> {
        self.try_load_file(&self.main_file())
    }

    /// Loads a file; problems come as text, with paths relative to the fixture.
    pub(crate) fn try_load_file(&self, path: &Path) -> Result<Loaded, Vec<String>> {
        load(path, &self.options).map_err(|problems| problems.0.iter().map(|problem| self.shown(problem)).collect())
    }

    /// The plan, which must be without fault.
    #[track_caller]
    pub(crate) fn plan(&self) -> Plan {
        let loaded = self.try_load().unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
        let warnings: Vec<String> = loaded.warnings.iter().map(|problem| self.shown(problem)).collect();
        assert!(warnings.is_empty(), "{}", warnings.join("\n"));
        loaded.plan
    }

    /// Everything that is wrong with a plan that must not load.
    #[track_caller]
    pub(crate) fn problems(&self) -> Vec<String> {
        match self.try_load() {
            Ok(_) => panic!("the plan loads"),
            Err(problems) => problems,
        }
    }

    /// The warnings of a plan that must load.
    #[track_caller]
    pub(crate) fn warnings(&self) -> Vec<String> {
        let loaded = self.try_load().unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
        loaded.warnings.iter().map(|problem| self.shown(problem)).collect()
    }

    fn shown(&self, problem: &Diagnostic) -> String {
        let here = format!("{}/", self.directory.path().display());
        problem.to_string().replace(&here, "").replace("\n  ", " | ")
    }
}

/// The providers of the whole program: plans are read alike, whatever the tests were built with.
pub(crate) fn providers() -> KnownProviders {
    KnownProviders::default().with(ProviderRules { launches: true, ..ProviderRules::EC2 })
}

/// A service of the plan by its name.
#[track_caller]
pub(crate) fn service<'p>(plan: &'p Plan, name: &str) -> &'p Service {
    plan.services().map(|(_, service)| service).find(|service| service.name == name).expect(name)
}

/// The names of the services, by level.
pub(crate) fn names(plan: &Plan) -> Vec<Vec<&str>> {
    plan.levels.iter().map(|level| level.services.iter().map(|service| service.name.as_str()).collect()).collect()
}
