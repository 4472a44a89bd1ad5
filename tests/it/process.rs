//! The real program as a process: what survives kill -9, what a stop waits for, what it says about bad settings.
