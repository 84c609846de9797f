//! A stand-in for coalition's server: its REST interface on jobs and workers in memory, by the rules of the original.

use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

use super::http_server::{Asked, HttpServer, Reply};
use hoist::elastic::fleet::{FleetQueue, QueueKind};

/// A job, or with an empty command a group of jobs.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestJob {
    pub(crate) id: u32,
    /// The group; 0: none.
    pub(crate) parent: u32,
    pub(crate) command: &'static str,
    pub(crate) state: &'static str,
    pub(crate) paused: bool,
    pub(crate) affinity: &'static str,
    pub(crate) worker: &'static str,
}

#[derive(Clone, Debug)]
struct TestWorker {
    name: String,
    state: &'static str,
    active: bool,
    affinity: &'static str,
}

#[derive(Default)]
struct Records {
    jobs: Vec<TestJob>,
    workers: Vec<TestWorker>,
    /// The login that is asked for.
    login: Option<String>,
    asked: Vec<String>,
    /// Workers that take a job at the next request that writes.
    eager: Vec<String>,
}

pub(crate) struct CoalitionServer {
    server: HttpServer,
    records: Arc<Mutex<Records>>,
}

impl Records {
    fn job(&self, id: u32) -> Option<&TestJob> {
        self.jobs.iter().find(|job| job.id == id)
    }

    /// Whether a job or one of its groups is paused or pending, as the column `h_paused` has it.
    fn is_held(&self, job: &TestJob) -> bool {
        job.paused || job.state == "PENDING" || self.job(job.parent).is_some_and(|group| self.is_held(group))
    }

    fn children(&self, parent: u32) -> Json {
        let jobs = self.jobs.iter().filter(|job| job.parent == parent).map(|job| {
            json!({
                "id": job.id, "parent": job.parent, "title": "a job", "command": job.command, "dir": ".",
                "state": if job.paused { "PAUSED" } else { job.state }, "paused": i32::from(job.paused),
                "affinity": job.affinity, "h_paused": i32::from(self.is_held(job)), "worker": job.worker,
                "priority": 127, "h_priority": 9_151_314_442_816_847_872_u64, "total": 0, "start_time": null,
            })
        });
        Json::Array(jobs.collect())
    }

    fn workers(&self) -> Json {
        let workers = self.workers.iter().map(|worker| {
            json!({
                "name": worker.name, "ip": "10.0.0.7", "state": worker.state, "active": i32::from(worker.active),
                "affinity": worker.affinity, "finished": 0, "error": 0, "last_job": -1, "cpu": "[0]",
                "free_memory": 0, "total_memory": 0, "start_time": 1_700_000_000.0, "ping_time": 1_700_000_000,
            })
        });
        Json::Array(workers.collect())
    }

    fn write(&mut self, asked: &Asked) -> Option<Json> {
        for name in std::mem::take(&mut self.eager) {
            self.workers.iter_mut().filter(|worker| worker.name == name).for_each(|worker| worker.state = "WORKING");
        }
        let body: Json = serde_json::from_str(&asked.body).ok()?;
        let names = || body.as_array().into_iter().flatten().filter_map(Json::as_str).collect::<Vec<_>>();
        match (asked.method.as_str(), asked.target.as_str()) {
            ("POST", "/api/workers") => {
                for (name, values) in body.as_object()? {
                    let active = values.get("active")?.as_i64()? != 0;
                    self.workers
                        .iter_mut()
                        .filter(|worker| worker.name == *name)
                        .for_each(|worker| worker.active = active);
                }
            }
            ("POST", "/api/stopworkers") => {
                for name in names() {
                    self.workers
                        .iter_mut()
                        .filter(|worker| worker.name == name)
                        .for_each(|worker| worker.active = false);
                    let running = self.jobs.iter_mut().filter(|job| job.worker == name && job.state == "WORKING");
                    running.for_each(|job| job.state = "WAITING");
                }
            }
            ("DELETE", "/api/workers") => {
                let gone = names();
                self.workers.retain(|worker| !gone.contains(&worker.name.as_str()));
            }
            _ => return None,
        }
        Some(json!(1))
    }

    fn answer(&mut self, asked: &Asked) -> Reply {
        self.asked.push(format!("{} {}", asked.method, asked.target));
        if self.login.is_some() && self.login != asked.authorization {
            let basic = "Basic realm=\"Coalition login\"".to_owned();
            return Reply::Headed(401, vec![("WWW-Authenticate", basic)], "LDAP authorization required.".to_owned());
        }
        let children = asked.target.strip_prefix("/api/jobs/").and_then(|rest| rest.strip_suffix("/children"));
        let found = match asked.target.as_str() {
            _ if asked.method != "GET" => self.write(asked),
            "/api/jobs" => Some(self.children(0)),
            "/api/workers" => Some(self.workers()),
            _ => children.and_then(|id| id.parse().ok()).map(|id| self.children(id)),
        };
        match found {
            Some(value) => Reply::Answer(200, value.to_string()),
            None => Reply::Answer(404, "Web service not found.".to_owned()),
        }
    }
}

impl CoalitionServer {
    pub(crate) fn start() -> Self {
        let records: Arc<Mutex<Records>> = Arc::default();
        let own = Arc::clone(&records);
        let server = HttpServer::start(move |asked| own.lock().unwrap().answer(asked));
        Self { server, records }
    }

    /// Asks for this value of the header `Authorization` from now on.
    pub(crate) fn ask_for_login(&self, login: &str) {
        self.records.lock().unwrap().login = Some(login.to_owned());
    }

    pub(crate) fn add_job(&self, job: TestJob) {
        self.records.lock().unwrap().jobs.push(job);
    }

    pub(crate) fn add_worker(&self, name: &str, state: &'static str, affinity: &'static str) {
        let worker = TestWorker { name: name.to_owned(), state, active: true, affinity };
        self.records.lock().unwrap().workers.push(worker);
    }

    /// Lets a worker take a job in the moment of the next request that writes.
    pub(crate) fn let_take(&self, worker: &str) {
        self.records.lock().unwrap().eager.push(worker.to_owned());
    }

    pub(crate) fn set_active(&self, name: &str, active: bool) {
        let mut records = self.records.lock().unwrap();
        records.workers.iter_mut().filter(|worker| worker.name == name).for_each(|worker| worker.active = active);
    }

    /// Whether a worker is given jobs. `None`: it is not on the list.
    pub(crate) fn is_active(&self, name: &str) -> Option<bool> {
        self.records.lock().unwrap().workers.iter().find(|worker| worker.name == name).map(|worker| worker.active)
    }

    pub(crate) fn state_of_job(&self, id: u32) -> &'static str {
        self.records.lock().unwrap().job(id).unwrap().state
    }

    /// The requests since the last look.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.records.lock().unwrap().asked)
    }

    pub(crate) fn queue(&self) -> FleetQueue {
        let mut queue = FleetQueue::new(QueueKind::Coalition);
        queue.url = Some(self.server.url());
        queue
    }
}
