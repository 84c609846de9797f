//! The owner of an annex as its instances know it: whoever holds a token that is signed with the annex's own key.

use super::cloud::AnnexId;

impl AnnexId {
    /// Returns the id of the annex's key, the name of its file. No pool has a key of this name, so that the key opens
    /// nothing but the annex's instances.
    pub fn owner_key(&self) -> String {
        format!("hoist-{}", self.nonce)
    }

    /// Returns the identity that its instances obey as their administrator.
    pub fn owner_identity(&self) -> String {
        format!("owner@hoist-{}", self.nonce)
    }
}
