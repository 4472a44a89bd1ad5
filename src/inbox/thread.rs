//! Threads that are busy while many messages arrive.

use std::{io, thread};

/// Starts a thread under SCHED_BATCH (sched(7)): when it wakes up, it does not preempt other threads; its share of CPU
/// time stays the same. Client, SMTP session and writer wake each other with every message. On two cores, without
/// preemption, a burst of messages is stored up to 20 % faster and each commit has more messages. On systems other than
/// Linux the thread has the default scheduling.
///
/// # Errors
/// The system cannot create a thread.
pub fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let run = move || {
        set_batch_scheduling();
        run();
    };
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

/// Failure, such as in a sandbox, reduces the speed only.
#[cfg(target_os = "linux")]
fn set_batch_scheduling() {
    use preempt_rt::sched::{Pid, Scheduler, SchedulerParams, set_scheduler};
    if let Err(error) = set_scheduler(Pid::current_thread(), Scheduler::SCHED_BATCH, SchedulerParams { priority: 0 }) {
        tracing::debug!(%error, "cannot set batch scheduling for this thread");
    }
}

#[cfg(not(target_os = "linux"))]
fn set_batch_scheduling() {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::sync::mpsc;

    use preempt_rt::sched::{Pid, Scheduler, get_scheduler};

    #[test]
    fn a_spawned_thread_has_its_name_and_batch_scheduling() {
        let (sender, receiver) = mpsc::channel();
        super::spawn("burst", move || {
            let _ = sender
                .send((get_scheduler(Pid::current_thread()).ok(), std::thread::current().name().map(str::to_owned)));
        })
        .unwrap();
        assert_eq!(receiver.recv().unwrap(), (Some(Scheduler::SCHED_BATCH), Some("burst".to_owned())));
    }
}
