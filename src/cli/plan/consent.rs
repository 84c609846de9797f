//! What a command will do, shown before it does it, and the user's yes.

use crate::app::Interaction as _;
use crate::app::{CommandError, Exit};
use crate::cli::context::Context;
use crate::cli::global::Output;
use crate::engine::Forecast;
use crate::report;

/// Shows what will be done, and asks on a terminal, unless nothing is touched. Where nobody can be asked the answer is
/// yes: so scripts have always had it of the commands that use this, and their help says so.
pub(super) fn consent(context: &Context, forecast: &Forecast) -> Result<bool, CommandError> {
    show(context, forecast);
    agreed(context, forecast)
}

/// The same for what ends something and is not one of those: where nobody can be asked the answer is no, and `others`
/// are commands that act all the same.
pub(super) fn consent_to_an_end(
    context: &Context,
    forecast: &Forecast,
    others: &[String],
) -> Result<bool, CommandError> {
    show(context, forecast);
    if context.asks() || context.yes || !forecast.touches_anything() {
        return agreed(context, forecast);
    }
    let summary = report::forecast_summary(forecast);
    let message = format!("{}: going on ends something ({summary}), and there is nobody to ask", forecast.run);
    let error = CommandError::with_exit(Exit::Usage, message);
    Err(others.iter().fold(error, |error, other| error.hint(other)))
}

/// The question alone.
pub(super) fn agreed(context: &Context, forecast: &Forecast) -> Result<bool, CommandError> {
    if !context.asks() || !forecast.touches_anything() {
        return Ok(true);
    }
    let goes_on = context.confirm(&format!("{}: {}. Go on?", forecast.run, report::forecast_summary(forecast)))?;
    if !goes_on {
        context.tell("nothing was changed");
    }
    Ok(goes_on)
}

/// What will be done is a message: data of the command stays one document.
pub(super) fn show(context: &Context, forecast: &Forecast) {
    let text = report::forecast(forecast, context.message_style);
    if context.asks() {
        context.say(&text);
    } else if context.output != Output::Jsonl {
        context.tell(&text);
    }
}
