use super::fleet_scaler::Scaler;
use super::pass_record::PassRecord;
use super::scaler_error::ScalerError;
use super::scaler_parts::ScalerParts;

impl Scaler {
    /// Makes a scaler and finishes what was announced before: repeats launches by their tokens, ends machines whose end
    /// was intended. What the cloud does not answer stays for the first passes.
    ///
    /// # Errors
    /// The settings make no engine, or nothing can be recorded.
    pub async fn start(parts: ScalerParts) -> Result<Self, ScalerError> {
        let mut scaler = Self::new(parts)?;
        let mut notes = Vec::new();
        if !scaler.is_over() {
            scaler.finish(&mut notes).await?;
        }
        Ok(scaler)
    }

    /// Tells what a pass would do now: takes readings and lets the engine decide, but records, calls and changes
    /// nothing, neither in the state file nor in this scaler.
    ///
    /// # Errors
    /// The settings that hold now make no engine.
    pub async fn rehearse(parts: ScalerParts) -> Result<PassRecord, ScalerError> {
        Self::new(parts)?.dry_pass().await
    }
}
