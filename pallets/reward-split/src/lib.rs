//! Fixed divisions of income, one vault, and claims.
//!
//! # Words
//!
//! - **split**: a fixed division of income into 1 to 16 **shares** that sum to a million parts. It
//!   never changes. A share's beneficiary is an account, whoever owns a model or a dataset when the
//!   share is claimed, or another split.
//! - **keeper**: the version or dataset that a split was made for, with which alone it goes; none for
//!   a split that somebody made by call, its **depositor**.
//! - **vault**: the one account that holds income not yet claimed and money that has not vested, on
//!   hold (`Income`), out of reach of an asset's issuer. It needs the native existential deposit (a
//!   genesis preset endows it) and the minimum balance of each accepted asset (`accept_asset` sees to
//!   it); both stay free.
//! - **ledger**: what each split received and what each of its shares was paid, by asset. Both only
//!   grow. A share is **owed** `floor(received × parts / 10⁶) − paid`. How much the vault owes in all
//!   is its hold, in no second row.
//! - **dust**: fewer than (number of shares) units, which the floors leave to later income; in the
//!   split of a version or a dataset also what each payee is owed below the asset's minimum balance.
//!   It goes to the network's split when a split is removed.
//! - **unvested**: money that was paid for a grant and may still go back. It lies in the vault, in a
//!   row of the grant; to vest moves numbers only.
//! - **frozen**: of a version's split, while the version or its model is suspended, the shares of the
//!   model's owner and of accounts. They are owed as before and can be claimed when that is over; what
//!   goes to other splits can be meanwhile.
//! - **network's split**: the one that a pointer names. `Root` makes a new one and moves the pointer;
//!   what the old one received stays claimable.
//! - **debt**: money that was due and could not move. It stays under the payer's hold until anyone
//!   has it paid out. Debts of one payer, hold reason, asset and destination are one row.
//! - **accepted asset**: one that prices may be in. The vault keeps a unit of it on hold
//!   (`AssetPin`), so that it cannot be destroyed and made again as another.
//! - **clock**: ticks of the relay chain, and ticks that this chain served.
//! - **issuance**: what each block mints by the curve, and what of it was not claimed; it lies in the
//!   vault under a hold of its own (`Issuance`).
//! - **epoch**: 14,400 ticks. **credit**: the network's cuts in the token that a split (by its prices)
//!   or a worker (by its fees) has brought in an epoch, for which it may claim issuance when that is
//!   over: at most half of the cuts.
//!
//! # Story
//!
//! A version is published: the registry has a split made for it. A job settles: escrow pays the
//! model's part and the network's [`to_splits`](myai_support::Payouts::to_splits), one transfer, at
//! the same cost whatever stands behind the splits. Later anyone calls `claim` for each share: an
//! account is paid, a base's split is credited in the ledger, and its own shares may be claimed in
//! turn, down to the first generation. Nobody's missing claim holds up another's. What an account may
//! claim, and what must be claimed before it, [`claimable`](Pallet::claimable) lists.
//!
//! A grant that can be revoked is bought: its price comes into the vault
//! [unvested](myai_support::Unvested). As time passes data-license vests it to the dataset's split;
//! what has not vested when the grant is revoked goes back to whoever paid it.
//!
//! # Money
//!
//! In: a payer's hold or free units → vault, free, then held, in one step. Out: the vault's hold →
//! beneficiary, or whoever paid for a grant. Units never leave the vault for any other purpose. What
//! somebody sent to the vault by mistake can be swept to the network's split. Issuance is minted into
//! the vault and goes from there to blocks' authors, to contributors and to the treasury.
//!
//! A settlement never fails for the state of an account or asset, nor for how deep its call is
//! nested: each leg moves as a whole, or becomes a debt.
//!
//! # Trust
//!
//! `NetworkOrigin` divides future network income, at least three quarters of it to the treasury;
//! `RulesOrigin` says which assets are accepted. Neither reaches what a split has received. A split
//! that somebody made is named by its depositor alone, a version's or a dataset's by what derives
//! from it: a stranger can tie nothing to either.
//!
//! Nobody sets what is minted: the curve is fixed, and no call mints. Who pays itself gets back less
//! than the network's cut, so it always loses.
//!
//! The clock's storage lives here because every pallet asks for it and this one depends on none.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod arithmetic;
mod assets;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod claimable;
mod clock;
mod debts;
mod issuance;
mod ledger;
mod splits;
mod try_state;
mod types;
mod unvested;
mod views;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use issuance::{CLAIM_EPOCHS, MAX_FORGOTTEN};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// What the benchmarks need from other pallets.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId> {
    /// Makes `asset` exist, sufficient or not, and gives `who` at least 10¹⁸ free units of it, and
    /// as many of the native token.
    fn fund(asset: &myai_primitives::Asset, who: &AccountId);

    /// A version of a model that `owner` owns, and the model.
    fn version(owner: &AccountId) -> (myai_primitives::VersionId, myai_primitives::ModelId);
}

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use crate::issuance::EpochKey;
    use alloc::{collections::BTreeMap, vec::Vec};
    use frame_support::{
        pallet_prelude::*,
        traits::{fungible, Consideration, Footprint},
        weights::WeightMeter,
        PalletId,
    };
    use frame_system::pallet_prelude::*;
    use myai_primitives::{
        Amount, Asset, Balance, Beneficiary, Epoch, GrantId, Share, Shares, SplitId, Tick,
        MAX_SHARES,
    };
    use myai_support::{Earners, Keeper, Money, Owners, RulesAt, Suspensions};
    use sp_runtime::traits::BlockNumberProvider;

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Most assets beside the native one that are accepted at a time.
    pub const MAX_ACCEPTED: u32 = 16;
    /// Most claims of one `claim_many`.
    pub const MAX_CLAIMS: u32 = 16;
    /// Most assets in which a split that is to be removed may have received.
    pub const MAX_RECEIVED: u32 = 32;

    pub(crate) type TicketOf<T> = <T as Config>::SplitConsideration;
    pub(crate) type SplitOf<T> = Split<<T as frame_system::Config>::AccountId, TicketOf<T>>;
    /// A row of debts beside its payer: hold reason, asset, destination.
    pub(crate) type DebtKeyOf<T> = (
        <T as Config>::RuntimeHoldReason,
        Asset,
        Destination<<T as frame_system::Config>::AccountId>,
    );

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// The runtime's hold reasons; debts store one.
        type RuntimeHoldReason: Parameter + MaxEncodedLen + Copy + From<HoldReason>;

        /// Money in every asset.
        type Money: Money<Self::AccountId, Reason = Self::RuntimeHoldReason>;

        /// Mints issuance.
        type Token: fungible::Mutate<Self::AccountId, Balance = Balance>;

        /// What there may be of the token at most, in its smallest unit.
        #[pallet::constant]
        type Cap: Get<Balance>;

        /// Workers, who earn credit by their fees.
        type Earners: Earners<Self::AccountId>;

        /// Accounts of the chain itself that need to live, beside vault and treasury: those that
        /// fees go to. The first mint gives each an existential deposit where it has less.
        type ChainAccounts: Get<Vec<Self::AccountId>>;

        /// Who owns models and datasets.
        type Owners: Owners<Self::AccountId>;

        /// What of a version's income cannot be claimed for a while.
        type Suspensions: Suspensions<Self::AccountId>;

        /// Asked for the token's deposit of a job, to show it beside those of accepted assets.
        type Rules: RulesAt;

        /// The deposit for a split's storage; its hold reason is [`HoldReason::SplitDeposit`].
        type SplitConsideration: Consideration<Self::AccountId, Footprint>;

        /// Who changes the network's shares: `Root`.
        type NetworkOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// Who says which assets are accepted.
        type RulesOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// The relay chain's block number, a tick each.
        type RelayNumber: BlockNumberProvider<BlockNumber = Tick>;

        /// The vault's account: `PalletId(*b"myai/vlt")`. It has the native existential deposit from
        /// the genesis, or from the first mint.
        #[pallet::constant]
        type VaultId: Get<PalletId>;

        /// Where the network's income goes as long as nobody says otherwise; lends the vault its
        /// minimum balances.
        type Treasury: Get<Self::AccountId>;

        type WeightInfo: WeightInfo;

        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
    }

    /// Why this pallet holds money.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// The vault's: income not yet claimed, what has not vested, and debts of the vault.
        #[codec(index = 0)]
        Income,
        /// A depositor's: for the storage of a split.
        #[codec(index = 1)]
        SplitDeposit,
        /// The vault's: what was minted and is nobody's yet.
        #[codec(index = 2)]
        Issuance,
        /// The vault's: one unit of each accepted asset.
        #[codec(index = 3)]
        AssetPin,
    }

    /// The clock as the last block left it; `None` before the first. Owner: `clock.rs`. Never
    /// deleted.
    #[pallet::storage]
    pub type Clock<T: Config> = StorageValue<_, Reading, OptionQuery>;

    /// The next split's id. Owner: `splits.rs`. Never deleted.
    #[pallet::storage]
    pub type NextSplit<T: Config> = StorageValue<_, SplitId, ValueQuery>;

    /// Every split by its id. Owner: `splits.rs`. Deleted when the split is removed.
    #[pallet::storage]
    pub type Splits<T: Config> = StorageMap<_, Twox64Concat, SplitId, SplitOf<T>, OptionQuery>;

    /// The splits that pay a beneficiary, in the order of their ids: a row for each split and
    /// beneficiary. Owner: `splits.rs`. Deleted with the split.
    #[pallet::storage]
    pub type SplitsOf<T: Config> = StorageDoubleMap<
        _,
        Blake2_128Concat,
        Beneficiary<T::AccountId>,
        Identity,
        [u8; 4],
        (),
        OptionQuery,
    >;

    /// What keeps a split from being removed, beside the network's pointer. Owners: `splits.rs`, and
    /// `debts.rs` for its count. Deleted when nothing does.
    #[pallet::storage]
    pub type References<T: Config> = StorageMap<_, Twox64Concat, SplitId, Refs, ValueQuery>;

    /// The network's split. Owner: `splits.rs`. Written by genesis, never deleted.
    #[pallet::storage]
    pub type NetworkSplit<T: Config> = StorageValue<_, SplitId, ValueQuery>;

    /// Units that a split ever received in an asset, and in the token the credit that it earned last.
    /// Owners: `ledger.rs`, and `issuance.rs` for the credit. Deleted with the split.
    #[pallet::storage]
    pub type Received<T: Config> =
        StorageDoubleMap<_, Twox64Concat, SplitId, Twox64Concat, Asset, Income, ValueQuery>;

    /// How far issuance has come; `None` before the first block has ended. Owner: `issuance.rs`.
    /// Never deleted.
    #[pallet::storage]
    pub type Issuance<T: Config> = StorageValue<_, Issued, OptionQuery>;

    /// Epochs that are over and open for claims, by their numbers (big endian). Owner: `issuance.rs`.
    /// Deleted when claims are over.
    #[pallet::storage]
    pub type Epochs<T: Config> = StorageMap<_, Identity, EpochKey, ClosedEpoch, OptionQuery>;

    /// Credit of epochs that are over, by epoch, and by the split or the worker (by the account of its
    /// bond) that earned it. A row is written when its beneficiary earns again, or claims. Owner:
    /// `issuance.rs`. Deleted by the claim, or when claims are over.
    #[pallet::storage]
    pub type Credits<T: Config> = StorageDoubleMap<
        _,
        Identity,
        EpochKey,
        Blake2_128Concat,
        Beneficiary<T::AccountId>,
        Balance,
        ValueQuery,
    >;

    /// Units that each share of a split was ever paid in an asset, in the order of the shares;
    /// empty before the first claim. Owner: `ledger.rs`. Deleted with the split.
    #[pallet::storage]
    pub type Paid<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        SplitId,
        Twox64Concat,
        Asset,
        BoundedVec<Balance, ConstU32<MAX_SHARES>>,
        ValueQuery,
    >;

    /// What was paid for a grant and has not vested. Owner: `unvested.rs`. Deleted when all has vested
    /// or gone back.
    #[pallet::storage]
    pub type Unvested<T: Config> = StorageMap<_, Twox64Concat, GrantId, Amount, OptionQuery>;

    /// The assets that prices may be in, beside the native one, and what they ask. Owner:
    /// `assets.rs`. Deleted by `drop_asset`.
    #[pallet::storage]
    pub type AcceptedAssets<T: Config> =
        CountedStorageMap<_, Twox64Concat, u32, AcceptedAsset, OptionQuery>;

    /// Money that was due and could not move, by payer, and by hold reason, asset and destination.
    /// Owner: `debts.rs`. Deleted when it is paid out.
    #[pallet::storage]
    pub type Debts<T: Config> = StorageDoubleMap<
        _,
        Blake2_128Concat,
        T::AccountId,
        Blake2_128Concat,
        DebtKeyOf<T>,
        Balance,
        ValueQuery,
    >;

    /// The sum of a payer's debts by hold reason and asset. Owner: `debts.rs`. Deleted with the last
    /// of them.
    #[pallet::storage]
    pub type DebtTotals<T: Config> = StorageDoubleMap<
        _,
        Blake2_128Concat,
        T::AccountId,
        Blake2_128Concat,
        (T::RuntimeHoldReason, Asset),
        Balance,
        ValueQuery,
    >;

    /// Makes the network's split, all of it the treasury's. The vault's existential deposit is
    /// pallet-balances' to give; of each accepted asset it needs the minimum balance and one unit,
    /// which pallet-assets gives to the vault or to the treasury.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Assets that prices may be in from the start, at most [`MAX_ACCEPTED`]: id, deposit of a
        /// job, deposit of a session, least lock of a bond.
        pub accepted: Vec<(u32, Balance, Balance, Balance)>,
        #[serde(skip)]
        pub _config: core::marker::PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            assert!(
                Pallet::<T>::found_network().is_ok(),
                "a genesis can make the network's split"
            );
            for (asset, job_deposit, session_deposit, min_lock) in &self.accepted {
                let asked = AcceptedAsset {
                    job_deposit: *job_deposit,
                    session_deposit: *session_deposit,
                    min_lock: *min_lock,
                };
                assert!(
                    Pallet::<T>::do_accept_asset(*asset, asked).is_ok(),
                    "an accepted asset exists, and vault or treasury have its minimum and a unit"
                );
            }
        }
    }

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A split was made. `depositor` bears its deposit; `None` for a network's split.
        SplitCreated {
            split: SplitId,
            depositor: Option<T::AccountId>,
            keeper: Keeper,
            shares: Shares<T::AccountId>,
        },
        /// A split is gone; its dust went to the network's split.
        SplitRemoved { split: SplitId },
        /// Units came into the vault for a split.
        IncomeReceived {
            split: SplitId,
            asset: Asset,
            value: Balance,
            payer: T::AccountId,
        },
        /// A payer's held units went to another account, past the vault or out of it.
        Paid {
            payer: T::AccountId,
            reason: T::RuntimeHoldReason,
            asset: Asset,
            value: Balance,
            to: T::AccountId,
        },
        /// A payer's held units are free again.
        Refunded {
            payer: T::AccountId,
            reason: T::RuntimeHoldReason,
            asset: Asset,
            value: Balance,
        },
        /// What a share was owed was paid out of the vault.
        Claimed {
            split: SplitId,
            share: u32,
            asset: Asset,
            value: Balance,
            to: T::AccountId,
        },
        /// What a share was owed was credited to another split.
        Credited {
            split: SplitId,
            share: u32,
            asset: Asset,
            value: Balance,
            to: SplitId,
        },
        /// One of many claims failed; the others went on.
        ClaimFailed {
            split: SplitId,
            share: u32,
            asset: Asset,
            error: DispatchError,
        },
        /// The dust of a removed split was credited to the network's.
        DustCredited {
            split: SplitId,
            asset: Asset,
            value: Balance,
            to: SplitId,
        },
        /// `value` was due and could not move for `error`; it stays held. The row's debt is `total`
        /// now.
        DebtRecorded {
            payer: T::AccountId,
            reason: T::RuntimeHoldReason,
            asset: Asset,
            destination: Destination<T::AccountId>,
            value: Balance,
            total: Balance,
            error: DispatchError,
        },
        /// All of a row's debt was paid.
        DebtPaid {
            payer: T::AccountId,
            reason: T::RuntimeHoldReason,
            asset: Asset,
            destination: Destination<T::AccountId>,
            value: Balance,
        },
        /// Units came into the vault for a grant, and may still go back.
        UnvestedReceived {
            grant: GrantId,
            asset: Asset,
            value: Balance,
            payer: T::AccountId,
        },
        /// So much of a grant's unvested money became income of a split.
        Vested {
            grant: GrantId,
            asset: Asset,
            value: Balance,
            split: SplitId,
        },
        /// So much of a grant's unvested money is due to `to`: `moved` has reached it, the rest is a
        /// debt of the vault.
        UnvestedReturned {
            grant: GrantId,
            asset: Asset,
            value: Balance,
            moved: Balance,
            to: T::AccountId,
        },
        /// Network income goes to another split from now on.
        NetworkSplitChanged { old: SplitId, new: SplitId },
        /// Prices may be in the asset, which asks so much; or it asks so much from now on.
        AssetAccepted { asset: u32, asked: AcceptedAsset },
        /// New prices may no longer be in the asset.
        AssetDropped { asset: u32 },
        /// An epoch is over. Of its `pool` so much goes `to_contributors`, who earned `credits`, and
        /// the rest to the treasury.
        EpochEnded {
            epoch: Epoch,
            pool: Balance,
            credits: Balance,
            to_contributors: Balance,
        },
        /// What contributors had not claimed of an epoch's issuance went to the treasury.
        EpochExpired { epoch: Epoch, value: Balance },
        /// A block's author got its part of issuance.
        AuthorPaid {
            author: T::AccountId,
            value: Balance,
        },
        /// The treasury got its part of issuance.
        TreasuryPaid { value: Balance },
        /// A contributor's part of an epoch's issuance became income of its split, or was paid `to`
        /// the worker's payout account.
        IssuanceClaimed {
            epoch: Epoch,
            beneficiary: Beneficiary<T::AccountId>,
            value: Balance,
            to: Option<T::AccountId>,
        },
        /// What the vault had and owed to nobody went to the network's split.
        SurplusSwept {
            asset: Asset,
            value: Balance,
            to: SplitId,
        },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// There is no such split.
        SplitNotFound,
        /// A split needs a share.
        NoShares,
        /// A split has at most 16 shares.
        TooManyShares,
        /// A share has at least one part.
        EmptyShare,
        /// The shares of a split sum to a million parts.
        SharesNotAMillion,
        /// The vault cannot be a beneficiary.
        PaysTheVault,
        /// A share names a split that the caller has not made itself.
        SplitOfAnother,
        /// The split has no share at that place.
        ShareNotFound,
        /// The share, or the contributor, is owed nothing.
        NothingOwed,
        /// The version that the split is of, or its model, is suspended: the owner's share and those of
        /// extra accounts wait until that is over.
        ShareFrozen,
        /// The model or dataset has no owner.
        OwnerNotFound,
        /// The vault holds less of the asset than it owes the share.
        Shortfall,
        /// Only the split's depositor may do this.
        NotDepositor,
        /// The split belongs to a version or a dataset and goes with it.
        KeptByAnother,
        /// A split, a debt, a version, a dataset or the network still names the split.
        StillNamed,
        /// The split owes more than dust.
        StillOwes,
        /// The split received in more assets than can be cleared at once.
        TooManyAssets,
        /// The network's shares go to accounts only.
        AccountsOnly,
        /// At least three quarters of the network's shares are the treasury's.
        TreasuryBelowThreeQuarters,
        /// The payer owes nothing to that destination in that asset for that reason.
        DebtNotFound,
        /// The grant has unvested money in another asset.
        GrantHasAnotherAsset,
        /// There is no such asset.
        AssetNotFound,
        /// The asset is not accepted.
        AssetNotAccepted,
        /// An accepted asset's deposits and least lock are above zero.
        AskedIsZero,
        /// As many assets as can be are accepted.
        TooManyAccepted,
        /// The vault has nothing that it does not owe.
        NothingToSweep,
        /// The ids of splits are used up.
        IdsExhausted,
        /// The epoch is not over, nobody earned anything in it, or its claims are over.
        EpochNotOpen,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            T::WeightInfo::on_finalize()
        }

        fn on_idle(_: BlockNumberFor<T>, weight: Weight) -> Weight {
            let mut meter = WeightMeter::with_limit(weight);
            Self::forget_credits(&mut meter);
            meter.consumed()
        }

        fn on_finalize(_: BlockNumberFor<T>) {
            let (before, now) = Self::write_clock();
            Self::mint(before, now.last);
        }

        fn integrity_test() {
            assert!(
                T::Treasury::get() != Self::vault(),
                "the treasury cannot be the vault"
            );
            let accounts = T::ChainAccounts::get().len().saturating_add(2) as Balance;
            let first = arithmetic::minted(T::Cap::get(), 1) / 5;
            assert!(
                first >= accounts.saturating_mul(T::Money::minimum(&Asset::Native)),
                "the treasury's part of the first tick endows the chain's accounts"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Makes a split with these shares. It never changes; only its depositor removes it. A share
        /// may name another split that the caller made, which then cannot be removed before this
        /// one.
        ///
        /// Who: any signed account. Money: the deposit for its storage is held from the caller
        /// until `remove_split`.
        ///
        /// Errors: [`Error::NoShares`], [`Error::EmptyShare`], [`Error::SharesNotAMillion`],
        /// [`Error::PaysTheVault`], [`Error::SplitNotFound`] if a share names a split that is not
        /// there, [`Error::SplitOfAnother`] if it names somebody else's, a version's or a dataset's,
        /// and the deposit's own. Event: [`Event::SplitCreated`].
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::create_split(shares.len() as u32))]
        pub fn create_split(origin: OriginFor<T>, shares: Shares<T::AccountId>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_create(Some(&who), shares, Keeper::None).map(drop)
        }

        /// Pays what one share of a split is owed in an asset to its beneficiary, or credits it to
        /// the split that the share names.
        ///
        /// Who: any signed account, for anyone. Money: the vault's to the beneficiary, nothing to
        /// or from the caller.
        ///
        /// Errors: [`Error::SplitNotFound`], [`Error::ShareNotFound`], [`Error::NothingOwed`],
        /// [`Error::ShareFrozen`], [`Error::OwnerNotFound`], [`Error::Shortfall`], and the asset's own where the beneficiary
        /// cannot receive. Event: [`Event::Claimed`] or [`Event::Credited`].
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::claim())]
        pub fn claim(
            origin: OriginFor<T>,
            split: SplitId,
            asset: Asset,
            share: u32,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_claim(split, &asset, share)
        }

        /// Claims up to 16 shares, in their order: those of a chain of splits from the last
        /// generation to the first reach the end at once. `claimable` lists them so.
        ///
        /// Who: any signed account, for anyone. Money: as `claim`, for each. A claim that is owed
        /// nothing is passed by; one that fails does not stop the others.
        ///
        /// Events: as `claim`, and [`Event::ClaimFailed`] for each that failed.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::claim_many(claims.len() as u32))]
        pub fn claim_many(
            origin: OriginFor<T>,
            claims: BoundedVec<(SplitId, Asset, u32), ConstU32<MAX_CLAIMS>>,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_claim_many(claims);
            Ok(())
        }

        /// Removes a split that nothing names and that owes, in each asset, fewer units than it has
        /// shares. Those units go to the network's split.
        ///
        /// Who: its depositor. Money: the deposit goes back to the caller.
        ///
        /// Errors: [`Error::SplitNotFound`], [`Error::NotDepositor`], [`Error::KeptByAnother`] for a
        /// split of a version or a dataset, [`Error::StillNamed`], [`Error::StillOwes`],
        /// [`Error::TooManyAssets`]. Events: [`Event::DustCredited`] by asset,
        /// [`Event::SplitRemoved`].
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::remove_split(MAX_SHARES, MAX_RECEIVED))]
        pub fn remove_split(origin: OriginFor<T>, split: SplitId) -> DispatchResultWithPostInfo {
            let who = ensure_signed(origin)?;
            let found = Self::ensure_removable_by(&who, split)?;
            let shares = found.shares.len() as u32;
            let assets = Self::do_remove(split, found)?;
            Ok(Some(T::WeightInfo::remove_split(shares, assets)).into())
        }

        /// Pays a contributor what it earned of the issuance of an epoch that is over: a version's
        /// split (`Split`), whose shares may then claim it as income, or a worker (`Account`, that of
        /// its bond) at its payout account. It earned, for each unit of the network's cuts in the
        /// token that it brought, at most half a unit.
        ///
        /// Who: any signed account, for anyone; for 30 epochs after the epoch has ended, then the
        /// treasury has the rest. Money: the vault's to the contributor, nothing to or from the
        /// caller.
        ///
        /// Errors: [`Error::EpochNotOpen`], [`Error::NothingOwed`], [`Error::SplitNotFound`],
        /// [`Error::Shortfall`], and the token's own where the payout account cannot receive; then it
        /// can still be claimed. Event: [`Event::IssuanceClaimed`].
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::claim_issuance())]
        pub fn claim_issuance(
            origin: OriginFor<T>,
            epoch: Epoch,
            beneficiary: Beneficiary<T::AccountId>,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_claim_issuance(epoch, beneficiary)
        }

        /// Divides the network's income from now on. What it received before stays with the shares
        /// that it was received under.
        ///
        /// Who: `NetworkOrigin` (`Root`). Money: none. Each share goes to an account; those that
        /// are not the treasury's have at most a quarter together.
        ///
        /// Errors: as `create_split`, [`Error::AccountsOnly`],
        /// [`Error::TreasuryBelowThreeQuarters`].
        /// Events: [`Event::SplitCreated`], [`Event::NetworkSplitChanged`].
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::set_network_shares(shares.len() as u32))]
        pub fn set_network_shares(
            origin: OriginFor<T>,
            shares: Shares<T::AccountId>,
        ) -> DispatchResult {
            T::NetworkOrigin::ensure_origin(origin)?;
            Self::do_set_network_shares(shares)
        }

        /// Pays all that `payer` owes to a destination in an asset under a hold reason.
        ///
        /// Who: any signed account. Money: the payer's held units to the destination; nothing to or
        /// from the caller.
        ///
        /// Errors: [`Error::DebtNotFound`], and the asset's own while the money still cannot move.
        /// Events: [`Event::IncomeReceived`], [`Event::Paid`] or [`Event::Refunded`], then
        /// [`Event::DebtPaid`].
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::pay_out().max(T::WeightInfo::pay_out_cut()))]
        pub fn pay_out(
            origin: OriginFor<T>,
            payer: T::AccountId,
            reason: T::RuntimeHoldReason,
            asset: Asset,
            destination: Destination<T::AccountId>,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_pay_out(payer, reason, asset, destination)
        }

        /// Lets prices be in an asset of pallet-assets, or changes what an accepted one asks of what
        /// starts later: the deposits of a job and of a session, and the least of a bond that a job
        /// locks, in the asset's smallest unit and each above zero.
        ///
        /// Who: `RulesOrigin`. Money: the vault must have the asset's minimum balance free, for
        /// ever, and one unit on hold until `drop_asset`, so that the asset cannot be destroyed and
        /// made again. What it lacks comes from the treasury, and where the vault's account in the
        /// asset needs a deposit, that too. Anyone may have sent it to the vault before, so that an
        /// asset of which the treasury has none can be accepted.
        ///
        /// Errors: [`Error::AskedIsZero`], [`Error::AssetNotFound`], [`Error::TooManyAccepted`],
        /// and the asset's own where the treasury cannot pay. Event: [`Event::AssetAccepted`].
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::accept_asset())]
        pub fn accept_asset(
            origin: OriginFor<T>,
            asset: u32,
            job_deposit: Balance,
            session_deposit: Balance,
            min_lock: Balance,
        ) -> DispatchResult {
            T::RulesOrigin::ensure_origin(origin)?;
            let asked = AcceptedAsset {
                job_deposit,
                session_deposit,
                min_lock,
            };
            Self::do_accept_asset(asset, asked)
        }

        /// Stops new prices in an asset. What is priced, held or owed in it goes on; the minimum
        /// balance stays in the vault.
        ///
        /// Who: `RulesOrigin`. Money: the vault's one unit on hold is free again.
        ///
        /// Errors: [`Error::AssetNotAccepted`]. Event: [`Event::AssetDropped`].
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::drop_asset())]
        pub fn drop_asset(origin: OriginFor<T>, asset: u32) -> DispatchResult {
            T::RulesOrigin::ensure_origin(origin)?;
            Self::do_drop_asset(asset)
        }

        /// Gives what the vault has free above its minimum balance to the network's split, as
        /// income.
        ///
        /// Who: any signed account. Money: within the vault. The asset must be accepted, or owed by
        /// the vault.
        ///
        /// Errors: [`Error::AssetNotAccepted`], [`Error::NothingToSweep`]. Event:
        /// [`Event::SurplusSwept`].
        #[pallet::call_index(9)]
        #[pallet::weight(T::WeightInfo::sweep_surplus())]
        pub fn sweep_surplus(origin: OriginFor<T>, asset: Asset) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_sweep_surplus(&asset)
        }
    }

    impl<T: Config> myai_support::Splits<T::AccountId> for Pallet<T> {
        fn create(
            depositor: &T::AccountId,
            shares: Vec<Share<T::AccountId>>,
            keeper: Keeper,
        ) -> Result<SplitId, DispatchError> {
            let shares = shares.try_into().map_err(|_| Error::<T>::TooManyShares)?;
            Self::do_create(Some(depositor), shares, keeper)
        }

        fn remove(split: SplitId) -> DispatchResult {
            let found = Splits::<T>::get(split).ok_or(Error::<T>::SplitNotFound)?;
            Self::do_remove(split, found).map(drop)
        }

        fn exists(split: SplitId) -> bool {
            Splits::<T>::contains_key(split)
        }

        fn depositor(split: SplitId) -> Option<T::AccountId> {
            Splits::<T>::get(split)?.depositor().cloned()
        }

        fn inc_refs(split: SplitId) -> DispatchResult {
            Self::inc_other_refs(split)
        }

        fn dec_refs(split: SplitId) {
            Self::change_refs(split, |refs| refs.others = refs.others.saturating_sub(1));
        }

        fn kept() -> BTreeMap<SplitId, u32> {
            References::<T>::iter()
                .filter(|(_, refs)| refs.others > 0)
                .map(|(split, refs)| (split, refs.others))
                .collect()
        }

        fn network() -> SplitId {
            Self::network_split()
        }

        fn accepts(asset: &Asset) -> bool {
            Self::is_accepted(asset)
        }

        fn accepted() -> Vec<Asset> {
            let others = AcceptedAssets::<T>::iter_keys().map(Asset::Id);
            [Asset::Native].into_iter().chain(others).collect()
        }

        fn job_deposit(asset: u32) -> Option<Balance> {
            AcceptedAssets::<T>::get(asset).map(|asked| asked.job_deposit)
        }

        fn receive(
            from: &T::AccountId,
            asset: &Asset,
            amount: Balance,
            split: SplitId,
        ) -> DispatchResult {
            Self::receive_free(from, asset, amount, split)
        }

        fn shares_of(split: SplitId) -> Option<Vec<Share<T::AccountId>>> {
            Splits::<T>::get(split).map(|found| found.shares.into_inner())
        }
    }
}
