//! What people see: the views of the chain as text and as JSON, each a file in `snapshots/`.
//! `UPDATE_EXPECT=1 cargo test -p myai-client` rewrites them.

use expect_test::expect_file;
use myai_chain_client::{testing::views, AccountId, CallWords, Word};
use myai_client::{
    output::{self, Report},
    show,
};
use myai_primitives::*;
use myai_sdk::{
    amount::{AssetName, AssetNames},
    policies::Policy,
    Question, Quotation,
};

const MAI: Balance = 1_000_000_000_000;

/// Both forms of reports are those of the snapshot, and no text of others steers a terminal.
fn check(snapshot: &str, reports: &[Report]) {
    let mut shown = String::new();
    for report in reports {
        shown += &format!("{}\n\n{:#}\n\n", report.text, report.json);
    }
    assert!(!shown.contains(['\x1b', '\u{202e}']) && !shown.contains("\\u001b"));
    expect_file![format!("snapshots/{snapshot}.txt")].assert_eq(&format!("{}\n", shown.trim_end()));
}

/// Lines that are a part of what is shown.
fn lines(rows: &[(&str, String)]) -> Report {
    Report::new(serde_json::Value::Null, output::fields(rows))
}

fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

fn names() -> AssetNames {
    let mut names = AssetNames::default();
    names.insert(
        1984,
        AssetName {
            symbol: "USDT".into(),
            decimals: 6,
        },
    );
    names
}

fn native(units: Balance) -> Amount {
    Amount {
        asset: Asset::Native,
        value: units,
    }
}

fn file(name: &str) -> File {
    File::new([0xab; 32], 1_234, &[&format!("https://example.org/{name}")]).unwrap()
}

fn text(text: &str) -> Text {
    text.as_bytes().to_vec().try_into().unwrap()
}

fn royalty() -> Royalty {
    let alternative = |unit, asset, floor, max_fee| Alternative {
        unit,
        asset,
        floor,
        max_fee,
    };
    Royalty {
        share: Ppm(50_000),
        alternatives: vec![
            alternative(Unit::Call, Asset::Native, MAI / 5_000, MAI / 200),
            alternative(Unit::Second, Asset::Id(1984), 1_000, 0),
        ]
        .try_into()
        .unwrap(),
    }
}

/// Clauses that state everything that goes together.
fn clauses() -> Clauses {
    Clauses::V1(ClausesV1 {
        license: text("Apache-2.0"),
        text: Some(file("LICENSE")),
        derivatives: Derivatives::Approval,
        royalty: royalty(),
        irrevocable: true,
        commercial: Commercial::Allowed,
        hosting: Access::Approval,
        users: Access::Approval,
        use_policy: Some(file("policy.md")),
        share_alike: true,
        attribution: text("Built with digits"),
    })
}

/// Those of a dataset that is for research alone.
fn research() -> Clauses {
    let fees = FeeLimit {
        unit: Unit::Call,
        asset: Asset::Native,
        max_fee: MAI / 1_000,
    };
    Clauses::V1(ClausesV1 {
        derivatives: Derivatives::Approval,
        commercial: Commercial::Forbidden { fees: Some(fees) },
        attribution: text("With data of the clinic\x1b[31m"),
        ..(*Clauses::open(text("LicenseRef-Clinic"))).clone()
    })
}

fn version() -> VersionView<AccountId> {
    let spec = VersionSpec {
        artifact: file("model.onnx"),
        manifest: file("manifest.json"),
        numerics: Numerics::IntV1,
        unit: Unit::Call,
        price: native(MAI / 100),
        modes: vec![Mode::Direct].try_into().unwrap(),
        max_input: 1_000,
        max_output: 100,
        openness: Disclosure {
            source: Openness::Open,
            training_data: Openness::Partial,
            checkpoints: Openness::Closed,
        },
        clauses: clauses(),
        bases: vec![BaseLine {
            version: VersionId(1),
            royalty: Ppm(100_000),
        }]
        .try_into()
        .unwrap(),
        datasets: vec![
            DatasetLine {
                source: DataSource::Grant(GrantId(2)),
                share: Ppm(30_000),
            },
            DatasetLine {
                source: DataSource::Dataset(DatasetId(9)),
                share: Ppm(0),
            },
        ]
        .try_into()
        .unwrap(),
        extras: vec![ExtraLine {
            account: account(9),
            share: Ppm(1),
        }]
        .try_into()
        .unwrap(),
    };
    let (own, data) = (
        Licensor::Version(VersionId(3)),
        Licensor::Dataset(DatasetId(4), 2),
    );
    let effective = Effective {
        flags: Flags {
            commercial: research().commercial,
            hosting: true,
            users: true,
        },
        bound_by: vec![
            Bound {
                licensor: own,
                hosting: true,
                users: true,
            },
            Bound {
                licensor: data,
                hosting: false,
                users: false,
            },
        ]
        .try_into()
        .unwrap(),
        licensors: vec![
            Asked {
                licensor: own,
                derivatives: Derivatives::Approval,
                royalty: royalty(),
            },
            Asked {
                licensor: data,
                derivatives: Derivatives::Forbidden,
                royalty: Royalty::default(),
            },
        ]
        .try_into()
        .unwrap(),
        policies: vec![[0xab; 32]].try_into().unwrap(),
        share_alike: Some([5; 32]),
        min_price: MAI / 500,
        max_fee: Some(MAI / 1_000),
    };
    VersionView {
        state: VersionState::Retired,
        last_work: Some(900),
        spec,
        effective,
        bound_by: vec![
            BoundByView {
                licensor: own,
                clauses: clauses(),
            },
            BoundByView {
                licensor: data,
                clauses: research(),
            },
        ],
        policies: Some([6; 32]),
        lives_by: vec![
            LivesByView {
                trained: VersionId(3),
                dataset: DatasetId(4),
                grant: GrantId(2),
                ends: None,
            },
            LivesByView {
                trained: VersionId(1),
                dataset: DatasetId(9),
                grant: GrantId(8),
                ends: Some(500),
            },
        ],
        licensed_until: Some(500),
        first_with_artifact: VersionId(2),
        ..views::version()
    }
}

fn model() -> ModelView<AccountId> {
    ModelView {
        name: b"digits\x1b[31m".to_vec().try_into().unwrap(),
        category: Category::MedicalScience,
        metadata: file("readme.md"),
        changes: 12,
        ..views::model()
    }
}

#[test]
fn a_version_tells_its_price_its_clauses_and_what_binds_it() {
    check(
        "version",
        &[show::version(&names(), &(version(), None), None)],
    );
}

#[test]
fn a_version_that_asks_nothing_says_so_in_a_line() {
    let mut view = version();
    view.spec.clauses = Clauses::open(text("MIT"));
    view.effective = Effective::default();
    view.bound_by.clear();
    view.lives_by.clear();
    view.licensed_until = None;
    check(
        "version-that-asks-nothing",
        &[show::version(&names(), &(view, None), None)],
    );
}

#[test]
fn a_model_lists_its_versions_and_cannot_steer_a_terminal() {
    check(
        "models",
        &[
            show::model(&names(), &(model(), None), &[(version(), None)]),
            show::models(&[(model(), None)]),
            show::models(&[]),
        ],
    );
}

#[test]
fn what_is_suspended_says_from_when_to_when_and_what_is_stopped() {
    let suspended = Some(SuspensionView {
        since: 100,
        until: 300,
        rests_until: 500,
    });
    let mut version = version();
    version.spec.clauses = Clauses::open(text("MIT"));
    version.effective = Effective::default();
    version.bound_by.clear();
    version.lives_by.clear();
    check(
        "suspended",
        &[
            show::model(
                &names(),
                &(model(), suspended),
                &[(version.clone(), suspended)],
            ),
            show::models(&[(model(), suspended)]),
            show::version(&names(), &(version, suspended), suspended),
            show::dataset(&names(), &(dataset(), suspended)),
            show::datasets(&names(), &[(dataset(), suspended)]),
            show::worker(&names(), &(worker(), suspended), &[]),
        ],
    );
}

fn terms() -> DatasetTerms {
    DatasetTerms {
        clauses: research(),
        price: Amount {
            asset: Asset::Id(1984),
            value: 12_500_000,
        },
        period: Some(14_400),
        renewable: Some(43_200),
        revocation: Revocation::Notice {
            notice: 28_800,
            perpetual_term: 1,
        },
    }
}

fn dataset() -> DatasetView<AccountId> {
    DatasetView {
        offered_to: Some(account(2)),
        changes: 3,
        name: b"scans".to_vec().try_into().unwrap(),
        category: Category::MedicalScience,
        metadata: file("scans.md"),
        openness: Openness::Closed,
        terms: Some((2, terms())),
        ..views::dataset()
    }
}

#[test]
fn a_dataset_tells_its_terms() {
    let shown = show::dataset(&names(), &(dataset(), None));
    let listed = show::datasets(&names(), &[(dataset(), None)]);
    check("datasets", &[shown, listed]);
}

#[test]
fn terms_without_a_period_say_how_they_end() {
    let mut terms = terms();
    terms.period = None;
    let shown = |terms: &DatasetTerms| {
        let text = lines(&show::terms_rows(&names(), terms)).text;
        Report::new(show::terms_json(&names(), terms), text)
    };
    let with_notice = shown(&terms);
    terms.revocation = Revocation::Never;
    check("terms-without-a-period", &[with_notice, shown(&terms)]);
}

#[test]
fn a_grant_tells_its_end_and_what_has_vested() {
    let grant = GrantView {
        id: GrantId(2),
        dataset: DatasetId(4),
        model: ModelId(2),
        number: 2,
        terms: terms(),
        metadata: file("scans.md"),
        ends: Some(77),
        revoked: true,
        instalments: vec![Instalment {
            payer: account(8),
            value: 12_500_000,
            start: 10,
            end: 90,
            vested: 2_500_000,
        }],
        versions: 2,
    };
    let shown = show::grant(&names(), &grant);
    check("grants", &[shown, show::grants(&names(), &[grant])]);
}

#[test]
fn requests_and_approvals_are_listed() {
    let request = RequestView {
        dataset: DatasetId(4),
        model: ModelId(2),
        number: 2,
        payer: account(8),
        price: native(MAI),
        expires: 50,
    };
    let approval = |kind, given| ApprovalView {
        licensor: Licensor::Dataset(DatasetId(4), 2),
        kind,
        account: account(8),
        given,
    };
    let (host, user) = (ApprovalKind::Host, ApprovalKind::User);
    check(
        "requests-and-approvals",
        &[
            show::requests(&names(), &[request]),
            show::requests(&names(), &[]),
            show::approvals(&[approval(host, true), approval(user, false)]),
            show::approval(
                Licensor::Version(VersionId(3)),
                user,
                &account(8),
                "withdrawn",
            ),
        ],
    );
}

fn record() -> Record {
    Record {
        settled: 12,
        declined: 1,
        spoilt: 4,
        expired: 0,
        standing: 3 * MAI / 2,
    }
}

fn worker() -> WorkerView<AccountId> {
    let plain = views::worker();
    WorkerView {
        details: WorkerDetails {
            mailbox: b"wss://node.example".to_vec().try_into().unwrap(),
            ..plain.details
        },
        bond: 100 * MAI,
        open: 2,
        record: record(),
        ..plain
    }
}

#[test]
fn workers_show_what_they_offer_and_what_they_have_done() {
    let record = record();
    let offer = OfferView {
        fee: native(MAI / 200),
        min_duration: 20,
        record,
        ..views::offer()
    };
    let worker = worker();
    let offers = [offer];
    check(
        "workers",
        &[
            show::worker(&names(), &(worker, None), &offers),
            show::offers(&names(), &offers),
            show::offers(&names(), &[]),
        ],
    );
}

#[test]
fn what_is_asked_says_what_it_costs_of_whom_and_under_which_policies() {
    let costs = Quote {
        asset: Asset::Native,
        price: 3 * MAI / 100,
        fee: MAI / 100,
        gross: 4 * MAI / 100,
        network: MAI / 1_000,
        deposit: MAI / 10,
        spoilt_charge: MAI / 100,
        policies: None,
    };
    let question = Question {
        units: 3,
        ..Question::new(version(), b"input".to_vec())
    };
    let quotation = Quotation {
        worker: worker(),
        duration: 100,
        max_cost: costs.gross,
        costs,
        policies: Policy::of(&version()),
    };
    check("ask", &[show::quotation(&names(), &question, &quotation)]);
}

#[test]
fn an_open_job_says_how_long_it_has() {
    let job = JobView {
        id: JobId([9; 32]),
        state: JobState::Open(OpenJobView {
            payer: account(1),
            opener: account(1),
            uploader: None,
            version: VersionId(3),
            run: Run::Direct {
                worker: account(3),
                blob: [8; 32],
            },
            units: 1,
            asset: Asset::Native,
            price: MAI,
            fee: 0,
            deposit: MAI / 10,
            deadline: 120,
            revision: 1,
            input_commitment: [7; 32],
            input_length: 5,
        }),
    };
    let shown = |served| {
        let clock = ClockView { now: 1, served };
        lines(&show::job(&names(), &job.state, None, clock))
    };
    check("open-job", &[shown(100), shown(120), shown(121)]);
    check(
        "open-jobs",
        &[show::open_jobs(&names(), std::slice::from_ref(&job))],
    );
}

#[test]
fn an_ended_job_says_how_it_ended() {
    let state = |outcome| {
        JobState::Ended(EndedJobView {
            version: VersionId(3),
            workers: vec![account(3)],
            deadline: 120,
            kept_until: 220,
            outcome,
        })
    };
    let clock = ClockView {
        now: 1,
        served: 200,
    };
    let settled = Outcome::Settled {
        output_commitment: [1; 32],
        blob: [2; 32],
        units: 2,
        paid: MAI,
        block: 9,
    };
    let shown = |outcome, asset| {
        let view = JobView {
            id: JobId([9; 32]),
            state: state(outcome),
        };
        let text = lines(&show::job(&names(), &view.state, asset, clock)).text;
        Report::new(show::job_json(&names(), &view), text)
    };
    check(
        "ended-jobs",
        &[
            shown(settled, Some(Asset::Native)),
            shown(settled, None),
            shown(Outcome::Declined(DeclineReason::BadInput), None),
            shown(Outcome::Expired, None),
        ],
    );
}

fn governance() -> GovernanceView {
    GovernanceView {
        submission_deposit: 10 * MAI,
        undeciding_timeout: 100,
        vote_locking_period: 10,
        tracks: vec![TrackView {
            id: 10,
            name: b"registry_rules".to_vec(),
            max_deciding: 10,
            decision_deposit: 200 * MAI,
            prepare_period: 14_400,
            decision_period: 201_600,
            confirm_period: 14_400,
            min_enactment_period: 14_400,
        }],
    }
}

fn ongoing() -> OngoingView<AccountId> {
    OngoingView {
        track: 10,
        proposer: account(1),
        call: Some(vec![51, 20]),
        call_hash: [7; 32],
        submitted: 100,
        enactment: Enactment::After(0),
        has_decision_deposit: true,
        deciding: Some(Deciding {
            since: 14_500,
            confirmed_at: None,
        }),
        ayes: 30 * MAI,
        nays: 10 * MAI,
        support: 5 * MAI,
        approval: Ppm(750_000),
        approval_needed: Ppm(990_000),
        support_share: Ppm(12_345),
        support_needed: Ppm(490_000),
    }
}

/// A call that sets rules, one for each.
fn sets(rules: &[(Rule, u128)]) -> CallWords {
    let set = |(rule, value): &(Rule, u128)| CallWords {
        pallet: "ModelRegistry".into(),
        name: "set_rule".into(),
        arguments: vec![
            value_of("rule", rule, format!("{rule:?}")),
            value_of("value", value, value.to_string()),
        ],
    };
    let mut calls: Vec<CallWords> = rules.iter().map(set).collect();
    match calls.len() {
        1 => calls.remove(0),
        _ => CallWords {
            pallet: "Utility".into(),
            name: "batch_all".into(),
            arguments: vec![("calls".into(), Word::Calls(calls))],
        },
    }
}

fn value_of(name: &str, value: &impl codec::Encode, text: String) -> (String, Word) {
    let bytes = value.encode();
    (name.into(), Word::Value { text, bytes })
}

#[test]
fn a_referendum_says_what_would_change_and_what_it_still_needs() {
    let view = ReferendumView {
        index: 3,
        state: ReferendumState::Ongoing(ongoing()),
    };
    let call = sets(&[(Rule::MaxRoyalty, 350_000), (Rule::AnswerKept, 14_400)]);
    let rules = RuleSet::default();
    let shown = show::referendum(&view, &governance(), Some(&call), &rules, "https://x");
    check("referendum", &[shown]);
}

#[test]
fn a_referendum_on_what_cannot_be_read_says_so_and_others_calls_cannot_steer_a_terminal() {
    let view = ReferendumView {
        index: 3,
        state: ReferendumState::Ongoing(ongoing()),
    };
    let rules = RuleSet::default();
    let remark = CallWords {
        pallet: "System".into(),
        name: "remark".into(),
        arguments: vec![value_of("remark", &1u8, "\x1b[2J\u{202e}".into())],
    };
    let shown = |call| show::referendum(&view, &governance(), call, &rules, "https://x");
    check("referendum-on-others", &[shown(None), shown(Some(&remark))]);
}

#[test]
fn a_proposal_says_from_when_and_what_it_costs() {
    let governance = governance();
    let settings = ["max-royalty=35%".parse().unwrap()];
    let rules = RuleSet::default();
    let proposed = show::Proposed {
        index: Some(4),
        now: 1_000,
        settings: &settings,
        rules: &rules,
        governance: &governance,
        track: &governance.tracks[0],
        has_deposit: true,
        link: "https://x".into(),
    };
    check("proposal", &[show::proposed(&proposed)]);
}

#[test]
fn rules_are_shown_with_their_bounds_and_a_halt_of_new_work() {
    let rules = Rules {
        revision: 2,
        list: RuleSet::default(),
    };
    let halt = SuspensionView {
        since: 90,
        until: 120,
        rests_until: 130,
    };
    let shown = [None, Some(halt)].map(|halted| show::rules(&rules, halted));
    check("rules", &shown);
}
