//! What the chain, the worker and every client share: ids and assets ([`ids`]), what is published
//! ([`documents`]), what a license demands ([`clauses`]), the rules ([`rules`]), referenda
//! ([`governance`]), what moderation may stop ([`moderation`]), jobs ([`jobs`]), committed and
//! sealed bytes ([`commitments`]), and what a reader of the chain is shown ([`views`]). No storage, no
//! FRAME: a page compiled to Wasm may use it.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

/// A plain enum with explicit codec indices and the list of its variants.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $index:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, codec::Encode, codec::Decode,
            codec::DecodeWithMemTracking, codec::MaxEncodedLen, scale_info::TypeInfo,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$vdoc])* #[codec(index = $index)] $variant = $index,)*
        }

        impl $name {
            /// Every variant, in the order of its index.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }
    };
}

pub mod clauses;
pub mod commitments;
pub mod documents;
pub mod governance;
pub mod ids;
pub mod jobs;
pub mod moderation;
pub mod rules;
pub mod text;
pub mod views;

pub use bounded_collections::{BoundedVec, ConstU32};
pub use clauses::*;
pub use documents::*;
pub use governance::*;
pub use ids::*;
pub use jobs::*;
pub use moderation::*;
pub use rules::*;
pub use text::*;
pub use views::*;
