//! The vault and the ledger that says whose its money is. Owns `Received` and `Paid`. What the vault
//! owes is what it holds: there is no second row that says so.

use crate::{
    arithmetic, Config, Error, Event, HoldReason, Paid, Pallet, Received, Splits, MAX_CLAIMS,
};
use frame_support::{
    ensure,
    storage::with_storage_layer,
    traits::{ConstU32, Get},
    BoundedVec,
};
use myai_primitives::{Asset, Balance, Beneficiary, SplitId};
use myai_support::{Money, Owners};
use sp_runtime::{traits::AccountIdConversion, ArithmeticError, DispatchError, DispatchResult};

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

    /// Free units of `from` become income of `split`, or nothing moves.
    pub(crate) fn receive_free(
        from: &T::AccountId,
        asset: &Asset,
        amount: Balance,
        split: SplitId,
    ) -> DispatchResult {
        ensure!(Splits::<T>::contains_key(split), Error::<T>::SplitNotFound);
        if amount == 0 {
            return Ok(());
        }
        with_storage_layer(|| {
            T::Money::transfer(asset, from, &Self::vault(), amount)?;
            // The vault's minimum balance stays free: only what is above it can be held.
            T::Money::hold(asset, &Self::income(), &Self::vault(), amount)?;
            Self::take_in(from, asset, amount, split)
        })
    }

    /// Units that `payer` has on hold become income of splits, in one transfer.
    pub(crate) fn receive_held(
        payer: &T::AccountId,
        reason: &T::RuntimeHoldReason,
        asset: &Asset,
        parts: &[(SplitId, Balance)],
    ) -> DispatchResult {
        let sum = parts
            .iter()
            .try_fold(0, |sum: Balance, (_, amount)| sum.checked_add(*amount))
            .ok_or(ArithmeticError::Overflow)?;
        if sum == 0 {
            return Ok(());
        }
        T::Money::pay_held(asset, reason, payer, &Self::vault(), sum)?;
        T::Money::hold(asset, &Self::income(), &Self::vault(), sum)?;
        for (split, amount) in parts {
            Self::take_in(payer, asset, *amount, *split)?;
        }
        Ok(())
    }

    /// Writes whose it is that the vault has just held.
    fn take_in(
        payer: &T::AccountId,
        asset: &Asset,
        amount: Balance,
        split: SplitId,
    ) -> DispatchResult {
        Self::credit(split, asset, amount)?;
        Self::deposit_event(Event::Received {
            split,
            asset: *asset,
            amount,
            payer: payer.clone(),
        });
        Ok(())
    }

    pub(crate) fn credit(split: SplitId, asset: &Asset, amount: Balance) -> DispatchResult {
        Received::<T>::try_mutate(split, asset, |received| {
            *received = received
                .checked_add(amount)
                .ok_or(ArithmeticError::Overflow)?;
            Ok(())
        })
    }

    pub(crate) fn do_claim(split: SplitId, asset: &Asset, share: u32) -> DispatchResult {
        let shares = Splits::<T>::get(split)
            .ok_or(Error::<T>::SplitNotFound)?
            .shares;
        let place = share as usize;
        let line = shares.get(place).ok_or(Error::<T>::NoSuchShare)?;
        let mut paid = Paid::<T>::get(split, asset);
        paid.bounded_resize(shares.len(), 0);
        let paid_here = paid.get_mut(place).ok_or(Error::<T>::NoSuchShare)?;
        let amount = arithmetic::owed(Received::<T>::get(split, asset), line.parts, *paid_here);
        ensure!(amount > 0, Error::<T>::NothingOwed);
        *paid_here = paid_here
            .checked_add(amount)
            .ok_or(ArithmeticError::Overflow)?;

        if let Beneficiary::Split(to) = line.beneficiary {
            Self::credit(to, asset, amount)?;
            Paid::<T>::insert(split, asset, paid);
            Self::deposit_event(Event::Credited {
                split,
                share,
                asset: *asset,
                amount,
                to,
            });
            return Ok(());
        }
        let to = Self::account_of(&line.beneficiary).ok_or(Error::<T>::NoOwner)?;
        let (vault, income) = (Self::vault(), Self::income());
        ensure!(
            T::Money::held(asset, &income, &vault) >= amount,
            Error::<T>::Shortfall
        );
        Paid::<T>::insert(split, asset, paid);
        T::Money::pay_held(asset, &income, &vault, &to, amount)?;
        Self::deposit_event(Event::Claimed {
            split,
            share,
            asset: *asset,
            amount,
            to,
        });
        Ok(())
    }

    pub(crate) fn do_claim_many(claims: BoundedVec<(SplitId, Asset, u32), ConstU32<MAX_CLAIMS>>) {
        let nothing: DispatchError = Error::<T>::NothingOwed.into();
        for (split, asset, share) in claims {
            match with_storage_layer(|| Self::do_claim(split, &asset, share)) {
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
    pub(crate) fn clear_ledger(split: SplitId, asset: Asset, dust: Balance) -> DispatchResult {
        Received::<T>::remove(split, &asset);
        Paid::<T>::remove(split, &asset);
        if dust > 0 {
            let to = Self::network_split();
            Self::credit(to, &asset, dust)?;
            Self::deposit_event(Event::DustCredited {
                split,
                asset,
                amount: dust,
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
        let amount = T::Money::spendable(asset, &vault);
        ensure!(amount > 0, Error::<T>::NothingToSweep);
        T::Money::hold(asset, &income, &vault, amount)?;
        let to = Self::network_split();
        Self::credit(to, asset, amount)?;
        Self::deposit_event(Event::Swept {
            asset: *asset,
            amount,
            to,
        });
        Ok(())
    }
}
