//! How each pallet is set, one file per concern.

pub mod accounts;
pub mod agenda;
pub mod collation;
pub mod economy;
pub mod governance;
pub mod messages;
pub mod money;
pub mod origins;
pub mod system;
pub mod tracks;
pub mod votes;
pub mod xcm;
