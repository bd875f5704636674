//! Money for grants that has not vested. Owns `Unvested`.

use crate::{ledger::all_or_nothing, Config, Destination, Error, Event, Pallet, Unvested};
use frame_support::{defensive, ensure};
use myai_primitives::{Amount, Balance, GrantId, SplitId};
use sp_runtime::{ArithmeticError, DispatchResult};

impl<T: Config> myai_support::Unvested<T::AccountId, T::RuntimeHoldReason> for Pallet<T> {
    fn deposit(
        from: &T::AccountId,
        held: Option<&T::RuntimeHoldReason>,
        grant: GrantId,
        amount: &Amount,
    ) -> DispatchResult {
        let Amount { asset, value } = *amount;
        if value == 0 {
            return Ok(());
        }
        let before = Unvested::<T>::get(grant);
        ensure!(
            before.is_none_or(|before| before.asset == asset),
            Error::<T>::GrantHasAnotherAsset
        );
        let sum = before
            .map_or(0, |before| before.value)
            .checked_add(value)
            .ok_or(ArithmeticError::Overflow)?;
        all_or_nothing(|| Self::take_in(from, held, &asset, value))?;
        Unvested::<T>::insert(grant, Amount { asset, value: sum });
        Self::deposit_event(Event::UnvestedReceived {
            grant,
            asset,
            value,
            payer: from.clone(),
        });
        Ok(())
    }

    /// Income of a split that is no more goes to the network's.
    fn vest(grant: GrantId, amount: &Amount, split: SplitId) {
        let value = Self::take_out(grant, amount);
        let asset = amount.asset;
        let split = Self::split_or_network(split, &asset);
        if value == 0 {
            return;
        }
        if Self::credit(split, &asset, value).is_err() {
            defensive!("a ledger's sum that overflows");
            Unvested::<T>::mutate(grant, |row| {
                let left = row.map_or(0, |row| row.value);
                *row = Some(Amount {
                    asset,
                    value: left.saturating_add(value),
                });
            });
            return;
        }
        Self::deposit_event(Event::Vested {
            grant,
            asset,
            value,
            split,
        });
    }

    fn give_back(grant: GrantId, amount: &Amount, to: &T::AccountId) {
        let value = Self::take_out(grant, amount);
        if value == 0 {
            return;
        }
        let asset = amount.asset;
        let moved = Self::pay_or_owe(
            &Self::vault(),
            &Self::income(),
            &asset,
            value,
            Destination::Account(to.clone()),
        );
        Self::deposit_event(Event::UnvestedReturned {
            grant,
            asset,
            value,
            moved,
            to: to.clone(),
        });
    }

    fn balance(grant: GrantId) -> Balance {
        Unvested::<T>::get(grant).map_or(0, |row| row.value)
    }
}

impl<T: Config> Pallet<T> {
    /// Takes so much off the grant's row and says how much that was: never more than it has.
    fn take_out(grant: GrantId, amount: &Amount) -> Balance {
        if amount.value == 0 {
            return 0;
        }
        Unvested::<T>::mutate_exists(grant, |row| {
            let has = row
                .filter(|row| row.asset == amount.asset)
                .map_or(0, |row| row.value);
            if has < amount.value {
                defensive!("data-license takes no more than was deposited");
            }
            let value = amount.value.min(has);
            if let Some(found) = row.filter(|_| value > 0) {
                *row = Some(found.value.saturating_sub(value))
                    .filter(|left| *left > 0)
                    .map(|value| Amount { value, ..found });
            }
            value
        })
    }
}
