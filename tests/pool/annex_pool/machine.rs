//! A machine of an ordinary user's with hoist, an HTCondor pool and a clock that can be moved.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use hoist_test_support::contained::{Contained, FREQUENT, Seed};
use hoist_test_support::debian::debian;
use hoist_test_support::judges::{said, there_is};
use hoist_test_support::loopback::next_address;
use hoist_test_support::skip::skip;

/// The longest that anything takes, on a machine that others use too.
const LONGEST: Duration = Duration::from_secs(300);

/// The pool's password, which is what its tokens are signed with.
pub(crate) const PASSWORD: &str = "it's nobody's but the pool's";

/// Its root is the root of its mounts, so that the kernel gives its users namespaces.
const START: &str = "mkdir run/before
pivot_root . run/before
exec chroot . sh -c 'umount -l /run/before; touch /run/up; read -r _ <&3; kill -KILL -1'
";

/// Makes a pool of the user's: who is a member of it is somebody who knows its password, and the user owns it.
const POOL: &str = r#"set -e
# There is none yet; where the programs are is this machine's own configuration's to say.
unset CONDOR_CONFIG
umask 077
pool=$HOME/pool
mkdir -p "$pool/log" "$pool/spool" "$pool/execute" "$pool/lock" "$pool/run" "$pool/passwords.d" "$pool/tokens.d"
chmod 711 "$HOME" "$pool"
chmod 755 "$pool/execute"
{
    for name in RELEASE_DIR BIN SBIN LIBEXEC LIB; do
        printf '%s = %s\n' "$name" "$(condor_config_val "$name")"
    done
    cat "$HOME/pool.conf"
} > "$pool/condor_config"
python3 -c 'import sys
key = bytes([0xde, 0xad, 0xbe, 0xef])
data = open(sys.argv[1], "rb").read() + bytes(1)
open(sys.argv[2], "wb").write(bytes(byte ^ key[index % 4] for index, byte in enumerate(data)))
' "$HOME/password" "$pool/passwords.d/POOL"
export CONDOR_CONFIG="$pool/condor_config"
condor_token_create -key POOL -identity admin@lab -token admin
condor_master
"#;

/// A machine with a pool.
pub(crate) struct Machine {
    contained: Contained,
    /// Where the pool's collector is.
    pub(crate) manager: String,
    began: Instant,
}

impl Machine {
    /// Starts it; none where that cannot be.
    pub(crate) fn start() -> Option<Self> {
        let debian = match debian() {
            Ok(debian) => debian,
            Err(why) => {
                skip(why);
                return None;
            }
        };
        if !there_is("patchelf", "patchelf") {
            return None;
        }
        let manager = next_address().to_string();
        let seed = Seed::new("hoist-annex-pool-", &manager);
        seed.put("usr/local/bin/hoist", &by_a_clock(hoist_test_support::place::hoist(), debian), 0o755);
        let machine = Self { contained: seed.start(debian, START), manager, began: Instant::now() };
        machine.until("it starts", || machine.run("test -e /run/up").is_ok());
        machine.write("pool.conf", &machine.configuration());
        machine.write("password", PASSWORD);
        machine.write("pool.sh", POOL);
        machine.must("chmod 600 password; sh pool.sh");
        machine.until("the pool is up", || {
            let asked = machine.run("condor_status -schedd -af Name; condor_status -af Name");
            asked.is_ok_and(|said| said.lines().count() == 2)
        });
        Some(machine)
    }

    /// The pool's: one slot that any job may have, and looks at everything all the time.
    fn configuration(&self) -> String {
        format!(
            "DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD STARTD\nLOCAL_DIR = /home/admin/pool\n\
             CONDOR_HOST = {address}\nNETWORK_INTERFACE = {address}\nBIND_ALL_INTERFACES = False\nUSE_SHARED_PORT = True\n\
             ENABLE_IPV6 = False\nNO_DNS = True\nDEFAULT_DOMAIN_NAME = lab\nUID_DOMAIN = lab\nTRUST_DOMAIN = lab\n\
             COLLECTOR_NAME = lab\nSEC_USE_FAMILY_SESSION = False\nSEC_ENABLE_TOKEN_REQUEST = False\n\
             SEC_PASSWORD_DIRECTORY = $(LOCAL_DIR)/passwords.d\n\
             SEC_TOKEN_POOL_SIGNING_KEY_FILE = $(LOCAL_DIR)/passwords.d/POOL\n\
             SEC_TOKEN_SYSTEM_DIRECTORY = $(LOCAL_DIR)/tokens.d\nSEC_TOKEN_DIRECTORY = $(LOCAL_DIR)/tokens.d\n\
             SEC_DEFAULT_AUTHENTICATION = REQUIRED\nSEC_DEFAULT_ENCRYPTION = REQUIRED\nSEC_DEFAULT_INTEGRITY = REQUIRED\n\
             SEC_CLIENT_AUTHENTICATION = REQUIRED\nSEC_READ_AUTHENTICATION = REQUIRED\n\
             SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS\nSEC_CLIENT_AUTHENTICATION_METHODS = FS, IDTOKENS\n\
             SEC_READ_AUTHENTICATION_METHODS = FS, IDTOKENS\n\
             ALLOW_READ = *@lab\nALLOW_WRITE = *@lab\nALLOW_DAEMON = admin@lab worker@lab\nALLOW_NEGOTIATOR = admin@lab\n\
             ALLOW_ADMINISTRATOR = admin@lab\nALLOW_ADVERTISE_MASTER = admin@lab worker@lab\n\
             ALLOW_ADVERTISE_STARTD = admin@lab worker@lab\nALLOW_ADVERTISE_SCHEDD = admin@lab\n\
             LOG = $(LOCAL_DIR)/log\nSPOOL = $(LOCAL_DIR)/spool\nEXECUTE = $(LOCAL_DIR)/execute\nLOCK = $(LOCAL_DIR)/lock\n\
             RUN = $(LOCAL_DIR)/run\nMAIL =\nNUM_CPUS = 1\nSTART = True\n{FREQUENT}\
             NEGOTIATOR_INTERVAL = 2\nNEGOTIATOR_CYCLE_DELAY = 1\nNEGOTIATOR_MIN_INTERVAL = 1\nSCHEDD_INTERVAL = 2\n\
             SCHEDD_MIN_INTERVAL = 1\n",
            address = self.manager
        )
    }

    /// What a command of the user's prints, or all that it said when it failed.
    pub(crate) fn run(&self, command: &str) -> Result<String, String> {
        let output = self.output(command).ok_or("it has not started")?;
        // Logs may hold what is no text.
        let printed = || String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() { Ok(printed()) } else { Err(said(&output)) }
    }

    /// What comes of a command of the user's.
    pub(crate) fn output(&self, command: &str) -> Option<Output> {
        let home = "export HOME=/home/admin CONDOR_CONFIG=/home/admin/pool/condor_config; cd";
        self.contained.run("admin", &format!("{home} && {{ {command}\n}}"))
    }

    /// The same, where it must not fail.
    #[track_caller]
    pub(crate) fn must(&self, command: &str) -> String {
        self.run(command).unwrap_or_else(|said| panic!("{command}: {said}\n{}", self.logs()))
    }

    /// What a command of hoist's says in JSON, and its exit code.
    #[track_caller]
    pub(crate) fn asked(&self, command: &str) -> (Value, i32) {
        let output = self.output(&format!("hoist annex {command} -o json")).unwrap();
        let read = serde_json::from_slice(&output.stdout);
        (
            read.unwrap_or_else(|error| panic!("{command}: {error}: {}\n{}", said(&output), self.logs())),
            output.status.code().unwrap(),
        )
    }

    /// Moves hoist's clock on the machine to so many hours from now; libfaketime looks at it every ten seconds.
    pub(crate) fn move_clock(&self, hours: u32) {
        let output = self
            .contained
            .run("root", &format!("echo +{hours}h > /etc/faketimerc.new; mv /etc/faketimerc.new /etc/faketimerc"));
        assert!(output.unwrap().status.success());
    }

    /// Writes a file of the user's.
    pub(crate) fn write(&self, name: &str, text: &str) {
        assert!(!text.contains("END OF FILE"));
        self.run(&format!("printf %s \"$(cat << 'END OF FILE'\n{text}\nEND OF FILE\n)\" > '{name}'")).unwrap();
    }

    /// Asks again and again.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < LONGEST, "{what}, but not in time\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Says how long it took to come so far.
    pub(crate) fn note(&self, what: &str) {
        let _ = writeln!(std::io::stderr(), "{:>6.1} s  {what}", self.began.elapsed().as_secs_f64());
    }

    fn logs(&self) -> String {
        let logs = "condor_status -any 2>&1; condor_q -all 2>&1; hoist annex status 2>&1; \
                    find . -path '*/pool/log/*Log' -o -name console.log | xargs tail -n 40 2>&1";
        format!("{}\n{}", self.contained.console(), self.run(logs).unwrap_or_else(|said| said))
    }
}

/// A program that goes by a clock that can be moved, in a copy of `debian`: `/etc/faketimerc` says by how much it is
/// off. Made a part of the program, since what it starts again as an init has none of its environment; HTCondor's
/// daemons do not bear it.
fn by_a_clock(program: &Path, debian: &Path) -> Vec<u8> {
    let libraries = std::fs::read_dir(debian.join("usr/lib")).unwrap().flatten();
    let mut found =
        libraries.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1")).filter(|path| path.exists());
    let library = Path::new("/").join(found.next().unwrap().strip_prefix(debian).unwrap());
    let directory = tempfile::tempdir().unwrap();
    let changed = directory.path().join("hoist");
    let mut patching = Command::new("patchelf");
    patching.arg("--add-needed").arg(library).arg("--output").arg(&changed).arg(program);
    let patched = patching.output().unwrap();
    assert!(patched.status.success(), "{}", said(&patched));
    std::fs::read(changed).unwrap()
}
