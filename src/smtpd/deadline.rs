//! Waits for a deadline that moves.

use std::pin::Pin;

use tokio::time::{Instant, Sleep};

/// Waits until `deadline`. Every command extends the deadline, so a timer that is set for an earlier time is reset only
/// when it fires.
pub(super) async fn wait_until(mut timer: Pin<&mut Sleep>, deadline: Instant) {
    if timer.deadline() > deadline {
        timer.as_mut().reset(deadline);
    }
    loop {
        timer.as_mut().await;
        if timer.deadline() >= deadline {
            return;
        }
        timer.as_mut().reset(deadline);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep_until;

    use super::*;

    #[tokio::test]
    async fn wait_until_ends_at_the_deadline_for_any_setting_of_the_timer() {
        let now = Instant::now();
        let deadline = now + Duration::from_millis(5);
        for set_for in [now, deadline, now + Duration::from_secs(3_600)] {
            let mut timer = Box::pin(sleep_until(set_for));
            for deadline in [deadline, deadline + Duration::from_millis(5)] {
                wait_until(timer.as_mut(), deadline).await;
                assert!(Instant::now() >= deadline);
            }
        }
    }
}
