//! Models, who owns them and what their accounts have. Owns `NextModel` and `Models`.

use crate::{types::*, Config, Error, Event, Models, NextModel, Pallet};
use codec::Encode;
use frame_support::{ensure, storage::with_storage_layer, traits::Get};
use myai_primitives::{Asset, Balance, Category, File, ModelId, Money, Name};
use sp_runtime::{traits::AccountIdConversion, DispatchError, DispatchResult};

/// Bytes of a model's deposit that do not depend on what was registered: keys, owners, count.
const MODEL_FIXED: usize = 160;

impl<T: Config> Pallet<T> {
    /// The account of a model's own.
    pub fn model_account(model: ModelId) -> T::AccountId {
        T::PalletId::get().into_sub_account_truncating(model)
    }

    /// Who owns a model; `None` when there is no such model.
    pub fn model_owner(model: ModelId) -> Option<T::AccountId> {
        Models::<T>::get(model).map(|m| m.owner)
    }

    /// The model, if `who` owns it.
    pub(crate) fn ensure_owner(
        who: &T::AccountId,
        model: ModelId,
    ) -> Result<ModelOf<T>, DispatchError> {
        let found = Models::<T>::get(model).ok_or(Error::<T>::ModelNotFound)?;
        ensure!(found.owner == *who, Error::<T>::NotOwner);
        Ok(found)
    }

    pub(crate) fn do_register_model(
        owner: T::AccountId,
        name: Name,
        category: Category,
        metadata: File,
    ) -> DispatchResult {
        ensure!(
            !name.is_empty() && core::str::from_utf8(&name).is_ok(),
            Error::<T>::NameNotText
        );
        ensure!(metadata.is_sound(), Error::<T>::MetadataNotSound);
        let model = NextModel::<T>::get();
        let next = model.next().ok_or(Error::<T>::IdsExhausted)?;
        let deposit = Deposit::take(&owner, size(&name, &metadata))?;
        NextModel::<T>::put(next);
        let event = Event::ModelRegistered {
            model,
            owner: owner.clone(),
            name: name.clone(),
            category,
        };
        Models::<T>::insert(
            model,
            Model {
                owner,
                offered_to: None,
                name,
                category,
                metadata,
                versions: 0,
                deposit,
            },
        );
        Self::deposit_event(event);
        Ok(())
    }

    pub(crate) fn do_transfer_ownership(
        who: T::AccountId,
        model: ModelId,
        to: T::AccountId,
    ) -> DispatchResult {
        let mut found = Self::ensure_owner(&who, model)?;
        ensure!(to != who, Error::<T>::OfferedToOwner);
        found.offered_to = Some(to.clone());
        Models::<T>::insert(model, found);
        Self::deposit_event(Event::OwnershipOffered { model, to });
        Ok(())
    }

    pub(crate) fn do_cancel_transfer(who: T::AccountId, model: ModelId) -> DispatchResult {
        let mut found = Self::ensure_owner(&who, model)?;
        found
            .offered_to
            .take()
            .ok_or(Error::<T>::OwnershipNotOffered)?;
        Models::<T>::insert(model, found);
        Self::deposit_event(Event::TransferCancelled { model });
        Ok(())
    }

    pub(crate) fn do_accept_ownership(who: T::AccountId, model: ModelId) -> DispatchResult {
        let mut found = Models::<T>::get(model).ok_or(Error::<T>::ModelNotFound)?;
        ensure!(
            found.offered_to.as_ref() == Some(&who),
            Error::<T>::OwnershipNotOffered
        );
        let deposit = Deposit::take(&who, size(&found.name, &found.metadata))?;
        core::mem::replace(&mut found.deposit, deposit).give_back()?;
        let from = core::mem::replace(&mut found.owner, who.clone());
        found.offered_to = None;
        Models::<T>::insert(model, found);
        Self::deposit_event(Event::OwnershipAccepted {
            model,
            from,
            to: who,
        });
        Ok(())
    }

    pub(crate) fn do_set_metadata(
        who: T::AccountId,
        model: ModelId,
        metadata: File,
    ) -> DispatchResult {
        let mut found = Self::ensure_owner(&who, model)?;
        ensure!(metadata.is_sound(), Error::<T>::MetadataNotSound);
        found.deposit = found.deposit.resize(size(&found.name, &metadata))?;
        let sha256 = metadata.sha256;
        found.metadata = metadata;
        Models::<T>::insert(model, found);
        Self::deposit_event(Event::MetadataSet { model, sha256 });
        Ok(())
    }

    pub(crate) fn do_withdraw(
        who: T::AccountId,
        model: ModelId,
        asset: Asset,
        amount: Balance,
        to: T::AccountId,
    ) -> DispatchResult {
        Self::ensure_owner(&who, model)?;
        let account = Self::model_account(model);
        // Less than all must leave the minimum balance, or the rest would be lost.
        if amount == T::Money::balance(&asset, &account) {
            T::Money::move_all(&asset, &account, &to)?;
        } else {
            T::Money::transfer(&asset, &account, &to, amount)?;
        }
        Self::deposit_event(Event::Withdrawn {
            model,
            asset,
            amount,
            to,
        });
        Ok(())
    }

    pub(crate) fn do_remove_model(who: T::AccountId, model: ModelId) -> DispatchResult {
        let found = Self::ensure_owner(&who, model)?;
        ensure!(found.versions == 0, Error::<T>::ModelHasVersions);
        // Anybody can tie the account to an asset of their own that never moves again; then its
        // existential deposit stays where it is.
        let (asset, account) = (Asset::Native, Self::model_account(model));
        with_storage_layer(|| T::Money::move_all(&asset, &account, &who)).or_else(|_| {
            let spendable = T::Money::spendable(&asset, &account);
            T::Money::transfer(&asset, &account, &who, spendable)
        })?;
        found.deposit.give_back()?;
        Models::<T>::remove(model);
        Self::deposit_event(Event::ModelRemoved { model });
        Ok(())
    }
}

/// Bytes that a model's deposit is for.
fn size(name: &Name, metadata: &File) -> usize {
    MODEL_FIXED
        .saturating_add(name.encoded_size())
        .saturating_add(metadata.encoded_size())
}
