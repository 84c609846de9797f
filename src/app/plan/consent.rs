//! What an operation will do, shown before it does it, and the user's yes.

use crate::app::{CommandError, Exit, Interaction};
use crate::engine::Forecast;
use crate::report;

/// Shows what will be done, and asks where there is somebody to ask, unless nothing is touched. Where nobody can be
/// asked the answer is yes: so scripts have always had it of the commands that use this, and their help says so.
pub(super) fn consent(user: &dyn Interaction, forecast: &Forecast) -> Result<bool, CommandError> {
    user.announce(forecast);
    agreed(user, forecast)
}

/// The same for what ends something and is not one of those: where nobody can be asked the answer is no, and `others`
/// are commands that act all the same.
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

/// The question alone.
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
