//! Tests, cut as the code is.

mod licenses;
mod models;
mod publish;
mod reach;
mod rules;
mod try_state;
mod versions;
mod views;
mod walk;
