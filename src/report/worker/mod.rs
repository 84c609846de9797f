//! Results of `hoist worker`.

mod listed_worker;
mod start_document;
mod started_worker;
mod stop_document;
mod workers_document;
mod workers_offer;

pub use listed_worker::{CloudSide, ListedWorker, ServerSide};
pub use start_document::{StartDocument, StartedWorkerView, started_human};
pub use started_worker::StartedWorker;
pub use stop_document::{StopDocument, StoppedWorkerView};
pub use workers_document::{CloudSideView, ListedWorkerView, ServerSideView, WorkersDocument, workers_human};
pub use workers_offer::WorkersOffer;
