use std::time::Duration;

use sd_notify::NotifyState;

/// The service manager that started this process, told by systemd's protocol `sd_notify`. Without one (the variable
/// NOTIFY_SOCKET is not set) nothing is sent.
///
/// A message that cannot be sent is dropped: the service manager notices by itself, and the fleets matter more.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceManager;

impl ServiceManager {
    /// Tells that the daemon serves its fleets: after the start, and after each reload.
    pub fn ready(self, status: &str) {
        send(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// Tells that the fleet files are being read again. [`ServiceManager::ready`] has to follow.
    pub fn reloading(self) {
        // systemd takes RELOADING only with the time at which it was sent (sd_notify(3), since 253).
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            send(&[NotifyState::Reloading, now]);
        }
    }

    /// Tells that the daemon ends.
    pub fn stopping(self, status: &str) {
        send(&[NotifyState::Stopping, NotifyState::Status(status)]);
    }

    /// Gives the line that `systemctl status` shows.
    pub fn status(self, status: &str) {
        send(&[NotifyState::Status(status)]);
    }

    /// Tells the watchdog that this process is alive.
    pub fn alive(self) {
        send(&[NotifyState::Watchdog]);
    }

    /// Returns the pause between two signs of life: half of what the watchdog allows. None: no watchdog.
    pub fn sign_of_life_every(self) -> Option<Duration> {
        sd_notify::watchdog_enabled().map(|allowed| (allowed / 2).max(Duration::from_millis(10)))
    }
}

fn send(states: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(states);
}
