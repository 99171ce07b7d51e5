//! What commands print, line by line. Whoever reads may leave at any time, as `head` does: what is left is dropped
//! without a word, and the exit code still says how the command ended.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

/// Prints a line for people or scripts on standard output.
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::say::on_stdout(format_args!($($words)*)) };
}

/// Prints a line about a problem on standard error.
macro_rules! complain {
    ($($words:tt)*) => { $crate::cli::say::on_stderr(format_args!($($words)*)) };
}

pub(super) fn on_stdout(line: Arguments<'_>) {
    let mut out = io::stdout().lock();
    match write(&mut out, line) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            on_stderr(format_args!("error: standard output: {error}. Try: make room where the output goes."));
            std::process::exit(3);
        }
    }
}

pub(super) fn on_stderr(line: Arguments<'_>) {
    // Nobody is left who could be told of a failure here.
    let _ = write(&mut io::stderr().lock(), line);
}

fn write(out: &mut impl Write, line: Arguments<'_>) -> io::Result<()> {
    out.write_fmt(line)?;
    out.write_all(b"\n")
}
