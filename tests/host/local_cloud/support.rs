//! A local cloud to test with, and eyes that see what it leaves behind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hoist::cloud::local::{LocalCloud, LocalCloudConfig};
use hoist::host::Localhost;
use hoist::provider::{
    Cloud, Command, CompletedProcess, Host, HostError, Instance, InstanceSpec, InstanceState, LaunchRequest, Selector,
    TAG_RUN,
};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use hoist_test_support::skip::skip;

use hoist_test_support::itself::itself;

/// The binary that becomes the instances' init.
pub(crate) fn init_program() -> PathBuf {
    PathBuf::from(hoist_test_support::place::hoist())
}

/// A local cloud in a directory of its own. What a failed test leaves running is ended when it is dropped.
pub(crate) struct Lab {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) cloud: LocalCloud,
    pub(crate) isolated: bool,
}

impl Lab {
    /// With namespaces or without.
    pub(crate) fn new(namespaces: bool) -> Self {
        let directory = tempfile::Builder::new().prefix("hoist-lab-").tempdir().unwrap();
        let cloud = open(directory.path(), namespaces);
        let isolated = cloud.capabilities().lacks.is_empty();
        Self { directory, cloud, isolated }
    }

    /// Both kinds, where the kernel knows both.
    pub(crate) fn both() -> Vec<Self> {
        let labs = vec![Self::new(true), Self::new(false)];
        if !labs[0].isolated {
            skip(&labs[0].cloud.capabilities().lacks.join("; "));
        }
        labs
    }

    /// Tests both kinds side by side.
    pub(crate) async fn in_both<F: Future<Output = ()>>(test: impl Fn(Self) -> F) {
        let mut labs = Self::both().into_iter().map(test);
        if let (Some(isolated), Some(plain)) = (labs.next(), labs.next()) {
            tokio::join!(isolated, plain);
        }
    }

    /// One with namespaces, unless the kernel refuses them.
    pub(crate) fn isolated() -> Option<Self> {
        let lab = Self::new(true);
        if !lab.isolated {
            skip(&lab.cloud.capabilities().lacks.join("; "));
        }
        lab.isolated.then_some(lab)
    }

    pub(crate) fn instance_directory(&self, id: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join("instances").join(id)
    }

    /// Whether an instance's init still has the lock by which others know that it lives.
    pub(crate) fn has_init(&self, id: &str) -> bool {
        let Ok(file) =
            std::fs::OpenOptions::new().read(true).write(true).open(self.instance_directory(id).join("alive"))
        else {
            return false;
        };
        let mut lock = libc::flock { l_type: libc::F_WRLCK as i16, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0 };
        fcntl(&file, FcntlArg::F_OFD_GETLK(&mut lock)).unwrap();
        i32::from(lock.l_type) != libc::F_UNLCK
    }

    /// One instance, and its host when that is up.
    pub(crate) async fn one(&self, token: &str) -> (Instance, Arc<dyn Host>) {
        let instance = self.cloud.launch(&request(token, &["web"])).await.unwrap().instances.remove(0);
        let host = self.cloud.host("", &instance).unwrap();
        host.reach().await.unwrap();
        (instance, host)
    }

    pub(crate) async fn ours(&self) -> Vec<Instance> {
        self.cloud.describe(&Selector::ManagedByHoist).await.unwrap()
    }

    pub(crate) async fn terminate_all(&self) {
        let ids: Vec<String> = self.ours().await.into_iter().map(|instance| instance.id).collect();
        self.cloud.terminate(&ids).await.unwrap();
        for instance in self.ours().await {
            assert_eq!(instance.state, InstanceState::Terminated, "{instance:?}");
            self.assert_nothing_left(&instance.id, None);
        }
        self.assert_no_directories();
    }

    /// No process, no directory, and with an address no socket.
    pub(crate) fn assert_nothing_left(&self, id: &str, address: Option<&str>) {
        assert_eq!(processes_of(id), [] as [String; 0], "processes of {id} are left");
        assert!(!self.instance_directory(id).exists(), "the directory of {id} is left");
        if address.is_some() {
            assert_no_sockets(address);
        }
    }

    pub(crate) fn assert_no_directories(&self) {
        for directory in ["instances", "reservations"] {
            let left: Vec<_> = std::fs::read_dir(self.directory.path().join(directory)).into_iter().flatten().collect();
            assert!(left.is_empty(), "left in {directory}: {left:?}");
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(Cleared(self.directory.path().join("instances")));
    }
}

/// The instances' directory of a cloud. What runs there when this is dropped, as after a failed test, is ended.
pub(crate) struct Cleared(pub(crate) PathBuf);

impl Drop for Cleared {
    fn drop(&mut self) {
        let Ok(entries) = std::fs::read_dir(&self.0) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            kill_all(name.trim_start_matches(".gone-"));
        }
    }
}

/// This machine as a host. What a failed test leaves running is ended when it is dropped.
pub(crate) struct Here {
    pub(crate) place: PathBuf,
    pub(crate) host: Arc<dyn Host>,
}

impl Here {
    /// With its files in `directory`.
    pub(crate) fn new(directory: &tempfile::TempDir) -> Self {
        let place = directory.path().canonicalize().unwrap().join("run/service");
        let host = Arc::new(Localhost::new(place.clone(), init_program()));
        Self { place, host }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let Ok(config) = std::fs::read(self.place.join("init.json")) else { return };
        let Ok(config) = serde_json::from_slice::<serde_json::Value>(&config) else { return };
        kill_all(config["id"].as_str().unwrap_or_default());
    }
}

pub(crate) fn kill_all(id: &str) {
    for process in processes_of(id) {
        kill(process.split(' ').next().unwrap().parse().unwrap());
    }
}

pub(crate) fn open(root: &Path, namespaces: bool) -> LocalCloud {
    LocalCloud::new(LocalCloudConfig { root: root.to_owned(), init_program: init_program(), namespaces }).unwrap()
}

pub(crate) fn request(token: &str, services: &[&str]) -> LaunchRequest {
    LaunchRequest {
        token: token.to_owned(),
        slots: services.iter().map(|&service| service.to_owned()).collect(),
        machine: InstanceSpec::default(),
        tags: [(TAG_RUN.to_owned(), "test-run".to_owned())].into(),
        ..LaunchRequest::default()
    }
}

pub(crate) fn with_user_data(token: &str, user_data: &str) -> LaunchRequest {
    let mut request = request(token, &["web"]);
    request.machine.user_data = Some(user_data.as_bytes().to_vec());
    request
}

pub(crate) fn shell(key: &str, script: &str) -> Command {
    Command {
        key: key.to_owned(),
        argv: vec!["sh".to_owned(), "-c".to_owned(), script.to_owned()],
        directory: PathBuf::from("/"),
        environment: Vec::new(),
        timeout: Duration::from_secs(60),
    }
}

pub(crate) async fn run(host: &Arc<dyn Host>, key: &str, script: &str) -> Result<CompletedProcess, HostError> {
    host.run(&shell(key, script)).await
}

/// What a script prints, which must succeed.
pub(crate) async fn output(host: &Arc<dyn Host>, key: &str, script: &str) -> String {
    let finished = run(host, key, script).await.unwrap();
    assert!(finished.outcome.success(), "{script}: {finished:?}");
    finished.output.trim_end().to_owned()
}

/// The processes that carry the mark of an instance, as `PID command`.
pub(crate) fn processes_of(id: &str) -> Vec<String> {
    let mark = format!("HOIST_INSTANCE={id}");
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
        if environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes()) {
            let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            found.push(format!("{} {command}", entry.file_name().to_string_lossy()));
        }
    }
    found
}

/// The process of an instance's init.
pub(crate) fn init_process(directory: &Path) -> i32 {
    let status = std::fs::read(directory.join("status.json")).unwrap();
    let status: serde_json::Value = serde_json::from_slice(&status).unwrap();
    i32::try_from(status["process"].as_i64().unwrap()).unwrap()
}

/// Changes what an init says of itself.
pub(crate) fn change_status(directory: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let file = directory.join("status.json");
    let mut status = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    change(&mut status);
    std::fs::write(&file, status.to_string()).unwrap();
}

/// Makes a program, in a process of its own: what another test forks at this moment would have it open for writing.
pub(crate) fn write_program(path: &Path, text: &str) {
    let script = "printf %s \"$2\" > \"$1\" && chmod 755 \"$1\"";
    let status = std::process::Command::new("sh").args(["-c", script, "sh"]).arg(path).arg(text).status();
    assert!(status.unwrap().success());
}

/// Whether the tests run with the rights of root.
pub(crate) fn is_root() -> bool {
    nix::unistd::getuid().is_root()
}

/// Runs a test that is not one by itself in a process of its own, by the command `around` it if there is one.
pub(crate) fn run_helper(
    module: &str,
    test: &str,
    around: &[&str],
    environment: &[(&str, &std::ffi::OsStr)],
) -> std::process::Output {
    let around = around.iter().map(std::ffi::OsString::from);
    let words: Vec<std::ffi::OsString> = around.chain(itself(module, test)).collect();
    std::process::Command::new(&words[0]).args(&words[1..]).envs(environment.iter().copied()).output().unwrap()
}

pub(crate) fn kill(process: i32) {
    use nix::sys::signal::{Signal, kill};
    let _ = kill(nix::unistd::Pid::from_raw(process), Signal::SIGKILL);
}

/// Whether a process is gone, but for its parent to take note.
pub(crate) fn has_ended(process: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

/// No listener on any of these addresses, and no claim of one.
pub(crate) fn assert_no_sockets<'a>(addresses: impl IntoIterator<Item = &'a str>) {
    const LISTENING: &str = "0A";
    let unix = std::fs::read_to_string("/proc/net/unix").unwrap();
    let claimed: BTreeSet<&str> =
        unix.lines().filter_map(|line| Some(line.split_once("@hoist-instance/")?.1)).collect();
    let tcp = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let listening: BTreeSet<&str> = tcp
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.get(3) == Some(&LISTENING))
        .filter_map(|fields| Some(fields[1].split_once(':')?.0))
        .collect();
    for address in addresses {
        let [a, b, c, d] = address.parse::<std::net::Ipv4Addr>().unwrap().octets();
        assert!(!claimed.contains(address), "{address} is still claimed");
        let written = format!("{d:02X}{c:02X}{b:02X}{a:02X}");
        assert!(!listening.contains(written.as_str()), "something still listens on {address}");
    }
}

/// What must come about comes about within this, on the slowest machine; nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for something that must come about, looking again and again.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let give_up = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < give_up, "it did not come about that {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The processes that run `sleep` for so many seconds, wherever they are: by a number of its own each test knows its
/// daemon, which may have shed everything else.
pub(crate) fn sleepers(seconds: &str) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|&byte| byte == 0).collect();
        if words.first().is_some_and(|name| name.ends_with(b"sleep")) && words.get(1) == Some(&seconds.as_bytes()) {
            found.push(process);
        }
    }
    found
}

/// A number of seconds for [`sleepers`] that no other test has, in no other process of tests.
pub(crate) fn own_seconds() -> String {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let next = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("{}.{}", 100_000 + next, std::process::id())
}

/// Ends what a failed test leaves, also of an instance that can no longer be found by its directory.
pub(crate) struct Leftovers {
    pub(crate) ids: Vec<String>,
    pub(crate) seconds: String,
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        self.ids.iter().for_each(|id| kill_all(id));
        sleepers(&self.seconds).into_iter().for_each(kill);
    }
}

/// Keeps tests apart, in whatever process, that leave processes without an init and that look for such.
pub(crate) struct Alone {
    _locked: std::fs::File,
}

impl Alone {
    pub(crate) fn wait() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        // Where every user can open it, whatever the temporary directory of this one is.
        let path = "/tmp/hoist-tests-alone.lock";
        let open = || std::fs::OpenOptions::new().read(true).open(path);
        let file = open().unwrap_or_else(|_| {
            // Of two that make it at once, the second opens that of the first.
            let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
            if let Ok(made) = made {
                made.set_permissions(std::fs::Permissions::from_mode(0o644)).unwrap();
            }
            open().unwrap()
        });
        file.lock().unwrap();
        Self { _locked: file }
    }
}
