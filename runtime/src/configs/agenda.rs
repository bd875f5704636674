//! The scheduler as referenda use it: what meets a full agenda goes onto one of the next.
//!
//! Referenda make nothing of that error: a call that was approved would never run, and a place
//! among those that are decided would stay taken for ever. Whoever submits referenda fills agendas,
//! with their alarms.

use crate::*;
use configs::governance::RelayClock;
use frame_support::{
    storage::with_storage_layer,
    traits::{
        schedule::{
            v3::{Anon, Named, TaskName},
            DispatchTime, Period, Priority,
        },
        Bounded,
    },
};
use pallet_scheduler::TaskAddress;
use sp_runtime::{
    traits::{BlakeTwo256, BlockNumberProvider},
    DispatchError,
};

/// How many agendas are tried: that of the tick that is asked for, and those of the next.
///
/// A referendum has one alarm at a time, so to fill them all takes 512 referenda for each, whose
/// submission deposits are lost: 16 * 512 * 10 MAI, some 80,000.
const AGENDAS: BlockNumber = 16;

type Place = TaskAddress<BlockNumber>;
type BoundedCall = Bounded<RuntimeCall, BlakeTwo256>;

/// Schedules for the tick that is asked for, or the first after it whose agenda has room. What was
/// to run before now runs in the next tick.
pub struct NextFreeAgenda;

/// Has `schedule` try tick after tick, as long as it finds a full agenda.
fn find_room<T>(
    when: DispatchTime<BlockNumber>,
    schedule: impl Fn(DispatchTime<BlockNumber>) -> Result<T, DispatchError>,
) -> Result<T, DispatchError> {
    let now = RelayClock::current_block_number();
    let asked = match when {
        DispatchTime::At(tick) => tick,
        // As the scheduler counts: what was due now has run.
        DispatchTime::After(ticks) => now.saturating_add(ticks).saturating_add(1),
    };
    let first = asked.max(now.saturating_add(1));
    let last = first.saturating_add(AGENDAS - 1);
    (first..=last)
        .map(|tick| schedule(DispatchTime::At(tick)))
        .find(|scheduled| !matches!(scheduled, Err(DispatchError::Exhausted)))
        .unwrap_or(Err(DispatchError::Exhausted))
}

impl Anon<BlockNumber, RuntimeCall, OriginCaller> for NextFreeAgenda {
    type Address = Place;
    type Hasher = BlakeTwo256;

    fn schedule(
        when: DispatchTime<BlockNumber>,
        periodic: Option<Period<BlockNumber>>,
        priority: Priority,
        origin: OriginCaller,
        call: BoundedCall,
    ) -> Result<Place, DispatchError> {
        find_room(when, |at| {
            <Scheduler as Anon<_, _, _>>::schedule(
                at,
                periodic,
                priority,
                origin.clone(),
                call.clone(),
            )
        })
    }

    fn cancel(address: Place) -> Result<(), DispatchError> {
        <Scheduler as Anon<_, _, _>>::cancel(address)
    }

    fn reschedule(address: Place, when: DispatchTime<BlockNumber>) -> Result<Place, DispatchError> {
        // The scheduler takes the task from where it was before it looks for room.
        find_room(when, |at| {
            with_storage_layer(|| <Scheduler as Anon<_, _, _>>::reschedule(address, at))
        })
    }

    fn next_dispatch_time(address: Place) -> Result<BlockNumber, DispatchError> {
        <Scheduler as Anon<_, _, _>>::next_dispatch_time(address)
    }
}

impl Named<BlockNumber, RuntimeCall, OriginCaller> for NextFreeAgenda {
    type Address = Place;
    type Hasher = BlakeTwo256;

    fn schedule_named(
        id: TaskName,
        when: DispatchTime<BlockNumber>,
        periodic: Option<Period<BlockNumber>>,
        priority: Priority,
        origin: OriginCaller,
        call: BoundedCall,
    ) -> Result<Place, DispatchError> {
        find_room(when, |at| {
            <Scheduler as Named<_, _, _>>::schedule_named(
                id,
                at,
                periodic,
                priority,
                origin.clone(),
                call.clone(),
            )
        })
    }

    fn cancel_named(id: TaskName) -> Result<(), DispatchError> {
        <Scheduler as Named<_, _, _>>::cancel_named(id)
    }

    fn reschedule_named(
        id: TaskName,
        when: DispatchTime<BlockNumber>,
    ) -> Result<Place, DispatchError> {
        // As `reschedule`.
        find_room(when, |at| {
            with_storage_layer(|| <Scheduler as Named<_, _, _>>::reschedule_named(id, at))
        })
    }

    fn next_dispatch_time(id: TaskName) -> Result<BlockNumber, DispatchError> {
        <Scheduler as Named<_, _, _>>::next_dispatch_time(id)
    }
}
