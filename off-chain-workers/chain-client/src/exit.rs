//! The exit codes of `myai` and `myai-worker`: one table, so that a code means the same of both.

use crate::{ChainError, HopError, RpcError};
use std::process::ExitCode;

macro_rules! codes {
    ($($name:ident = $code:literal $says:literal,)*) => {
        /// How a program ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Exit {
            $(#[doc = $says] $name = $code,)*
        }

        impl Exit {
            /// What the code means, for `--help`.
            pub fn says(self) -> &'static str {
                match self {
                    $(Self::$name => $says,)*
                }
            }
        }
    };
}

codes! {
    Done = 0 "done",
    Refused = 1 "the chain or a worker refused, or there is no such thing",
    Usage = 2 "the command, a file given to it or an amount is wrong; nothing was sent",
    Unreachable = 3 "no node that this release understands answers at the address",
    TimedOut = 4 "it took too long; what was sent may still take effect",
    Unsound = 5 "an answer did not pass a check",
    Local = 6 "settings, keys or files of this machine",
    Unshown = 7 "the answer is no text and is not shown on a terminal; it is paid and saved",
    Unregistered = 8 "the worker is not registered, or not as this machine knows it: run `setup`",
    Unexpected = 9 "something unexpected, or a check of `doctor` failed; the message says what",
}

impl Exit {
    /// The table of a program that ends with these codes, for `--help`.
    pub fn table(codes: &[Self]) -> String {
        let lines: Vec<String> = codes
            .iter()
            .map(|code| format!("  {}  {}", *code as u8, code.says()))
            .collect();
        format!("Exit codes:\n{}", lines.join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}

impl From<&ChainError> for Exit {
    fn from(error: &ChainError) -> Self {
        match error {
            ChainError::Rpc(e) => e.into(),
            ChainError::Dispatch { .. }
            | ChainError::Refused(_)
            | ChainError::Dropped { .. }
            | ChainError::UnknownBlock { .. } => Self::Refused,
            ChainError::TimedOut { .. } => Self::TimedOut,
            _ => Self::Unreachable,
        }
    }
}

impl From<&RpcError> for Exit {
    fn from(error: &RpcError) -> Self {
        match error {
            RpcError::Address { .. } => Self::Usage,
            RpcError::Call { .. } => Self::Refused,
            _ => Self::Unreachable,
        }
    }
}

impl From<&HopError> for Exit {
    fn from(error: &HopError) -> Self {
        match error {
            HopError::Rpc(e) => e.into(),
            HopError::OtherBlob => Self::Unsound,
            HopError::TooLarge { .. } => Self::Usage,
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;
    use std::time::Duration;

    #[test]
    fn exit_codes_follow_the_kind() {
        let exit = |error: ChainError| Exit::from(&error);
        let connect = RpcError::Connect {
            url: "ws://127.0.0.1:1".into(),
            source: "refused".into(),
        };
        assert_eq!(exit(connect.into()), Exit::Unreachable);
        let address = RpcError::Address { url: "x".into() };
        assert_eq!(exit(address.into()), Exit::Usage);
        let refused = ChainError::Refused(Refusal::Custom(102));
        assert_eq!(exit(refused), Exit::Refused);
        let slow = ChainError::TimedOut {
            what: "it",
            after: Duration::from_secs(5),
        };
        assert_eq!(exit(slow), Exit::TimedOut);
        let other = ChainError::TransactionVersion { ours: 1, theirs: 2 };
        assert_eq!(exit(other), Exit::Unreachable);
        assert_eq!(Exit::from(&HopError::OtherBlob), Exit::Unsound);
        assert_eq!(Exit::from(&HopError::NotAuthorized), Exit::Refused);
    }

    #[test]
    fn the_table_has_a_line_for_each_code() {
        assert_eq!(
            Exit::table(&[Exit::Done, Exit::Unsound]),
            "Exit codes:\n  0  done\n  5  an answer did not pass a check"
        );
    }
}
