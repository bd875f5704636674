//! Fixed divisions of income, one vault, and claims.
//!
//! # Words
//!
//! - **split**: a fixed division of income into 1 to 16 **shares** that sum to a million parts. It
//!   never changes. A share's beneficiary is an account, whoever owns a model or a dataset when the
//!   share is claimed, or another split.
//! - **vault**: the one account that holds income not yet claimed, on hold (`Income`), out of reach
//!   of an asset's issuer. It needs the native existential deposit (a genesis preset endows it) and
//!   the minimum balance of each accepted asset (`accept_asset` sees to it); both stay free.
//! - **ledger**: what each split received and what each of its shares was paid, by asset. Both only
//!   grow. A share is **owed** `floor(received × parts / 10⁶) − paid`.
//! - **dust**: fewer than (number of shares) units, which the floors leave to later income; it goes
//!   to the network's split when a split is removed.
//! - **network's split**: the one that a pointer names. `Root` makes a new one and moves the pointer;
//!   what the old one received stays claimable.
//! - **unvested money**: paid for a grant and not yet earned; it lies in the vault as income does, and
//!   a row for each grant says how much.
//! - **debt**: money that was due and could not move. It stays under the payer's hold until anyone
//!   has it paid out; what is due to one destination adds up in one row.
//! - **clock**: ticks of the relay chain, and ticks that this chain served.
//!
//! # Story
//!
//! A version is published: the registry has a split made for it. A job settles: escrow pays the
//! model's part [`to_splits`](myai_support::Payouts::to_splits), at the same cost whatever stands
//! behind the split. Later anyone calls `claim` for each share: an account is paid, a base's split
//! is credited in the ledger, and its own shares may be claimed in turn, down to the first
//! generation. Nobody's missing claim holds up another's.
//!
//! # Money
//!
//! In: a payer's hold → vault, free, then held, in one step. Out: the vault's hold → beneficiary.
//! Units never leave the vault for any other purpose. What somebody sent to the vault by mistake can
//! be swept to the network's split.
//!
//! # Trust
//!
//! `NetworkOrigin` divides future network income, three quarters of it at least to the treasury;
//! `RulesOrigin` says which assets are accepted. Neither reaches what a split has received.
//!
//! The clock's storage lives here because every pallet asks for it and this one depends on none.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod arithmetic;
mod assets;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod clock;
mod debts;
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

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// What the benchmarks need from other pallets.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId> {
    /// Makes `asset` exist, sufficient or not, and gives `who` at least 10¹⁸ free units of it, and
    /// as many of the native token.
    fn fund(asset: &myai_primitives::Asset, who: &AccountId);

    /// A model that `owner` owns.
    fn model(owner: &AccountId) -> myai_primitives::ModelId;
}

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::vec::Vec;
    use frame_support::{
        pallet_prelude::*,
        traits::{Consideration, Footprint},
        PalletId,
    };
    use frame_system::pallet_prelude::*;
    use myai_primitives::{
        Amount, Asset, Balance, Beneficiary, GrantId, Shares, SplitId, Tick, MAX_SHARES,
    };
    use myai_support::{Keeper, Money, Owners};
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
    /// Payer, hold reason, asset, and where it goes.
    pub type DebtKey<T> = (
        <T as frame_system::Config>::AccountId,
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

        /// Who owns models and datasets.
        type Owners: Owners<Self::AccountId>;

        /// The deposit for a split's storage; its hold reason is [`HoldReason::SplitDeposit`].
        type SplitConsideration: Consideration<Self::AccountId, Footprint>;

        /// Who changes the network's shares: `Root`.
        type NetworkOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// Who says which assets are accepted.
        type RulesOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// The relay chain's block number, a tick each.
        type RelayNumber: BlockNumberProvider<BlockNumber = Tick>;

        /// The vault's account: `PalletId(*b"myai/vlt")`. The genesis must give it the native
        /// existential deposit.
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
        /// The vault's: income not yet claimed.
        #[codec(index = 0)]
        Income,
        /// A depositor's: for the storage of a split.
        #[codec(index = 1)]
        SplitDeposit,
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

    /// How many keep a split from being removed: shares of splits that name it, debts to it, the
    /// network's pointer, and other pallets that asked for it. Owner: `splits.rs`. Deleted at zero.
    #[pallet::storage]
    pub type References<T: Config> = StorageMap<_, Twox64Concat, SplitId, u32, ValueQuery>;

    /// The network's split; `None` until the first use of a chain whose genesis did not make it.
    /// Owner: `splits.rs`. Never deleted.
    #[pallet::storage]
    pub type NetworkSplit<T: Config> = StorageValue<_, SplitId, OptionQuery>;

    /// Units that a split ever received in an asset. Owner: `ledger.rs`. Deleted with the split.
    #[pallet::storage]
    pub type Received<T: Config> =
        StorageDoubleMap<_, Twox64Concat, SplitId, Twox64Concat, Asset, Balance, ValueQuery>;

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

    /// The splits that pay a beneficiary, by the beneficiary and the split's id, big endian. Owner:
    /// `splits.rs`. Deleted with the split.
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

    /// Money for a grant that has not vested; it lies in the vault as income does. Owner:
    /// `unvested.rs`. Deleted at zero.
    #[pallet::storage]
    pub type UnvestedOf<T: Config> = StorageMap<_, Twox64Concat, GrantId, Amount, OptionQuery>;

    /// The assets that prices may be in, beside the native one. Owner: `assets.rs`. One is deleted by
    /// `drop_asset`.
    #[pallet::storage]
    pub type AcceptedAssets<T: Config> =
        StorageValue<_, BoundedVec<AcceptedAsset, ConstU32<MAX_ACCEPTED>>, ValueQuery>;

    /// Money that was due and could not move, in the asset's smallest unit: what is due to one
    /// destination out of one hold adds up. Owner: `debts.rs`. Deleted when it is paid out.
    #[pallet::storage]
    pub type Debts<T: Config> =
        StorageMap<_, Blake2_128Concat, DebtKey<T>, Balance, ValueQuery>;

    /// What a payer's debts out of one hold come to. Owner: `debts.rs`. Deleted at zero.
    #[pallet::storage]
    pub type DebtTotals<T: Config> = StorageMap<
        _,
        Blake2_128Concat,
        (T::AccountId, T::RuntimeHoldReason, Asset),
        Balance,
        ValueQuery,
    >;

    /// Makes the network's split, all of it the treasury's. The vault's existential deposit is
    /// pallet-balances' to give, and its minimum balance of each accepted asset pallet-assets'.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The assets that prices may be in from the start; at most [`MAX_ACCEPTED`].
        pub accepted: Vec<AcceptedAsset>,
        #[serde(skip)]
        pub _config: core::marker::PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            Pallet::<T>::network_split();
            let accepted = BoundedVec::try_from(self.accepted.clone());
            assert!(
                accepted.is_ok(),
                "a genesis accepts at most {MAX_ACCEPTED} assets"
            );
            AcceptedAssets::<T>::put(accepted.unwrap_or_default());
        }
    }

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A split was made. `depositor` is `None` for a network's split.
        SplitCreated {
            split: SplitId,
            depositor: Option<T::AccountId>,
            shares: Shares<T::AccountId>,
        },
        /// A split is gone; its dust went to the network's split.
        SplitRemoved { split: SplitId },
        /// Units came into the vault for a split.
        Received {
            split: SplitId,
            asset: Asset,
            amount: Balance,
            payer: T::AccountId,
        },
        /// A payer's held units were paid to an account, past the vault.
        Paid {
            payer: T::AccountId,
            asset: Asset,
            amount: Balance,
            to: T::AccountId,
        },
        /// A payer's held units are free again.
        Refunded {
            payer: T::AccountId,
            asset: Asset,
            amount: Balance,
        },
        /// What a share was owed was paid out of the vault.
        Claimed {
            split: SplitId,
            share: u32,
            asset: Asset,
            amount: Balance,
            to: T::AccountId,
        },
        /// What a share was owed was credited to another split.
        Credited {
            split: SplitId,
            share: u32,
            asset: Asset,
            amount: Balance,
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
            amount: Balance,
            to: SplitId,
        },
        /// `amount` was due and could not move for `error`; it stays held.
        DebtRecorded {
            payer: T::AccountId,
            reason: T::RuntimeHoldReason,
            asset: Asset,
            amount: Balance,
            destination: Destination<T::AccountId>,
            error: DispatchError,
        },
        /// All that was due to a destination out of a hold was paid.
        DebtPaid {
            payer: T::AccountId,
            reason: T::RuntimeHoldReason,
            asset: Asset,
            amount: Balance,
            destination: Destination<T::AccountId>,
        },
        /// Money for a grant came into the vault; it has not vested yet.
        UnvestedReceived {
            grant: GrantId,
            payer: T::AccountId,
            amount: Amount,
        },
        /// Money for a grant vested: it is income of a split.
        Vested {
            grant: GrantId,
            split: SplitId,
            amount: Amount,
        },
        /// What had not vested when a grant ended went back to who paid it; where it was not `paid`
        /// it is a debt of the vault.
        UnvestedReturned {
            grant: GrantId,
            to: T::AccountId,
            amount: Amount,
            paid: bool,
        },
        /// Network income goes to another split from now on.
        NetworkSplitChanged { old: SplitId, new: SplitId },
        /// Prices may be in the asset.
        AssetAccepted { id: u32 },
        /// New prices may no longer be in the asset.
        AssetDropped { id: u32 },
        /// Units in the vault that it owed to nobody went to the network's split.
        Swept {
            asset: Asset,
            amount: Balance,
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
        /// The split has no share at that place.
        NoSuchShare,
        /// The share is owed nothing.
        NothingOwed,
        /// The model or dataset has no owner.
        NoOwner,
        /// The vault holds less of the asset than it owes.
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
        TreasuryTooSmall,
        /// There is no such debt.
        DebtNotFound,
        /// There is no such asset.
        AssetNotFound,
        /// A job's deposit must be above zero.
        NoJobDeposit,
        /// The asset is accepted already.
        AlreadyAccepted,
        /// The asset is not accepted.
        AssetNotAccepted,
        /// As many assets as can be are accepted.
        TooManyAccepted,
        /// The vault has nothing that it does not owe.
        NothingToSweep,
        /// The ids of splits are used up.
        IdsExhausted,
        /// A share may name only a split whose depositor is the caller.
        SplitOfAnother,
        /// The grant's money is in another asset.
        GrantInAnotherAsset,
        /// Batches are nested so deep that a payment could not be undone.
        NestedTooDeep,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            T::WeightInfo::on_finalize()
        }

        fn on_finalize(_: BlockNumberFor<T>) {
            Self::write_clock();
        }

        fn integrity_test() {
            assert!(
                T::Treasury::get() != Self::vault(),
                "the treasury cannot be the vault"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Makes a split with these shares. It never changes; only its depositor removes it.
        ///
        /// Who: any signed account. Money: the deposit for its storage is held from the caller
        /// until `remove_split`. A share may name another split only where that is the caller's own:
        /// it keeps it from being removed.
        ///
        /// Errors: [`Error::NoShares`], [`Error::EmptyShare`], [`Error::SharesNotAMillion`],
        /// [`Error::PaysTheVault`], [`Error::SplitNotFound`] if a share names a split that is not,
        /// [`Error::SplitOfAnother`], and the deposit's own. Event: [`Event::SplitCreated`].
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
        /// Errors: [`Error::SplitNotFound`], [`Error::NoSuchShare`], [`Error::NothingOwed`],
        /// [`Error::NoOwner`], [`Error::Shortfall`], and the asset's own where the beneficiary
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
        /// generation to the first reach the end at once.
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

        // 4: `claim_issuance`.

        /// Divides the network's income from now on. What it received before stays with the shares
        /// that it was received under.
        ///
        /// Who: `NetworkOrigin` (`Root`). Money: none. Each share goes to an account; those that
        /// are not the treasury's have at most a quarter together.
        ///
        /// Errors: as `create_split`, [`Error::AccountsOnly`], [`Error::TreasuryTooSmall`].
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

        /// Pays all that is due from a payer, out of one hold and in one asset, to one destination.
        ///
        /// Who: any signed account. Money: the payer's held units to the debt's destination;
        /// nothing to or from the caller.
        ///
        /// Errors: [`Error::DebtNotFound`], and the asset's own while the money still cannot move.
        /// Events: [`Event::Received`], [`Event::Paid`] or [`Event::Refunded`], then
        /// [`Event::DebtPaid`].
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::pay_out())]
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

        /// Lets prices be in an asset of pallet-assets, and says what a job and a session deposit in
        /// it and what a bonded job locks at least, in its smallest unit.
        ///
        /// Who: `RulesOrigin`. Money: the vault must have the asset's minimum balance free, for
        /// ever. What it lacks comes from the treasury, and where the vault's account in the asset
        /// needs a deposit, that too. Anyone may have sent it to the vault before, so that an asset
        /// of which the treasury has none can be accepted.
        ///
        /// Errors: [`Error::AssetNotFound`], [`Error::NoJobDeposit`], [`Error::AlreadyAccepted`],
        /// [`Error::TooManyAccepted`], and the asset's own where the treasury cannot pay. Event: [`Event::AssetAccepted`].
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::accept_asset())]
        pub fn accept_asset(
            origin: OriginFor<T>,
            id: u32,
            #[pallet::compact] job_deposit: Balance,
            #[pallet::compact] session_deposit: Balance,
            #[pallet::compact] min_lock: Balance,
        ) -> DispatchResult {
            T::RulesOrigin::ensure_origin(origin)?;
            Self::do_accept_asset(AcceptedAsset {
                id,
                job_deposit,
                session_deposit,
                min_lock,
            })
        }

        /// Stops new prices in an asset. What is priced, held or owed in it goes on; the minimum
        /// balance stays in the vault.
        ///
        /// Who: `RulesOrigin`. Money: none.
        ///
        /// Errors: [`Error::AssetNotAccepted`]. Event: [`Event::AssetDropped`].
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::drop_asset())]
        pub fn drop_asset(origin: OriginFor<T>, id: u32) -> DispatchResult {
            T::RulesOrigin::ensure_origin(origin)?;
            Self::do_drop_asset(id)
        }

        /// Gives what the vault has free above its minimum balance to the network's split, as income.
        ///
        /// Who: any signed account. Money: within the vault. The asset must be accepted, or owed to
        /// somebody.
        ///
        /// Errors: [`Error::AssetNotAccepted`], [`Error::NothingToSweep`]. Event: [`Event::Swept`].
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
            shares: Vec<myai_primitives::Share<T::AccountId>>,
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
            Self::depositor_of(split)
        }

        fn inc_refs(split: SplitId) -> DispatchResult {
            Self::inc_refs_of(split)
        }

        fn dec_refs(split: SplitId) {
            Self::dec_refs_of(split)
        }

        fn network() -> SplitId {
            Self::network_split()
        }

        fn accepts(asset: &Asset) -> bool {
            Self::is_accepted(asset)
        }

        fn accepted() -> Vec<Asset> {
            let others = AcceptedAssets::<T>::get();
            let others = others.iter().map(|a| Asset::Id(a.id));
            [Asset::Native].into_iter().chain(others).collect()
        }

        fn job_deposit(asset: u32) -> Option<Balance> {
            Self::accepted(asset).map(|accepted| accepted.job_deposit)
        }

        fn shares_of(split: SplitId) -> Option<Vec<myai_primitives::Share<T::AccountId>>> {
            Splits::<T>::get(split).map(|found| found.shares.into_inner())
        }

        fn receive(
            from: &T::AccountId,
            asset: &Asset,
            amount: Balance,
            split: SplitId,
        ) -> DispatchResult {
            Self::receive_free(from, asset, amount, split)
        }
    }
}
