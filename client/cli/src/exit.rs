//! The exit codes of the program, once.

/// The program's exit codes, as `myai --help` documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// The chain or the worker refused, or has no such thing.
    Refused = 1,
    /// The command, a file given to it or an amount is wrong; nothing was sent.
    Usage = 2,
    /// No node that this release understands answers at the address.
    Unreachable = 3,
    /// It took too long; what was opened goes on.
    TimedOut = 4,
    /// An answer did not pass a check.
    Unsound = 5,
    /// A file of this machine could not be read or written.
    Local = 6,
    /// The answer is no text and is not shown on a terminal; it is kept.
    Unshown = 7,
}

/// The table of exit codes, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the chain or the worker refused, or there is no such thing
  2  the command, a file given to it or an amount is wrong; nothing was sent
  3  no node that this release understands answers at the address
  4  it took too long; an open job goes on, `myai job fetch` reads its answer
  5  an answer did not pass a check
  6  a file of this machine could not be read or written
  7  the answer is no text and is not shown on a terminal; it is paid and saved";
