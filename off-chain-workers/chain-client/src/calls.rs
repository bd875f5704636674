//! Builders of the calls that the programs make. Who may make each, what money moves and which
//! errors it has is documented at the pallet's call of the same name.

use crate::{
    call::{Argument, Call},
    AccountId, Hash32,
};
use myai_primitives::{
    Amount, Asset, Balance, Category, DatasetId, DatasetTerms, DebtId, DeclineReason, File,
    GrantId, JobId, Mode, ModelId, Name, Openness, Rule, Share, SplitId, TermsNumber, Tick,
    VersionId, VersionSpec, WorkerDetails,
};

const MODELS: &str = "ModelRegistry";
const DATASETS: &str = "DataLicense";
const ESCROW: &str = "InferenceEscrow";
const SPLITS: &str = "RewardSplit";

// model-registry

pub fn register_model(name: Name, category: Category, metadata: File) -> Call {
    Call::new(MODELS, "register_model")
        .with("name", name)
        .with("category", category)
        .with("metadata", metadata)
}

pub fn set_model_metadata(model: ModelId, metadata: File) -> Call {
    Call::new(MODELS, "set_metadata")
        .with("model", model)
        .with("metadata", metadata)
}

pub fn offer_model(model: ModelId, to: Option<AccountId>) -> Call {
    Call::new(MODELS, "offer_ownership")
        .with("model", model)
        .with("to", to)
}

pub fn accept_model(model: ModelId) -> Call {
    Call::new(MODELS, "accept_ownership").with("model", model)
}

/// Moves money of the model's own account to its owner's choice of account.
pub fn withdraw(model: ModelId, asset: Asset, amount: Balance, to: AccountId) -> Call {
    Call::new(MODELS, "withdraw")
        .with("model", model)
        .with("asset", asset)
        .number("amount", amount)
        .account("to", to)
}

pub fn remove_model(model: ModelId) -> Call {
    Call::new(MODELS, "remove_model").with("model", model)
}

pub fn publish_version(model: ModelId, spec: VersionSpec<AccountId>) -> Call {
    Call::new(MODELS, "publish_version")
        .with("model", model)
        .with("spec", spec)
}

/// `units`: the new price of one unit, in the asset of the version's price.
pub fn set_price(version: VersionId, units: Balance) -> Call {
    Call::new(MODELS, "set_price")
        .with("version", version)
        .number("units", units)
}

pub fn retire_version(version: VersionId) -> Call {
    Call::new(MODELS, "retire_version").with("version", version)
}

pub fn remove_version(version: VersionId) -> Call {
    Call::new(MODELS, "remove_version").with("version", version)
}

pub fn approve_derivative(base: VersionId, model: ModelId) -> Call {
    Call::new(MODELS, "approve_derivative")
        .with("base", base)
        .with("model", model)
}

pub fn set_rule(rule: Rule) -> Call {
    Call::new(MODELS, "set_rule").with("rule", rule)
}

// data-license

pub fn register_dataset(
    name: Name,
    category: Category,
    metadata: File,
    openness: Openness,
    split: Option<SplitId>,
) -> Call {
    Call::new(DATASETS, "register_dataset")
        .with("name", name)
        .with("category", category)
        .with("metadata", metadata)
        .with("openness", openness)
        .with("split", split)
}

pub fn set_terms(dataset: DatasetId, terms: DatasetTerms) -> Call {
    Call::new(DATASETS, "set_terms")
        .with("dataset", dataset)
        .with("terms", terms)
}

/// `number`: of the terms that the caller has read. `most`: what the grant may cost at most.
/// `lasts`: how long the request stands where approval is needed, in ticks.
pub fn acquire(
    dataset: DatasetId,
    model: ModelId,
    number: TermsNumber,
    most: Balance,
    lasts: Tick,
) -> Call {
    Call::new(DATASETS, "acquire")
        .with("dataset", dataset)
        .with("model", model)
        .number("number", number)
        .number("most", most)
        .number("lasts", lasts)
}

pub fn approve(dataset: DatasetId, model: ModelId) -> Call {
    Call::new(DATASETS, "approve")
        .with("dataset", dataset)
        .with("model", model)
}

pub fn reject(dataset: DatasetId, model: ModelId) -> Call {
    Call::new(DATASETS, "reject")
        .with("dataset", dataset)
        .with("model", model)
}

pub fn renew(grant: GrantId, most: Balance) -> Call {
    Call::new(DATASETS, "renew")
        .with("grant", grant)
        .number("most", most)
}

pub fn revoke(grant: GrantId) -> Call {
    Call::new(DATASETS, "revoke").with("grant", grant)
}

// inference-escrow: workers

pub fn register_worker(
    signer: AccountId,
    payout: AccountId,
    details: WorkerDetails,
    bond: Balance,
) -> Call {
    Call::new(ESCROW, "register_worker")
        .account("signer", signer)
        .account("payout", payout)
        .with("details", details)
        .number("bond", bond)
}

pub fn update_worker(signer: AccountId, payout: AccountId, details: WorkerDetails) -> Call {
    Call::new(ESCROW, "update_worker")
        .account("signer", signer)
        .account("payout", payout)
        .with("details", details)
}

/// `fee` for one unit, in the asset of the version's price.
pub fn serve(version: VersionId, fee: Balance, least_deadline: Tick) -> Call {
    Call::new(ESCROW, "serve")
        .with("version", version)
        .number("fee", fee)
        .number("least_deadline", least_deadline)
}

pub fn unserve(version: VersionId) -> Call {
    Call::new(ESCROW, "unserve").with("version", version)
}

pub fn pause() -> Call {
    Call::new(ESCROW, "pause")
}

pub fn resume() -> Call {
    Call::new(ESCROW, "resume")
}

pub fn bond_more(amount: Balance) -> Call {
    Call::new(ESCROW, "bond_more").number("amount", amount)
}

pub fn withdraw_bond(amount: Balance) -> Call {
    Call::new(ESCROW, "withdraw_bond").number("amount", amount)
}

pub fn leave() -> Call {
    Call::new(ESCROW, "leave")
}

// inference-escrow: jobs

/// `most`: what price and fee may be together. `duration` in ticks. `blob`: hash of the sealed
/// input in the pool of blobs.
pub fn open_job(
    version: VersionId,
    workers: Vec<AccountId>,
    mode: Mode,
    units: u32,
    most: Balance,
    duration: Tick,
    input_commitment: Hash32,
    blob: Hash32,
) -> Call {
    Call::new(ESCROW, "open_job")
        .with("version", version)
        .with("workers", workers)
        .with("mode", mode)
        .number("units", units)
        .number("most", most)
        .number("duration", duration)
        .with("input_commitment", input_commitment)
        .with("blob", blob)
}

/// `units`: used, at most those of the job. `blob`: hash of the sealed answer.
pub fn attest(job: JobId, output_commitment: Hash32, units: u32, blob: Hash32) -> Call {
    Call::new(ESCROW, "attest")
        .with("job", job)
        .with("output_commitment", output_commitment)
        .number("units", units)
        .with("blob", blob)
}

pub fn decline(job: JobId, reason: DeclineReason) -> Call {
    Call::new(ESCROW, "decline")
        .with("job", job)
        .with("reason", reason)
}

pub fn expire(job: JobId) -> Call {
    Call::new(ESCROW, "expire").with("job", job)
}

// reward-split

pub fn create_split(shares: Vec<Share<AccountId>>) -> Call {
    Call::new(SPLITS, "create_split").with("shares", shares)
}

pub fn remove_split(split: SplitId) -> Call {
    Call::new(SPLITS, "remove_split").with("split", split)
}

/// `share`: its place in the split.
pub fn claim(split: SplitId, asset: Asset, share: u32) -> Call {
    Call::new(SPLITS, "claim")
        .with("split", split)
        .with("asset", asset)
        .number("share", share)
}

pub fn claim_many(claims: Vec<(SplitId, Asset, u32)>) -> Call {
    Call::new(SPLITS, "claim_many").with("claims", claims)
}

pub fn pay_out(debt: DebtId) -> Call {
    Call::new(SPLITS, "pay_out").with("debt", debt)
}

// pallets of the SDK

/// Native units; the sender's account stays alive.
pub fn transfer_keep_alive(to: AccountId, amount: Balance) -> Call {
    Call::new("Balances", "transfer_keep_alive")
        .account("dest", to)
        .number("value", amount)
}

/// Any asset; the sender's account stays alive.
pub fn transfer(to: AccountId, amount: Amount) -> Call {
    match amount.asset {
        Asset::Native => transfer_keep_alive(to, amount.units),
        Asset::WithId(id) => Call::new("Assets", "transfer_keep_alive")
            .number("id", id)
            .account("target", to)
            .number("amount", amount.units),
    }
}

/// All of them or none.
pub fn batch_all(calls: Vec<Call>) -> Call {
    Call::new("Utility", "batch_all").argument("calls", Argument::Calls(calls))
}

/// As Root, by the key of sudo.
pub fn sudo(call: Call) -> Call {
    Call::new("Sudo", "sudo").argument("call", Argument::Call(Box::new(call)))
}
