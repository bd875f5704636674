//! What each instruction of a message weighs, by the figures of `pallet-xcm-benchmarks`. What this
//! chain does not execute weighs more than any block has, and so is refused before anything of the
//! message is done.

pub mod pallet_xcm_benchmarks_fungible;
pub mod pallet_xcm_benchmarks_generic;

use crate::{
    configs::xcm::{MaxAssetsIntoHolding, MaxInstructions},
    Runtime,
};
use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::{weights::Weight, BoundedVec};
use pallet_xcm_benchmarks_fungible::WeightInfo as Fungible;
use pallet_xcm_benchmarks_generic::WeightInfo as Generic;
use staging_xcm::{
    latest::{
        prelude::{
            All, AllCounted, AllOf, AllOfCounted, AssetFilter, Definite, InteriorLocation,
            Junction, Junctions, Location, MaybeErrorCode, NetworkId, OriginKind, QueryId,
            QueryResponseInfo, Response, WeightLimit, Wild, Xcm, XcmError,
        },
        Asset, AssetTransferFilter, Assets, Hint, HintNumVariants, XcmWeightInfo,
    },
    v5::MaxAssetTransferFilters,
    DoubleEncoded,
};

type F = Fungible<Runtime>;
type G = Generic<Runtime>;

/// The holding may have twice as many as are aimed at.
fn most() -> u64 {
    2 * u64::from(MaxAssetsIntoHolding::get())
}

fn each(assets: &Assets, weight: Weight) -> Weight {
    weight.saturating_mul(assets.len() as u64)
}

fn each_of(filter: &AssetFilter, weight: Weight) -> Weight {
    let number = match filter {
        Definite(assets) => assets.len() as u64,
        Wild(All | AllOf { .. }) => most(),
        Wild(AllCounted(count) | AllOfCounted { count, .. }) => most().min((*count).into()),
    };
    weight.saturating_mul(number)
}

/// A message is sent whatever is in it, and be it nothing.
fn sent(each: Weight, one: Weight) -> Weight {
    each.max(one)
}

/// To decode a message, weigh it and refuse it. Whether it answers a question of ours is looked up.
pub fn refused() -> Weight {
    G::query_response()
        .saturating_add(G::clear_origin().saturating_mul(MaxInstructions::get().into()))
}

pub struct XcmWeight<Call>(PhantomData<Call>);

impl<Call> XcmWeightInfo<Call> for XcmWeight<Call> {
    fn withdraw_asset(assets: &Assets) -> Weight {
        each(assets, F::withdraw_asset())
    }

    fn reserve_asset_deposited(assets: &Assets) -> Weight {
        each(assets, F::reserve_asset_deposited())
    }

    /// Refused when it is executed, so that the sender is told: by its weight it would wait in the
    /// queue as what needs a larger block.
    fn receive_teleported_asset(assets: &Assets) -> Weight {
        each(assets, F::reserve_asset_deposited())
    }

    fn query_response(_: &QueryId, _: &Response, _: &Weight, _: &Option<Location>) -> Weight {
        G::query_response()
    }

    fn transfer_asset(assets: &Assets, _: &Location) -> Weight {
        each(assets, F::transfer_asset())
    }

    fn transfer_reserve_asset(assets: &Assets, _: &Location, _: &Xcm<()>) -> Weight {
        let one = F::transfer_reserve_asset();
        sent(each(assets, one), one)
    }

    fn transact(_: &OriginKind, _: &Option<Weight>, _: &DoubleEncoded<Call>) -> Weight {
        G::transact()
    }

    fn hrmp_new_channel_open_request(_: &u32, _: &u32, _: &u32) -> Weight {
        G::clear_origin()
    }

    fn hrmp_channel_accepted(_: &u32) -> Weight {
        G::clear_origin()
    }

    fn hrmp_channel_closing(_: &u32, _: &u32, _: &u32) -> Weight {
        G::clear_origin()
    }

    fn clear_origin() -> Weight {
        G::clear_origin()
    }

    fn descend_origin(_: &InteriorLocation) -> Weight {
        G::descend_origin()
    }

    fn report_error(_: &QueryResponseInfo) -> Weight {
        G::report_error()
    }

    fn deposit_asset(assets: &AssetFilter, _: &Location) -> Weight {
        each_of(assets, F::deposit_asset())
    }

    fn deposit_reserve_asset(assets: &AssetFilter, _: &Location, _: &Xcm<()>) -> Weight {
        let one = F::deposit_reserve_asset();
        sent(each_of(assets, one), one)
    }

    /// There is nothing to exchange with.
    fn exchange_asset(_: &AssetFilter, _: &Assets, _: &bool) -> Weight {
        Weight::MAX
    }

    fn initiate_reserve_withdraw(assets: &AssetFilter, _: &Location, _: &Xcm<()>) -> Weight {
        let one = F::initiate_reserve_withdraw();
        sent(each_of(assets, one), one)
    }

    fn initiate_teleport(_: &AssetFilter, _: &Location, _: &Xcm<()>) -> Weight {
        Weight::MAX
    }

    fn initiate_transfer(
        _: &Location,
        remote_fees: &Option<AssetTransferFilter>,
        _: &bool,
        assets: &BoundedVec<AssetTransferFilter, MaxAssetTransferFilters>,
        _: &Xcm<()>,
    ) -> Weight {
        let sent = remote_fees.iter().chain(assets);
        sent.fold(F::initiate_transfer(), |weight, filter| {
            weight.saturating_add(each_of(filter.inner(), F::initiate_transfer()))
        })
    }

    fn report_holding(_: &QueryResponseInfo, _: &AssetFilter) -> Weight {
        G::report_holding()
    }

    fn buy_execution(_: &Asset, _: &WeightLimit) -> Weight {
        G::buy_execution()
    }

    fn pay_fees(_: &Asset) -> Weight {
        G::pay_fees()
    }

    fn refund_surplus() -> Weight {
        G::refund_surplus()
    }

    fn set_error_handler(_: &Xcm<Call>) -> Weight {
        G::set_error_handler()
    }

    fn set_appendix(_: &Xcm<Call>) -> Weight {
        G::set_appendix()
    }

    fn clear_error() -> Weight {
        G::clear_error()
    }

    fn set_hints(hints: &BoundedVec<Hint, HintNumVariants>) -> Weight {
        G::asset_claimer().saturating_mul(hints.len() as u64)
    }

    fn claim_asset(assets: &Assets, _: &Location) -> Weight {
        each(assets, G::claim_asset())
    }

    fn trap(_: &u64) -> Weight {
        G::trap()
    }

    fn subscribe_version(_: &QueryId, _: &Weight) -> Weight {
        G::subscribe_version()
    }

    fn unsubscribe_version() -> Weight {
        G::unsubscribe_version()
    }

    fn burn_asset(assets: &Assets) -> Weight {
        each(assets, G::burn_asset())
    }

    fn expect_asset(assets: &Assets) -> Weight {
        each(assets, G::expect_asset())
    }

    fn expect_origin(_: &Option<Location>) -> Weight {
        G::expect_origin()
    }

    fn expect_error(_: &Option<(u32, XcmError)>) -> Weight {
        G::expect_error()
    }

    fn expect_transact_status(_: &MaybeErrorCode) -> Weight {
        G::expect_transact_status()
    }

    fn query_pallet(_: &Vec<u8>, _: &QueryResponseInfo) -> Weight {
        G::query_pallet()
    }

    fn expect_pallet(_: &u32, _: &Vec<u8>, _: &Vec<u8>, _: &u32, _: &u32) -> Weight {
        G::expect_pallet()
    }

    fn report_transact_status(_: &QueryResponseInfo) -> Weight {
        G::report_transact_status()
    }

    fn clear_transact_status() -> Weight {
        G::clear_transact_status()
    }

    fn universal_origin(_: &Junction) -> Weight {
        Weight::MAX
    }

    fn export_message(_: &NetworkId, _: &Junctions, _: &Xcm<()>) -> Weight {
        Weight::MAX
    }

    fn lock_asset(_: &Asset, _: &Location) -> Weight {
        Weight::MAX
    }

    fn unlock_asset(_: &Asset, _: &Location) -> Weight {
        Weight::MAX
    }

    fn note_unlockable(_: &Asset, _: &Location) -> Weight {
        Weight::MAX
    }

    fn request_unlock(_: &Asset, _: &Location) -> Weight {
        Weight::MAX
    }

    fn set_fees_mode(_: &bool) -> Weight {
        G::set_fees_mode()
    }

    fn set_topic(_: &[u8; 32]) -> Weight {
        G::set_topic()
    }

    fn clear_topic() -> Weight {
        G::clear_topic()
    }

    fn alias_origin(_: &Location) -> Weight {
        G::alias_origin()
    }

    fn unpaid_execution(_: &WeightLimit, _: &Option<Location>) -> Weight {
        G::unpaid_execution()
    }

    fn execute_with_origin(_: &Option<InteriorLocation>, _: &Xcm<Call>) -> Weight {
        Weight::MAX
    }
}
