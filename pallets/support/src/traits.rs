//! Through what the pallets ask one another.

use alloc::{collections::BTreeMap, vec::Vec};
use myai_primitives::*;
use sp_runtime::{DispatchError, DispatchResult};

/// Time in ticks. Answered by reward-split.
pub trait Clock {
    /// The relay chain's block number.
    fn now() -> Tick;

    /// Ticks during which this chain served: a gap between two of our blocks counts at most 10.
    /// Jobs end by this one, licenses by [`Clock::now`].
    fn served() -> Tick;

    /// The epoch that runs. It changes at the end of a block, never within one.
    fn epoch() -> Epoch {
        epoch_of(Self::now())
    }
}

/// The rules. Answered by model-registry.
pub trait RulesAt {
    /// Those in force. Fails where none are written, which genesis does.
    fn current() -> Result<Rules, DispatchError>;

    /// Those that something older pinned. A missing revision is an error.
    fn at(revision: Revision) -> Result<RuleSet, DispatchError>;
}

/// Who owns what a split pays, and what an account owns. Answered by model-registry and
/// data-license, joined in the runtime.
pub trait Owners<AccountId> {
    fn model_owner(model: ModelId) -> Option<AccountId>;
    fn dataset_owner(dataset: DatasetId) -> Option<AccountId>;

    /// Models that `owner` owns, from `from` on in the order of ids; for views.
    fn models_of(owner: &AccountId, from: ModelId, limit: u32) -> Vec<ModelId>;
    /// Datasets that `owner` owns, from `from` on in the order of ids; for views.
    fn datasets_of(owner: &AccountId, from: DatasetId, limit: u32) -> Vec<DatasetId>;
}

/// What stands behind a split: a suspension freezes shares by it ([`Suspensions::frozen_until`]).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    codec::Encode,
    codec::Decode,
    codec::DecodeWithMemTracking,
    codec::MaxEncodedLen,
    scale_info::TypeInfo,
)]
pub enum Keeper {
    #[codec(index = 0)]
    None,
    #[codec(index = 1)]
    Version(VersionId),
    #[codec(index = 2)]
    Dataset(DatasetId),
}

/// Making and removing splits, and which assets they take. Answered by reward-split.
pub trait Splits<AccountId> {
    /// A new split; `depositor` bears its deposit. One that names other splits keeps them from
    /// being removed. Fails unless there are 1 to 16 shares of at least 1 part that sum to 10⁶.
    fn create(
        depositor: &AccountId,
        shares: Vec<Share<AccountId>>,
        keeper: Keeper,
    ) -> Result<SplitId, DispatchError>;

    /// Removes one that owes nothing above its dust and that nothing names; dust goes to the
    /// network's split, the deposit back to its depositor.
    fn remove(split: SplitId) -> DispatchResult;

    fn exists(split: SplitId) -> bool;

    /// Who made the split by `create_split`, and so may let others tie something to it; `None` for
    /// one that a version, a dataset or the network keeps.
    fn depositor(split: SplitId) -> Option<AccountId>;

    /// Keeps `split` from being removed until as many [`Splits::dec_refs`] have followed.
    fn inc_refs(split: SplitId) -> DispatchResult;
    fn dec_refs(split: SplitId);

    /// Every split that is kept so, and how often. For checking invariants only: not bounded.
    fn kept() -> BTreeMap<SplitId, u32>;

    /// The network's split.
    fn network() -> SplitId;

    /// Whether prices may be in `asset`.
    fn accepts(asset: &Asset) -> bool;

    /// Every asset that prices may be in, the token first.
    fn accepted() -> Vec<Asset>;

    /// The deposit of a job that is paid in an accepted asset other than the token, in that asset;
    /// `None` where it is not accepted (the token's is a rule).
    fn job_deposit(asset: u32) -> Option<Balance>;

    /// Free units of `from` become income of `split`. The asset must be accepted or the vault
    /// able to receive it.
    fn receive(from: &AccountId, asset: &Asset, amount: Balance, split: SplitId) -> DispatchResult;

    /// The shares of a split, for checking invariants.
    fn shares_of(split: SplitId) -> Option<Vec<Share<AccountId>>>;
}

/// Money for grants that has not vested. It lies in the vault, on hold as income is, and a ledger row
/// for each grant says how much: vesting moves numbers only and cannot fail. Answered by
/// reward-split.
pub trait Unvested<AccountId, Reason> {
    /// Free units of `from`, or with `held` units that it has on hold for that reason, become
    /// unvested money of `grant`. A grant has one asset. Fails where they cannot move.
    fn deposit(
        from: &AccountId,
        held: Option<&Reason>,
        grant: GrantId,
        amount: &Amount,
    ) -> DispatchResult;

    /// So much of the grant's unvested money becomes income of `split`.
    fn vest(grant: GrantId, amount: &Amount, split: SplitId);

    /// So much of it goes to `to`; what cannot move becomes a debt of the vault.
    fn give_back(grant: GrantId, amount: &Amount, to: &AccountId);

    /// What has not vested.
    fn balance(grant: GrantId) -> Balance;
}

/// What a settled job brings to the network and to its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobIncome<'a, AccountId> {
    /// The version's split, and what of the price goes to it.
    pub split: SplitId,
    pub model: Balance,
    /// The worker's id.
    pub worker: &'a AccountId,
    /// The network's cuts of the price, which `split` is credited, and of the fee, which the worker is.
    pub price_cut: Balance,
    pub fee_cut: Balance,
}

/// What came of a job's income.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// It moved: the worker has earned standing, and credit by its fee. Otherwise it does when the
    /// debt is paid, by [`Earners::earn`].
    pub has_moved: bool,
    /// The split's credit of an epoch that is over went into a row of its own.
    pub has_rolled: bool,
}

/// Credit of workers for issuance. Answered by reward-split.
pub trait Credits<AccountId> {
    /// What `worker` earned in an epoch that is over. At most once for each.
    fn note(worker: &AccountId, epoch: Epoch, cut: Balance);
}

/// Workers, as far as issuance asks for them. Answered by inference-escrow.
pub trait Earners<AccountId> {
    /// Cuts that had been a debt were paid: of a price, and of the fee of `worker`.
    fn earn(worker: &AccountId, price_cut: Balance, fee_cut: Balance);

    /// Hands the credit of an epoch that is over to [`Credits::note`].
    fn roll(worker: &AccountId);

    /// Where the worker's income goes: to itself once it has left.
    fn payout(worker: &AccountId) -> AccountId;
}

/// Paying what is due out of a hold. Never fails for the state of an account or an asset: what
/// cannot move stays held and becomes a debt, which anyone may have paid out later. Zero does
/// nothing. Answered by reward-split.
pub trait Payouts<AccountId, Reason> {
    /// Moves the sum of `parts` into the vault at once, as income of the splits named.
    fn to_splits(payer: &AccountId, reason: &Reason, asset: &Asset, parts: &[(SplitId, Balance)]);

    /// Moves a job's cuts and its model's income into the vault at once. Cuts in the token earn
    /// credit for issuance, now or when they are paid as debts.
    fn settle(
        payer: &AccountId,
        reason: &Reason,
        asset: &Asset,
        income: &JobIncome<AccountId>,
    ) -> Settlement;

    fn to_account(
        payer: &AccountId,
        reason: &Reason,
        asset: &Asset,
        amount: Balance,
        to: &AccountId,
    );

    /// Gives `payer` its own money back. Returns what moved; the rest is a debt.
    fn refund(payer: &AccountId, reason: &Reason, asset: &Asset, amount: Balance) -> Balance;

    /// What of the payer's hold is debts.
    fn debts_of(payer: &AccountId, reason: &Reason, asset: &Asset) -> Balance;

    /// Every debt: payer, reason, asset, amount. For checking invariants only: not bounded.
    fn debts() -> Vec<(AccountId, Reason, Asset, Balance)>;
}

/// A grant as a publisher needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub dataset: DatasetId,
    pub model: ModelId,
    /// The number of its terms.
    pub number: TermsNumber,
    pub terms: DatasetTerms,
    /// First tick of [`Clock::now`] at which it is over; `None` never.
    pub ends: Option<Tick>,
    /// The dataset's split.
    pub split: SplitId,
}

/// A version that was trained on a dataset under a grant: a version lives by at most 8 such pairs,
/// its own and its ancestors'.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    codec::Encode,
    codec::Decode,
    codec::DecodeWithMemTracking,
    codec::MaxEncodedLen,
    scale_info::TypeInfo,
)]
pub struct Trained {
    pub version: VersionId,
    pub dataset: DatasetId,
}

/// Licenses to train. Answered by data-license.
pub trait Licenses<AccountId> {
    fn grant(grant: GrantId) -> Option<Grant>;

    fn terms(dataset: DatasetId, number: TermsNumber) -> Option<DatasetTerms>;

    fn dataset_split(dataset: DatasetId) -> Option<SplitId>;

    fn dataset_owner(dataset: DatasetId) -> Option<AccountId>;

    /// That `publisher`, who owns the grant's model, may publish a new version under the grant: it is
    /// live, and where its terms ask for approval it was given to this owner.
    fn ensure_usable(grant: GrantId, publisher: &AccountId) -> DispatchResult;

    /// `version` stands on `grant` from now on; the grant counts it.
    fn attach(grant: GrantId, version: VersionId) -> DispatchResult;

    /// `version` stands on no grant of `dataset` any more.
    fn detach(version: VersionId, dataset: DatasetId);

    /// The grant of `dataset` that `version` stands on.
    fn grant_of(version: VersionId, dataset: DatasetId) -> Option<GrantId>;

    /// The grant that is asked for a pair when work is opened on a version of `model`: the model's
    /// own live one on the dataset, else the one that the trained version stands on; and its end.
    fn standing(model: ModelId, trained: &Trained) -> Option<(GrantId, Option<Tick>)>;

    /// The dataset's owner has approved somebody as its licensor, or withdrawn that: one more change
    /// that a buyer of the dataset must have seen.
    fn count_change(dataset: DatasetId);

    /// Keeps the dataset and its terms of that number until as many [`Licenses::dec_refs`] have
    /// followed.
    fn inc_refs(dataset: DatasetId, number: TermsNumber) -> DispatchResult;
    fn dec_refs(dataset: DatasetId, number: TermsNumber);

    /// All terms that are kept so, and how often. For checking invariants only: not bounded.
    fn kept() -> BTreeMap<(DatasetId, TermsNumber), u32>;
}

/// Work that somebody wants to open.
#[derive(Clone, Debug)]
pub struct Work<'a, AccountId> {
    pub version: VersionId,
    pub mode: Mode,
    /// Last tick of [`Clock::now`] at which it may run.
    pub until: Tick,
    /// Who pays for it.
    pub user: &'a AccountId,
    /// Who would do it.
    pub hosts: &'a [AccountId],
    /// Of the raw input, in bytes.
    pub input_length: u32,
    /// What all hosts ask together for one unit.
    pub fees: Balance,
}

/// A version as one who opens a job needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offerable {
    pub model: ModelId,
    pub price: Amount,
    pub split: SplitId,
    /// The hash of the policies that must have been accepted; `None` where none binds.
    pub policies: Option<Hash32>,
    /// How many pairs that the version lives by were looked at.
    pub lives_by: u32,
    /// How many approvals of hosts and users were looked for.
    pub approvals: u32,
    /// How many suspensions were: none as long as no model is suspended.
    pub suspensions: u32,
}

/// Versions of models. Answered by model-registry.
pub trait Versions<AccountId> {
    /// The version, if such work may be opened now: new work is not halted, neither the version nor
    /// its model is suspended, it is live, each grant that it lives by ends after `until`, its hosts and its user are approved where conditions ask, the fees are within what
    /// licensors allow and the input is within its limit. Otherwise the registry's own error that
    /// says what is wrong. Whether the policies were accepted is for the caller to compare.
    fn ensure_open(work: &Work<AccountId>) -> Result<Offerable, DispatchError>;

    /// The version's price, if `host` may offer it for `fee` a unit.
    fn ensure_offer(
        version: VersionId,
        host: &AccountId,
        fee: Balance,
    ) -> Result<Amount, DispatchError>;

    /// Whether new work and derivatives are over.
    fn is_retired(version: VersionId) -> bool;

    /// Whether others were derived from the version or name it.
    fn is_built_on(version: VersionId) -> bool;

    /// Keeps `version` from being removed until as many [`Versions::dec_refs`] have followed.
    fn inc_refs(version: VersionId) -> DispatchResult;
    fn dec_refs(version: VersionId);

    /// Every version that is kept so, and how often. For checking invariants only: not bounded.
    fn kept() -> BTreeMap<VersionId, u32>;

    /// The model that the version belongs to.
    fn model_of(version: VersionId) -> Option<ModelId>;

    /// That `version`, as it was published, satisfies `clauses` of `dataset` as it did those that it
    /// was published under.
    fn ensure_satisfies(
        version: VersionId,
        dataset: DatasetId,
        clauses: &Clauses,
    ) -> DispatchResult;
}

/// What moderation has stopped for a while. Answered by model-registry.
pub trait Suspensions<AccountId> {
    /// First tick of [`Clock::now`] at which the suspension of `subject` itself is over; `None` where it
    /// is not suspended now.
    fn suspended_until(subject: &Subject<AccountId>) -> Option<Tick>;

    /// The same of the shares of a version's owner and extra accounts, which nobody can claim while
    /// the version or its model is suspended.
    fn frozen_until(version: VersionId) -> Option<Tick>;
}

/// Workers that are to know when they are suspended. Answered by inference-escrow.
pub trait SuspendWorkers<AccountId> {
    /// A worker, if it is registered, takes no work until that tick of [`Clock::now`].
    fn set_suspended(worker: &AccountId, until: Option<Tick>);
}
