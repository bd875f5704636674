//! The command line of My AI Network.
//!
//! `myai ask MODEL INPUT` pays a worker for one answer; the other commands are for those who own
//! models and data, and for whoever wants to look. `myai --help` tells all of them, how amounts
//! and durations are written, and the exit codes.
//!
//! # The story of one question
//!
//! 1. The cheapest available worker of the version whose mailbox answers is found, and the chain
//!    says what the job costs at most.
//! 2. Policies that bind the version are shown, and accepted once ([`policies`]).
//! 3. A salt and two one-time keys are drawn, the input is sealed for the worker, the order is
//!    made, whose hash is the job's id, and all of it is written to the disk ([`job_store`]): from here
//!    on the answer can be read whatever happens to this program.
//! 4. The job opens: price, fee and a deposit are held in the payer's account.
//! 5. The sealed input goes to the HOP pool that the worker reads.
//! 6. The worker attests; the answer is received, opened with the one-time key, checked against
//!    the commitment on the chain ([`answer`]), and printed.
//!
//! Wherever it was interrupted, `myai job fetch` goes on from there ([`tracker`]): it asks the chain
//! how the job of that id stands, and no block of the past.
//!
//! # What is trusted
//!
//! The node that is asked: it tells prices and how jobs stand. Not the worker, beyond what it
//! attested, and not the pool: the answer that is shown is the one whose commitment is on the
//! chain. Text that others wrote is shown without what could steer a terminal.

pub mod amount;
pub mod answer;
pub mod args;
pub mod commands;
pub mod context;
pub mod error;
pub mod exit;
pub mod job_store;
pub mod keys;
pub mod messages;
pub mod output;
pub mod parse;
pub mod policies;
pub mod rules;
pub mod show;
pub mod terminal;
pub mod tracker;
pub mod version_file;
