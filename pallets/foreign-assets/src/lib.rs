//! Assets of other chains.
#![cfg_attr(not(feature = "std"), no_std)]
