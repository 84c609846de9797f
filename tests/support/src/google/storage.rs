//! Buckets and their objects, as far as a client reads and writes whole ones (`storage.v1`).

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;
use serde_json::{Value, json};

use super::ask::Ask;
use super::error::{GoogleError, json_answer};
use super::multipart;
use super::world::World;
use super::{GoogleServer, NUMBER};
use crate::http::Answer;

/// What is known of what requests may ask for; any other is refused.
const KNOWN: [&str; 12] = [
    "alt",
    "contentEncoding",
    "fields",
    "ifGenerationMatch",
    "maxResults",
    "name",
    "pageToken",
    "prefix",
    "prettyPrint",
    "projection",
    "uploadType",
    "generation",
];

/// The most objects of a page.
const PAGE: usize = 1000;

/// All buckets of the test.
#[derive(Debug, Default)]
pub(super) struct Store {
    buckets: BTreeSet<String>,
    /// By bucket and name.
    objects: BTreeMap<(String, String), Object>,
    generation: u64,
}

#[derive(Clone, Debug)]
struct Object {
    content: Vec<u8>,
    kind: String,
    generation: u64,
    time: String,
}

/// What a call is answered.
pub(super) enum Stored {
    Json(Value),
    /// The content of an object.
    Content(Answer),
    Nothing,
}

impl Store {
    fn put(&mut self, bucket: &str, name: &str, content: Vec<u8>, kind: &str, time: String) {
        // Generations are times of the clock, and no two are the same.
        self.generation += 1;
        let object =
            Object { content, kind: kind.to_owned(), generation: 1_790_000_000_000_000 + self.generation, time };
        self.objects.insert((bucket.to_owned(), name.to_owned()), object);
    }

    fn view(&self, bucket: &str, name: &str) -> Option<Value> {
        let object = self.objects.get(&(bucket.to_owned(), name.to_owned()))?;
        let path = format!("https://www.googleapis.com/storage/v1/b/{bucket}/o/{}", name.replace('/', "%2F"));
        let generation = object.generation.to_string();
        Some(json!({
            "kind": "storage#object", "id": format!("{bucket}/{name}/{generation}"), "selfLink": path, "name": name,
            "bucket": bucket, "generation": generation, "metageneration": "1", "contentType": object.kind,
            "size": object.content.len().to_string(), "storageClass": "STANDARD", "timeCreated": object.time,
            "updated": object.time, "etag": BASE64_URL_SAFE.encode(&generation),
        }))
    }
}

impl World {
    /// Carries out a call of `storage.v1`.
    pub(super) fn store(&mut self, ask: &Ask) -> Result<Stored, GoogleError> {
        if let Some((name, _)) = ask.query.iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
            return Err(GoogleError::unknown_here(format!("{}: {name} is not known here", ask.method)));
        }
        let bucket = ask.named("bucket");
        if !self.store.buckets.contains(bucket) {
            return Err(GoogleError::new(404, "notFound", "The specified bucket does not exist."));
        }
        match ask.method.as_str() {
            "storage.buckets.get" => Ok(Stored::Json(json!({
                "kind": "storage#bucket", "id": bucket, "name": bucket, "projectNumber": NUMBER, "location": "US-CENTRAL1",
                "locationType": "region", "storageClass": "STANDARD", "metageneration": "1",
            }))),
            "storage.objects.insert" => self.put_object(ask),
            "storage.objects.list" => self.list_objects(ask),
            "storage.objects.get" => self.get_object(ask),
            "storage.objects.delete" => {
                self.found(ask)?;
                self.store.objects.remove(&(bucket.to_owned(), ask.named("object").to_owned()));
                Ok(Stored::Nothing)
            }
            other => Err(GoogleError::unknown_here(format!("{other} is not known here"))),
        }
    }

    fn put_object(&mut self, ask: &Ask) -> Result<Stored, GoogleError> {
        let Some(media) = &ask.media else {
            return Err(GoogleError::unknown_here("objects are only made with their content here"));
        };
        let upload = match ask.asked("uploadType") {
            Some("media") => multipart::Upload { content: media.content.clone(), kind: media.kind.clone(), name: None },
            Some("multipart") => multipart::read(&media.kind, &media.content)
                .ok_or_else(|| GoogleError::new(400, "badContent", "Malformed multipart body."))?,
            other => return Err(GoogleError::unknown_here(format!("uploadType={other:?} is not known here"))),
        };
        let name = ask.asked("name").map(str::to_owned).or(upload.name).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| GoogleError::new(400, "required", "Required parameter: name"))?;
        let bucket = ask.named("bucket").to_owned();
        self.condition(ask, &bucket, &name)?;
        let time = self.written(self.now);
        self.store.put(&bucket, &name, upload.content, &upload.kind, time);
        Ok(Stored::Json(self.store.view(&bucket, &name).unwrap_or_default()))
    }

    fn get_object(&self, ask: &Ask) -> Result<Stored, GoogleError> {
        let object = self.found(ask)?;
        if ask.asked("alt") != Some("media") {
            return Ok(Stored::Json(self.store.view(ask.named("bucket"), ask.named("object")).unwrap_or_default()));
        }
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![
            header("content-type", &object.kind),
            header("x-goog-generation", &object.generation.to_string()),
            header("x-goog-stored-content-length", &object.content.len().to_string()),
        ];
        Ok(Stored::Content(Answer { status: 200, headers, body: object.content.clone() }))
    }

    fn list_objects(&self, ask: &Ask) -> Result<Stored, GoogleError> {
        let (bucket, prefix) = (ask.named("bucket"), ask.asked("prefix").unwrap_or_default());
        let after = ask.asked("pageToken").filter(|token| !token.is_empty()).map(|token| {
            let read = BASE64_URL_SAFE.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            read.ok_or_else(|| GoogleError::invalid("pageToken", token, "The token is invalid."))
        });
        let after = after.transpose()?;
        let most = ask.asked("maxResults").and_then(|most| most.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE);
        let listed = |name: &&String| name.starts_with(prefix) && after.as_ref().is_none_or(|after| *name > after);
        let of_bucket = self.store.objects.keys().filter(|(of, _)| of == bucket).map(|(_, name)| name);
        let names: Vec<&String> = of_bucket.filter(listed).take(most + 1).collect();
        let mut answer = json!({"kind": "storage#objects"});
        if !names.is_empty() {
            answer["items"] = names.iter().take(most).filter_map(|name| self.store.view(bucket, name)).collect();
        }
        if names.len() > most {
            answer["nextPageToken"] = json!(BASE64_URL_SAFE.encode(names[most - 1]));
        }
        Ok(Stored::Json(answer))
    }

    /// The object that the path names, if it is there as the call demands.
    fn found(&self, ask: &Ask) -> Result<&Object, GoogleError> {
        let (bucket, name) = (ask.named("bucket").to_owned(), ask.named("object").to_owned());
        self.condition(ask, &bucket, &name)?;
        let missing = GoogleError::new(404, "notFound", format!("No such object: {bucket}/{name}"));
        let object = self.store.objects.get(&(bucket, name)).ok_or_else(|| missing.clone())?;
        let asked = ask.asked("generation").and_then(|generation| generation.parse().ok());
        if asked.is_none_or(|generation: u64| generation == object.generation) { Ok(object) } else { Err(missing) }
    }

    /// `ifGenerationMatch`, of which 0 means that there is none yet.
    fn condition(&self, ask: &Ask, bucket: &str, name: &str) -> Result<(), GoogleError> {
        let Some(wanted) = ask.asked("ifGenerationMatch") else { return Ok(()) };
        let object = self.store.objects.get(&(bucket.to_owned(), name.to_owned()));
        if object.map_or(0, |object| object.generation).to_string() == wanted {
            return Ok(());
        }
        let message = "At least one of the pre-conditions you specified did not hold.";
        Err(GoogleError::new(412, "conditionNotMet", message))
    }
}

impl Stored {
    pub(super) fn answer(self) -> Answer {
        match self {
            Self::Json(value) => json_answer(200, &value),
            Self::Content(answer) => answer,
            Self::Nothing => Answer { status: 204, ..Answer::default() },
        }
    }
}

impl GoogleServer {
    /// Makes a bucket.
    pub fn make_bucket(&self, name: &str) {
        self.cloud.now(|world| world.store.buckets.insert(name.to_owned()));
    }

    /// Puts an object into a bucket, which is made when it is missing.
    pub fn put_object(&self, bucket: &str, name: &str, content: &[u8]) {
        self.make_bucket(bucket);
        self.cloud.now(|world| {
            let time = world.written(world.now);
            world.store.put(bucket, name, content.to_vec(), "application/octet-stream", time);
        });
    }

    /// The content of an object, if it is there.
    pub fn object(&self, bucket: &str, name: &str) -> Option<Vec<u8>> {
        let key = (bucket.to_owned(), name.to_owned());
        self.cloud.now(|world| world.store.objects.get(&key).map(|object| object.content.clone()))
    }
}
