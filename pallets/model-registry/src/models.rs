//! Models, who owns them and what their accounts have. Owns `NextModel`, `Models` and `ModelsOf`.

use crate::{types::*, Config, Error, Event, Models, ModelsOf, NextModel, Pallet};
use codec::Encode;
use frame_support::{ensure, storage::with_storage_layer, traits::Get};
use myai_primitives::{is_name, Asset, Balance, Category, File, ModelId, Name};
use myai_support::{Deposit, Money, Ownership};
use sp_runtime::{traits::AccountIdConversion, DispatchError, DispatchResult};

/// Bytes of a model's deposit that do not depend on what was registered: its rows' keys, owners,
/// count and ticket.
pub(crate) const MODEL_FIXED: usize = 320;

impl<T: Config> Pallet<T> {
    /// The account of a model's own.
    pub fn model_account(model: ModelId) -> T::AccountId {
        T::PalletId::get().into_sub_account_truncating(model)
    }

    /// Who owns a model; `None` when there is no such model.
    pub fn model_owner(model: ModelId) -> Option<T::AccountId> {
        Models::<T>::get(model.place()).map(|m| m.ownership.owner)
    }

    pub(crate) fn model(model: ModelId) -> Result<ModelOf<T>, DispatchError> {
        Models::<T>::get(model.place()).ok_or(Error::<T>::ModelNotFound.into())
    }

    /// The model with one more call of its owner counted, if `who` is that. The caller stores it.
    pub(crate) fn changed_by(
        who: &T::AccountId,
        model: ModelId,
    ) -> Result<ModelOf<T>, DispatchError> {
        let mut found = Self::model(model)?;
        found.ownership.change(who).map_err(Error::<T>::from)?;
        Ok(found)
    }

    pub(crate) fn do_register_model(
        owner: T::AccountId,
        name: Name,
        category: Category,
        metadata: File,
    ) -> DispatchResult {
        ensure!(is_name(&name), Error::<T>::NameNotText);
        ensure!(
            metadata.is_sound(T::UriSchemes::get()),
            Error::<T>::MetadataNotSound
        );
        let model = NextModel::<T>::get();
        let next = model.next().ok_or(Error::<T>::IdsExhausted)?;
        let deposit = Deposit::take(&owner, size(&name, &metadata))?;
        NextModel::<T>::put(next);
        ModelsOf::<T>::insert(&owner, model.place(), ());
        Models::<T>::insert(
            model.place(),
            Model {
                ownership: Ownership::new(owner.clone()),
                name: name.clone(),
                category,
                metadata,
                versions: 0,
                deposit,
            },
        );
        Self::deposit_event(Event::ModelRegistered {
            model,
            owner,
            name,
            category,
        });
        Ok(())
    }

    pub(crate) fn do_transfer_ownership(
        who: T::AccountId,
        model: ModelId,
        to: T::AccountId,
    ) -> DispatchResult {
        let mut found = Self::model(model)?;
        found
            .ownership
            .offer(&who, to.clone())
            .map_err(Error::<T>::from)?;
        Models::<T>::insert(model.place(), found);
        Self::deposit_event(Event::OwnershipOffered { model, to });
        Ok(())
    }

    pub(crate) fn do_cancel_transfer(who: T::AccountId, model: ModelId) -> DispatchResult {
        let mut found = Self::model(model)?;
        found.ownership.cancel(&who).map_err(Error::<T>::from)?;
        Models::<T>::insert(model.place(), found);
        Self::deposit_event(Event::TransferCancelled { model });
        Ok(())
    }

    pub(crate) fn do_accept_ownership(
        who: T::AccountId,
        model: ModelId,
        changes: u32,
    ) -> DispatchResult {
        let mut found = Self::model(model)?;
        let from = found
            .ownership
            .accept(&who, changes)
            .map_err(Error::<T>::from)?;
        let deposit = Deposit::take(&who, size(&found.name, &found.metadata))?;
        core::mem::replace(&mut found.deposit, deposit).give_back()?;
        Models::<T>::insert(model.place(), found);
        ModelsOf::<T>::remove(&from, model.place());
        ModelsOf::<T>::insert(&who, model.place(), ());
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
        let mut found = Self::changed_by(&who, model)?;
        ensure!(
            metadata.is_sound(T::UriSchemes::get()),
            Error::<T>::MetadataNotSound
        );
        found.deposit = found.deposit.resize(size(&found.name, &metadata))?;
        let sha256 = metadata.sha256;
        found.metadata = metadata;
        Models::<T>::insert(model.place(), found);
        Self::deposit_event(Event::MetadataSet { model, sha256 });
        Ok(())
    }

    pub(crate) fn do_withdraw(
        who: T::AccountId,
        model: ModelId,
        asset: Asset,
        value: Balance,
        to: T::AccountId,
    ) -> DispatchResult {
        let found = Self::changed_by(&who, model)?;
        let account = Self::model_account(model);
        // Less than all must leave the minimum balance, or the rest would be lost.
        if value == T::Money::balance(&asset, &account) {
            T::Money::move_all(&asset, &account, &to)?;
        } else {
            T::Money::transfer(&asset, &account, &to, value)?;
        }
        Models::<T>::insert(model.place(), found);
        Self::deposit_event(Event::Withdrawn {
            model,
            asset,
            value,
            to,
        });
        Ok(())
    }

    pub(crate) fn do_remove_model(who: T::AccountId, model: ModelId) -> DispatchResult {
        let found = Self::changed_by(&who, model)?;
        ensure!(found.versions == 0, Error::<T>::ModelHasVersions);
        // Anybody can tie the account to an asset of their own that never moves again; then its
        // existential deposit stays where it is.
        let (asset, account) = (Asset::Native, Self::model_account(model));
        with_storage_layer(|| T::Money::move_all(&asset, &account, &who)).or_else(|_| {
            let spendable = T::Money::spendable(&asset, &account);
            T::Money::transfer(&asset, &account, &who, spendable)
        })?;
        found.deposit.give_back()?;
        Models::<T>::remove(model.place());
        ModelsOf::<T>::remove(&who, model.place());
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
