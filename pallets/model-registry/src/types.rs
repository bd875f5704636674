//! What is stored, without the storage.

use crate::Config;
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use myai_primitives::*;
use myai_support::{Deposit, Ownership, Trained};
use scale_info::TypeInfo;

type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
pub type ModelOf<T> = Model<AccountIdOf<T>, <T as Config>::ModelConsideration>;
pub type VersionOf<T> = Version<AccountIdOf<T>, <T as Config>::VersionConsideration>;
pub type ApprovalOf<T> = Approval<AccountIdOf<T>, <T as Config>::VersionConsideration>;
pub type DerivativeApprovalOf<T> =
    DerivativeApproval<AccountIdOf<T>, <T as Config>::VersionConsideration>;

/// A registered model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Model<AccountId, Ticket> {
    pub ownership: Ownership<AccountId>,
    pub name: Name,
    pub category: Category,
    pub metadata: File,
    /// How many versions it has.
    pub versions: u32,
    /// Always paid by the owner.
    pub deposit: Deposit<AccountId, Ticket>,
}

/// A version as it was published.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Version<AccountId, Ticket> {
    pub spec: VersionSpec<AccountId>,
    /// Of each grant among the spec's datasets, in their order: the terms that it was published
    /// under. The version may stand on another grant by now.
    pub terms: Lines<(DatasetId, TermsNumber)>,
    /// Paid by who published it, or by an owner who has assumed it since.
    pub deposit: Deposit<AccountId, Ticket>,
}

/// What opening a job needs to know of a version. Small on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Listing {
    pub model: ModelId,
    /// For one unit.
    pub price: Amount,
    pub split: SplitId,
    /// Once it is retired: the last tick of the clock's `served` at which a job on it may still be
    /// answered.
    pub last_work: Option<Tick>,
    /// Whether it can never be removed, and be derived from although it is retired.
    pub irrevocable: bool,
    pub modes: BoundedVec<Mode, ConstU32<3>>,
    /// Longest raw input, in bytes.
    pub max_input: u32,
    /// Most that all fees of a job may cost together for one unit.
    pub max_fee: Option<Balance>,
    /// The hash that orders must carry, where policies bind.
    pub policies: Option<Hash32>,
    /// Whether hosts need approval, of each that the effective clauses name for it.
    pub hosting: bool,
    /// Whether users do.
    pub users: bool,
    /// By whose grants it lives: its own, and those of its ancestors on other datasets.
    pub lives_by: Lines<Trained>,
    /// First tick of `now` at which its own suspension is over, which may be long ago; its model's is
    /// looked for apart.
    pub suspended_until: Option<Tick>,
}

impl Listing {
    pub fn is_retired(&self) -> bool {
        self.last_work.is_some()
    }
}

/// In whose name something is suspended, lifted, halted or resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Moderator {
    /// May renew a suspension at any time, and lift each.
    #[codec(index = 0)]
    Root,
    /// May suspend what has rested, and lift what it suspended itself.
    #[codec(index = 1)]
    Moderation,
}

/// A suspension, or the halt of all new work, and who is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Imposed {
    pub suspension: Suspension,
    /// Who gave it, or renewed it last.
    pub by: Moderator,
}

/// What every opening reads: the rules, and beside them what moderation says of all work.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct InForce {
    pub rules: Rules,
    /// The halt of all new work, or the last one.
    pub halt: Option<Imposed>,
    /// First tick at which no suspension of a model runs any more, unless one is lifted before; 0
    /// before the first one.
    pub models_until: Tick,
}

impl InForce {
    /// Rules under which nothing is suspended.
    pub fn only(rules: Rules) -> Self {
        Self {
            rules,
            halt: None,
            models_until: 0,
        }
    }
}

/// How often a version is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct References {
    /// By versions that have it among their bases.
    pub derivatives: u32,
    /// By other pallets.
    pub others: u32,
}

impl References {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Leave for one model, while it belongs to one owner, to derive from a version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DerivativeApproval<AccountId, Ticket> {
    /// The owner of the model to whom it was given. A later owner cannot use it.
    pub owner: AccountId,
    /// For how many more publications; above 0.
    pub count: u32,
    pub deposit: Deposit<AccountId, Ticket>,
}

/// An approval of a host or a user, or the request for one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Approval<AccountId, Ticket> {
    pub given: bool,
    pub deposit: Deposit<AccountId, Ticket>,
}

/// Whether each of `keys` is there once.
pub fn are_distinct<K: Ord>(keys: impl Iterator<Item = K>) -> bool {
    let mut sorted: Vec<K> = keys.collect();
    let all = sorted.len();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len() == all
}
