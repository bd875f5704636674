//! Tests of the crate against a [`FakeNode`](crate::testing::FakeNode).

mod journeys;
mod submitting;
