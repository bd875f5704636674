//! The command line of My AI Network.
//!
//! `myai ask MODEL INPUT` pays a worker for one answer; the other commands are for those who own
//! models and data, and for reading the chain. `myai --help` lists them, and says how amounts and
//! durations are written and what the exit codes mean.
//!
//! # Words
//!
//! - **Command**: the arguments of one run ([`args`]) and what they do ([`commands`]).
//! - [`Context`](context::Context): the network, the key that signs and the way to print, for one
//!   command.
//! - [`Report`](output::Report): the result of a command, as words and as JSON ([`show`]).
//! - **Version file**: the TOML that says what is to be published ([`version_file`]).
//!
//! # Story
//!
//! A command connects to a node and reads the chain. To change something it signs a call with the
//! user's key ([`keys`]), waits until a block has it, and says what the block says. Its report goes
//! to stdout; notes, progress and the error that ends it go to stderr, and [`error`] has the exit
//! code of each failure. This crate is arguments and printing: [`myai_sdk`] does the work, and its
//! documentation tells the story of one question.
//!
//! # What is trusted
//!
//! The node, as far as the SDK trusts it, and the files of this machine: a key file that others can
//! read is refused. Text that others wrote is printed without the characters that could steer a
//! terminal.

pub mod answer;
pub mod args;
pub mod commands;
pub mod context;
pub mod error;
pub mod keys;
pub mod output;
pub mod parse;
pub mod rules;
pub mod show;
pub mod version_file;
