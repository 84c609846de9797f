use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Does something with each item, with `most` at once. The results are in the order of the items.
pub(crate) async fn in_parallel<I, T, W>(
    most: usize,
    items: impl IntoIterator<Item = I>,
    work: impl Fn(I) -> W,
) -> Vec<T>
where
    W: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let permits = Arc::new(Semaphore::new(most));
    let mut tasks = JoinSet::new();
    for (position, item) in items.into_iter().enumerate() {
        let (permits, work) = (Arc::clone(&permits), work(item));
        tasks.spawn(async move {
            // The semaphore is never closed.
            let _permit = permits.acquire_owned().await.ok();
            (position, work.await)
        });
    }
    let mut results = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(result) => results.push(result),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Nothing cancels a task while the set lives.
            Err(_) => {}
        }
    }
    results.sort_by_key(|(position, _)| *position);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_few_run_at_once_and_results_keep_their_order() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let results = runtime.block_on(in_parallel(8, 0..30_u64, |item| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(30 - item)).await;
                running.fetch_sub(1, Ordering::SeqCst);
                item
            }
        }));
        assert_eq!(results, (0..30).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 8);
    }
}
