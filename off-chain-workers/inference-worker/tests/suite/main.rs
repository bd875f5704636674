//! The worker's parts together, with the real ONNX Runtime.

mod common;
mod engine;
mod files;
mod jobs;
mod models;
mod telemetry;
mod world;
