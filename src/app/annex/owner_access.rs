//! Access to an annex's instances as their owner, which takes no right on the pool.

use std::path::PathBuf;
use std::time::Duration;

use super::annex_secrets::{AnnexSecrets, TokenDirectory};
use super::locked_annex::pool_of;
use crate::annex::Annex;
use crate::app::CommandError;
use crate::batch::htcondor::{HTCondor, SigningKey, TokenOrder};

/// How long a token of the owner is valid: for the orders of one command.
const LIFETIME: Duration = Duration::from_secs(3600);

/// What it allows.
const RIGHTS: [&str; 2] = ["ADMINISTRATOR", "READ"];

/// The pool of an annex, in which its instances take orders from their owner.
pub(super) struct OwnerAccess {
    /// The pool; its programs that give orders have the owner's token.
    pub(super) pool: HTCondor,
    /// The owner's token; removed when dropped.
    pub(super) tokens: Option<TokenDirectory>,
}

impl OwnerAccess {
    /// Returns the access; `None` if the annex extends no pool. Instances of annexes of earlier versions, which have no
    /// key, take orders from whom the pool allows.
    pub(super) async fn of(record: &Annex) -> Result<Option<Self>, CommandError> {
        let Some(pool) = pool_of(record) else { return Ok(None) };
        let joining = record.spec.as_ref().and_then(|spec| spec.joining());
        let key = joining.and_then(|joining| joining.owner_key.as_ref().filter(|key| key.is_file()));
        let (Some(joining), Some(key)) = (joining, key) else { return Ok(Some(Self { pool, tokens: None })) };
        let Some((secrets, keys)) = AnnexSecrets::of_owner_key(key).zip(key.parent()) else {
            return Ok(Some(Self { pool, tokens: None }));
        };
        let (name, domain) = (record.id.owner_key(), joining.pool_name.clone());
        let key = SigningKey::Named { name, directory: keys.to_owned(), domain };
        let order = TokenOrder { identity: record.id.owner_identity(), lifetime: LIFETIME, rights: &RIGHTS };
        // Where none can be made here, what the user may do on the pool is left.
        let Ok(token) = pool.sign_token(&key, &order).await else { return Ok(Some(Self { pool, tokens: None })) };
        let tokens = secrets.token_directory(&token)?;
        // The collector knows the user, and not the owner.
        tokens.add_all_of(&users_tokens(&pool).await);
        Ok(Some(Self { pool: pool.with_tokens_in(tokens.path()), tokens: Some(tokens) }))
    }
}

/// Returns the directory of the user's own tokens.
async fn users_tokens(pool: &HTCondor) -> PathBuf {
    match pool.token_directory().await {
        Some(directory) => PathBuf::from(directory),
        None => std::env::home_dir().unwrap_or_default().join(".condor/tokens.d"),
    }
}
