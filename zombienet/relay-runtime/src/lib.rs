//! Westend's runtime with epochs of two minutes, built for Wasm by `zombienet/relay-runtime.sh`: what is exported is
//! westend-runtime's.

#![no_std]

pub use westend_runtime::*;
