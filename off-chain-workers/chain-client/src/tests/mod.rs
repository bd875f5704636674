//! The crate against a node of the tests.

mod journeys;
mod submitting;
