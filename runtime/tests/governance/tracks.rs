//! The tracks, and what the document for voters says of them.

use super::*;

#[test]
fn tracks_are_in_order_and_each_origin_has_one() {
    preset().execute_with(|| {
        assert_ok!(Tracks::check_integrity());
        let named = [
            (root_origin(), "root"),
            (Origin::WhitelistedCaller.into(), "whitelisted_caller"),
            (Origin::RegistryRules.into(), "registry_rules"),
            (Origin::Moderation.into(), "moderation"),
            (Origin::SmallSpender.into(), "small_spender"),
            (Origin::BigSpender.into(), "big_spender"),
            (Origin::Canceller.into(), "canceller"),
            (Origin::Killer.into(), "killer"),
        ];
        assert_eq!(named.len(), TRACKS.len());
        for (origin, name) in named {
            let id = Tracks::track_for(&origin).expect("has one");
            let track = TRACKS.iter().find(|track| track.id == id).unwrap();
            assert_eq!(title(track), name);
        }
        let signed = frame_system::RawOrigin::Signed(account(Who::Alice));
        assert_eq!(Tracks::track_for(&signed.into()), Err(()));
    });
}

#[test]
fn periods_are_short_on_test_chains_alone() {
    preset().execute_with(|| {
        let decision = |id| Tracks::info(id).unwrap().decision_period;
        let lock = || <Runtime as pallet_conviction_voting::Config>::VoteLockingPeriod::get();
        assert_eq!((decision(0), lock()), (20, 10));
        let key = frame_support::storage::storage_prefix(b"ParachainInfo", b"ParachainId");
        frame_support::storage::unhashed::put(&key, &(presets::PARA_ID + 1));
        assert_eq!((decision(0), lock()), (28 * DAYS, 7 * DAYS));
        // Who decides is bound by it for as long as it takes to begin.
        let longest = TRACKS.iter().map(|t| t.info.min_enactment_period).max();
        assert!(longest.unwrap() <= lock());
    });
}

fn title(track: &configs::tracks::Track) -> &str {
    std::str::from_utf8(&track.info.name)
        .unwrap()
        .trim_end_matches('\0')
}

/// `docs/governance.md` has these lines, each track's numbers as they are.
#[test]
fn the_document_says_what_the_tracks_ask() {
    let document = include_str!("../../../docs/governance.md");
    let period = |ticks: u32| match ticks {
        DAYS => "1 day".into(),
        HOURS => "1 hour".into(),
        _ if ticks.is_multiple_of(DAYS) => format!("{} days", ticks / DAYS),
        _ if ticks.is_multiple_of(HOURS) => format!("{} hours", ticks / HOURS),
        _ => format!("{} minutes", ticks / 10),
    };
    let mai = |value: Balance| match value / MAI {
        thousands @ 1_000.. => format!("{},{:03} MAI", thousands / 1_000, thousands % 1_000),
        units => format!("{units} MAI"),
    };
    let after = |curve: &pallet_referenda::Curve, share: f64| {
        let needed = curve.threshold(Perbill::from_float(share)).deconstruct();
        format!("{:.0}%", f64::from(needed) / 1e7)
    };
    let curve = |curve: &pallet_referenda::Curve| {
        [0.0, 0.1, 0.25, 0.5, 1.0]
            .map(|share| after(curve, share))
            .join(" | ")
    };
    let mut missing = vec![];
    for track in &TRACKS {
        let info = &track.info;
        let lines = [
            format!(
                "| {} | `{}` | {} | {} | {} | {} | {} | {} |",
                track.id,
                title(track),
                mai(info.decision_deposit),
                info.max_deciding,
                period(info.prepare_period),
                period(info.decision_period),
                period(info.confirm_period),
                period(info.min_enactment_period)
            ),
            format!(
                "| `{}` approval | {} |",
                title(track),
                curve(&info.min_approval)
            ),
            format!(
                "| `{}` support | {} |",
                title(track),
                curve(&info.min_support)
            ),
        ];
        missing.extend(lines.into_iter().filter(|line| !document.contains(line)));
    }
    assert!(missing.is_empty(), "it lacks\n{}", missing.join("\n"));
    for said in [
        mai(configs::governance::SubmissionDeposit::get()),
        mai(configs::origins::SMALL_SPEND),
        mai(configs::origins::BIG_SPEND),
    ] {
        assert!(document.contains(&said), "docs/governance.md lacks {said}");
    }
}
