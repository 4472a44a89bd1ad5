//! Standard output as the commands write it: who reads no further (`… | head -1`) has seen enough, and that is no
//! failure.

use std::io::{self, Write};

pub struct Output<W>(W);

pub fn stdout() -> Output<io::Stdout> {
    Output(io::stdout())
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_closed(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_closed(self.0.flush(), ())
    }
}

/// The command goes on, so that what it does besides printing is done whole.
fn unless_closed<T>(done: io::Result<T>, otherwise: T) -> io::Result<T> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(otherwise),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_who_left_is_no_failure_and_a_full_disk_is_one() {
        let written = |kind| {
            let mut out = Output(Broken(kind));
            writeln!(out, "many lines").and_then(|()| out.flush())
        };
        assert!(written(io::ErrorKind::BrokenPipe).is_ok());
        assert_eq!(written(io::ErrorKind::StorageFull).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
