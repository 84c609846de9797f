use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use hyper::Method;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

use super::super::first_seen::FirstSeen;
use super::super::net::{Address, HttpClient, HttpRequest, HttpSession, Login, NetError, json as read_json};
use super::super::source_access::SourceAccess;
use super::super::told_worker::ToldWorker;
use super::super::work_source::{DrainAnswer, DrainOrder, SourceError, WorkReading, WorkSource};
use super::job::Job;
use super::job_tree::JobTree;
use super::worker::Worker;
use super::worker_row::WorkerRow;
use crate::classad::ClassAd;
use crate::elastic::engine::{
    Demand, DrainOwner, Draining, Host, MachineId, PoolMachine, PoolSlot, Reading, Seconds, SlotKind, SlotState, Wants,
};
use crate::elastic::fleet::FleetQueue;

/// The most groups of jobs that are looked at, a request each.
const MOST_GROUPS: usize = 20_000;

/// coalition's server. Workers carry the identities of their machines as names.
pub(in crate::batch) struct CoalitionSource {
    client: HttpClient,
    login: Login,
    seen: FirstSeen,
}

impl CoalitionSource {
    pub(in crate::batch) fn new(
        queue: &FleetQueue,
        address: Address,
        access: &SourceAccess,
    ) -> Result<Self, SourceError> {
        Ok(Self {
            client: HttpClient::new(address, access.trust.clone(), access.limits),
            login: Login::of(queue)?,
            seen: FirstSeen::default(),
        })
    }

    async fn begin(&self) -> Result<Talk<'_>, SourceError> {
        let authorization = self.login.authorization()?;
        let session = self.client.session().await.map_err(|error| self.client.failure(SERVER, &error))?;
        Ok(Talk { source: self, session, authorization })
    }

    async fn demand(&self, talk: &mut Talk<'_>, workers: &[Worker]) -> Result<Demand, SourceError> {
        let members = workers.iter().filter(|worker| worker.is_member());
        let mut tree = JobTree::new(members.flat_map(Worker::affinities).collect());
        tree.add(None, &talk.get::<Vec<Job>>("/api/jobs").await?);
        let mut looked_at = BTreeSet::new();
        while let Some(group) = tree.open.pop() {
            // Jobs that were moved while they were read may come twice.
            if !looked_at.insert(group.id) {
                continue;
            }
            if looked_at.len() > MOST_GROUPS {
                return Err(SourceError {
                    message: format!("cannot read {}: there are more than {MOST_GROUPS} groups of jobs", self.label()),
                    hint: Some("remove finished jobs from coalition".to_owned()),
                });
            }
            let jobs: Vec<Job> = talk.get(&format!("/api/jobs/{}/children", group.id)).await?;
            tree.add(Some(&group), &jobs);
        }
        Ok(tree.demand)
    }

    /// Returns the workers that have made a request, as hosts.
    fn hosts(&self, workers: &[Worker], now: Seconds) -> Vec<Host> {
        let members: Vec<&Worker> = workers.iter().filter(|worker| worker.is_member()).collect();
        let ids: Vec<MachineId> = members.iter().map(|worker| MachineId::new(worker.name.as_str())).collect();
        let joined = self.seen.of(&ids, now);
        let hosts = members.iter().zip(ids).zip(joined).map(|((worker, id), joined_at)| Host {
            id,
            busy: u32::from(worker.works()),
            slots: 1,
            joined_at,
            idle_since: None,
            silent: worker.is_silent(),
        });
        hosts.collect()
    }

    /// Returns them as machines with one slot.
    fn machines(&self, workers: &[Worker], now: Seconds) -> Vec<PoolMachine> {
        let members = workers.iter().filter(|worker| worker.is_member());
        let ad = Arc::new(ClassAd::new());
        let machine = |(worker, host): (&Worker, Host)| {
            // The server keeps no reason; the journal of the fleet tells those that its scaler stopped.
            let by = DrainOwner::Person;
            let state = match (worker.works(), worker.active) {
                _ if worker.is_silent() => SlotState::Closed,
                (true, _) => SlotState::Claimed,
                (false, true) => SlotState::Unclaimed,
                (false, false) => SlotState::Drained,
            };
            PoolMachine {
                joined_at: host.joined_at,
                idle_since: None,
                has_served: worker.works(),
                draining: (!worker.active).then_some(Draining { by, request: None, reason: None }),
                drain_spares_jobs: true,
                slots: vec![PoolSlot {
                    name: host.id.as_str().into(),
                    kind: SlotKind::Static,
                    state,
                    claims: host.busy,
                    ad: Arc::clone(&ad),
                }],
                id: host.id,
            }
        };
        members.zip(self.hosts(workers, now)).map(machine).collect()
    }

    /// Stops workers. An error means that each is as it was.
    async fn stop(&self, order: &DrainOrder) -> Result<Vec<DrainAnswer>, SourceError> {
        let mut talk = self.begin().await?;
        let before = talk.roster().await?;
        // One that is stopped already is another's, unless an earlier call of this order stopped it.
        let ours = |worker: &Worker| worker.active || order.repeated;
        let chosen = |machine: &&MachineId| before.get(machine.as_str()).is_some_and(ours);
        let chosen: Vec<&MachineId> = order.machines.iter().filter(chosen).collect();
        let stopped = talk.stop(&chosen, order, &before).await;
        let answers = order.machines.iter().map(|machine| match (before.get(machine.as_str()), &stopped) {
            (None, _) => DrainAnswer::Absent,
            (Some(worker), _) if !ours(worker) => DrainAnswer::Failed(foreign(machine)),
            (_, Err(error)) => DrainAnswer::Unknown(error.clone()),
            (_, Ok(claimed)) if claimed.contains(machine) => DrainAnswer::Claimed,
            _ => DrainAnswer::Drained,
        });
        Ok(answers.collect())
    }

    async fn go_on(&self, machines: &[MachineId]) -> Result<(), SourceError> {
        let names: Vec<&MachineId> = machines.iter().collect();
        self.begin().await?.post("/api/workers", &activity(&names, true)).await
    }
}

/// The workers of a server by name.
type Roster = BTreeMap<String, Worker>;

fn foreign(machine: &MachineId) -> SourceError {
    SourceError {
        message: format!("{machine} was stopped by somebody else, and is left as it is"),
        hint: Some("start it in coalition's web interface to let it work again".to_owned()),
    }
}

fn works(roster: &Roster, machine: &MachineId) -> bool {
    roster.get(machine.as_str()).is_some_and(Worker::works)
}

/// The server, in messages about connections.
const SERVER: &str = "the jobs and workers of coalition's server";

/// Returns the body that lets workers take jobs or none, and touches no job that runs.
fn activity(names: &[&MachineId], active: bool) -> Json {
    let value = json!({ "active": i32::from(active) });
    Json::Object(names.iter().map(|name| (name.as_str().to_owned(), value.clone())).collect::<Map<_, _>>())
}

/// Requests over one connection, which is opened anew if the server closed it in between.
struct Talk<'a> {
    source: &'a CoalitionSource,
    session: HttpSession,
    authorization: Option<SecretString>,
}

impl Talk<'_> {
    async fn get<T: DeserializeOwned>(&mut self, target: &str) -> Result<T, SourceError> {
        let body = self.send(Method::GET, target, None).await?;
        read_json(SERVER, self.source.client.server(), &body)
    }

    async fn post(&mut self, target: &str, body: &Json) -> Result<(), SourceError> {
        self.send(Method::POST, target, Some(body)).await.map(drop)
    }

    async fn delete(&mut self, target: &str, body: &Json) -> Result<(), SourceError> {
        self.send(Method::DELETE, target, Some(body)).await.map(drop)
    }

    async fn roster(&mut self) -> Result<Roster, SourceError> {
        let workers: Vec<Worker> = self.get("/api/workers").await?;
        Ok(workers.into_iter().map(|worker| (worker.name.clone(), worker)).collect())
    }

    /// Stops workers; returns those that have a job and so were let go on, if the order spares these.
    async fn stop<'m>(
        &mut self,
        machines: &[&'m MachineId],
        order: &DrainOrder,
        before: &Roster,
    ) -> Result<BTreeSet<&'m MachineId>, SourceError> {
        let mut claimed: BTreeSet<&MachineId> = BTreeSet::new();
        if order.unclaimed_only {
            claimed.extend(machines.iter().filter(|machine| works(before, machine)));
        }
        let chosen: Vec<&MachineId> = machines.iter().filter(|machine| !claimed.contains(*machine)).copied().collect();
        if order.now && !chosen.is_empty() {
            // This gives a running job back to the queue, and the worker kills it.
            self.post("/api/stopworkers", &json!(chosen)).await?;
        } else if !chosen.is_empty() {
            self.post("/api/workers", &activity(&chosen, false)).await?;
        }
        if order.unclaimed_only {
            if !chosen.is_empty() {
                // A worker may have taken a job since it was looked at. Now it can take none any more.
                let after = self.roster().await?;
                claimed.extend(chosen.iter().filter(|machine| works(&after, machine)));
            }
            // Those that were just stopped, or by an earlier call.
            let stopped = |machine: &&&MachineId| chosen.contains(machine) || order.repeated;
            let resumed: Vec<&MachineId> = claimed.iter().filter(stopped).copied().collect();
            if !resumed.is_empty() {
                self.post("/api/workers", &activity(&resumed, true)).await?;
            }
        }
        Ok(claimed)
    }

    /// Sends a request, and once more if the server has closed the connection: each may be repeated.
    async fn send(&mut self, method: Method, target: &str, body: Option<&Json>) -> Result<Vec<u8>, SourceError> {
        let client = &self.source.client;
        let authorization = self.authorization.as_ref();
        let mut request = match body {
            None => HttpRequest::get(target, authorization),
            Some(body) => HttpRequest::post(target, authorization, body.to_string().into_bytes()),
        };
        request.method = method;
        let mut answer = self.session.send(&request).await;
        if matches!(answer, Err(NetError::Cut)) {
            self.session = client.session().await.map_err(|error| client.failure(SERVER, &error))?;
            answer = self.session.send(&request).await;
        }
        let answer = answer.map_err(|error| client.failure(SERVER, &error))?;
        answer.success(SERVER, client.server(), &self.source.login, "check \"url\": it is http://HOST:19211 by default")
    }
}

#[async_trait]
impl WorkSource for CoalitionSource {
    fn label(&self) -> String {
        format!("coalition's server at {}", self.client.server())
    }

    async fn read(&self, wants: Wants, now: Seconds) -> WorkReading {
        let wants_workers = wants.pool || wants.slots;
        if !wants.demand && !wants_workers {
            return WorkReading::default();
        }
        let failed =
            |error: &SourceError| super::super::part_reading::failed_reading(Wants { groups: false, ..wants }, error);
        let mut talk = match self.begin().await {
            Ok(talk) => talk,
            Err(error) => return failed(&error),
        };
        // The workers are needed for the demand, too: they say which jobs can be served.
        let workers: Vec<Worker> = match talk.get("/api/workers").await {
            Ok(workers) => workers,
            Err(error) => return failed(&error),
        };
        let demand = match wants.demand {
            false => Reading::Unread,
            true => match self.demand(&mut talk, &workers).await {
                Ok(value) => Reading::Fresh { value },
                Err(error) => Reading::Failed { reason: error.to_string() },
            },
        };
        let fresh = |wanted: bool| wanted.then_some(&workers);
        WorkReading {
            demand,
            pool: fresh(wants.pool)
                .map_or(Reading::Unread, |workers| Reading::Fresh { value: self.hosts(workers, now) }),
            slots: fresh(wants.slots)
                .map_or(Reading::Unread, |workers| Reading::Fresh { value: self.machines(workers, now) }),
            ..WorkReading::default()
        }
    }

    async fn workers(&self, _now: Seconds) -> Result<Option<Vec<ToldWorker>>, SourceError> {
        let rows: Vec<WorkerRow> = self.begin().await?.get("/api/workers").await?;
        Ok(Some(rows.into_iter().map(WorkerRow::told).collect()))
    }

    fn has_pool(&self) -> bool {
        true
    }

    fn remembers_workers(&self) -> bool {
        false
    }

    /// Stops workers. One that is stopped ends its job and is given no other, unless `order.now`.
    async fn drain(&self, order: &DrainOrder) -> Vec<(MachineId, DrainAnswer)> {
        let machines = order.machines.iter().cloned();
        match self.stop(order).await {
            Ok(answers) => machines.zip(answers).collect(),
            Err(error) => machines.map(|machine| (machine, DrainAnswer::Failed(error.clone()))).collect(),
        }
    }

    /// Starts workers that were stopped. The server keeps no mark: only machines that the caller drained are to be
    /// given.
    async fn cancel_drain(&self, machines: &[MachineId], _mark: &str) -> Vec<(MachineId, Result<(), SourceError>)> {
        if machines.is_empty() {
            return Vec::new();
        }
        let result = self.go_on(machines).await;
        machines.iter().map(|machine| (machine.clone(), result.clone())).collect()
    }

    /// Removes the workers from the server's list; it would count them for ever.
    async fn forget(&self, machines: &[MachineId]) -> Result<(), SourceError> {
        if machines.is_empty() {
            return Ok(());
        }
        self.begin().await?.delete("/api/workers", &json!(machines)).await
    }
}
