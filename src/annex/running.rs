//! What an annex was when its instances were started.

use jiff::Timestamp;

use super::pool_price::PoolPrice;
use super::spec::AnnexSpec;
use super::state::AnnexEvent;

/// An instance that runs, and what it was started with: it stays so until it is replaced.
#[derive(Clone, Debug)]
pub struct Running<'a> {
    /// The annex as it was when the instance was started.
    pub spec: &'a AnnexSpec,
    /// The index of its pool, from 0.
    pub pool: usize,
    /// Whether it is spot capacity.
    pub spot: bool,
    /// What an instance of the pool as it was then costs at present.
    pub price: PoolPrice,
}

/// The specifications of an annex, each from when it was asked for; the oldest first.
#[derive(Clone, Debug, Default)]
pub struct PastSpecs(Vec<(Timestamp, AnnexSpec)>);

impl PastSpecs {
    /// Reads them from the annex's journal. After a change that failed, the one before holds again.
    pub fn of(journal: impl IntoIterator<Item = (Timestamp, AnnexEvent)>) -> Self {
        let (mut all, mut applied): (Vec<(Timestamp, AnnexSpec)>, Option<AnnexSpec>) = (Vec::new(), None);
        for (at, event) in journal {
            match event {
                AnnexEvent::ApplyIntended { spec, .. } => all.push((at, *spec)),
                AnnexEvent::Applied => applied = all.last().map(|(_, spec)| spec.clone()),
                AnnexEvent::ApplyFailed { .. } => all.extend(applied.clone().map(|spec| (at, spec))),
                _ => {}
            }
        }
        Self(all)
    }

    /// Returns the one with which an instance was started at this time.
    pub fn at(&self, started: Timestamp) -> Option<&AnnexSpec> {
        // Clouds tell whole seconds, without the rest.
        let earlier = self.0.iter().rev().find(|(since, _)| since.as_second() <= started.as_second());
        // The clocks of a cloud and of this machine may differ.
        earlier.or(self.0.first()).map(|(_, spec)| spec)
    }
}
