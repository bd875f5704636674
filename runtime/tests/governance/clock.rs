//! The clock that referenda and the scheduler share.

use super::*;
use sp_runtime::traits::BlockNumberProvider;

/// For the next tick.
fn schedule_something() {
    let remark = frame_system::Call::remark_with_event { remark: vec![1] };
    assert_ok!(root(pallet_scheduler::Call::schedule_after {
        after: 0,
        maybe_periodic: None,
        priority: 0,
        call: Box::new(remark.into()),
    }));
}

/// Whether the scheduler has run a call.
fn is_run(event: &RuntimeEvent) -> bool {
    matches!(
        event,
        RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched { .. })
    )
}

#[test]
fn scheduler_starts_at_once() {
    on_real_blocks(|blocks| {
        schedule_something();
        let ran = |event: &RuntimeEvent| is_run(event).then(System::block_number);
        assert_eq!(blocks.until(10, ran), Some(3));
    });
}

#[test]
fn scheduler_runs_a_call_once_where_blocks_share_a_tick() {
    on_real_blocks(|blocks| {
        schedule_something();
        let mut ran = vec![];
        for ticks in [0, 1, 0, 1, 0, 1] {
            blocks.next(ticks);
            let dispatched = events().into_iter().filter(is_run);
            ran.extend(dispatched.map(|_| System::block_number()));
        }
        // The second block of its tick is the first that sees it at its beginning.
        assert_eq!(ran, [4]);
    });
}

#[test]
fn scheduler_comes_to_what_an_outage_held_up() {
    const OUTAGE: Tick = 14_400;
    on_real_blocks(|blocks| {
        blocks.next(1);
        let remark = frame_system::Call::remark_with_event { remark: vec![1] };
        assert_ok!(root(pallet_scheduler::Call::schedule {
            when: FIRST + OUTAGE / 2,
            maybe_periodic: None,
            priority: 0,
            call: Box::new(remark.into()),
        }));
        blocks.next(OUTAGE);
        let ran = |event: &RuntimeEvent| is_run(event).then(System::block_number);
        let block = blocks.until(1_000, ran).expect("it runs");
        let most = configs::system::MAXIMUM_BLOCK_WEIGHT;
        let taken = System::block_weight().total();
        println!("after a day without blocks what was due at noon runs in block {block}; such a block has {taken:?} of {most:?} taken");
        // Half an hour of blocks makes up for a day, and leaves half of each to jobs.
        assert!(block < 300, "{block}");
        assert!(taken.proof_size() < most.proof_size() / 10 * 6, "{taken:?}");
    });
}

#[test]
fn referenda_and_scheduler_read_one_clock() {
    type Of<T> = <T as BlockNumberProvider>::BlockNumber;
    fn same<A: BlockNumberProvider + 'static, B: BlockNumberProvider + 'static>() -> bool {
        std::any::TypeId::of::<A>() == std::any::TypeId::of::<B>()
    }
    type Scheduling = <Runtime as pallet_scheduler::Config>::BlockNumberProvider;
    assert_eq!(Of::<Scheduling>::MAX, Tick::MAX);
    assert!(same::<
        Scheduling,
        <Runtime as pallet_referenda::Config>::BlockNumberProvider,
    >());
    assert!(same::<
        Scheduling,
        <Runtime as pallet_conviction_voting::Config>::BlockNumberProvider,
    >());
    assert!(same::<
        Scheduling,
        <Runtime as pallet_whitelist::Config>::BlockNumberProvider,
    >());
    assert!(same::<
        Scheduling,
        <Runtime as pallet_treasury::Config>::BlockNumberProvider,
    >());
    assert!(same::<Scheduling, Relay>());
}

/// Fills the agenda of a tick, as the alarms of many referenda would.
fn fill(tick: Tick) {
    let remark: RuntimeCall = frame_system::Call::remark { remark: vec![] }.into();
    let room: u32 = <Runtime as pallet_scheduler::Config>::MaxScheduledPerBlock::get();
    for _ in 0..room {
        assert_ok!(root(pallet_scheduler::Call::schedule {
            when: tick,
            maybe_periodic: None,
            priority: 128,
            call: Box::new(remark.clone()),
        }));
    }
}

/// Waits until a referendum is being decided.
fn deciding(blocks: &mut Blocks, index: u32) -> pallet_referenda::DecidingStatus<Tick> {
    let deciding = (0..LONG).find_map(|_| {
        blocks.next(1);
        match info(index) {
            ReferendumInfo::Ongoing(status) => status.deciding,
            _ => None,
        }
    });
    deciding.expect("it begins")
}

#[test]
fn a_full_agenda_loses_no_slot() {
    on_real_blocks(|blocks| {
        let taken = || pallet_referenda::DecidingCount::<Runtime>::get(0);
        let remark = frame_system::Call::remark { remark: vec![] };
        let index = submit(Who::Eve, root_origin(), remark);
        deposit(Who::Eve, index);
        let since = deciding(blocks, index).since;
        // It fails at the end of the period, and gives its place back in the tick after.
        let end = since + Tracks::info(0).expect("is Root's").decision_period;
        fill(end + 1);
        let rejected = |event: &RuntimeEvent| {
            matches!(
                event,
                RuntimeEvent::Referenda(pallet_referenda::Event::Rejected { .. })
            )
            .then(Relay::current_block_number)
        };
        // A hook sees the tick of the block before.
        assert_eq!(blocks.until(LONG, rejected), Some(end + 1));
        blocks.next(1);
        assert_eq!(taken(), 1);
        blocks.next(1);
        assert_eq!(taken(), 0);
    });
}

#[test]
fn a_full_agenda_loses_no_approved_call() {
    on_real_blocks(|blocks| {
        let index = submit(Who::Alice, Origin::RegistryRules, set_royalty(1));
        deposit(Who::Alice, index);
        all_vote(index, true);
        let approved = deciding(blocks, index).confirming.expect("all agree");
        // It would run, and give its place back, in the first of these.
        fill(approved + 1);
        fill(approved + 2);
        assert_ok!(enacted(blocks, index).expect("is enacted"));
        // A hook sees the tick of the block before.
        assert_eq!(Relay::current_block_number(), approved + 4);
        assert_eq!(max_royalty(), 1);
        assert_eq!(pallet_referenda::DecidingCount::<Runtime>::get(10), 0);
    });
}
