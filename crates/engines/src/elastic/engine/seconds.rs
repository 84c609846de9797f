/// A time in whole seconds since the Unix epoch, or a length in seconds.
///
/// The rules of every original count whole seconds, simulated worlds start at 0, and memory that is stored compares
/// exactly; so engines use integers and leave calendars and time zones to their drivers.
pub type Seconds = i64;
