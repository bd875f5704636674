//! The command line of My AI Network.
//!
//! `myai ask MODEL INPUT` pays a worker for one answer; the other commands are for those who own
//! models and data, and for reading the chain. `myai --help` lists them, and says how amounts and
//! durations are written and what the exit codes mean.
//!
//! This crate is arguments and printing. The work is done by [`myai_sdk`], whose documentation tells
//! the story of one question and what is trusted. Text that others wrote is printed without the
//! characters that could steer a terminal.

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
