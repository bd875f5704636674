//! The examples are files beside this crate; its tests read them.
