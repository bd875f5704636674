//! What is true after every call.

use crate::*;
use frame_support::traits::fungibles::roles;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
    /// Locations and ids are one for the other, each id is one that is kept for assets of other
    /// chains, and each asset is owned by nobody.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        for (id, asset) in Foreign::<T>::iter() {
            ensure!(id >= FIRST_ID, "an id is not one of those kept");
            ensure!(
                AssetOf::<T>::get(&asset.location) == Some(id),
                "a location has another id"
            );
            ensure!(
                <pallet_assets::Pallet<T> as roles::Inspect<_>>::owner(id) == Some(Self::owner()),
                "an asset is somebody's"
            );
        }
        ensure!(
            AssetOf::<T>::iter().count() == Foreign::<T>::iter().count(),
            "a location is left behind"
        );
        Ok(())
    }
}
