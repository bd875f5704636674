//! The worker's parts together, with the real ONNX Runtime.

mod chain;
mod common;
mod crashes;
mod crowd;
mod exactness;
mod fetching;
mod files;
mod hostile;
mod jobs;
mod models;
mod reorganisations;
mod runners;
mod secrets;
mod telemetry;
mod unit;
mod waiting;
mod world;
