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

pub fn offer_model(model: ModelId, to: AccountId) -> Call {
    Call::new(MODELS, "transfer_ownership")
        .with("model", model)
        .account("to", to)
}

pub fn cancel_model_offer(model: ModelId) -> Call {
    Call::new(MODELS, "cancel_transfer").with("model", model)
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

/// Lets `model` derive from `version`, whose terms ask for approval.
pub fn approve_derivative(version: VersionId, model: ModelId) -> Call {
    Call::new(MODELS, "approve_derivative")
        .with("version", version)
        .with("model", model)
}

pub fn withdraw_approval(version: VersionId, model: ModelId) -> Call {
    Call::new(MODELS, "withdraw_approval")
        .with("version", version)
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

pub fn set_dataset_metadata(dataset: DatasetId, metadata: File) -> Call {
    Call::new(DATASETS, "set_metadata")
        .with("dataset", dataset)
        .with("metadata", metadata)
}

pub fn close_dataset(dataset: DatasetId) -> Call {
    Call::new(DATASETS, "close_dataset").with("dataset", dataset)
}

pub fn reopen_dataset(dataset: DatasetId) -> Call {
    Call::new(DATASETS, "reopen_dataset").with("dataset", dataset)
}

pub fn offer_dataset(dataset: DatasetId, to: AccountId) -> Call {
    Call::new(DATASETS, "transfer_ownership")
        .with("dataset", dataset)
        .account("to", to)
}

pub fn accept_dataset(dataset: DatasetId) -> Call {
    Call::new(DATASETS, "accept_ownership").with("dataset", dataset)
}

pub fn cancel_dataset_offer(dataset: DatasetId) -> Call {
    Call::new(DATASETS, "cancel_transfer").with("dataset", dataset)
}

pub fn remove_dataset(dataset: DatasetId) -> Call {
    Call::new(DATASETS, "remove_dataset").with("dataset", dataset)
}

/// `number`: of the terms that the caller has read. `max_cost`: what the grant may cost at most.
/// `lasts`: how long the request stands where approval is needed, in ticks.
pub fn acquire(
    dataset: DatasetId,
    model: ModelId,
    number: TermsNumber,
    max_cost: Balance,
    lasts: Tick,
) -> Call {
    Call::new(DATASETS, "acquire")
        .with("dataset", dataset)
        .with("model", model)
        .number("number", number)
        .number("max_cost", max_cost)
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

/// Takes a request back that nobody has decided on.
pub fn withdraw_request(dataset: DatasetId, model: ModelId) -> Call {
    Call::new(DATASETS, "withdraw")
        .with("dataset", dataset)
        .with("model", model)
}

pub fn renew(grant: GrantId, max_cost: Balance) -> Call {
    Call::new(DATASETS, "renew")
        .with("grant", grant)
        .number("max_cost", max_cost)
}

pub fn revoke(grant: GrantId) -> Call {
    Call::new(DATASETS, "revoke").with("grant", grant)
}

/// Moves a version from a lapsing grant to another.
pub fn replace_grant(version: VersionId, old: GrantId, new: GrantId) -> Call {
    Call::new(DATASETS, "replace")
        .with("version", version)
        .with("old", old)
        .with("new", new)
}

/// Lets a version be moved, once, to a grant of `dataset`.
pub fn allow_replacement(dataset: DatasetId, version: VersionId) -> Call {
    Call::new(DATASETS, "allow_replacement")
        .with("dataset", dataset)
        .with("version", version)
}

pub fn disallow_replacement(dataset: DatasetId, version: VersionId) -> Call {
    Call::new(DATASETS, "disallow_replacement")
        .with("dataset", dataset)
        .with("version", version)
}

pub fn remove_grant(grant: GrantId) -> Call {
    Call::new(DATASETS, "remove_grant").with("grant", grant)
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
pub fn set_offer(version: VersionId, fee: Balance, min_duration: Tick) -> Call {
    Call::new(ESCROW, "set_offer")
        .with("version", version)
        .number("fee", fee)
        .number("min_duration", min_duration)
}

pub fn remove_offer(version: VersionId) -> Call {
    Call::new(ESCROW, "remove_offer").with("version", version)
}

pub fn pause() -> Call {
    Call::new(ESCROW, "pause")
}

pub fn resume() -> Call {
    Call::new(ESCROW, "resume")
}

pub fn bond_more(amount: Amount) -> Call {
    Call::new(ESCROW, "bond_more")
        .with("asset", amount.asset)
        .number("amount", amount.value)
}

pub fn withdraw_bond(amount: Amount) -> Call {
    Call::new(ESCROW, "withdraw_bond")
        .with("asset", amount.asset)
        .number("amount", amount.value)
}

pub fn leave() -> Call {
    Call::new(ESCROW, "leave")
}

/// Removes an offer that its worker can no longer serve; by anyone.
pub fn clear_offer(worker: AccountId, version: VersionId) -> Call {
    Call::new(ESCROW, "clear_offer")
        .account("worker", worker)
        .with("version", version)
}

// inference-escrow: jobs

/// `max_cost`: what price and fee may be together. `duration` in ticks. `blob`: hash of the sealed
/// input in the HOP pool.
pub fn open_job(
    version: VersionId,
    workers: Vec<AccountId>,
    mode: Mode,
    units: u32,
    max_cost: Balance,
    duration: Tick,
    input_commitment: Hash32,
    blob: Hash32,
) -> Call {
    Call::new(ESCROW, "open_job")
        .with("version", version)
        .with("workers", workers)
        .with("mode", mode)
        .number("units", units)
        .number("max_cost", max_cost)
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

/// Makes the network's split anew; as Root.
pub fn set_network_shares(shares: Vec<Share<AccountId>>) -> Call {
    Call::new(SPLITS, "set_network_shares").with("shares", shares)
}

/// Lets prices be in the asset of pallet-assets with that id; as those who set rules.
pub fn accept_asset(id: u32) -> Call {
    Call::new(SPLITS, "accept_asset").number("id", id)
}

pub fn drop_asset(id: u32) -> Call {
    Call::new(SPLITS, "drop_asset").number("id", id)
}

/// Gives what the vault has and owes to nobody to the network's split; by anyone.
pub fn sweep(asset: Asset) -> Call {
    Call::new(SPLITS, "sweep").with("asset", asset)
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
        Asset::Native => transfer_keep_alive(to, amount.value),
        Asset::Id(id) => Call::new("Assets", "transfer_keep_alive")
            .number("id", id)
            .account("target", to)
            .number("amount", amount.value),
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
