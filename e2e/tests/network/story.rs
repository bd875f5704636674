//! The main job: everybody who contributed is paid, to the last unit.

use myai_chain_client::AccountId;
use myai_e2e::*;
use myai_primitives::*;

/// Alice's base, Carol's data, Bob's derivative, magika; Dave asks both. Prices in thousandths of
/// `unit`: 10 for the base, 20 for the derivative, 4 for magika, a fee of 5.
fn play(name: &str, asset: Asset, milli: Balance, amount: fn(u32) -> String) {
    let world = World::shared();
    let issued = world.issuance();
    let person = |role: &str| world.person(&format!("{name}-{role}"));
    let (alice, bob, carol, dave, erin) = (
        person("alice"),
        person("bob"),
        person("carol"),
        person("dave"),
        person("erin"),
    );

    let base_model = alice.registers("digits");
    let base = alice.publishes(&format!(
        "{}{}",
        version_toml(
            base_model,
            &model_file("digits/digits.onnx"),
            &manifest_file("digits.json"),
            "float",
            &amount(10)
        ),
        royalty_toml("20%", &amount(4), &amount(5))
    ));
    let about = model_file("digits/accuracy.json").display().to_string();
    let dataset = carol.myai(&["dataset", "register", "handwriting", "--metadata", &about])["id"]
        .as_u64()
        .expect("a number")
        .to_string();
    let terms = carol.folder.path().join("terms.toml");
    let asked = royalty_toml("5%", &amount(1), &amount(5));
    std::fs::write(
        &terms,
        format!(
            "price = \"0 MAI\"\n\
             [clauses]\nlicense = \"CC-BY-4.0\"\nderivatives = \"allowed\"\n{asked}"
        ),
    )
    .expect("a file");
    let terms = terms.display().to_string();
    carol.myai(&["dataset", "terms", &dataset, "--spec", &terms]);
    let derived_model = bob.registers("digits in integers");
    let model = derived_model.to_string();
    let grant = bob.myai(&["dataset", "acquire", &dataset, &model])["grant"]
        .as_u64()
        .expect("a number");
    let derived = bob.publishes(&format!(
        "{}[[bases]]\nversion = \"v{base}\"\nroyalty = \"20%\"\n[[datasets]]\nsource = \"g{grant}\"\nshare = \"5%\"\n",
        version_toml(
            derived_model,
            &model_file("digits/digits-int.onnx"),
            &manifest_file("digits-int.json"),
            "int-v1",
            &amount(20)
        )
    ));
    let magika_model = erin.registers("magika");
    let magika = erin.publishes(&version_toml(
        magika_model,
        &model_file("magika/model.onnx"),
        &manifest_file("magika.json"),
        "float",
        &amount(4),
    ));

    let fee = format!("{} units", 5 * milli);
    let mut worker = Worker::running(
        world,
        &format!("{name}-worker"),
        &[(derived, &fee), (magika, &fee)],
    );
    let gains = Gains::of(
        world,
        asset,
        &[
            &alice.account,
            &carol.account,
            &bob.account,
            &erin.account,
            &worker.account(),
            &dave.account,
        ],
    );

    // It shows what it costs, and opens nothing.
    let target = format!("v{derived}");
    let quote = dave.myai(&["ask", &target, &seven(), "--dry-run"]);
    assert_eq!(quote["version"], derived);
    assert_eq!(world.held(&dave.account), 0);

    let answer = dave.myai(&["ask", &target, &seven(), "--timeout", "120s"]);
    assert_eq!(answer["answer"]["labels"][0]["label"], "7", "{answer}");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/network/story.rs");
    let answer = dave.myai(&["ask", &format!("v{magika}"), source, "--timeout", "120s"]);
    assert_eq!(answer["answer"]["labels"][0]["label"], "rust", "{answer}");

    // Anyone may claim for anyone: Dave, who alone pays fees.
    for who in [&alice, &bob, &carol, &erin] {
        dave.myai(&["claim", "--account", &who.account.to_string()]);
    }
    let expected: [i128; 6] =
        [3_900, 975, 14_625, 3_900, 2 * 4_875, -25_000 - 9_000].map(|n| n * milli as i128 / 1_000);
    let gained = gains.now(world);
    assert_eq!(gained[..5], expected[..5], "to the last unit");
    let fees = expected[5] - gained[5];
    match asset {
        Asset::Native => assert!((1..MAI as i128 / 10).contains(&fees), "{fees}"),
        Asset::Id(_) => assert_eq!(fees, 0),
    }
    assert_eq!(world.issuance(), issued);
    assert_eq!(world.held(&dave.account), 0, "no deposit is left");
    assert!(
        worker.process.take().expect("it runs").stop(),
        "a graceful stop"
    );
}

struct Gains {
    asset: Asset,
    before: Vec<(AccountId, Balance)>,
}

impl Gains {
    fn of(world: &World, asset: Asset, who: &[&AccountId]) -> Self {
        let before = who
            .iter()
            .map(|w| ((*w).clone(), world.has(w, asset)))
            .collect();
        Self { asset, before }
    }

    fn now(&self, world: &World) -> Vec<i128> {
        self.before
            .iter()
            .map(|(who, was)| world.has(who, self.asset) as i128 - *was as i128)
            .collect()
    }
}

#[test]
fn everybody_is_paid_in_the_token() {
    play("story", Asset::Native, MAI / 1_000, |n| {
        format!("0.{n:03} MAI")
    });
}

#[test]
fn everybody_is_paid_in_dollars() {
    play("dollars", Asset::Id(DOLLAR), 1_000_000, |n| {
        format!("{} asset:1", n * 1_000_000)
    });
}

/// `examples/ask.rs`, as its first lines say.
#[test]
fn example_program_asks_and_prints_the_answer() {
    let world = World::shared();
    let [owner, dave] = ["owner", "dave"].map(|role| world.person(&format!("example-{role}")));
    let version = digits(&owner);
    let _worker = Worker::running(world, "example-worker", &[(version, "0.005 MAI")]);
    let key = dave.folder.path().join("payer.key");
    myai_chain_client::keys::write_secret_file(&key, &dave.uri).expect("a key");

    let out = std::process::Command::new(program("examples/ask"))
        .args([&format!("v{version}"), &seven()])
        .arg(&key)
        .env("MYAI_NODE", &dave.url)
        .current_dir(dave.folder.path())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    let answer = String::from_utf8_lossy(&out.stdout);
    assert!(answer.contains("\"7\""), "{answer}");
    assert!(said.ends_with("paid 0.025 MAI\n"), "{said}");
    assert_eq!(world.held(&dave.account), 0, "no deposit is left");
}
