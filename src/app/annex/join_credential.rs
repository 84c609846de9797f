//! The credential with which the instances of an annex join its pool, obtained and tried out before anything costs
//! money.

use std::path::Path;

use secrecy::SecretString;

use super::credential_faults as faults;
use super::credential_request::CredentialRequest;
use super::token_trial::{TokenTrial, try_token};
use crate::annex::pool_key;
use crate::app::CommandError;
use crate::batch::htcondor::{Claims, HTCondor, HTCondorError, RequestState, SigningKey, TokenOrder, WORKER_RIGHTS};
use crate::diagnostics::Diagnostic;
use crate::os::{Durability, write_whole};
use crate::plan::read_file;

/// The longest token in a file, in bytes.
const LARGEST: u64 = 64 << 10;

/// A credential.
pub(super) enum JoinCredential {
    /// A token, and what it says of itself.
    Token(SecretString, Claims),
    /// The pool's password, with which each instance makes itself a token.
    Password {
        /// Identity in that token.
        identity: Option<String>,
        /// The pool's trust domain, if it was found.
        domain: Option<String>,
        /// Whether the password as typed is kept with a NUL at its end.
        with_nul: bool,
    },
}

/// Why there is no credential.
pub(super) enum NoCredential {
    /// To be told with other problems of the annex.
    Fault(Diagnostic),
    /// Something failed on this machine.
    Broken(CommandError),
}

impl From<CommandError> for NoCredential {
    fn from(error: CommandError) -> Self {
        Self::Broken(error)
    }
}

impl From<Diagnostic> for NoCredential {
    fn from(fault: Diagnostic) -> Self {
        Self::Fault(fault)
    }
}

impl CredentialRequest<'_> {
    /// Obtains the credential, and tries it out.
    pub(super) async fn obtain(&self) -> Result<JoinCredential, NoCredential> {
        let pool = HTCondor::new(Some(self.joining.central_manager.clone()));
        match (self.token_source, &self.joining.password_file) {
            (Some(file), _) => self.given_token(&pool, file).await,
            (None, Some(file)) => self.password(&pool, file).await,
            (None, None) => self.new_token(&pool).await,
        }
    }

    async fn given_token(&self, pool: &HTCondor, file: &Path) -> Result<JoinCredential, NoCredential> {
        let content = read_file(file, LARGEST).map_err(|error| faults::unreadable_token(file, &error))?;
        let token = String::from_utf8(content).map(|text| SecretString::from(text.trim()));
        let token = token.map_err(|_| faults::no_token(file))?;
        let claims = Claims::of(&token).ok_or_else(|| faults::no_token(file))?;
        if !claims.are_plain() {
            return Err(faults::odd_names(&claims).into());
        }
        if !claims.lasts_until(self.ends) {
            return Err(faults::ends_early(self, &claims).into());
        }
        let lacks = claims.lacks(&WORKER_RIGHTS);
        if !lacks.is_empty() {
            return Err(faults::lacks_rights(self, &claims, &lacks).into());
        }
        self.tried(pool, token, claims).await
    }

    /// Tries a token out that must be taken as it is.
    async fn tried(
        &self,
        pool: &HTCondor,
        token: SecretString,
        claims: Claims,
    ) -> Result<JoinCredential, NoCredential> {
        match try_token(self.user, pool, self.secrets, &token).await? {
            TokenTrial::Admitted => {}
            TokenTrial::Refused { right, said } => {
                return Err(faults::not_admitted(&claims.identity, &right, &said).into());
            }
            TokenTrial::Unreachable { said } => return Err(faults::unreachable(self, &said).into()),
            TokenTrial::Untried(error) => self.user.warn(&faults::untried(&error)),
        }
        Ok(JoinCredential::Token(token, claims))
    }

    /// Signs with the password, as each instance will, and tries that out: in both forms of a password as typed.
    async fn password(&self, pool: &HTCondor, file: &Path) -> Result<JoinCredential, NoCredential> {
        let key =
            |with_nul| pool_key(file, with_nul).map_err(|error| Diagnostic::usage(format!("--password-file: {error}")));
        let mut keys = vec![(false, key(false)?), (true, key(true)?)];
        keys.dedup_by(|other, one| other.1 == one.1);
        let mut domains = vec![self.joining.pool_name.clone()];
        let told = pool.trust_domain().await.map_err(CommandError::from)?;
        domains.extend(told.filter(|domain| *domain != self.joining.pool_name));
        let mut refusal = None;
        for (with_nul, key) in keys {
            // Kept for this trial only.
            let kept = self.secrets.scratch()?;
            let file = kept.path().join("POOL");
            write_whole(&file, &key, 0o600, Durability::Process)
                .map_err(|error| CommandError::new(format!("cannot write {}: {error}", file.display())))?;
            for domain in &domains {
                let key = SigningKey::PoolFile { file: file.clone(), domain: domain.clone() };
                for identity in self.identities(domain) {
                    let token = match pool.sign_token(&key, &self.order(identity.clone())).await {
                        Ok(token) => token,
                        Err(error) => return Ok(self.untried_password(&error)),
                    };
                    match try_token(self.user, pool, self.secrets, &token).await? {
                        TokenTrial::Admitted => {
                            let (identity, domain) = (Some(identity), Some(domain.clone()));
                            return Ok(JoinCredential::Password { identity, domain, with_nul });
                        }
                        TokenTrial::Refused { right, said } => {
                            refusal.get_or_insert_with(|| faults::password_refused(&identity, &right, &said));
                        }
                        TokenTrial::Unreachable { said } => return Err(faults::unreachable(self, &said).into()),
                        TokenTrial::Untried(error) => return Ok(self.untried_password(&error)),
                    }
                }
            }
        }
        match refusal {
            Some(refusal) => Err(refusal.into()),
            None => {
                Ok(JoinCredential::Password { identity: self.joining.identity.clone(), domain: None, with_nul: false })
            }
        }
    }

    /// An old HTCondor has no tokens, and here may be none: then the instances find out.
    fn untried_password(&self, error: &HTCondorError) -> JoinCredential {
        self.user.warn(&faults::untried(error));
        JoinCredential::Password { identity: self.joining.identity.clone(), domain: None, with_nul: false }
    }

    /// Signs a token here, has the collector give one, or requests one from the pool's administrator: whatever works
    /// first.
    async fn new_token(&self, pool: &HTCondor) -> Result<JoinCredential, NoCredential> {
        let told = pool.trust_domain().await.map_err(CommandError::from)?;
        let domain = told.unwrap_or_else(|| self.joining.pool_name.clone());
        let identities = self.identities(&domain);
        let mut refusal = None;
        for identity in &identities {
            match pool.sign_token(&SigningKey::Pool, &self.order(identity.clone())).await {
                Ok(token) => match self.offered(pool, token, &mut refusal).await? {
                    Some(credential) => return Ok(credential),
                    None => continue,
                },
                Err(error @ HTCondorError::NotInstalled { .. }) => return Err(faults::no_programs(&error).into()),
                Err(error @ HTCondorError::TooSlow { .. }) => return Err(CommandError::from(error).into()),
                // The key is not for this user to read.
                Err(_) => break,
            }
        }
        if let Some(refusal) = refusal.take() {
            return Err(refusal);
        }
        match pool.fetch_token(&self.order(String::new())).await {
            // That a program hangs says nothing of what the pool allows.
            Err(error @ HTCondorError::TooSlow { .. }) => return Err(CommandError::from(error).into()),
            Ok(token) if self.is_wanted(&token) => {
                if let Some(credential) = self.offered(pool, token, &mut refusal).await? {
                    return Ok(credential);
                }
            }
            _ => {}
        }
        let identity = identities.into_iter().next().unwrap_or_default();
        self.requested(pool, self.order(identity)).await
    }

    /// Takes a token if its holder is let in; else keeps the first refusal.
    async fn offered(
        &self,
        pool: &HTCondor,
        token: SecretString,
        refusal: &mut Option<NoCredential>,
    ) -> Result<Option<JoinCredential>, NoCredential> {
        let Some(claims) = Claims::of(&token).filter(|claims| claims.lasts_until(self.ends)) else { return Ok(None) };
        let identity = claims.identity.clone();
        match try_token(self.user, pool, self.secrets, &token).await? {
            TokenTrial::Admitted => Ok(Some(JoinCredential::Token(token, claims))),
            TokenTrial::Refused { right, said } => {
                refusal.get_or_insert_with(|| faults::not_admitted(&identity, &right, &said).into());
                Ok(None)
            }
            TokenTrial::Unreachable { said } => Err(faults::unreachable(self, &said).into()),
            TokenTrial::Untried(error) => Err(CommandError::from(error).into()),
        }
    }

    /// Whether a token is of the identity that was asked for, if one was.
    fn is_wanted(&self, token: &SecretString) -> bool {
        let wanted = self.joining.identity.as_ref();
        wanted.is_none_or(|wanted| Claims::of(token).is_some_and(|claims| claims.identity == *wanted))
    }

    async fn requested(&self, pool: &HTCondor, order: TokenOrder) -> Result<JoinCredential, NoCredential> {
        if self.dry_run {
            return Err(faults::approval_needed(self, &order).into());
        }
        let request = self.secrets.request()?;
        let broken = |error: std::io::Error| CommandError::new(format!("cannot read what came of a request: {error}"));
        if let RequestState::Granted(token) = request.state().map_err(broken)? {
            let claims = Claims::of(&token).filter(|claims| claims.lasts_until(self.ends));
            match claims {
                Some(claims) => return self.tried(pool, token, claims).await,
                // It was granted for an earlier lease.
                None => request.forget().map_err(broken)?,
            }
        }
        let (begun, with) = (request.clone(), pool.clone());
        let wanted = order.clone();
        let begun = tokio::task::spawn_blocking(move || begun.begin(&with, &wanted)).await;
        match begun.map_err(|error| CommandError::new(format!("a call broke off: {error}")))? {
            Ok(RequestState::Granted(token)) => {
                let claims = Claims::of(&token).ok_or_else(|| faults::approval_needed(self, &order))?;
                self.tried(pool, token, claims).await
            }
            Ok(RequestState::Pending(number)) => Err(faults::approval_pending(self, &order, &number).into()),
            Ok(RequestState::Absent) => Err(faults::approval_needed(self, &order).into()),
            Err(error) => Err(faults::request_refused(self, &order, &error).into()),
        }
    }
}
