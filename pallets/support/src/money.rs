//! Money in any accepted asset, behind one trait. Zero moves nothing and always succeeds.

use core::marker::PhantomData;
use frame_support::traits::{
    fungibles,
    tokens::{Fortitude, Precision, Preservation, Provenance, Restriction},
    AccountTouch,
};
use myai_primitives::{Asset, Balance};
use sp_runtime::{traits::Convert, DispatchError, DispatchResult, Either, TokenError};

/// What the pallets do with money. Amounts are in the asset's smallest unit.
pub trait Money<AccountId> {
    /// The runtime's hold reasons.
    type Reason;

    /// Whether there is such an asset.
    fn exists(asset: &Asset) -> bool;

    /// Least balance of an account in the asset.
    fn minimum(asset: &Asset) -> Balance;

    /// What `who` may spend or have held and stay alive, locks respected.
    fn spendable(asset: &Asset, who: &AccountId) -> Balance;

    /// All that `who` has, held units included.
    fn balance(asset: &Asset, who: &AccountId) -> Balance;

    fn held(asset: &Asset, reason: &Self::Reason, who: &AccountId) -> Balance;

    /// Whether `who` could be given `amount` now.
    fn can_receive(asset: &Asset, who: &AccountId, amount: Balance) -> bool;

    /// Makes an account in the asset for `who`, at the cost of `payer`, where one is needed.
    fn touch(asset: &Asset, who: &AccountId, payer: &AccountId) -> DispatchResult;

    /// Free units of `from` become free units of `to`; `from` stays alive.
    fn transfer(asset: &Asset, from: &AccountId, to: &AccountId, amount: Balance)
        -> DispatchResult;

    /// All that `from` has, none of it held or locked, becomes free units of `to`; the account of
    /// `from` in the asset may end.
    fn move_all(asset: &Asset, from: &AccountId, to: &AccountId) -> DispatchResult;

    /// Holds exactly `amount` of what is [`Self::spendable`].
    fn hold(
        asset: &Asset,
        reason: &Self::Reason,
        who: &AccountId,
        amount: Balance,
    ) -> DispatchResult;

    /// Makes exactly `amount` of what is held free again.
    fn release(
        asset: &Asset,
        reason: &Self::Reason,
        who: &AccountId,
        amount: Balance,
    ) -> DispatchResult;

    /// Exactly `amount` that `from` has on hold becomes free units of `to`, whatever locks `from`
    /// has.
    fn pay_held(
        asset: &Asset,
        reason: &Self::Reason,
        from: &AccountId,
        to: &AccountId,
        amount: Balance,
    ) -> DispatchResult;
}

/// [`Money`] over two views of the same assets: one that transfers, one that holds.
pub struct MoneyOver<Transfers, Holds>(PhantomData<(Transfers, Holds)>);

impl<AccountId, Transfers, Holds> Money<AccountId> for MoneyOver<Transfers, Holds>
where
    AccountId: Eq,
    Transfers: fungibles::Mutate<AccountId, AssetId = Asset, Balance = Balance>
        + AccountTouch<Asset, AccountId>,
    Holds: fungibles::hold::Mutate<AccountId, AssetId = Asset, Balance = Balance>,
{
    type Reason = Holds::Reason;

    fn exists(asset: &Asset) -> bool {
        *asset == Asset::Native || Transfers::asset_exists(*asset)
    }

    fn minimum(asset: &Asset) -> Balance {
        Transfers::minimum_balance(*asset)
    }

    fn spendable(asset: &Asset, who: &AccountId) -> Balance {
        Transfers::reducible_balance(*asset, who, Preservation::Preserve, Fortitude::Polite)
    }

    fn balance(asset: &Asset, who: &AccountId) -> Balance {
        Transfers::total_balance(*asset, who)
    }

    fn held(asset: &Asset, reason: &Self::Reason, who: &AccountId) -> Balance {
        Holds::balance_on_hold(*asset, reason, who)
    }

    fn can_receive(asset: &Asset, who: &AccountId, amount: Balance) -> bool {
        amount == 0
            || Transfers::can_deposit(*asset, who, amount, Provenance::Extant)
                .into_result()
                .is_ok()
    }

    fn touch(asset: &Asset, who: &AccountId, payer: &AccountId) -> DispatchResult {
        if Transfers::should_touch(*asset, who) {
            Transfers::touch(*asset, who, payer)?;
        }
        Ok(())
    }

    fn transfer(
        asset: &Asset,
        from: &AccountId,
        to: &AccountId,
        amount: Balance,
    ) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        Transfers::transfer(*asset, from, to, amount, Preservation::Preserve).map(drop)
    }

    fn move_all(asset: &Asset, from: &AccountId, to: &AccountId) -> DispatchResult {
        let all = Self::balance(asset, from);
        if all == 0 {
            return Ok(());
        }
        Transfers::transfer(*asset, from, to, all, Preservation::Expendable).map(drop)
    }

    fn hold(
        asset: &Asset,
        reason: &Self::Reason,
        who: &AccountId,
        amount: Balance,
    ) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        if Self::spendable(asset, who) < amount {
            return Err(DispatchError::Token(TokenError::FundsUnavailable));
        }
        Holds::hold(*asset, reason, who, amount)
    }

    fn release(
        asset: &Asset,
        reason: &Self::Reason,
        who: &AccountId,
        amount: Balance,
    ) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        Holds::release(*asset, reason, who, amount, Precision::Exact).map(drop)
    }

    fn pay_held(
        asset: &Asset,
        reason: &Self::Reason,
        from: &AccountId,
        to: &AccountId,
        amount: Balance,
    ) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        if from == to {
            return Self::release(asset, reason, from, amount);
        }
        Holds::transfer_on_hold(
            *asset,
            reason,
            from,
            to,
            amount,
            Precision::Exact,
            Restriction::Free,
            Fortitude::Force,
        )
        .map(drop)
    }
}

/// Which side of a union of the token and pallet-assets an asset is on.
pub struct SplitAsset;

impl Convert<Asset, Either<(), u32>> for SplitAsset {
    fn convert(asset: Asset) -> Either<(), u32> {
        match asset {
            Asset::Native => Either::Left(()),
            Asset::Id(id) => Either::Right(id),
        }
    }
}
