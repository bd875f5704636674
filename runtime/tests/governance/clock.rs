//! The clock that referenda and the scheduler share.

use super::*;

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
    use sp_runtime::traits::BlockNumberProvider;
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
