//! Generated weights of our pallets (`scripts/benchmark.sh`).
