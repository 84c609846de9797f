use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fleet_kinds::{OpenKind, cloud_problems, kinds};
use super::fleet_lines::FleetLines;
use super::fleet_prices::{ask_prices, unpriced};
use super::fleet_programs::program_problems;
use super::fleet_secrets::secret_problem;
use super::fleet_source::open_source;
use super::loaded_fleet::LoadedFleet;
use super::local_keys::local_keys;
use super::manager_address::manager_address;
use crate::app::{Clouds, Workspace};
use crate::batch::{SourceError, WorkSource};
use crate::diagnostics::{Diagnostic, Diagnostics, Place, Severity, without_controls};
use crate::elastic::fleet::{FleetCloud, FleetFile};
use crate::plan::{CloudConfig, LOCAL_CLOUD};
use crate::provider::Cloud;
use crate::scaler::{FleetName, KindSpec, KindSpecs, NoFleetName};
use crate::state::Owner;
use crate::wizard::MANAGER_ADDRESS;

/// A fleet file that was read and checked, with its cloud open.
pub(crate) struct OpenFleet {
    /// Name of the fleet.
    pub(crate) name: FleetName,
    /// Absolute path of the file.
    pub(crate) path: PathBuf,
    /// Its settings.
    pub(crate) file: FleetFile,
    /// Its text.
    pub(crate) text: String,
    /// Its cloud, with region and account.
    pub(crate) config: CloudConfig,
    /// Label of the cloud for messages.
    pub(crate) place: String,
    /// The cloud.
    pub(crate) cloud: Arc<dyn Cloud>,
    /// What machines of each kind are launched as.
    pub(crate) machines: KindSpecs,
    /// Remarks for the user.
    pub(crate) notes: Vec<String>,
}

impl OpenFleet {
    /// Makes the source of the fleet's work; drains of this `mark` are its own. None: its engine asks none.
    ///
    /// # Errors
    /// A setting cannot be used, which the check of the file has shown before.
    pub(crate) fn source(&self, workspace: &Workspace, mark: &str) -> Result<Option<Arc<dyn WorkSource>>, SourceError> {
        let open = |queue| open_source(queue, &self.path, workspace, &self.config, mark);
        self.file.queue.as_ref().map(open).transpose()
    }
}

/// Reads and checks fleet files, and asks their clouds. Nothing is recorded, launched or changed.
///
/// # Errors
/// Every problem of every file, with its line, or that two fleets have one name.
pub(crate) async fn open_fleets(workspace: &Workspace, paths: &[PathBuf]) -> Result<Vec<OpenFleet>, Diagnostics> {
    let (mut fleets, mut problems) = (Vec::new(), Vec::new());
    let mut named: BTreeMap<FleetName, PathBuf> = BTreeMap::new();
    for path in paths {
        let fleet = match open_fleet(workspace, path).await {
            Ok(fleet) => fleet,
            Err(found) => {
                problems.extend(found.0);
                continue;
            }
        };
        if let Some(other) = named.insert(fleet.name.clone(), path.clone()) {
            let place = FleetLines { file: path, text: &fleet.text }.place(&["name"]);
            problems.push(second(&fleet.name, path, &other).at(place));
        }
        fleets.push(fleet);
    }
    if problems.is_empty() { Ok(fleets) } else { Err(Diagnostics(problems)) }
}

/// Returns the problem of a second fleet of one name, which may be the same file named again.
fn second(name: &FleetName, path: &Path, first: &Path) -> Diagnostic {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    if real(path).is_some_and(|path| real(first) == Some(path)) {
        return Diagnostic::error("this file is named twice").hint("name it once");
    }
    let why = format!("this is the second fleet named {name}; the first is {}", first.display());
    Diagnostic::error(why).hint("give one of them another name: name = \"…\"")
}

/// Reads and checks one fleet file.
///
/// # Errors
/// Every problem, with its line.
pub(crate) async fn open_fleet(workspace: &Workspace, path: &Path) -> Result<OpenFleet, Diagnostics> {
    let loaded = LoadedFleet::read(workspace, path).await?;
    open_loaded(workspace, path, loaded).await
}

/// Checks a fleet that was read from a file, and opens its cloud.
///
/// # Errors
/// Every problem, with its line.
pub(crate) async fn open_loaded(
    workspace: &Workspace,
    path: &Path,
    loaded: LoadedFleet,
) -> Result<OpenFleet, Diagnostics> {
    let LoadedFleet { file, text, source, user_data, notes: remarks, .. } = loaded;
    let lines = FleetLines { file: path, text: &source };
    let mut problems = Vec::new();
    let name = fleet_name(&file, path).map_err(|problem| {
        problems.push(Diagnostic::error(problem).at(lines.place(&["name"])).hint("name = \"NAME\""));
    });
    let password = file.queue.as_ref().and_then(|queue| queue.password.as_ref());
    let no_secret = password.and_then(|password| secret_problem(password, lines.place(&["queue", "password"])));
    let has_secret = no_secret.is_none();
    problems.extend(no_secret);
    let asked = cloud_config(&file.cloud, workspace);
    // The source would tell again what is wrong with the secret.
    let queue = file.queue.as_ref().filter(|_| has_secret);
    let unusable = queue.and_then(|queue| open_source(queue, path, workspace, &asked, "").err());
    problems.extend(
        unusable
            .map(|error| Diagnostic::error(error.message).hints(error.hint).at(lines.place(&["queue"])).printable()),
    );
    problems.extend(program_problems(&file, path, &lines));
    if file.cloud.provider == LOCAL_CLOUD {
        problems.extend(local_keys(&file, &lines));
    }
    let mut kinds = kinds(&file, &lines, (user_data.as_deref(), asked.is_local()), &mut problems);
    fill_address(&mut kinds, &lines, asked.is_local(), &mut problems);
    let mut notes: Vec<String> = remarks.iter().map(Diagnostic::to_string).collect();
    let opened = match open_cloud(workspace, &asked).await {
        Ok((cloud, config, place)) => {
            problems.extend(cloud_problems(&*cloud, &kinds, &file, &lines, &Owner::current().to_string()).await);
            let remark = ask_prices(&*cloud, &file, &mut kinds).await;
            problems.extend(unpriced(&file, &kinds, remark.as_ref(), &lines));
            notes.extend(remark);
            Some((cloud, config, place))
        }
        Err(problem) => {
            problems.push(problem.at(lines.place(&["cloud"])));
            None
        }
    };
    let (errors, warnings): (Vec<Diagnostic>, _) =
        problems.into_iter().partition(|problem| problem.severity == Severity::Error);
    notes.extend(warnings.iter().map(Diagnostic::to_string));
    match (name, opened) {
        (Ok(name), Some((cloud, config, place))) if errors.is_empty() => {
            let path = std::path::absolute(path).map_err(|error| unreadable(path, &error))?;
            Ok(OpenFleet { name, path, file, text, config, place, cloud, machines: specs(kinds), notes })
        }
        _ => Err(Diagnostics(errors)),
    }
}

/// Fills this machine's address into the user data that asks for it.
fn fill_address(kinds: &mut [OpenKind], lines: &FleetLines<'_>, is_local: bool, problems: &mut Vec<Diagnostic>) {
    let address = manager_address(is_local);
    for kind in kinds {
        let Some(user_data) = &mut kind.machine.user_data else { continue };
        match address {
            Some(address) => *user_data = replaced(user_data, MANAGER_ADDRESS, &address.to_string()),
            None if user_data.windows(MANAGER_ADDRESS.len()).any(|part| part == MANAGER_ADDRESS.as_bytes()) => {
                let why =
                    format!("the user data asks for {MANAGER_ADDRESS}, and this machine has no address to the outside");
                problems.push(Diagnostic::error(why).at(lines.place(&[])).hint("write the address into the user data"));
            }
            None => {}
        }
    }
}

fn replaced(data: &[u8], name: &str, value: &str) -> Vec<u8> {
    let (mut filled, mut rest) = (Vec::with_capacity(data.len()), data);
    while let Some(at) = rest.windows(name.len()).position(|part| part == name.as_bytes()) {
        filled.extend_from_slice(&rest[..at]);
        filled.extend_from_slice(value.as_bytes());
        rest = &rest[at + name.len()..];
    }
    filled.extend_from_slice(rest);
    filled
}

fn specs(kinds: Vec<OpenKind>) -> KindSpecs {
    let spec = |OpenKind { name, mut machine, price }: OpenKind| {
        let user_data = machine.user_data.take();
        (name, KindSpec { machine, user_data, price })
    };
    kinds.into_iter().map(spec).collect()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(format!("the fleet's file cannot be found: {error}")).at(Place::file(path)).printable()
}

/// Returns the fleet's name: the file's, that of its pool, or that of the file itself without `.toml`.
fn fleet_name(file: &FleetFile, path: &Path) -> Result<FleetName, String> {
    let wrong = |name: &str, error: NoFleetName| format!("\"{}\" cannot name a fleet: {error}", without_controls(name));
    if let Some(name) = &file.name {
        return name.parse().map_err(|error| wrong(name, error));
    }
    // An address such as HOST:PORT names a pool, and no fleet.
    let pool = file.queue.as_ref().and_then(|queue| queue.pool.as_deref()).and_then(|pool| pool.parse().ok());
    let stem = path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    pool.map_or_else(|| stem.parse().map_err(|error| wrong(&stem, error)), Ok)
}

/// Returns the cloud that the file names, with the options of the command line laid over it.
pub(super) fn cloud_config(cloud: &FleetCloud, workspace: &Workspace) -> CloudConfig {
    let options = workspace.clouds.clone();
    CloudConfig {
        region: options.region.or_else(|| cloud.region.clone()),
        endpoint: options.endpoint_url.or_else(|| cloud.endpoint.clone()),
        profile: options.profile,
        compatible: cloud.compatible,
        ..CloudConfig::of(cloud.provider.as_str())
    }
}

async fn open_cloud(
    workspace: &Workspace,
    config: &CloudConfig,
) -> Result<(Arc<dyn Cloud>, CloudConfig, String), Diagnostic> {
    let clouds = Clouds::new(workspace).map_err(|error| Diagnostic::error(error.message).hints(error.hints))?;
    let config = clouds.pinned(config).await?;
    let place = clouds.place(&config).await?;
    Ok((clouds.open(&config)?, config, place))
}
