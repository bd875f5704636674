//! The journal in a folder, with its thread.
