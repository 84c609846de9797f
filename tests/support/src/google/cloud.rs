//! What becomes of a request: it is judged by the faults and by Google's own description, carried out, and noted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::ask::{Ask, Media};
use super::document::Document;
use super::error::GoogleError;
use super::life::Life;
use super::log::{Call, Log};
use super::method::Method;
use super::permission;
use super::schema::{Checker, Problem};
use super::storage::Stored;
use super::world::World;
use crate::clock::Clock;
use crate::effect::{Effect, Moment};
use crate::http::{Answer, Asked, Reply, Service};

/// For how long a call waits for an operation at most, in the cloud's time ("zoneOperations.wait").
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// How often a call that waits looks again.
const LOOK: Duration = Duration::from_millis(2);

/// Is told of each call twice, on a thread of its own; the call waits for it.
type Watcher = Arc<dyn Fn(&Call, Moment) + Send + Sync>;

/// Is told of instances that come to life and end, in order.
type Listener = Arc<dyn Fn(&Life) + Send + Sync>;

/// All that a server is, behind its address.
pub(super) struct Cloud {
    documents: [&'static Document; 2],
    pub world: Mutex<World>,
    pub clock: Clock,
    pub log: Log,
    pub watcher: Mutex<Option<Watcher>>,
    /// Whoever holds it tells what is to be told, so that all comes in order.
    pub listener: Mutex<Option<Listener>>,
}

impl Service for Cloud {
    fn reply(&self, asked: &Asked) -> Reply {
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let query: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let (document, path, uploads) = self.document_of(path);
        let route = document.route(&asked.method, path);
        let body = if asked.body.is_empty() || uploads { Ok(Value::Null) } else { serde_json::from_slice(&asked.body) };
        let named = route.as_ref().map_or_else(|| format!("{} {path}", asked.method), |(method, _)| method.id.clone());
        let mut parameters = route.as_ref().map(|(_, parameters)| parameters.clone()).unwrap_or_default();
        parameters.extend(query.clone());
        let call = Call {
            method: named,
            parameters,
            body: body.as_ref().cloned().unwrap_or_default(),
            at: self.clock.now(),
            status: None,
            reason: None,
            effect: None,
        };
        let (place, before) = self.log.enter(call.clone());
        let effect = self.world.lock().unwrap().faults.effect_on(&call.method, before);
        self.log.change(place, |call| call.effect.clone_from(&effect));
        self.watch(&call, Moment::Come);
        let early = match &effect {
            Some(Effect::Error { status, code, message }) => Some(GoogleError::new(*status, code, message).answer()),
            Some(Effect::Page(status)) => Some(page(*status)),
            Some(Effect::LostBefore) => return Reply::Cut,
            _ => None,
        };
        if let Some(answer) = early {
            self.note(place, &answer);
            return Reply::Answer(answer);
        }
        let done = match (route, body) {
            (None, _) => Err(self.violated(&call, &[], GoogleError::new(404, "notFound", "There is no such method."))),
            (_, Err(error)) => {
                let error = GoogleError::new(400, "parseError", format!("Invalid JSON payload received. {error}"));
                Err(self.violated(&call, &[], error))
            }
            (Some((method, path)), Ok(body)) => {
                let kind = asked.header("content-type").to_owned();
                let media = uploads.then(|| Media { content: asked.body.clone(), kind });
                let (method_id, order) = (method.id.clone(), method.order.clone());
                let ask = Ask { method: method_id, path, order, query, body, media };
                self.carried_out(asked, &call, document, method, &ask)
            }
        };
        let answer = done.map_or_else(|error| error.answer(), Stored::answer);
        self.deliver();
        self.watch(&call, Moment::Done);
        let reply = match effect {
            Some(Effect::LostAfter) => return Reply::Cut,
            Some(Effect::CutShort) => return Reply::Half(answer),
            Some(Effect::ErrorAfterwards { status, code, message }) => {
                Reply::Answer(GoogleError::new(status, &code, message).answer())
            }
            Some(Effect::Slow(time)) => Reply::Late(answer, time),
            _ => Reply::Answer(answer),
        };
        if let Reply::Answer(answer) | Reply::Late(answer, _) = &reply {
            self.note(place, answer);
        }
        reply
    }

    fn broke(&self, why: String) {
        self.log.note_break(why);
    }
}

impl Cloud {
    /// `documents` are those of `compute.v1` and `storage.v1`.
    pub(super) fn new(documents: [&'static Document; 2], world: World) -> Self {
        let clock = Clock::new(world.faults.clock_speed);
        let (watcher, listener) = (Mutex::default(), Mutex::default());
        Self { documents, world: Mutex::new(world), clock, log: Log::default(), watcher, listener }
    }

    /// The world as it is by now, for something to do with it.
    pub(super) fn now<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap();
        world.settle(self.clock.now());
        look(&mut world)
    }

    /// Tells of instances what is to be told.
    pub(super) fn deliver(&self) {
        let listener = self.listener.lock().unwrap();
        let lives = self.now(|world| std::mem::take(&mut world.lives));
        if let Some(tell) = listener.as_ref() {
            lives.iter().for_each(|life| tell(life));
        }
    }

    /// The document that a path is of, the path in it, and whether content is uploaded there.
    fn document_of<'a>(&self, path: &'a str) -> (&'static Document, &'a str, bool) {
        let [compute, storage] = self.documents;
        let below = |prefix: &str| path.strip_prefix(prefix).filter(|rest| rest.starts_with("/storage/v1/"));
        match (below("/upload"), below("/download").or(below(""))) {
            (Some(path), _) => (storage, path, true),
            (None, Some(path)) => (storage, path, false),
            (None, None) => (compute, path, false),
        }
    }

    fn carried_out(
        &self,
        asked: &Asked,
        call: &Call,
        document: &Document,
        method: &Method,
        ask: &Ask,
    ) -> Result<Stored, GoogleError> {
        self.admitted(asked)?;
        let mut problems = method.check(document, &ask.path, &ask.query);
        if ask.media.is_none() {
            problems.extend(problems_of_body(document, method, &ask.body));
        }
        let simple = |fields: &str| fields.chars().all(|c| c.is_ascii_alphanumeric() || c == ',');
        if ask.asked("fields").is_some_and(|fields| !simple(fields)) {
            let what = "Fields within fields are not known here".to_owned();
            problems.push(Problem { at: "fields".to_owned(), what });
        }
        if let Some(first) = problems.first() {
            return Err(self.violated(call, &problems, refused(first)));
        }
        let denied = self.now(|world| permission::refusal(ask, &world.faults.denied));
        if let Some(refusal) = denied {
            return Err(refusal);
        }
        let stored = ask.method.starts_with("storage.");
        let done = if stored { self.now(|world| world.store(ask)) } else { self.performed(ask).map(Stored::Json) };
        let mut done =
            done.map_err(|error| if error.unknown_here { self.violated(call, &[], error) } else { error })?;
        if let Stored::Json(value) = &mut done {
            let mut checker = Checker::new(document, &method.id);
            checker.named(method.response.as_deref().unwrap_or_default(), value, "answer");
            assert!(checker.problems.is_empty(), "{}: {:#?} in {value:#}", method.id, checker.problems);
            if let (Some(fields), Some(all)) = (ask.asked("fields"), value.as_object_mut()) {
                all.retain(|name, _| fields.split(',').any(|field| field == name));
            }
        }
        Ok(done)
    }

    /// Whoever calls is known, and the project uses the API.
    fn admitted(&self, asked: &Asked) -> Result<(), GoogleError> {
        let world = self.world.lock().unwrap();
        let token = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        if world.faults.tokens.as_ref().is_some_and(|tokens| !tokens.iter().any(|known| known == token)) {
            return Err(GoogleError::unauthorized());
        }
        if world.faults.disabled { Err(GoogleError::not_enabled()) } else { Ok(()) }
    }

    /// Notes a request that must not come, and hands on what it is answered.
    fn violated(&self, call: &Call, problems: &[Problem], error: GoogleError) -> GoogleError {
        let why = if problems.is_empty() { error.message.clone() } else { format!("{problems:?}") };
        self.log.violation(format!("{} {:?}: {why}", call.method, call.parameters));
        error
    }

    /// Carries it out; one that waits for an operation does so.
    fn performed(&self, ask: &Ask) -> Result<Value, GoogleError> {
        let give_up = self.clock.now() + LONGEST_WAIT;
        loop {
            let value = self.now(|world| world.perform(ask))?;
            if ask.resource().1 != "wait" || value["status"] == "DONE" || self.clock.now() >= give_up {
                return Ok(value);
            }
            std::thread::sleep(LOOK);
        }
    }

    fn watch(&self, call: &Call, moment: Moment) {
        let watcher = self.watcher.lock().unwrap().clone();
        if let Some(watcher) = watcher {
            watcher(call, moment);
        }
    }

    fn note(&self, place: usize, answer: &Answer) {
        let error: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let reason = error["error"]["errors"][0]["reason"].as_str().map(str::to_owned);
        self.log.change(place, |call| (call.status, call.reason) = (Some(answer.status), reason));
    }
}

fn problems_of_body(document: &Document, method: &Method, body: &Value) -> Vec<Problem> {
    let mut checker = Checker::new(document, &method.id);
    match &method.request {
        Some(schema) if body.is_null() => checker.problem("resource", format!("A body is needed: {schema}")),
        Some(schema) => checker.named(schema, body, "resource"),
        // Clients send an empty object where a POST has nothing to say.
        None if body.is_null() || (method.http == "POST" && *body == json!({})) => {}
        None => checker.problem("resource", "The method takes no body".to_owned()),
    }
    checker.problems
}

/// What Google answers a request that is not as its description says.
fn refused(problem: &Problem) -> GoogleError {
    let Problem { at, what } = problem;
    if what.starts_with("Unknown name") {
        let message = format!("Invalid JSON payload received. {what} ({at})");
        return GoogleError::new(400, "badRequest", message);
    }
    GoogleError::new(400, if what.starts_with("Required") { "required" } else { "invalid" }, what)
}

/// What a load balancer answers when nothing is behind it.
fn page(status: u16) -> Answer {
    let body = format!(
        "<!DOCTYPE html>\n<html lang=en>\n<title>Error {status} (Server Error)!!1</title>\n<p><b>{status}.</b> \
         <ins>That's an error.</ins>\n"
    );
    let headers = vec![("content-type".to_owned(), "text/html; charset=UTF-8".to_owned())];
    Answer { status, headers, body: body.into_bytes() }
}
