//! Tells systemd, or another service manager that sets `NOTIFY_SOCKET`, when the server is ready and when it stops
//! (sd_notify(3), `Type=notify`). Without the variable nothing happens.

/// The state that the service manager is notified of.
#[derive(Clone, Copy, Debug)]
pub enum ServiceState {
    Ready,
    Stopping,
}

/// Sends the state. A failure is logged: the server works without its service manager.
#[cfg(target_os = "linux")]
pub fn notify(state: ServiceState) {
    let state = match state {
        ServiceState::Ready => sd_notify::NotifyState::Ready,
        ServiceState::Stopping => sd_notify::NotifyState::Stopping,
    };
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot reach the service manager at NOTIFY_SOCKET");
    }
}

/// Only Linux has such service managers.
#[cfg(not(target_os = "linux"))]
pub fn notify(_: ServiceState) {}
