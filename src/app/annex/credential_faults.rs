//! What is wrong with the credential of an annex's instances, and what to do, word for word.

use std::io;
use std::path::Path;

use super::credential_request::CredentialRequest;
use crate::batch::htcondor::{Claims, HTCondorError, TokenOrder};
use crate::diagnostics::Diagnostic;
use crate::os::quoted;
use crate::report::time::local;

/// The command with which an administrator makes a token on the central manager.
fn create_command(order: &TokenOrder) -> String {
    let rights: Vec<String> = order.rights.iter().map(|right| format!("-authz {right}")).collect();
    let (identity, lifetime) = (quoted(&order.identity), order.lifetime.as_secs());
    format!("condor_token_create -key POOL -identity {identity} {} -lifetime {lifetime}", rights.join(" "))
}

/// How a token gets here that an administrator makes.
fn give_hint(order: &TokenOrder) -> String {
    format!("they make a token, as root on the central manager, for --token-file FILE: {}", create_command(order))
}

pub(super) fn unreadable_token(file: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::usage(format!("--token-file: {} cannot be read: {error}", file.display()))
}

pub(super) fn no_token(file: &Path) -> Diagnostic {
    Diagnostic::usage(format!("--token-file: {} holds no token of HTCondor's", file.display()))
        .hint("it is one line of three parts with dots between them, as condor_token_create prints it")
}

pub(super) fn odd_names(claims: &Claims) -> Diagnostic {
    Diagnostic::usage(format!(
        "--token-file: the token is of \"{}\" in the pool \"{}\", which must be of letters, digits and . _ - : / @ % +",
        claims.identity.escape_debug(),
        claims.domain.escape_debug()
    ))
    .hint("the pool's TRUST_DOMAIN (condor_config_val TRUST_DOMAIN on its central manager) is what tokens name")
}

pub(super) fn ends_early(request: &CredentialRequest<'_>, claims: &Claims) -> Diagnostic {
    let end = claims.ends.map(local).unwrap_or_default();
    let message =
        format!("--token-file: the token ends at {end}, before the lease, which ends at {}", local(request.ends));
    Diagnostic::refused(message).hint("a shorter lease, or a token that lasts as long").hint(again(request, claims))
}

pub(super) fn lacks_rights(request: &CredentialRequest<'_>, claims: &Claims, lacks: &[&str]) -> Diagnostic {
    Diagnostic::refused(format!("--token-file: the token does not allow {}", lacks.join(" and ")))
        .hint(again(request, claims))
}

fn again(request: &CredentialRequest<'_>, claims: &Claims) -> String {
    let order = request.order(claims.identity.clone());
    format!("an administrator makes one on the central manager, as root, with: {}", create_command(&order))
}

pub(super) fn not_admitted(identity: &str, right: &str, said: &str) -> Diagnostic {
    let message = format!("the pool does not let {identity} in as a machine: its collector refuses {right}: {said}");
    Diagnostic::refused(message)
        .hint(format!(
            "in the central manager's configuration: {}; then condor_reconfig there",
            ["ADVERTISE_STARTD", "ADVERTISE_MASTER"]
                .map(|right| format!("ALLOW_{right} = $(ALLOW_{right}:$(ALLOW_DAEMON)) {identity}"))
                .join(" and ")
        ))
        .hint("--identity NAME@DOMAIN for the one that it lets in; standard pools let condor@… in")
}

pub(super) fn password_refused(identity: &str, right: &str, said: &str) -> Diagnostic {
    let Diagnostic { hints, .. } = not_admitted(identity, right, said);
    let message = format!(
        "the pool does not let {identity} in as a machine with this password: its collector refuses {right}: {said}"
    );
    Diagnostic::refused(message)
        .hint("the password must be the pool's: condor_config_val SEC_TOKEN_POOL_SIGNING_KEY_FILE there names its file")
        .hint("--pool-name must be the pool's TRUST_DOMAIN: condor_config_val TRUST_DOMAIN there")
        .hints(hints)
}

pub(super) fn unreachable(request: &CredentialRequest<'_>, said: &str) -> Diagnostic {
    let manager = &request.joining.central_manager;
    Diagnostic::error(format!("the collector of {manager} is not reachable now: {said}"))
        .hint("the same command again, when it runs")
        .hint(format!("condor_ping -pool {} -type COLLECTOR READ, which must work from here", quoted(manager)))
}

pub(super) fn untried(error: &HTCondorError) -> String {
    format!("it is not known whether the pool lets the instances in: {error}")
}

pub(super) fn no_programs(error: &HTCondorError) -> Diagnostic {
    Diagnostic::error(error.to_string())
        .hint("--token-file FILE for a token that was made elsewhere")
        .hint("--password-file FILE for the pool's password")
}

pub(super) fn approval_pending(request: &CredentialRequest<'_>, order: &TokenOrder, number: &str) -> Diagnostic {
    let manager = quoted(&request.joining.central_manager);
    let message = format!(
        "an administrator of the pool has to let the instances in, as {}: request {number} waits for approval",
        order.identity
    );
    Diagnostic::refused(message)
        .hint(format!(
            "they approve it, as root on the central manager, with: condor_token_request_approve -pool {manager} -reqid {number}"
        ))
        .hint("then the same command again, here; the request holds for an hour")
        .hint(format!("or {}", give_hint(order)))
}

pub(super) fn approval_needed(request: &CredentialRequest<'_>, order: &TokenOrder) -> Diagnostic {
    let message = format!("an administrator of the pool has to let the instances in, as {}", order.identity);
    let refused = Diagnostic::refused(message);
    let refused =
        if request.dry_run { refused.hint("the same command without --dry-run asks for that") } else { refused };
    refused.hint(give_hint(order))
}

pub(super) fn request_refused(
    request: &CredentialRequest<'_>,
    order: &TokenOrder,
    error: &HTCondorError,
) -> Diagnostic {
    let needed = approval_needed(request, order);
    Diagnostic { message: format!("{}, and cannot be asked from here: {error}", needed.message), ..needed }
}
