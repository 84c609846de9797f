//! Consent of the user to the forecast of an operation.

use super::fleets_first::FleetsFirst;
use crate::app::{CommandError, Exit, Interaction};
use crate::engine::Forecast;
use crate::report;

/// Shows the forecast with the fleets that end first, and asks for consent if it touches anything and somebody can be
/// asked. Without anybody to ask, the answer is yes: scripts rely on that for the commands that use this function, as
/// documented in their help.
pub(super) fn consent_with_fleets(
    user: &dyn Interaction,
    forecast: &Forecast,
    fleets: Option<&FleetsFirst<'_>>,
) -> Result<bool, CommandError> {
    if let Some(fleets) = fleets {
        fleets.announce();
    }
    user.announce(forecast);
    agreed_with_fleets(user, forecast, fleets)
}

/// Asks the question only, which names the workers of the fleets.
pub(super) fn agreed_with_fleets(
    user: &dyn Interaction,
    forecast: &Forecast,
    fleets: Option<&FleetsFirst<'_>>,
) -> Result<bool, CommandError> {
    let workers = fleets.map_or(0, FleetsFirst::workers);
    if workers == 0 || !user.asks() {
        return agreed(user, forecast);
    }
    let workers = report::count(workers, "worker");
    let summary = report::forecast_summary(forecast);
    let goes_on = user.confirm(&format!("{}: {workers} ended first, then {summary}. Go on?", forecast.run))?;
    if !goes_on {
        user.tell("nothing was changed");
    }
    Ok(goes_on)
}

/// Does the same for other commands that end something: without anybody to ask, the answer is no, and `others` are
/// commands that act nevertheless.
pub(super) fn consent_to_an_end(
    user: &dyn Interaction,
    forecast: &Forecast,
    others: &[String],
) -> Result<bool, CommandError> {
    user.announce(forecast);
    if user.asks() || user.says_yes() || !forecast.touches_anything() {
        return agreed(user, forecast);
    }
    let summary = report::forecast_summary(forecast);
    let message = format!("{}: going on ends something ({summary}), and there is nobody to ask", forecast.run);
    Err(CommandError::with_exit(Exit::Usage, message).hints(others))
}

/// Asks the question only.
fn agreed(user: &dyn Interaction, forecast: &Forecast) -> Result<bool, CommandError> {
    if !user.asks() || !forecast.touches_anything() {
        return Ok(true);
    }
    let goes_on = user.confirm(&format!("{}: {}. Go on?", forecast.run, report::forecast_summary(forecast)))?;
    if !goes_on {
        user.tell("nothing was changed");
    }
    Ok(goes_on)
}
