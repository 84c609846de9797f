//! What the instances of an annex are given to join their pool and to know their owner.

use std::path::Path;

use jiff::Timestamp;
use secrecy::SecretString;

use super::annex_secrets::AnnexSecrets;
use super::credential_request::CredentialRequest;
use super::draft::{AddressChoice, AnnexDraft};
use super::join_credential::{JoinCredential, NoCredential};
use super::session::AnnexSession;
use crate::annex::{AnnexId, AnnexSpec, HTCondorJoin};
use crate::app::{CommandError, refuse};
use crate::batch::htcondor::{Claims, WORKER_RIGHTS};
use crate::plan::{MAX_TEXT, read_file};
use crate::report::time::local;

/// Obtains the credential of an annex that is not made yet, and tries it out; adds what is wrong to the draft. Nothing
/// is done for a draft that is wrong already.
pub(super) async fn equip(session: &AnnexSession<'_>, draft: &mut AnnexDraft) -> Result<(), CommandError> {
    let secrets = AnnexSecrets::before(session.clouds.beside(), &draft.spec.name);
    equip_with(session, draft, &secrets, false).await
}

/// The same for an annex that is only shown: its secrets are kept in `secrets`, and no administrator is asked.
pub(super) async fn equip_to_show(
    session: &AnnexSession<'_>,
    draft: &mut AnnexDraft,
    secrets: &AnnexSecrets,
) -> Result<(), CommandError> {
    equip_with(session, draft, secrets, true).await
}

async fn equip_with(
    session: &AnnexSession<'_>,
    draft: &mut AnnexDraft,
    secrets: &AnnexSecrets,
    dry_run: bool,
) -> Result<(), CommandError> {
    if !draft.diagnostics.is_empty() {
        return Ok(());
    }
    choose_way(session, draft).await;
    let ends = draft.spec.expires_at;
    let Some(joining) = draft.spec.joining() else { return Ok(()) };
    let request = CredentialRequest {
        user: session.user,
        secrets,
        joining,
        token_source: draft.token_source.as_deref(),
        ends,
        dry_run,
    };
    let obtained = request.obtain().await;
    let is_pool_named = draft.is_pool_named;
    let Some(joining) = draft.spec.joining_mut() else { return Ok(()) };
    match obtained {
        Ok(JoinCredential::Token(token, claims)) => {
            if !dry_run {
                session.user.tell(&shown(&claims));
            }
            if draft.token_source.is_some()
                && let Some(more) = claims.beyond(&WORKER_RIGHTS)
            {
                session.user.warn(&format!(
                    "the token allows more than an instance needs, and so whoever becomes root on one: {more}; \
                     `condor_token_create -authz ADVERTISE_STARTD -authz ADVERTISE_MASTER -authz READ` makes one that \
                     does not"
                ));
            }
            joining.token_file = Some(secrets.keep_token(&token)?);
            joining.identity = Some(claims.identity);
            name_pool(joining, is_pool_named, Some(claims.domain));
        }
        Ok(JoinCredential::Password { identity, domain, with_nul }) => {
            (joining.identity, joining.with_nul) = (identity, with_nul);
            name_pool(joining, is_pool_named, domain);
        }
        Err(NoCredential::Fault(fault)) => draft.diagnostics.push(fault),
        Err(NoCredential::Broken(error)) => return Err(error),
    }
    Ok(())
}

/// Gives a recorded annex secrets of its own: the token that was obtained before, and a key with which its instances
/// know their owner.
pub(super) fn own_secrets(session: &AnnexSession<'_>, spec: &mut AnnexSpec, id: &AnnexId) -> Result<(), CommandError> {
    let (beside, name) = (session.clouds.beside(), spec.name.clone());
    let Some(joining) = spec.joining_mut() else { return Ok(()) };
    let secrets = AnnexSecrets::of(beside, id);
    joining.owner_key = Some(secrets.owner_key(id)?);
    if let Some(file) = &joining.token_file {
        joining.token_file = Some(secrets.keep_token(&read_token(file)?)?);
    }
    AnnexSecrets::before(beside, &name).forget()
}

/// Removes the token of an annex that is not made. A request for one is taken up by the same command again.
pub(super) fn forget_draft(session: &AnnexSession<'_>, spec: &AnnexSpec) -> Result<(), CommandError> {
    AnnexSecrets::before(session.clouds.beside(), &spec.name).forget_token()
}

/// Removes the secrets of an annex that is gone.
pub(super) fn forget_secrets(session: &AnnexSession<'_>, id: &AnnexId) -> Result<(), CommandError> {
    AnnexSecrets::of(session.clouds.beside(), id).forget()
}

/// Obtains a token for an annex whose lease is to end at another time: the one that the user gives, or a new one where
/// the present one does not last. `None`: the present one does, or there is none.
pub(super) async fn next_token(
    session: &AnnexSession<'_>,
    (id, spec): (&AnnexId, &AnnexSpec),
    token_source: Option<&Path>,
    ends: Timestamp,
    nothing: &str,
) -> Result<Option<SecretString>, CommandError> {
    let Some((joining, file)) = spec.joining().and_then(|joining| Some((joining, joining.token_file.as_ref()?))) else {
        return Ok(None);
    };
    let present = read_token(file).ok().and_then(|token| Claims::of(&token));
    if token_source.is_none() && present.is_some_and(|present| present.lasts_until(ends)) {
        return Ok(None);
    }
    let secrets = AnnexSecrets::of(session.clouds.beside(), id);
    let (user, dry_run) = (session.user, false);
    let request = CredentialRequest { user, secrets: &secrets, joining, token_source, ends, dry_run };
    match request.obtain().await {
        Ok(JoinCredential::Token(token, claims)) => {
            user.tell(&shown(&claims));
            Ok(Some(token))
        }
        Ok(JoinCredential::Password { .. }) => Ok(None),
        Err(NoCredential::Broken(error)) => Err(error),
        Err(NoCredential::Fault(fault)) => refuse(user, &[fault], nothing).map(|()| None),
    }
}

/// Replaces the token of an annex.
pub(super) fn replace_token(
    session: &AnnexSession<'_>,
    id: &AnnexId,
    token: &SecretString,
) -> Result<(), CommandError> {
    let secrets = AnnexSecrets::of(session.clouds.beside(), id);
    secrets.keep_token(token)?;
    secrets
        .request()?
        .forget()
        .map_err(|error| CommandError::new(format!("cannot remove what came of a request: {error}")))
}

/// Lets instances that would get public addresses, and will not, call the collector instead. A cloud that cannot be
/// asked is found out later.
async fn choose_way(session: &AnnexSession<'_>, draft: &mut AnnexDraft) {
    let is_open = draft.addresses == AddressChoice::LikeManager && draft.ccb.is_none();
    if !is_open || !draft.spec.joining().is_some_and(|joining| joining.public_address) {
        return;
    }
    let asked = async {
        let place = session.clouds.pinned(&draft.cloud).await.ok()?;
        session.clouds.annexes(&place).ok()?.gives_public_addresses(&draft.spec).await.ok()?
    };
    if asked.await == Some(false)
        && let Some(joining) = draft.spec.joining_mut()
    {
        (joining.public_address, joining.ccb) = (false, true);
        session.user.tell("the instances get no public addresses: the pool reaches them through its collector (CCB)");
    }
}

fn name_pool(joining: &mut HTCondorJoin, is_named: bool, domain: Option<String>) {
    if let Some(domain) = domain.filter(|_| !is_named) {
        joining.pool_name = domain;
    }
}

fn read_token(file: &Path) -> Result<SecretString, CommandError> {
    let failed = |error: String| CommandError::new(format!("cannot read {}: {error}", file.display()));
    let content = read_file(file, MAX_TEXT).map_err(|error| failed(error.to_string()))?;
    String::from_utf8(content).map(SecretString::from).map_err(|error| failed(error.utf8_error().to_string()))
}

fn shown(claims: &Claims) -> String {
    let end = claims.ends.map_or_else(|| "never ends".to_owned(), |end| format!("ends at {}", local(end)));
    format!("the instances join as {}: their token {end}", claims.identity)
}
