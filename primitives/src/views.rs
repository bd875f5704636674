//! What a reader of the chain is shown by `MyAiApi`, through polkadot.js, PAPI or subxt. Lists are
//! paged: `from` is the first id that may be listed, `after` the last one that was seen, and a page
//! has at most `min(limit, MAX_PAGE)` rows.

use crate::*;
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// Most rows of a page.
pub const MAX_PAGE: u32 = 100;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ModelView<AccountId> {
    pub id: ModelId,
    pub owner: AccountId,
    /// The model's own account.
    pub account: AccountId,
    pub name: Name,
    pub category: Category,
    pub metadata: File,
    /// To whom ownership is offered.
    pub offered_to: Option<AccountId>,
    /// Counts every call of the owner on the model, and every suspension of it or of a version: who
    /// accepts it names what it saw.
    pub changes: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum VersionState {
    #[codec(index = 0)]
    Live,
    #[codec(index = 1)]
    Retired,
}

/// One that states a condition which binds a version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct BoundByView {
    pub licensor: Licensor,
    /// What it states.
    pub clauses: Clauses,
}

/// A dataset by which a version lives.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct LivesByView {
    /// The version that was trained on it: this one, or one further up.
    pub trained: VersionId,
    pub dataset: DatasetId,
    /// The grant that is asked: the own model's where it has a live one, else the trained
    /// version's.
    pub grant: GrantId,
    /// First tick at which that grant is over; `None` never.
    pub ends: Option<Tick>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct VersionView<AccountId> {
    pub id: VersionId,
    pub model: ModelId,
    pub state: VersionState,
    /// Of a retired one, the last tick of service at which a job on it may still be answered; it can
    /// be removed from the next one on.
    pub last_work: Option<Tick>,
    /// As it was published, but for the amount of its price, which is today's.
    pub spec: VersionSpec<AccountId>,
    pub split: SplitId,
    /// What its clauses come to with those of all that it derives from.
    pub effective: Effective,
    /// Who states the conditions, with what they state.
    pub bound_by: Vec<BoundByView>,
    /// The hash that an order must carry; `None` where no policy binds.
    pub policies: Option<Hash32>,
    /// The datasets by whose grants it lives, its ancestors' included.
    pub lives_by: Vec<LivesByView>,
    /// First tick at which one of these is over; `None` never.
    pub licensed_until: Option<Tick>,
    /// The version that first had this artifact's hash, of those that stand.
    pub first_with_artifact: VersionId,
}

/// What an approval is for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    codec::DecodeWithMemTracking,
    codec::MaxEncodedLen,
    TypeInfo,
)]
pub enum ApprovalKind {
    /// To serve what the licensor's conditions bind.
    #[codec(index = 0)]
    Host,
    /// To pay for answers of it.
    #[codec(index = 1)]
    User,
}

/// An approval of a host or a user, or the request for one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ApprovalView<AccountId> {
    pub licensor: Licensor,
    pub kind: ApprovalKind,
    pub account: AccountId,
    /// Whether it was given; otherwise it is asked for.
    pub given: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum DatasetState {
    #[codec(index = 0)]
    Open,
    /// Gives no new grants.
    #[codec(index = 1)]
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DatasetView<AccountId> {
    pub id: DatasetId,
    pub owner: AccountId,
    pub offered_to: Option<AccountId>,
    /// Counts every call of the owner on the dataset, and every suspension: who accepts it names
    /// what it saw.
    pub changes: u32,
    pub name: Name,
    pub category: Category,
    pub metadata: File,
    pub openness: Openness,
    pub state: DatasetState,
    pub split: SplitId,
    /// The terms for new grants and their number; `None` while none were set.
    pub terms: Option<(TermsNumber, DatasetTerms)>,
}

/// A payment for a grant that vests.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, codec::MaxEncodedLen, TypeInfo)]
pub struct Instalment<AccountId> {
    /// Who paid it, and gets back what does not vest.
    pub payer: AccountId,
    /// In the asset of the grant's price.
    #[codec(compact)]
    pub value: Balance,
    /// From when to when it vests, ticks of `now`.
    pub start: Tick,
    pub end: Tick,
    /// What has vested of it, by the last call that touched the grant.
    #[codec(compact)]
    pub vested: Balance,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct GrantView<AccountId> {
    pub id: GrantId,
    pub dataset: DatasetId,
    pub model: ModelId,
    pub number: TermsNumber,
    pub terms: DatasetTerms,
    /// What was sold under that number: the dataset may have been described anew since.
    pub metadata: File,
    /// First tick at which it is over; `None` never.
    pub ends: Option<Tick>,
    /// Whether a notice runs or is over.
    pub revoked: bool,
    pub instalments: Vec<Instalment<AccountId>>,
    /// How many versions stand on it.
    pub versions: u32,
}

/// A wish for a grant that waits for the dataset's owner.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RequestView<AccountId> {
    pub dataset: DatasetId,
    pub model: ModelId,
    pub number: TermsNumber,
    /// Who has the price on hold.
    pub payer: AccountId,
    pub price: Amount,
    /// Last tick at which it may be approved.
    pub expires: Tick,
}

/// What a worker has done; every counter only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Record {
    pub settled: u32,
    /// Given back for the worker's own reasons.
    pub declined: u32,
    /// Given back because the payer spoilt them.
    pub spoilt: u32,
    pub expired: u32,
    /// Native network cuts settled through the worker, decayed to now.
    pub standing: Balance,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct WorkerView<AccountId> {
    pub id: AccountId,
    pub signer: AccountId,
    pub payout: AccountId,
    pub details: WorkerDetails,
    /// Native bond, in pico.
    pub bond: Balance,
    pub paused: bool,
    /// Jobs that it has open.
    pub open: u32,
    pub record: Record,
}

/// One version that one worker serves.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OfferView<AccountId> {
    pub worker: AccountId,
    pub version: VersionId,
    /// For one unit, in the asset of the version's price.
    pub fee: Amount,
    /// Shortest duration that the worker takes, in ticks.
    pub min_duration: Tick,
    /// Whether it would take a job now: not paused, not suspended, room left, bond enough.
    pub available: bool,
    pub record: Record,
}

/// A suspension of one subject, or the halt of all new work; also one that has lapsed, as long as the
/// chain keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SuspensionView {
    pub since: Tick,
    /// First tick at which it is over.
    pub until: Tick,
    /// First tick at which others than `Root` may suspend the same again.
    pub rests_until: Tick,
}

impl From<Suspension> for SuspensionView {
    fn from(suspension: Suspension) -> Self {
        Self {
            since: suspension.since,
            until: suspension.until,
            rests_until: suspension.rests_until(),
        }
    }
}

/// What a job would cost.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Quote {
    pub asset: Asset,
    /// Units × price, units × fee, and both together.
    pub price: Balance,
    pub fee: Balance,
    pub gross: Balance,
    /// What of the gross goes to the network.
    pub network: Balance,
    /// Held beside the gross in the same asset, given back when the job ends.
    pub deposit: Balance,
    /// What of the deposit is lost if the payer spoils the job.
    pub spoilt_charge: Balance,
    /// The hash that the order must carry; `None` where no policy binds.
    pub policies: Option<Hash32>,
}

/// A job that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OpenJobView<AccountId> {
    pub payer: AccountId,
    /// Who opened it.
    pub opener: AccountId,
    /// Who may hand the input to the HOP pool beside these two.
    pub uploader: Option<AccountId>,
    pub version: VersionId,
    pub run: Run<AccountId>,
    pub units: u32,
    pub asset: Asset,
    /// For one unit.
    pub price: Balance,
    pub fee: Balance,
    pub deposit: Balance,
    /// Last tick of service at which an attestation counts.
    pub deadline: Tick,
    pub revision: Revision,
    pub input_commitment: Hash32,
    /// Of the raw input, in bytes.
    pub input_length: u32,
}

/// A job that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EndedJobView<AccountId> {
    pub version: VersionId,
    pub workers: Vec<AccountId>,
    pub deadline: Tick,
    /// Last tick of service at which the chain surely says so.
    pub kept_until: Tick,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum JobState<AccountId> {
    #[codec(index = 0)]
    Open(OpenJobView<AccountId>),
    #[codec(index = 1)]
    Ended(EndedJobView<AccountId>),
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct JobView<AccountId> {
    pub id: JobId,
    pub state: JobState<AccountId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SplitView<AccountId> {
    pub id: SplitId,
    pub depositor: Option<AccountId>,
    pub shares: Vec<Share<AccountId>>,
}

/// What one share of a split may claim now.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OwedView<AccountId> {
    /// The share's place in the split.
    pub share: u32,
    pub beneficiary: Beneficiary<AccountId>,
    /// Who would be paid; `None` for another split.
    pub account: Option<AccountId>,
    pub value: Balance,
    /// What was claimed before.
    pub paid: Balance,
    /// While a suspension freezes it, the first tick at which it may be claimed again.
    pub frozen_until: Option<Tick>,
}

/// One claim that brings an account money, or a split on the way to it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ClaimView<AccountId> {
    pub split: SplitId,
    /// The share's place in the split.
    pub share: u32,
    pub beneficiary: Beneficiary<AccountId>,
    /// What the claim moves, once the claims before it in the list were made.
    pub amount: Amount,
}

/// How far the shares of one beneficiary were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ClaimPlace {
    /// Splits that pay it, from this one on.
    pub split: SplitId,
    /// Of that split, those that name it, from this one on.
    pub named_by: SplitId,
}

/// Where a list of claims goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum ClaimCursor {
    /// Shares of the account itself.
    #[codec(index = 0)]
    Account(ClaimPlace),
    /// Models that it owns, from this one on.
    #[codec(index = 1)]
    Model(ModelId, ClaimPlace),
    /// Datasets that it owns, from this one on.
    #[codec(index = 2)]
    Dataset(DatasetId, ClaimPlace),
}

/// What an account may claim, in the order in which it is to be claimed: what a split is owed by
/// another comes before what the split owes. The amounts of a page hold once those of the pages
/// before it were claimed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ClaimsPage<AccountId> {
    pub claims: Vec<ClaimView<AccountId>>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<ClaimCursor>,
}

/// An asset that prices may be in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct AssetView {
    pub asset: Asset,
    /// Deposit of an open job in it.
    pub job_deposit: Balance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ClockView {
    pub now: Tick,
    pub served: Tick,
}

/// Issuance as the last block left it; amounts in the token's smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct IssuanceView {
    /// The tick at which it began; `None` before block 1 has ended.
    pub start: Option<Tick>,
    /// What was minted since.
    pub minted: Balance,
    /// What may ever be minted: the cap less what the genesis gave out.
    pub limit: Balance,
    /// What waits for authors; each block's has a hundredth of it.
    pub authors: Balance,
    /// The epoch that runs, what it has for contributors so far, and what they have earned in it.
    pub epoch: Epoch,
    pub pool: Balance,
    pub credits: Balance,
}

/// What may be claimed of one epoch's issuance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EpochClaimView {
    pub epoch: Epoch,
    pub value: Balance,
}
