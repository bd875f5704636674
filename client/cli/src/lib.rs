//! The command line of My AI Network.
//!
//! `myai ask MODEL INPUT` pays a worker for one answer; the other commands are for those who own
//! models and data, and for whoever wants to look. `myai --help` tells all of them, how amounts
//! and durations are written, and the exit codes.
//!
//! This crate is arguments and printing: what it does is in [`myai_sdk`], where the story of one
//! question is told, and what is trusted. Text that others wrote is shown without what could steer
//! a terminal.

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
