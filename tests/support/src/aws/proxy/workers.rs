//! Threads that start and stop the machines that compute.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::compute::Compute;

/// How many machines start or stop at a time.
const THREADS: usize = 16;

type Job = Box<dyn FnOnce() + Send>;

/// Carries jobs out in the order in which they came. Dropping it waits for all of them.
pub(super) struct Workers {
    pub compute: Arc<dyn Compute>,
    jobs: Mutex<Option<Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Workers {
    pub(super) fn new(compute: Arc<dyn Compute>) -> Self {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let threads = (0..THREADS).map(|_| {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || work(&queue))
        });
        Self { compute, jobs: Mutex::new(Some(jobs)), threads: Mutex::new(threads.collect()) }
    }

    pub(super) fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let jobs = self.jobs.lock().unwrap().clone();
        match jobs {
            Some(jobs) => drop(jobs.send(Box::new(job))),
            // The end has come: this is a job that does something once more, on its own thread.
            None => job(),
        }
    }

    /// Waits until all that was submitted is done.
    pub(super) fn finish(&self) {
        self.jobs.lock().unwrap().take();
        for thread in self.threads.lock().unwrap().drain(..) {
            let _ = thread.join();
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap().recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}
