//! The relay chain's node. It links crates under GPL-3.0-only and may be passed on under that
//! license alone.
// SPDX-License-Identifier: GPL-3.0-only

use std::process::ExitCode;

fn main() -> ExitCode {
    match polkadot_cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
