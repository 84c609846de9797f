//! What becomes of a request: it is judged by the faults and by Google's own description, carried out, and noted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::ask::Ask;
use super::document::Document;
use super::error::{GoogleError, json_answer};
use super::life::Life;
use super::log::{Call, Log};
use super::method::Method;
use super::permission;
use super::schema::{Checker, Problem};
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
    document: &'static Document,
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
        let route = self.document.route(&asked.method, path);
        let body = if asked.body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&asked.body) };
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
            (Some((method, path)), Ok(body)) => self.carried_out(asked, &call, method, path, query, body),
        };
        let answer = done.map_or_else(|error| error.answer(), |value| json_answer(200, &value));
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
    pub(super) fn new(document: &'static Document, world: World) -> Self {
        let clock = Clock::new(world.faults.clock_speed);
        let (watcher, listener) = (Mutex::default(), Mutex::default());
        Self { document, world: Mutex::new(world), clock, log: Log::default(), watcher, listener }
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

    fn carried_out(
        &self,
        asked: &Asked,
        call: &Call,
        method: &Method,
        path: BTreeMap<String, String>,
        query: BTreeMap<String, String>,
        body: Value,
    ) -> Result<Value, GoogleError> {
        self.admitted(asked)?;
        let mut problems = method.check(self.document, &path, &query);
        problems.extend(self.problems_of_body(method, &body));
        if query.contains_key("fields") {
            problems.push(Problem { at: "fields".to_owned(), what: "Parts of answers are not known here".to_owned() });
        }
        if let Some(first) = problems.first() {
            return Err(self.violated(call, &problems, refused(first)));
        }
        let ask = Ask { method: method.id.clone(), path, order: method.order.clone(), query, body };
        let denied = self.now(|world| permission::refusal(&ask, &world.faults.denied));
        if let Some(refusal) = denied {
            return Err(refusal);
        }
        let value = self.performed(&ask).map_err(|error| {
            if error.unknown_here {
                return self.violated(call, &[], error);
            }
            error
        })?;
        let mut checker = Checker::new(self.document, &method.id);
        checker.named(method.response.as_deref().unwrap_or_default(), &value, "answer");
        assert!(checker.problems.is_empty(), "{}: {:#?} in {value:#}", method.id, checker.problems);
        Ok(value)
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

    fn problems_of_body(&self, method: &Method, body: &Value) -> Vec<Problem> {
        let mut checker = Checker::new(self.document, &method.id);
        match &method.request {
            Some(schema) if body.is_null() => checker.problem("resource", format!("A body is needed: {schema}")),
            Some(schema) => checker.named(schema, body, "resource"),
            None if body.is_null() => {}
            None => checker.problem("resource", "The method takes no body".to_owned()),
        }
        checker.problems
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
