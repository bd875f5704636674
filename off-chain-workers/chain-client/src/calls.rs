//! Builders of the calls that programs make. The pallet's call of the same name documents who may
//! make it, what money moves and how it fails.

use crate::{
    call::{Argument, Call},
    AccountId, Hash32,
};
use codec::Encode;
use myai_primitives::*;

/// One builder a line. Where its name is not the call's, because two pallets have one of that name,
/// the call's follows.
macro_rules! calls {
    ($($pallet:ident {
        $($(#[$doc:meta])* $name:ident $(= $call:ident)? ($($arg:ident: $ty:ty),* $(,)?);)*
    })*) => {
        $($(
            $(#[$doc])*
            pub fn $name($($arg: $ty),*) -> Call {
                Call::new(stringify!($pallet), calls!(@name $name $($call)?))
                    $(.with(stringify!($arg), $arg))*
            }
        )*)*

        /// Pallet, call and names of the arguments, for the test that compares them with the
        /// pallets.
        #[cfg(test)]
        const ALL: &[(&str, &str, &[&str])] = &[$($(
            (stringify!($pallet), calls!(@name $name $($call)?), &[$(stringify!($arg)),*]),
        )*)*];
    };
    (@name $name:ident) => { stringify!($name) };
    (@name $name:ident $call:ident) => { stringify!($call) };
}

calls! {
    ModelRegistry {
        register_model(name: Name, category: Category, metadata: File);
        /// Offers the model to another owner, who accepts it.
        transfer_model = transfer_ownership(model: ModelId, to: AccountId);
        /// `changes`: of the model as the new owner has seen it.
        accept_model = accept_ownership(model: ModelId, changes: u32);
        cancel_model_transfer = cancel_transfer(model: ModelId);
        set_model_metadata = set_metadata(model: ModelId, metadata: File);
        /// Out of the model's own account.
        withdraw_from_model = withdraw(model: ModelId, asset: Asset, value: Balance, to: AccountId);
        remove_model(model: ModelId);
        publish_version(model: ModelId, spec: VersionSpec<AccountId>);
        /// `value`: of one unit, in the asset of the version's price.
        set_price(version: VersionId, value: Balance);
        retire_version(version: VersionId);
        remove_version(version: VersionId);
        /// Takes over what somebody else has on deposit for the version.
        assume_deposit(version: VersionId);
        /// Lets `model`, owned by `owner`, name `version` in one more publication.
        approve_derivative(version: VersionId, model: ModelId, owner: AccountId);
        withdraw_derivative_approval(version: VersionId, model: ModelId);
        request_approval(licensor: Licensor, kind: ApprovalKind);
        /// Lets an account serve, or pay for, what the licensor's conditions bind.
        approve_access = approve(licensor: Licensor, kind: ApprovalKind, account: AccountId);
        withdraw_approval(licensor: Licensor, kind: ApprovalKind, account: AccountId);
        set_rule(rule: Rule, value: u128);
    }

    DataLicense {
        register_dataset(
            name: Name,
            category: Category,
            metadata: File,
            openness: Openness,
            split: Option<SplitId>,
        );
        set_terms(dataset: DatasetId, terms: DatasetTerms);
        set_dataset_metadata = set_metadata(dataset: DatasetId, metadata: File);
        close_dataset(dataset: DatasetId);
        reopen_dataset(dataset: DatasetId);
        remove_dataset(dataset: DatasetId);
        /// Offers the dataset to another owner, who accepts it.
        transfer_dataset = transfer_ownership(dataset: DatasetId, to: AccountId);
        /// `changes`: of the dataset as the new owner has seen it.
        accept_dataset = accept_ownership(dataset: DatasetId, changes: u32);
        cancel_dataset_transfer = cancel_transfer(dataset: DatasetId);
        /// `number`: of the terms that the caller has read. `lasts`: how long the request stands
        /// where approval is needed, in ticks.
        acquire(dataset: DatasetId, model: ModelId, number: TermsNumber, max_cost: Balance, lasts: Tick);
        /// `licensee` and `number`: of the request as the dataset's owner has seen it.
        approve_request = approve(
            dataset: DatasetId,
            model: ModelId,
            licensee: AccountId,
            number: TermsNumber,
        );
        reject_request = reject(dataset: DatasetId, model: ModelId);
        /// Takes a request back that nobody has decided on.
        withdraw_request = withdraw(dataset: DatasetId, model: ModelId);
        renew(grant: GrantId, periods: u32, max_cost: Balance);
        revoke(grant: GrantId);
        /// Hands over what of a grant's price has vested; by anyone.
        vest(grant: GrantId);
        vest_many(grants: Vec<GrantId>);
        /// Moves a version to another grant of the same dataset and model.
        move_version(version: VersionId, from: GrantId, to: GrantId);
        /// Takes retired versions that nobody builds on off the grant, so that it can be removed.
        detach_versions(grant: GrantId, versions: Vec<VersionId>);
        /// Lets a model's new owner publish under a grant whose terms ask for approval.
        approve_owner(grant: GrantId, owner: AccountId);
        remove_grant(grant: GrantId);
    }

    InferenceEscrow {
        register_worker(signer: AccountId, payout: AccountId, details: WorkerDetails, bond: Balance);
        update_worker(signer: AccountId, payout: AccountId, details: WorkerDetails);
        /// `fee` for one unit, in the asset of the version's price.
        set_offer(version: VersionId, fee: Balance, min_duration: Tick);
        remove_offer(version: VersionId);
        /// Removes anybody's offer of a retired version; by anyone.
        clear_offer(worker: AccountId, version: VersionId);
        pause();
        resume();
        bond_more(asset: Asset, value: Balance);
        withdraw_bond(asset: Asset, value: Balance);
        leave();
        open_job(order: Order<AccountId>);
        /// `units`: used, at most those of the job. `blob`: hash of the sealed answer.
        attest(job: JobId, output_commitment: Hash32, units: u32, blob: Hash32);
        decline(job: JobId, reason: DeclineReason);
        /// Ends an overdue job, or removes the row of one that was kept long enough; by anyone.
        expire(job: JobId);
    }

    RewardSplit {
        create_split(shares: Vec<Share<AccountId>>);
        remove_split(split: SplitId);
        claim_many(claims: Vec<(SplitId, Asset, u32)>);
        /// Of an epoch that is over: a split's, or a worker's by the account of its bond; by
        /// anyone.
        claim_issuance(epoch: Epoch, beneficiary: Beneficiary<AccountId>);
    }

    Balances {
        /// `value` of the token; the sender's account stays alive.
        transfer_keep_alive(dest: AccountId, value: Balance);
    }

    Assets {
        /// `amount` of another asset; the sender's account stays alive.
        transfer_asset = transfer_keep_alive(id: u32, target: AccountId, amount: Balance);
    }

    Utility {
        /// All of the calls or none.
        batch_all(calls: Vec<Call>);
        /// Each call that succeeds counts, whether or not the others do.
        force_batch(calls: Vec<Call>);
    }

    Referenda {
        place_decision_deposit(index: u32);
        /// Of a referendum that ended.
        refund_decision_deposit(index: u32);
        /// Of a referendum that was approved or cancelled.
        refund_submission_deposit(index: u32);
    }

    ConvictionVoting {
        /// Takes a vote back. `class`, its track, may be left out while the referendum runs.
        remove_vote(class: Option<u16>, index: u32);
        /// Lets `to` vote on the track `class` with `balance` of the signer's tokens.
        delegate(class: u16, to: AccountId, conviction: Conviction, balance: Balance);
        undelegate(class: u16);
        /// Frees the tokens of `target` that no vote and no conviction on the track `class` locks
        /// any longer.
        unlock_votes = unlock(class: u16, target: AccountId);
    }
}

/// Any asset; the sender's account stays alive.
pub fn transfer(to: AccountId, amount: Amount) -> Call {
    match amount.asset {
        Asset::Native => transfer_keep_alive(to, amount.value),
        Asset::Id(id) => transfer_asset(id, to, amount.value),
    }
}

/// The bytes of a call, for a referendum on one that is too long to stand in it; they are on
/// deposit until they are unnoted.
pub fn note_preimage(call: Call) -> Call {
    Call::new("Preimage", "note_preimage").with("bytes", Argument::CallBytes(Box::new(call)))
}

/// In whose name a referendum's call is made: a path in the runtime's `OriginCaller`. It says on
/// which track the referendum runs.
pub type Origin = &'static [&'static str];

pub const ROOT: Origin = &["system", "Root"];
pub const REGISTRY_RULES: Origin = &["Origins", "RegistryRules"];
pub const MODERATION: Origin = &["Origins", "Moderation"];

/// A referendum on `call`.
pub fn submit_referendum(origin: Origin, call: Call, enactment: Enactment) -> Call {
    Call::new("Referenda", "submit")
        .with("proposal_origin", Argument::Variant(origin))
        .with("proposal", Argument::Bounded(Box::new(call)))
        .with("enactment_moment", Argument::Bytes(enactment.encode()))
}

/// How strongly, and how long, tokens vote: `x` times for `2^(x-1)` locking periods, or a tenth and
/// no longer than the referendum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
pub struct Conviction(u8);

impl Conviction {
    /// A tenth: no lock beyond the referendum.
    pub const NONE: Self = Self(0);

    /// 1 to 6 times; `None` for another number.
    pub fn times(n: u8) -> Option<Self> {
        (1..=6).contains(&n).then_some(Self(n))
    }

    /// For how many locking periods tokens are locked after a vote that won; `None` for a tenth.
    pub fn locking_periods(self) -> Option<u32> {
        self.0.checked_sub(1).map(|n| 1 << n)
    }
}

impl From<Conviction> for Argument {
    fn from(conviction: Conviction) -> Self {
        Self::Bytes(conviction.encode())
    }
}

/// Votes with `value` tokens.
pub fn vote(index: u32, aye: bool, conviction: Conviction, value: Balance) -> Call {
    // A standard vote: its highest bit says aye, the others are the conviction.
    let vote = (0u8, conviction.0 | if aye { 0x80 } else { 0 }, value);
    Call::new("ConvictionVoting", "vote")
        .with("poll_index", index)
        .with("vote", Argument::Bytes(vote.encode()))
}

/// Does nothing but use a nonce, for the smallest possible fee.
pub(crate) fn remark() -> Call {
    Call::new("System", "remark").with("remark", Argument::Bytes(Vec::<u8>::new().encode()))
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::testing::PALLETS;

    /// Names of a call's parameters in its pallet's source; the first one is the origin.
    fn parameters<'a>(source: &'a str, call: &str) -> Option<Vec<&'a str>> {
        let mut calls = source.split("#[pallet::call_index(").skip(1);
        let rest = calls.find_map(|c| {
            let (_, signature) = c.split_once("pub fn ")?;
            signature.strip_prefix(call)?.strip_prefix('(')
        })?;
        let (list, _) = rest.split_once("->")?;
        // A parameter's name stands before its colon, alone but for an attribute.
        let names = list.split(": ").filter_map(|before| {
            before
                .split_whitespace()
                .last()
                .map(|n| n.trim_start_matches('('))
        });
        let mut names: Vec<&str> = names.collect();
        // What stands after the last colon is a type.
        names.pop();
        Some(names.split_off(1))
    }

    #[test]
    fn builders_have_their_pallets_parameters() {
        for (pallet, call, arguments) in ALL {
            let Some((_, source)) = PALLETS.iter().find(|(name, _)| name == pallet) else {
                continue;
            };
            let found = parameters(source, call);
            assert_eq!(found.as_deref(), Some(*arguments), "{pallet}.{call}");
        }
    }
}
