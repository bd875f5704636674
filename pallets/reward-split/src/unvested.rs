//! Money for grants that has not vested. Owns `UnvestedOf`.
//!
//! It lies in the vault under the same hold as income, so that no lock or frozen account of the
//! licensee's and no sale of a model touches it. Vesting moves numbers only.

use crate::{Config, Destination, Error, Event, Pallet, UnvestedOf};
use frame_support::{defensive, ensure, storage::with_storage_layer};
use myai_primitives::{Amount, Balance, GrantId, SplitId};
use myai_support::{Money, Unvested};
use sp_runtime::{ArithmeticError, DispatchResult};

impl<T: Config> Unvested<T::AccountId, T::RuntimeHoldReason> for Pallet<T> {
    fn deposit(
        from: &T::AccountId,
        held: Option<&T::RuntimeHoldReason>,
        grant: GrantId,
        amount: &Amount,
    ) -> DispatchResult {
        let Amount { asset, value } = amount;
        if *value == 0 {
            return Ok(());
        }
        let before = UnvestedOf::<T>::get(grant).unwrap_or(Amount {
            asset: *asset,
            value: 0,
        });
        ensure!(before.asset == *asset, Error::<T>::GrantInAnotherAsset);
        let total = before
            .value
            .checked_add(*value)
            .ok_or(ArithmeticError::Overflow)?;
        with_storage_layer(|| {
            let vault = Self::vault();
            match held {
                Some(reason) => T::Money::pay_held(asset, reason, from, &vault, *value)?,
                None => T::Money::transfer(asset, from, &vault, *value)?,
            }
            T::Money::hold(asset, &Self::income(), &vault, *value)
        })?;
        UnvestedOf::<T>::insert(
            grant,
            Amount {
                asset: *asset,
                value: total,
            },
        );
        Self::deposit_event(Event::UnvestedReceived {
            grant,
            payer: from.clone(),
            amount: *amount,
        });
        Ok(())
    }

    fn vest(grant: GrantId, amount: &Amount, split: SplitId) {
        let value = Self::take_unvested(grant, amount);
        if value == 0 {
            return;
        }
        if Self::credit(split, &amount.asset, value).is_err() {
            defensive!("the vault holds it, so that it fits into what a split received");
        }
        Self::deposit_event(Event::Vested {
            grant,
            split,
            amount: Amount {
                asset: amount.asset,
                value,
            },
        });
    }

    fn give_back(grant: GrantId, amount: &Amount, to: &T::AccountId) {
        let value = Self::take_unvested(grant, amount);
        if value == 0 {
            return;
        }
        let paid = Self::pay_or_owe(
            &Self::vault(),
            &Self::income(),
            &amount.asset,
            value,
            Destination::Account(to.clone()),
        );
        Self::deposit_event(Event::UnvestedReturned {
            grant,
            to: to.clone(),
            amount: Amount {
                asset: amount.asset,
                value,
            },
            paid,
        });
    }

    fn balance(grant: GrantId) -> Balance {
        UnvestedOf::<T>::get(grant).map_or(0, |amount| amount.value)
    }
}

impl<T: Config> Pallet<T> {
    /// Takes so much out of a grant's row, at most what is there.
    fn take_unvested(grant: GrantId, amount: &Amount) -> Balance {
        let Some(left) = UnvestedOf::<T>::get(grant).filter(|left| left.asset == amount.asset)
        else {
            if amount.value > 0 {
                defensive!("a grant vests what was paid for it");
            }
            return 0;
        };
        let value = amount.value.min(left.value);
        match left.value.saturating_sub(value) {
            0 => UnvestedOf::<T>::remove(grant),
            rest => UnvestedOf::<T>::insert(
                grant,
                Amount {
                    asset: left.asset,
                    value: rest,
                },
            ),
        }
        value
    }
}
