//! The vault and the ledger that says whose its money is. Owns `Received` and `Paid`; every movement
//! of the vault's money is here, but for what goes back to whoever paid it (`unvested.rs`).
//!
//! How much the vault owes in all is what it has on hold: there is no second row for it.

use crate::{
    arithmetic, Config, Error, Event, HoldReason, Paid, Pallet, Received, Splits, MAX_CLAIMS,
};
use frame_support::{
    ensure,
    storage::with_transaction_unchecked,
    traits::{ConstU32, Get},
    BoundedVec,
};
use myai_primitives::{Asset, Balance, Beneficiary, SplitId, Tick};
use myai_support::{Keeper, Money, Owners, Suspensions};
use sp_runtime::{
    traits::AccountIdConversion, ArithmeticError, DispatchError, DispatchResult, TransactionOutcome,
};

/// Does all of `act` or nothing. However deep the call is nested: where FRAME's limit of layers is
/// reached its own layer would fail, and what an account could well receive would become a debt.
/// This adds one layer to the deepest and never nests itself.
pub(crate) fn all_or_nothing<R>(
    act: impl FnOnce() -> Result<R, DispatchError>,
) -> Result<R, DispatchError> {
    with_transaction_unchecked(|| match act() {
        Ok(done) => TransactionOutcome::Commit(Ok(done)),
        Err(error) => TransactionOutcome::Rollback(Err(error)),
    })
}

impl<T: Config> Pallet<T> {
    /// The account that holds income not yet claimed.
    pub fn vault() -> T::AccountId {
        T::VaultId::get().into_account_truncating()
    }

    pub(crate) fn income() -> T::RuntimeHoldReason {
        HoldReason::Income.into()
    }

    /// The account that a share goes to now; `None` for another split, and for a model or dataset
    /// without an owner.
    pub(crate) fn account_of(beneficiary: &Beneficiary<T::AccountId>) -> Option<T::AccountId> {
        match beneficiary {
            Beneficiary::Account(who) => Some(who.clone()),
            Beneficiary::ModelOwner(model) => T::Owners::model_owner(*model),
            Beneficiary::DatasetOwner(dataset) => T::Owners::dataset_owner(*dataset),
            Beneficiary::Split(_) => None,
        }
    }

    /// First tick at which a share may be claimed again that a suspension freezes: of a version's split
    /// the owner's and the accounts', never what goes to another split.
    pub(crate) fn frozen_until(
        keeper: Keeper,
        beneficiary: &Beneficiary<T::AccountId>,
    ) -> Option<Tick> {
        match (keeper, beneficiary) {
            (Keeper::Version(version), Beneficiary::Account(_) | Beneficiary::ModelOwner(_)) => {
                T::Suspensions::frozen_until(version)
            }
            _ => None,
        }
    }

    /// Units of `from`, free ones or with `held` those that it has on hold for that reason, go on
    /// hold in the vault. May fail half-way. The vault's minimum balance stays free: only what is
    /// above it can be held.
    pub(crate) fn take_in(
        from: &T::AccountId,
        held: Option<&T::RuntimeHoldReason>,
        asset: &Asset,
        value: Balance,
    ) -> DispatchResult {
        let vault = Self::vault();
        match held {
            Some(reason) => T::Money::pay_held(asset, reason, from, &vault, value)?,
            None => T::Money::transfer(asset, from, &vault, value)?,
        }
        T::Money::hold(asset, &Self::income(), &vault, value)
    }

    /// What has come into the vault is the split's.
    pub(crate) fn enter(
        payer: &T::AccountId,
        asset: &Asset,
        value: Balance,
        split: SplitId,
    ) -> DispatchResult {
        Self::credit(split, asset, value)?;
        Self::deposit_event(Event::IncomeReceived {
            split,
            asset: *asset,
            value,
            payer: payer.clone(),
        });
        Ok(())
    }

    /// Free units of `from` become income of `split`, or nothing moves.
    pub(crate) fn receive_free(
        from: &T::AccountId,
        asset: &Asset,
        value: Balance,
        split: SplitId,
    ) -> DispatchResult {
        ensure!(Splits::<T>::contains_key(split), Error::<T>::SplitNotFound);
        if value == 0 {
            return Ok(());
        }
        all_or_nothing(|| {
            Self::take_in(from, None, asset, value)?;
            Self::enter(from, asset, value, split)
        })
    }

    pub(crate) fn credit(split: SplitId, asset: &Asset, value: Balance) -> DispatchResult {
        Received::<T>::try_mutate(split, asset, |received| {
            received.total = received
                .total
                .checked_add(value)
                .ok_or(ArithmeticError::Overflow)?;
            Ok(())
        })
    }

    pub(crate) fn do_claim(split: SplitId, asset: &Asset, share: u32) -> DispatchResult {
        let found = Splits::<T>::get(split).ok_or(Error::<T>::SplitNotFound)?;
        let (shares, keeper) = (found.shares, found.keeper);
        let place = share as usize;
        let line = shares.get(place).ok_or(Error::<T>::ShareNotFound)?;
        let mut paid = Paid::<T>::get(split, asset);
        paid.bounded_resize(shares.len(), 0);
        let paid_here = paid.get_mut(place).ok_or(Error::<T>::ShareNotFound)?;
        let value = arithmetic::owed(
            Received::<T>::get(split, asset).total,
            line.parts,
            *paid_here,
        );
        ensure!(value > 0, Error::<T>::NothingOwed);
        ensure!(
            Self::frozen_until(keeper, &line.beneficiary).is_none(),
            Error::<T>::ShareFrozen
        );
        *paid_here = paid_here
            .checked_add(value)
            .ok_or(ArithmeticError::Overflow)?;

        if let Beneficiary::Split(to) = line.beneficiary {
            Self::credit(to, asset, value)?;
            Paid::<T>::insert(split, asset, paid);
            Self::deposit_event(Event::Credited {
                split,
                share,
                asset: *asset,
                value,
                to,
            });
            return Ok(());
        }
        let to = Self::account_of(&line.beneficiary).ok_or(Error::<T>::OwnerNotFound)?;
        let (vault, income) = (Self::vault(), Self::income());
        ensure!(
            T::Money::held(asset, &income, &vault) >= value,
            Error::<T>::Shortfall
        );
        Paid::<T>::insert(split, asset, paid);
        T::Money::pay_held(asset, &income, &vault, &to, value)?;
        Self::deposit_event(Event::Claimed {
            split,
            share,
            asset: *asset,
            value,
            to,
        });
        Ok(())
    }

    pub(crate) fn do_claim_many(claims: BoundedVec<(SplitId, Asset, u32), ConstU32<MAX_CLAIMS>>) {
        let nothing: DispatchError = Error::<T>::NothingOwed.into();
        for (split, asset, share) in claims {
            match all_or_nothing(|| Self::do_claim(split, &asset, share)) {
                Ok(()) => {}
                Err(error) if error == nothing => {}
                Err(error) => Self::deposit_event(Event::ClaimFailed {
                    split,
                    share,
                    asset,
                    error,
                }),
            }
        }
    }

    /// Takes a split out of the ledger in one asset; `dust` that is left goes to the network's.
    pub(crate) fn clear_ledger(split: SplitId, asset: &Asset, dust: Balance) -> DispatchResult {
        Received::<T>::remove(split, asset);
        Paid::<T>::remove(split, asset);
        if dust > 0 {
            let to = Self::network_split();
            Self::credit(to, asset, dust)?;
            Self::deposit_event(Event::DustCredited {
                split,
                asset: *asset,
                value: dust,
                to,
            });
        }
        Ok(())
    }

    pub(crate) fn do_sweep_surplus(asset: &Asset) -> DispatchResult {
        let (vault, income) = (Self::vault(), Self::income());
        ensure!(
            Self::is_accepted(asset) || T::Money::held(asset, &income, &vault) > 0,
            Error::<T>::AssetNotAccepted
        );
        let value = T::Money::spendable(asset, &vault);
        ensure!(value > 0, Error::<T>::NothingToSweep);
        T::Money::hold(asset, &income, &vault, value)?;
        let to = Self::network_split();
        Self::credit(to, asset, value)?;
        Self::deposit_event(Event::SurplusSwept {
            asset: *asset,
            value,
            to,
        });
        Ok(())
    }
}
