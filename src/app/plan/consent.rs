//! Consent of the user to the forecast of an operation.

use crate::app::{CommandError, Exit, Interaction};
use crate::engine::Forecast;
use crate::report;

/// Shows the forecast, and asks for consent if it touches anything and somebody can be asked. Without anybody to ask,
/// the answer is yes: scripts rely on that for the commands that use this function, as documented in their help.
pub(super) fn consent(user: &dyn Interaction, forecast: &Forecast) -> Result<bool, CommandError> {
    user.announce(forecast);
    agreed(user, forecast)
}

/// Does the same for a command that first ends this many workers of the run's fleets.
pub(super) fn consent_with_workers(
    user: &dyn Interaction,
    forecast: &Forecast,
    workers: usize,
) -> Result<bool, CommandError> {
    if workers == 0 || !user.asks() {
        return consent(user, forecast);
    }
    user.announce(forecast);
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
pub(super) fn agreed(user: &dyn Interaction, forecast: &Forecast) -> Result<bool, CommandError> {
    if !user.asks() || !forecast.touches_anything() {
        return Ok(true);
    }
    let goes_on = user.confirm(&format!("{}: {}. Go on?", forecast.run, report::forecast_summary(forecast)))?;
    if !goes_on {
        user.tell("nothing was changed");
    }
    Ok(goes_on)
}
