use async_trait::async_trait;

use super::super::net::{Address, Login, NetError, TimeLimits, Trust};
use super::super::part_reading::demand_reading;
use super::super::source_access::SourceAccess;
use super::super::work_source::{SourceError, WorkReading, WorkSource};
use super::connection::Connection;
use super::reply::Reply;
use super::stream::{Backlog, StreamError, backlog};
use crate::elastic::engine::{Seconds, Wants};
use crate::elastic::fleet::FleetQueue;

/// A list, stream, set or sorted set of a Redis server.
pub(in crate::batch) struct RedisSource {
    server: Address,
    trust: Trust,
    limits: TimeLimits,
    database: Option<u32>,
    key: String,
    login: Login,
}

/// What a key holds.
enum Held {
    Backlog(Backlog),
    /// There is no such key: Redis keeps no empty list.
    Nothing,
}

impl RedisSource {
    /// The path of `address` is the number of the database.
    pub(in crate::batch) fn new(
        queue: &FleetQueue,
        address: Address,
        key: String,
        access: &SourceAccess,
    ) -> Result<Self, SourceError> {
        let database = match address.path.trim_matches('/') {
            "" => None,
            number => Some(number.parse().map_err(|_| SourceError {
                message: "the path in \"url\" of the queue is no number of a database".to_owned(),
                hint: Some("it looks like redis://HOST:6379/0".to_owned()),
            })?),
        };
        let login = Login::of(queue)?;
        Ok(Self { server: address, trust: access.trust.clone(), limits: access.limits, database, key, login })
    }

    fn error(&self, reason: impl std::fmt::Display, hint: Option<String>) -> SourceError {
        SourceError { message: format!("cannot read {}: {reason}", self.label()), hint }
    }

    fn broken(&self, error: &NetError) -> SourceError {
        self.error(error, error.hint().map(str::to_owned))
    }

    /// Returns the error of a reply that is none of those expected.
    fn refused(&self, reply: &Reply) -> SourceError {
        let Reply::Error(said) = reply else { return self.broken(&NetError::Protocol("Redis")) };
        let code = said.split(' ').next().unwrap_or_default();
        let hint = match code {
            "NOAUTH" | "WRONGPASS" => Some(self.login.remedy()),
            "NOPERM" => Some(format!(
                "give the user the right to TYPE, LLEN, XLEN, XINFO, XRANGE, SCARD and ZCARD on \
                                      the key; {}",
                self.login.remedy()
            )),
            "LOADING" => Some("the server reads its data, and will answer soon".to_owned()),
            "ERR" if said.contains("DB index") => Some("check the number of the database in \"url\"".to_owned()),
            "ERR" if said.contains("AUTH") => Some(self.login.remedy()),
            _ => None,
        };
        self.error(format!("the server refuses: {said}"), hint)
    }

    async fn held(&self) -> Result<Held, SourceError> {
        let password = self.login.password()?;
        let broken = |error: NetError| self.broken(&error);
        let mut connection = Connection::open(&self.server, &self.trust, &self.limits).await.map_err(broken)?;
        let accepted = |reply: Reply| match reply {
            Reply::Status(_) => Ok(()),
            other => Err(self.refused(&other)),
        };
        if let Some(password) = &password {
            accepted(connection.authenticate(self.login.user(), password).await.map_err(broken)?)?;
        }
        if let Some(database) = self.database {
            accepted(connection.call(&[b"SELECT", database.to_string().as_bytes()]).await.map_err(broken)?)?;
        }
        let key = self.key.as_bytes();
        let kind = match connection.call(&[b"TYPE", key]).await.map_err(broken)? {
            Reply::Status(kind) => kind,
            other => return Err(self.refused(&other)),
        };
        let command: &[u8] = match kind.as_str() {
            "none" => return Ok(Held::Nothing),
            "list" => b"LLEN",
            "set" => b"SCARD",
            "zset" => b"ZCARD",
            "stream" => {
                let backlog = backlog(&mut connection, key).await.map_err(|error| match error {
                    StreamError::Net(error) => self.broken(&error),
                    StreamError::Refused(reply) => self.refused(&reply),
                })?;
                return Ok(Held::Backlog(backlog));
            }
            other => {
                let hint = "name a list, a stream, a set or a sorted set as \"queue\"".to_owned();
                return Err(self.error(format!("it is a {other}, in which no work waits"), Some(hint)));
            }
        };
        let length = connection.call(&[command, key]).await.map_err(broken)?;
        let waiting = length.count().ok_or_else(|| self.refused(&length))?;
        Ok(Held::Backlog(Backlog { waiting, at_least: false }))
    }
}

#[async_trait]
impl WorkSource for RedisSource {
    fn label(&self) -> String {
        format!("the queue {} of {}", self.key, self.server)
    }

    async fn read(&self, wants: Wants, _now: Seconds) -> WorkReading {
        if !wants.demand {
            return WorkReading::default();
        }
        let (waiting, remark) = match self.held().await {
            Ok(Held::Backlog(backlog)) => {
                let remark = format!("{} has more waiting entries than were counted", self.label());
                (Ok(backlog.waiting), backlog.at_least.then_some(remark))
            }
            Ok(Held::Nothing) => {
                let remark =
                    format!("there is no key {} at {}: it is empty, or has another name", self.key, self.server);
                (Ok(0), Some(remark))
            }
            Err(error) => (Err(error), None),
        };
        WorkReading { remarks: remark.into_iter().collect(), ..demand_reading(waiting) }
    }
}
