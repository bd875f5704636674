//! Tests, cut as the code is.

mod approvals;
mod clauses;
mod family;
mod models;
mod offers;
mod publish;
mod rules;
mod suspension;
mod try_state;
mod versions;
mod views;
mod walk;
