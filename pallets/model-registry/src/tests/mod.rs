//! Tests, cut as the code is.

mod admission;
mod approvals;
mod clauses;
mod family;
mod models;
mod publish;
mod rules;
mod suspension;
mod try_state;
mod versions;
mod views;
mod walk;
