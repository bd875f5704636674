//! What people see: the views of the chain as text and as JSON.

use myai_chain_client::{AccountId, CallWords, Word};
use myai_client::show;
use myai_primitives::*;
use myai_sdk::amount::{AssetName, AssetNames};
use serde_json::json;

const MAI: Balance = 1_000_000_000_000;

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
        id: VersionId(3),
        model: ModelId(2),
        state: VersionState::Retired,
        last_work: Some(900),
        spec,
        split: SplitId(7),
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
    }
}

fn model() -> ModelView<AccountId> {
    ModelView {
        id: ModelId(2),
        owner: account(1),
        account: account(2),
        name: b"digits\x1b[31m".to_vec().try_into().unwrap(),
        category: Category::MedicalScience,
        metadata: file("readme.md"),
        offered_to: None,
        changes: 12,
    }
}

#[test]
fn a_version_tells_its_price_its_clauses_and_what_binds_it() {
    let report = show::version(&names(), &version());
    let expected = "\
version      v3 of model 2, retired
last work    jobs on it may be answered until tick 900 of service
copy         v2 had the same artifact first
artifact     1234 bytes, sha256 abababababababababababababababababababababababababababababababab
             https://example.org/model.onnx
manifest     1234 bytes, sha256 abababababababababababababababababababababababababababababababab
             https://example.org/manifest.json
price        0.01 MAI per call
numerics     int-v1
modes        direct
sizes        input at most 1000, answer at most 100 bytes
openness     source open, training data partial, checkpoints closed
license      Apache-2.0
its text     1234 bytes, sha256 abababababababababababababababababababababababababababababababab
             https://example.org/LICENSE
its policy   1234 bytes, sha256 abababababababababababababababababababababababababababababababab
             https://example.org/policy.md
clauses      derivatives need approval
             royalty 5% of each descendant's price
               per call: at least 0.0002 MAI, all fees at most 0.005 MAI
               per second: at least 0.001 USDT (asset:1984), all fees at most 0 USDT (asset:1984)
             irrevocable
             hosts need approval
             users need approval
             users accept a policy
             share-alike: the same license and text, and nothing more is asked
             attribution: Built with digits
income       10% to base v1
             3% to grant g2's dataset
             0% to dataset d9
             0.0001% to NINE
             86.9999% to the model's owner
split        7
bound by     v3: hosts need approval
               users need approval
               users accept a policy
               share-alike: the same license and text, and nothing more is asked
               attribution: Built with digits
             d4 (terms 2): no commercial use: no price, all fees at most 0.001 MAI per call
               attribution: With data of the clinic\u{fffd}[31m
in force     no commercial use: no price, all fees at most 0.001 MAI per call
             price at least 0.002 MAI per call
             all fees of a job at most 0.001 MAI per call
             hosts need approval
             users need approval
descendants  v3: royalty 5% of each descendant's price
                 per call: at least 0.0002 MAI, all fees at most 0.005 MAI
                 per second: at least 0.001 USDT (asset:1984), all fees at most 0 USDT (asset:1984)
               derivatives need approval
             d4 (terms 2): derivatives forbidden
attribution  Built with digits
             With data of the clinic\u{fffd}[31m
policies     policy of v3: https://example.org/policy.md (sha256 abababababababababababababababababababababababababababababababab)
lives by     grant g2 of dataset d4, for ever
             grant g8 of dataset d9, on which v1 was trained, until tick 500
licensed     until tick 500";
    let nine = account(9).to_string();
    assert_eq!(report.text.replace(&nine, "NINE"), expected);
}

#[test]
fn a_version_as_json_has_every_clause_and_what_they_come_to() {
    let json = show::version(&names(), &version()).json;
    let amount = |asset: &str, value: Balance, text: &str| {
        let value = value.to_string();
        json!({ "asset": asset, "value": value, "text": text })
    };
    let mai = |value, text| amount("MAI", value, text);
    let usdt = |value, text| amount("asset:1984", value, text);
    let file = |name: &str| {
        json!({
            "sha256": format!("0x{}", "ab".repeat(32)),
            "length": 1_234,
            "uris": [format!("https://example.org/{name}")],
        })
    };
    assert_eq!(json["id"], 3);
    assert_eq!(json["state"], "retired");
    assert_eq!(json["last_work"], 900);
    assert_eq!(json["spec"]["price"], mai(MAI / 100, "0.01 MAI"));
    assert_eq!(
        json["spec"]["bases"],
        json!([{ "version": 1, "royalty": 100_000 }])
    );
    assert_eq!(
        json["spec"]["datasets"],
        json!([{ "grant": 2, "share": 30_000 }, { "dataset": 9, "share": 0 }])
    );
    let royalty = json!({
        "share": 50_000,
        "alternatives": [
            {
                "unit": "call",
                "asset": "MAI",
                "floor": mai(MAI / 5_000, "0.0002 MAI"),
                "max_fee": mai(MAI / 200, "0.005 MAI"),
            },
            {
                "unit": "second",
                "asset": "asset:1984",
                "floor": usdt(1_000, "0.001 USDT (asset:1984)"),
                "max_fee": usdt(0, "0 USDT (asset:1984)"),
            },
        ],
    });
    let own = json!({
        "license": "Apache-2.0",
        "text": file("LICENSE"),
        "derivatives": "approval",
        "royalty": royalty,
        "irrevocable": true,
        "commercial": "allowed",
        "fees": null,
        "hosting": "approval",
        "users": "approval",
        "use_policy": file("policy.md"),
        "share_alike": true,
        "attribution": "Built with digits",
    });
    let fees = json!({
        "unit": "call",
        "asset": "MAI",
        "max_fee": mai(MAI / 1_000, "0.001 MAI"),
    });
    assert_eq!(json["spec"]["clauses"], own);
    let research = json!({
        "license": "LicenseRef-Clinic",
        "text": null,
        "derivatives": "approval",
        "royalty": { "share": 0, "alternatives": [] },
        "irrevocable": false,
        "commercial": "forbidden",
        "fees": fees,
        "hosting": "anyone",
        "users": "anyone",
        "use_policy": null,
        "share_alike": false,
        "attribution": "With data of the clinic\u{fffd}[31m",
    });
    let (version, dataset) = (
        json!({ "version": 3 }),
        json!({ "dataset": 4, "number": 2 }),
    );
    assert_eq!(
        json["bound_by"],
        json!([
            { "licensor": version, "clauses": own },
            { "licensor": dataset, "clauses": research },
        ])
    );
    assert_eq!(
        json["effective"],
        json!({
            "flags": { "commercial": "forbidden", "fees": fees, "hosting": true, "users": true },
            "bound_by": [
                { "licensor": version, "hosting": true, "users": true },
                { "licensor": dataset, "hosting": false, "users": false },
            ],
            "licensors": [
                { "licensor": version, "derivatives": "approval", "royalty": royalty },
                {
                    "licensor": dataset,
                    "derivatives": "forbidden",
                    "royalty": { "share": 0, "alternatives": [] },
                },
            ],
            "policies": [format!("0x{}", "ab".repeat(32))],
            "share_alike": format!("0x{}", "05".repeat(32)),
            "min_price": mai(MAI / 500, "0.002 MAI"),
            "max_fee": mai(MAI / 1_000, "0.001 MAI"),
        })
    );
    assert_eq!(json["policies"], format!("0x{}", "06".repeat(32)));
    assert_eq!(
        json["lives_by"],
        json!([
            { "trained": 3, "dataset": 4, "grant": 2, "ends": null },
            { "trained": 1, "dataset": 9, "grant": 8, "ends": 500 },
        ])
    );
    assert_eq!(json["licensed_until"], 500);
    assert_eq!(json["first_with_artifact"], 2);
}

#[test]
fn a_version_that_asks_nothing_says_so_in_a_line() {
    let mut view = version();
    view.spec.clauses = Clauses::open(text("MIT"));
    view.effective = Effective::default();
    view.bound_by.clear();
    view.lives_by.clear();
    view.licensed_until = None;
    let report = show::version(&names(), &view);
    assert!(
        report
            .text
            .contains("license    MIT\nclauses    derivatives allowed\nincome"),
        "{}",
        report.text
    );
    assert!(
        report.text.ends_with("split      7\nlicensed   for ever"),
        "{}",
        report.text
    );
    assert_eq!(report.json["effective"]["max_fee"], json!(null));
}

#[test]
fn a_model_lists_its_versions_and_cannot_steer_a_terminal() {
    let report = show::model(&names(), &model(), &[version()]);
    assert!(report
        .text
        .starts_with("model     2 digits\u{fffd}[31m\ncategory  medical-science\n"));
    let table: Vec<&str> = report.text.lines().rev().take(2).collect();
    assert_eq!(
        table,
        [
            "v3       retired  0.01 MAI per call  int-v1    Apache-2.0  a copy of v2",
            "version  state    price              numerics  license",
        ]
    );
    assert!(!report.text.contains('\u{1b}') && !report.json.to_string().contains("\\u001b"));
    assert_eq!(show::models(&[]).text, "no models");
    assert_eq!(
        show::models(&[model()]).json[0]["category"],
        "medical-science"
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

#[test]
fn a_dataset_tells_its_terms() {
    let view = DatasetView {
        id: DatasetId(4),
        owner: account(1),
        offered_to: Some(account(2)),
        changes: 3,
        name: b"scans".to_vec().try_into().unwrap(),
        category: Category::MedicalScience,
        metadata: file("scans.md"),
        openness: Openness::Closed,
        state: DatasetState::Open,
        split: SplitId(5),
        terms: Some((2, terms())),
    };
    let report = show::dataset(&names(), &view);
    let shown = report.text.split("changes     ").nth(1).unwrap();
    let expected = "\
3
split       5
terms       number 2
price       12.5 USDT (asset:1984) for 14400 ticks (about 24 h)
renewable   up to 43200 ticks (about 3 d) after it was given
revocable   after 28800 ticks (about 2 d)
license     LicenseRef-Clinic
clauses     derivatives need approval
            no commercial use: no price, all fees at most 0.001 MAI per call
            attribution: With data of the clinic\u{fffd}[31m
offered to  ";
    assert_eq!(shown, format!("{expected}{}", account(2)));
    assert_eq!(report.json["changes"], 3);
    assert_eq!(report.json["terms"]["number"], 2);
    assert_eq!(report.json["terms"]["price"]["value"], "12500000");
    assert_eq!(report.json["terms"]["renewable"], 43_200);
    assert_eq!(
        report.json["terms"]["revocation"],
        json!({ "notice": 28_800, "perpetual_term": 1 })
    );
    assert_eq!(report.json["terms"]["clauses"]["commercial"], "forbidden");
    assert!(show::datasets(&names(), &[view])
        .text
        .contains("12.5 USDT (asset:1984)  approval"));
}

#[test]
fn terms_without_a_period_say_how_they_end() {
    let mut terms = terms();
    terms.period = None;
    let row = |terms: &DatasetTerms| {
        let rows = show::terms_rows(&names(), terms);
        let row = rows.into_iter().find(|(name, _)| *name == "revocable");
        row.unwrap().1
    };
    assert_eq!(
        row(&terms),
        "after 28800 ticks (about 2 d); the price is used up in 1 ticks (about 6 s)"
    );
    terms.revocation = Revocation::Never;
    assert_eq!(row(&terms), "never");
    assert!(show::terms_json(&names(), &terms)["revocation"].is_null());
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
    assert_eq!(
        show::grants(&names(), std::slice::from_ref(&grant)).text,
        "\
grant  dataset  terms  runs                    price                   royalty  versions
g2     4        2      revoked, until tick 77  12.5 USDT (asset:1984)  0%       2"
    );
    let report = show::grant(&names(), &grant);
    let vests = format!(
        "vests      2.5 USDT (asset:1984) of 12.5 USDT (asset:1984) paid by {} has vested, all by \
         tick 90\nterms      number 2\nprice",
        account(8)
    );
    for part in [
        "grant      g2: model 2 on dataset 4\nruns       revoked, until tick 77\n",
        "sold as    1234 bytes",
        &vests,
    ] {
        assert!(report.text.contains(part), "{part} in\n{}", report.text);
    }
    assert_eq!(
        report.json["instalments"],
        json!([{
            "payer": account(8).to_string(),
            "value": "12500000",
            "start": 10,
            "end": 90,
            "vested": "2500000",
        }])
    );
    assert_eq!(report.json["revoked"], true);
    assert_eq!(report.json["metadata"]["length"], 1_234);
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
    let eight = account(8).to_string();
    let report = show::requests(&names(), &[request]);
    assert_eq!(
        report.text.replace(&eight, "EIGHT"),
        "model  terms  price  expires  payer\n2      2      1 MAI  tick 50  EIGHT"
    );
    assert_eq!(report.json[0]["payer"], eight);
    assert_eq!(show::requests(&names(), &[]).text, "no requests");

    let approval = |kind, given| ApprovalView {
        licensor: Licensor::Dataset(DatasetId(4), 2),
        kind,
        account: account(8),
        given,
    };
    let report = show::approvals(&[
        approval(ApprovalKind::Host, true),
        approval(ApprovalKind::User, false),
    ]);
    let lines: Vec<String> = report
        .text
        .replace(&eight, "EIGHT")
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines,
        [
            "account as state",
            "EIGHT host approved",
            "EIGHT user requested"
        ]
    );
    assert_eq!(
        report.json[0],
        json!({
            "licensor": { "dataset": 4, "number": 2 },
            "kind": "host",
            "account": eight,
            "state": "approved",
        })
    );
    let report = show::approval(
        Licensor::Version(VersionId(3)),
        ApprovalKind::User,
        &account(8),
        "withdrawn",
    );
    assert_eq!(
        report.text.replace(&eight, "EIGHT"),
        "withdrawn: EIGHT as a user of what v3 binds"
    );
}

#[test]
fn workers_show_what_they_offer_and_what_they_have_done() {
    let record = Record {
        settled: 12,
        declined: 1,
        spoilt: 4,
        expired: 0,
        standing: 3 * MAI / 2,
    };
    let offer = OfferView {
        worker: account(3),
        version: VersionId(3),
        fee: native(MAI / 200),
        min_duration: 20,
        available: true,
        record,
    };
    let three = account(3).to_string();
    let report = show::offers(&names(), std::slice::from_ref(&offer));
    let line = report.text.lines().nth(1).unwrap();
    assert_eq!(
        line.replace(&three, "W"),
        "W  0.005 MAI  20         yes        12       1         4 (25%)  0        1.5 MAI"
    );
    assert_eq!(show::offers(&names(), &[]).text, "nobody serves it");
    let worker = WorkerView {
        id: account(3),
        signer: account(4),
        payout: account(5),
        details: WorkerDetails {
            endpoint: Default::default(),
            mailbox: b"wss://node.example".to_vec().try_into().unwrap(),
            sealing_key: [1; 32],
            max_open_jobs: 8,
        },
        bond: 100 * MAI,
        paused: false,
        open: 2,
        record,
    };
    let report = show::worker(&names(), &worker, &[offer]);
    for part in [
        "state        takes work",
        "endpoint     none",
        "mailbox      wss://node.example",
        "bond         100 MAI",
        "open jobs    2 of at most 8",
        "record       12 settled, 1 declined, 0 expired, 4 (25%) spoilt by payers",
        "standing     1.5 MAI",
        "v3       0.005 MAI  20         yes",
    ] {
        assert!(report.text.contains(part), "{part} in\n{}", report.text);
    }
    assert_eq!(report.json["bond"]["value"], "100000000000000");
}

#[test]
fn a_quote_says_what_it_costs_and_the_most_it_may_cost() {
    let quote = Quote {
        asset: Asset::Native,
        price: 3 * MAI / 100,
        fee: MAI / 100,
        gross: 4 * MAI / 100,
        network: MAI / 1_000,
        deposit: MAI / 10,
        spoilt_charge: MAI / 100,
        policies: None,
    };
    assert_eq!(
        show::quote_text(&names(), &quote, 3, Unit::ThousandTokens),
        "\
price     0.03 MAI for 3 × thousand-tokens
fee       0.01 MAI to the worker
at most   0.04 MAI is held, what is not used comes back
of which  0.001 MAI to the network
deposit   0.1 MAI, given back, but for 0.01 MAI if the input is no good"
    );
    assert_eq!(
        show::quote_json(&names(), &quote)["gross"]["text"],
        "0.04 MAI"
    );
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
    let row = |served| {
        let rows = show::job(&names(), &job.state, None, ClockView { now: 1, served });
        let row = rows.into_iter().find(|(name, _)| *name == "deadline");
        row.unwrap().1
    };
    assert_eq!(row(100), "in 20 ticks (about 2 min)");
    assert_eq!(row(120), "in 0 ticks (about 0 s)");
    assert_eq!(row(121), "passed: `myai job expire` gives the money back");
    let json = show::job_json(&names(), &job);
    assert_eq!(json["id"], "09".repeat(32));
    assert_eq!(json["workers"][0], account(3).to_string());
    assert_eq!(json["deposit"]["text"], "0.1 MAI");
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
    let row = |outcome, asset, name: &str| {
        let rows = show::job(&names(), &state(outcome), asset, clock);
        let row = rows.into_iter().find(|(n, _)| *n == name);
        row.unwrap().1
    };
    let settled = Outcome::Settled {
        output_commitment: [1; 32],
        blob: [2; 32],
        units: 2,
        paid: MAI,
        block: 9,
    };
    assert_eq!(
        row(settled, Some(Asset::Native), "state"),
        "settled in block 9: 1 MAI for 2 units"
    );
    assert_eq!(
        row(settled, None, "state"),
        "settled in block 9: 1000000000000 smallest units for 2 units"
    );
    assert_eq!(row(settled, None, "answer"), show::hex32(&[1; 32]));
    assert_eq!(row(Outcome::Expired, None, "state"), "expired");
    let spoilt = Outcome::Declined(DeclineReason::BadInput);
    assert!(row(spoilt, None, "state").starts_with("declined: "));
    let view = JobView {
        id: JobId([9; 32]),
        state: state(settled),
    };
    let json = show::job_json(&names(), &view);
    assert_eq!(json["state"], "ended");
    assert_eq!(json["outcome"]["how"], "settled");
    assert_eq!(json["outcome"]["paid"], MAI.to_string());
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
    assert_eq!(
        shown.text,
        "referendum    3\n\
         state         is being decided, and does not pass yet\n\
         track         registry-rules\n\
         would do      max-royalty: 40% → 35%\n              \
         answer-kept stays 14400 ticks (about 24 h)\n\
         proposed by   5C62Ck4UrFPiBtoCmeSrgF7x9yv9mn38446dhCpsi2mLHiFT\n\
         approval      75% of the votes, 99% needed now (aye 30 MAI, nay 10 MAI)\n\
         support       1.2345% of the tokens, 49% needed now (5 MAI)\n\
         decided by    tick 216100\n\
         in force      14400 ticks (about 24 h) after approval\n\
         in a browser  https://x"
    );
    assert_eq!(shown.json["state"], "deciding");
    assert_eq!(shown.json["what"][0], "max-royalty: 40% → 35%");
    assert_eq!(shown.json["approval"], 750_000);
}

#[test]
fn a_referendum_on_what_cannot_be_read_says_so_and_others_calls_cannot_steer_a_terminal() {
    let view = ReferendumView {
        index: 3,
        state: ReferendumState::Ongoing(ongoing()),
    };
    let rules = RuleSet::default();
    let shown = show::referendum(&view, &governance(), None, &rules, "https://x");
    assert!(
        shown.text.contains("a call that is not on record here"),
        "{}",
        shown.text
    );
    let remark = CallWords {
        pallet: "System".into(),
        name: "remark".into(),
        arguments: vec![value_of("remark", &1u8, "\x1b[2J\u{202e}".into())],
    };
    let shown = show::referendum(&view, &governance(), Some(&remark), &rules, "https://x");
    assert!(
        shown.text.contains("System.remark (remark: "),
        "{}",
        shown.text
    );
    assert!(!shown.text.contains(['\x1b', '\u{202e}']), "{}", shown.text);
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
    let shown = show::proposed(&proposed);
    for part in [
        "would change     max-royalty: 40% → 35%",
        "10 MAI for the submission (back when approved or cancelled)",
        "200 MAI for the decision (back when it is over)",
        "decided from tick 15400, approved at 29800, in force at 44200",
        "myai gov vote 4 --aye --amount \"10 MAI\"",
    ] {
        assert!(shown.text.contains(part), "{part}: {}", shown.text);
    }
    assert_eq!(shown.json["in_force_earliest"], 44_200);
}

#[test]
fn rules_are_shown_with_their_bounds() {
    let shown = show::rules(&Rules {
        revision: 2,
        list: RuleSet::default(),
    });
    let line = shown
        .text
        .lines()
        .find(|l| l.starts_with("min-worker-bond"));
    assert_eq!(
        line.unwrap()
            .split_whitespace()
            .take(7)
            .collect::<Vec<_>>()
            .join(" "),
        "min-worker-bond 100 MAI 1 MAI to 100000"
    );
    assert_eq!(
        shown.json["rules"].as_array().unwrap().len(),
        Rule::ALL.len()
    );
}
