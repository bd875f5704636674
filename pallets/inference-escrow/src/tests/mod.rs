//! Through public calls with real origins; after each test `do_try_state` runs.

mod expiry;
mod extension;
mod jobs;
mod money;
mod size;
mod sound;
mod views;
mod walk;
mod workers;
