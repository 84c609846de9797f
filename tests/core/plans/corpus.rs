//! The public corpus of cloudinit.d's plans, compared with what cloudinit.d 1.3 itself makes of it (`oracle.py`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use hoist::plan::{Attributes, DollarTemplate, LoadOptions, Plan, PlanIndex, RunOn, RuntimeValues, Service, load};
use serde_json::Value;

use hoist_test_support::skip::skip;

use crate::plans::fixture::providers;

/// Plans that hoist refuses although cloudinit.d 1.3 loads them, with the reason.
const REFUSED_HERE: [(&str, &str); 2] = [
    // Three files for level 1: cloudinit.d reads the last and never says so.
    ("plantest1/top/top.conf", "level 1 is given twice"),
    // A service that does not exist: cloudinit.d finds out when the second level boots.
    ("baddeps/top.conf", "unknown service \"XXXXX\" in ${XXXXX.hostname}"),
];

/// The corpus, and a home directory as the golden facts want it.
pub(crate) struct Corpus {
    pub(crate) golden: Value,
    pub(crate) root: PathBuf,
    home: tempfile::TempDir,
}

impl Corpus {
    /// `None` where it cannot be fetched; that is said loudly, and is a failure with `HOIST_TEST_REQUIRE_ALL=1`.
    pub(crate) fn fetch() -> Option<Self> {
        static FETCHED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        match FETCHED.get_or_init(fetched) {
            Ok(root) => {
                let home = tempfile::tempdir().unwrap();
                fs::create_dir(home.path().join(".ssh")).unwrap();
                fs::write(home.path().join(".ssh/id_rsa"), "").unwrap();
                let golden = serde_json::from_str(include_str!("cloudinitd-1.3.json")).unwrap();
                Some(Self { golden, root: root.clone(), home })
            }
            Err(problem) => {
                skip(&format!("the corpus of cloudinit.d: {problem}"));
                None
            }
        }
    }

    pub(crate) fn options(&self) -> LoadOptions {
        let pairs =
            |key: &str| -> BTreeMap<String, String> { serde_json::from_value(self.golden[key].clone()).unwrap() };
        let mut environment = pairs("environment");
        environment.insert("HOME".to_owned(), self.home.path().to_str().unwrap().to_owned());
        LoadOptions {
            variables: pairs("globals").into_iter().collect(),
            environment,
            providers: providers(),
            ..LoadOptions::default()
        }
    }

    /// The plans with the facts of each.
    pub(crate) fn plans(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.golden["plans"].as_object().unwrap().iter().map(|(name, facts)| (name.as_str(), facts))
    }

    /// The path as the golden facts show it.
    fn shown(&self, path: &Path) -> String {
        let path = path.to_str().unwrap();
        path.replace(&format!("{}/", self.root.display()), "").replace(self.home.path().to_str().unwrap(), "~")
    }
}

/// The corpus's directory below `target/peers`, fetched with pip when it is not there yet.
fn fetched() -> Result<PathBuf, String> {
    const REQUIREMENT: &str =
        "cloudinitd==1.3 --hash=sha256:8153e690dac68303a845ef06380aa48db0773783d618ab196f692e78bae4b8bb\n";
    let peers = hoist_test_support::place::peers().map_err(|error| format!("target/peers: {error}"))?;
    let root = peers.join("cloudinitd-1.3/tests/plans");
    if root.is_dir() {
        return Ok(root);
    }
    let text = |error: std::io::Error| error.to_string();
    fs::create_dir_all(&peers).map_err(text)?;
    // Everything is made beside its place and moved there whole: other test processes may do the same.
    let work = tempfile::tempdir_in(&peers).map_err(text)?;
    let requirements = work.path().join("requirements.txt");
    fs::write(&requirements, REQUIREMENT).map_err(text)?;
    let pip = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes", "-r"])
        .arg(&requirements)
        .arg("--dest")
        .arg(work.path())
        .output()
        .map_err(|error| format!("python3 -m pip: {error}"))?;
    let archive = work.path().join("cloudinitd-1.3.tar.gz");
    let file = fs::File::open(&archive)
        .map_err(|_| format!("pip download failed: {}", String::from_utf8_lossy(&pip.stderr).trim()))?;
    tar::Archive::new(flate2::read::GzDecoder::new(file)).unpack(work.path()).map_err(text)?;
    let moved = fs::rename(work.path().join("cloudinitd-1.3"), peers.join("cloudinitd-1.3"));
    if root.is_dir() { Ok(root) } else { Err(format!("cannot unpack it: {moved:?}")) }
}

#[test]
fn levels_services_and_attributes_are_as_cloudinitd_has_them() {
    let Some(corpus) = Corpus::fetch() else { return };
    let mut compared = 0;
    for (name, facts) in corpus.plans() {
        let loaded = load(&corpus.root.join(name), &corpus.options());
        if let Some((_, reason)) = REFUSED_HERE.iter().find(|(refused, _)| *refused == name) {
            let problems = loaded.map(|_| ()).unwrap_err().to_string();
            assert!(problems.contains(reason), "{name}: {problems}");
        } else if let Some(reason) = facts.get("refused") {
            let problems = loaded.map(|_| ()).unwrap_err();
            let problem = &problems.0[0];
            assert!(
                problem.place.as_ref().is_some_and(|place| place.line.is_some())
                    && reason.as_str().unwrap().contains("File does not exist"),
                "{name}: {problem}"
            );
            assert!(problem.message.ends_with("webserver.json: the file does not exist"), "{name}: {problem}");
        } else {
            let plan = loaded.unwrap_or_else(|problems| panic!("{name}: {problems}")).plan;
            let levels = facts["levels"].as_array().unwrap();
            assert_eq!(plan.levels.len(), levels.len(), "{name}");
            for (level, facts) in plan.levels.iter().zip(levels) {
                assert_eq!(level.number, facts["number"], "{name}");
                let services = facts["services"].as_array().unwrap();
                assert_eq!(level.services.len(), services.len(), "{name}");
                for (service, facts) in level.services.iter().zip(services) {
                    compare(&corpus, &plan, service, facts);
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 92, "services compared");
}

fn compare(corpus: &Corpus, plan: &Plan, service: &Service, facts: &Value) {
    let fact = |key: &str| facts.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let is = |key: &str, ours: Option<String>| assert_eq!(ours, fact(key), "{key} of {}", service.name);
    let launch = service.launch.as_ref();
    let text = |text: &hoist::plan::Text| text.to_string();
    is("name", Some(service.name.clone()));
    is("image", launch.and_then(|launch| launch.image.as_ref()).map(text));
    is("iaas_launch", Some(launch.is_some().to_string()));
    is("hostname", service.address.as_ref().map(text));
    is("username", service.ssh.user.clone());
    is("localkey", service.ssh.key.as_ref().map(|key| corpus.shown(key)));
    is("local_exe", fact("local_exe").map(|_| (service.run_on == RunOn::ThisHost).to_string()));
    for setting in ["iaas", "iaas_url", "allocation", "keyname", "securitygroups", "scp_username"] {
        is(setting, service.settings.get(setting).cloned());
    }
    is("pgm_timeout", Some(service.timeout.as_secs().to_string()));
    if let Some(launch) = launch {
        is("allocation", launch.instance_types.first().map(text));
        is("keyname", launch.key_name.as_ref().map(text));
        is("securitygroups", launch.security_groups.first().map(text));
    }
    let cloud = &plan.clouds[&service.cloud];
    assert_eq!(cloud.provider, "ec2");
    is("iaas_url", cloud.endpoint.clone());
    assert_eq!(cloud.region, fact("iaas").filter(|iaas| iaas != "NimBus"), "region of {}", service.name);
    let programs = &service.programs;
    for (key, program) in [("boot", &programs.boot), ("ready", &programs.ready), ("terminate", &programs.terminate)] {
        is(&format!("{key}pgm"), program.as_ref().map(|program| corpus.shown(&program.file.path)));
        let args =
            program.as_ref().map(|program| program.args.iter().map(text).collect::<Vec<_>>()).unwrap_or_default();
        assert_eq!(args, shlex::split(&fact(&format!("{key}pgm_args")).unwrap_or_default()).unwrap());
        assert!(program.as_ref().is_none_or(|program| program.timeout == service.timeout));
    }
    if let Some(boot) = &programs.boot {
        is("bootconf", boot.config.as_ref().map(|config| corpus.shown(&config.path)));
    }
    let attributes: BTreeMap<&String, String> =
        service.attributes.iter().map(|(key, value)| (key, text(value))).collect();
    assert_eq!(serde_json::to_value(attributes).unwrap(), facts["attributes"], "attributes of {}", service.name);
}

/// A run in which every machine is up, as the oracle made it up.
struct Up<'a> {
    index: &'a PlanIndex,
    outputs: &'a Value,
}

impl RuntimeValues for Up<'_> {
    fn launch(&self, service: &str, attribute: &str) -> Option<String> {
        let launched = self.index.service(service)?.launch.is_some();
        match attribute {
            "hostname" | "address" if launched => Some(format!("host-of-{service}")),
            "instance_id" if launched => Some(format!("id-of-{service}")),
            "run_name" => Some("run".to_owned()),
            _ => None,
        }
    }

    fn output(&self, service: &str, attribute: &str) -> Option<String> {
        Some(self.outputs.get(service)?.get(attribute)?.as_str()?.to_owned())
    }
}

#[test]
fn attributes_arguments_and_templates_become_what_cloudinitd_makes_of_them() {
    let Some(corpus) = Corpus::fetch() else { return };
    let nothing = Value::Null;
    let mut filled = 0;
    for (name, facts) in corpus.plans().filter(|(name, _)| REFUSED_HERE.iter().all(|(refused, _)| refused != name)) {
        let Some(levels) = facts.get("levels").and_then(Value::as_array) else { continue };
        assert!(facts.get("boot_refused").is_none(), "{name}");
        let index = PlanIndex::new(Arc::new(load(&corpus.root.join(name), &corpus.options()).unwrap().plan));
        for booted in levels.iter().flat_map(|level| level["services"].as_array().unwrap()) {
            let service = index.service(booted["name"].as_str().unwrap()).unwrap();
            // The oracle asks a service before its own boot program has written anything.
            let mut outputs = corpus.golden["outputs"].get(name).unwrap_or(&nothing).clone();
            if let Some(own) = outputs.get_mut(&service.name) {
                *own = Value::Null;
            }
            let up = Up { index: &index, outputs: &outputs };
            let attributes = Attributes::new(&index, &up);
            let all = attributes.all(&service.name).unwrap();
            let booted = &booted["booted"];
            assert_eq!(all["hostname"], booted["hostname"].as_str().unwrap(), "{name}: {}", service.name);
            for (key, value) in booted["attributes"].as_object().unwrap() {
                assert_eq!(all[key], value.as_str().unwrap(), "{name}: {key} of {}", service.name);
            }
            for (kind, program) in service.programs.iter() {
                let expanded: Vec<String> =
                    program.args.iter().map(|arg| attributes.expand(&service.name, arg).unwrap()).collect();
                let theirs = booted.get(format!("{kind}pgm_args")).and_then(Value::as_str).unwrap_or_default();
                assert_eq!(expanded, shlex::split(theirs).unwrap(), "{name}: {kind} of {}", service.name);
            }
            if let Some(config) = service.programs.boot.as_ref().and_then(|boot| boot.config.as_ref()) {
                let template = DollarTemplate::parse(&fs::read_to_string(&config.path).unwrap()).unwrap();
                assert_eq!(
                    template.fill(|name| all.get(name)).unwrap(),
                    booted["bootconf"].as_str().unwrap(),
                    "{name}"
                );
                filled += 1;
            }
        }
    }
    assert!(filled > 40, "{filled} templates filled");
}
