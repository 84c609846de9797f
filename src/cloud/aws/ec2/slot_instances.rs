//! Finds the instances of launches with one call for each slot, by the tokens of these calls.

use std::ops::Range;

use aws_sdk_ec2::types;
use sha2::{Digest as _, Sha256};

use super::describe::{Describer, filter};
use crate::provider::CloudError;

/// Tokens in one request (the maximum number of values of a filter).
const TOKENS: usize = 200;

/// Derives the token of one slot of a launch.
pub(super) fn slot_token(token: &str, slot: usize) -> String {
    hex::encode(&Sha256::digest(format!("{token} {slot}"))[..20])
}

/// Finds instances by the tokens of their slots.
#[derive(Clone, Debug)]
pub(super) struct SlotInstances {
    describer: Describer,
}

impl SlotInstances {
    /// Creates a finder that looks through `describer`.
    pub(super) fn new(describer: Describer) -> Self {
        Self { describer }
    }

    /// Returns the visible instances of these slots, by the tokens of their launches.
    pub(super) async fn find(
        &self,
        token: &str,
        slots: Range<usize>,
    ) -> Result<Vec<(usize, types::Instance)>, CloudError> {
        let tokens: Vec<(usize, String)> = slots.map(|slot| (slot, slot_token(token, slot))).collect();
        let mut found = Vec::new();
        for chunk in tokens.chunks(TOKENS) {
            let wanted = filter("client-token", chunk.iter().map(|(_, token)| token.clone()));
            for shown in self.describer.filtered(&[wanted]).await? {
                let slot = chunk.iter().find(|(_, token)| shown.client_token.as_ref() == Some(token));
                found.extend(slot.map(|(slot, _)| (*slot, shown)));
            }
        }
        Ok(found)
    }
}
