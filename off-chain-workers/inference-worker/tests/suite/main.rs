//! The worker's parts together, with the real ONNX Runtime.

mod common;
mod crashes;
mod files;
mod hostile;
mod inspection;
mod jobs;
mod models;
mod reorganisations;
mod runners;
mod telemetry;
mod waiting;
mod world;
