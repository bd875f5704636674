//! The worker's parts together, with the real ONNX Runtime.

mod common;
mod crashes;
mod engine;
mod fetching;
mod files;
mod jobs;
mod models;
mod reorganisations;
mod secrets;
mod telemetry;
mod unit;
mod waiting;
mod world;
