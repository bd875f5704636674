//! How the pallets meet: no pallet reads another's storage, each asks through one of these, and
//! the runtime says who answers.

use crate::{documents::*, types::*};
use alloc::vec::Vec;
use sp_runtime::{DispatchError, DispatchResult};

/// Time in ticks. Answered by reward-split.
pub trait Clock {
    /// The relay chain's block number.
    fn now() -> Tick;

    /// Ticks during which this chain served: a gap between two of our blocks counts at most 10.
    /// Jobs end by this one, licenses by [`Clock::now`].
    fn served() -> Tick;
}

/// The rules in force. Answered by model-registry.
pub trait Rules {
    fn current() -> (Revision, RuleSet);

    /// The rules that something older pinned.
    fn at(revision: Revision) -> Option<RuleSet>;
}

/// Who owns what a split pays. Answered by model-registry and data-license, joined in the runtime.
pub trait Owners<AccountId> {
    fn model_owner(model: ModelId) -> Option<AccountId>;
    fn dataset_owner(dataset: DatasetId) -> Option<AccountId>;
}

/// Making and removing splits, and which assets they take. Answered by reward-split.
pub trait Splits<AccountId> {
    /// A new split; `depositor` bears its deposit. One that names other splits keeps them from
    /// being removed. Fails unless there are 1 to 16 shares of at least 1 part that sum to 10⁶.
    fn create(
        depositor: &AccountId,
        shares: Vec<Share<AccountId>>,
    ) -> Result<SplitId, DispatchError>;

    /// Removes one that owes nothing above its dust and that nothing names; the deposit goes back
    /// to its depositor.
    fn remove(split: SplitId) -> DispatchResult;

    fn exists(split: SplitId) -> bool;

    /// Keeps `split` from being removed until as many [`Splits::dec_refs`] have followed.
    fn inc_refs(split: SplitId) -> DispatchResult;
    fn dec_refs(split: SplitId);

    /// The network's split.
    fn network() -> SplitId;

    /// Whether prices may be in `asset`.
    fn accepts(asset: &Asset) -> bool;

    /// Free units of `from` become income of `split`. The asset must be accepted or the vault
    /// able to receive it.
    fn receive(from: &AccountId, asset: &Asset, amount: Balance, split: SplitId) -> DispatchResult;
}

/// Paying what is due out of a hold. Never fails for the state of an account or an asset: what
/// cannot move stays held and becomes a debt, which anyone may have paid out later. Zero does
/// nothing. Answered by reward-split.
pub trait Payouts<AccountId, Reason> {
    fn to_split(payer: &AccountId, reason: &Reason, asset: &Asset, amount: Balance, split: SplitId);

    fn to_account(
        payer: &AccountId,
        reason: &Reason,
        asset: &Asset,
        amount: Balance,
        to: &AccountId,
    );

    /// Gives `payer` its own money back.
    fn refund(payer: &AccountId, reason: &Reason, asset: &Asset, amount: Balance);

    /// Every debt: payer, reason, asset, amount. For checking invariants only: not bounded.
    fn debts() -> Vec<(AccountId, Reason, Asset, Balance)>;
}

/// A grant as a publisher and a version's license need it.
pub struct Grant {
    pub dataset: DatasetId,
    pub model: ModelId,
    /// The terms that the grant was given under.
    pub terms: DatasetTerms,
    /// When it ends, in ticks of [`Clock::now`]; `None` never. At the end itself it is over.
    pub ends: Option<Tick>,
    /// The dataset's split.
    pub split: SplitId,
}

/// Licenses to train. Answered by data-license.
pub trait Licenses {
    fn grant(grant: GrantId) -> Option<Grant>;

    /// Counts `version` as one that lives by `grant`, of at most 16. From then on
    /// [`Versions::license_changed`] follows each change of the grant's end.
    fn attach(grant: GrantId, version: VersionId) -> DispatchResult;

    fn detach(grant: GrantId, version: VersionId);
}

/// A version as one who opens or settles a job needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offerable {
    pub model: ModelId,
    pub price: Amount,
    pub split: SplitId,
    /// How many ancestors' licenses were looked at.
    pub ancestors: u32,
}

/// Versions of models. Answered by model-registry.
pub trait Versions {
    /// The version, if new work on it may run until `until` (ticks of [`Clock::now`]): live, and
    /// licensed beyond `until` with all its binding ancestors. Otherwise the registry's own error
    /// that says what is wrong.
    fn open_until(version: VersionId, mode: Mode, until: Tick) -> Result<Offerable, DispatchError>;

    /// The version's price, if a worker may serve it for `fee` a unit: live, and the fee zero
    /// where commercial use is not allowed.
    fn may_serve(version: VersionId, fee: Balance) -> Result<Amount, DispatchError>;

    /// The split that income of the version goes to. It stays while a job on the version may be
    /// answered: a retired one is kept as long as any job can run.
    fn split_of(version: VersionId) -> Option<SplitId>;

    /// Whether new work and derivatives are over.
    fn is_retired(version: VersionId) -> bool;

    /// Keeps `version` from being removed until as many [`Versions::dec_refs`] have followed.
    fn inc_refs(version: VersionId) -> DispatchResult;
    fn dec_refs(version: VersionId);

    /// A grant of the version has a new end.
    fn license_changed(version: VersionId);

    /// Moves `version` from one grant to another of which [`Licenses::grant`] tells; the
    /// version's split does not change.
    fn replace_grant(version: VersionId, old: GrantId, new: GrantId) -> DispatchResult;

    /// The model that the version belongs to.
    fn model_of(version: VersionId) -> Option<ModelId>;
}
