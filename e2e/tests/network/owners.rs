//! What owners of models and datasets do by hand.

use myai_e2e::*;
use myai_primitives::*;
use serde_json::Value;

/// The command fails with exit code 1 and says why.
fn refused(person: &Person, args: &[&str], why: &str) {
    let said = person.try_myai(args);
    assert_eq!(said.code, 1, "{args:?}: {} {}", said.out, said.err);
    assert!(said.err.contains(why), "{args:?}: {}", said.err);
}

fn number(value: &Value) -> String {
    value.as_u64().expect("a number").to_string()
}

fn held(world: &World, people: &[&Person]) -> Vec<Balance> {
    people.iter().map(|p| world.held(&p.account)).collect()
}

#[test]
fn a_model_is_described_sold_and_taken_down() {
    let world = World::shared();
    let [owner, buyer, stranger] =
        ["model-owner", "model-buyer", "model-stranger"].map(|name| world.person(name));
    let model = number(&owner.registers("for sale").into());
    let base = digits_with(&owner, |toml| {
        toml.replace("derivatives = \"allowed\"", "derivatives = \"approval\"")
    });
    let (base, version) = (format!("v{base}"), digits(&owner));
    let target = format!("v{version}");

    let about = owner.folder.path().join("about.txt").display().to_string();
    let renamed = owner.myai(&["model", "set-metadata", &model, "--metadata", &about]);
    assert_eq!(number(&renamed["id"]), model);
    let priced = owner.myai(&["model", "set-price", &target, "0.03 MAI"]);
    assert_eq!(priced["price"]["value"], "30000000000");

    // Derivatives are approved one publication each.
    let derived = number(&buyer.registers("derived").into());
    let toml = version_toml(
        derived.parse().unwrap(),
        &model_file("digits/digits-int.onnx"),
        &manifest_file("digits-int.json"),
        "int-v1",
        "0.02 MAI",
    ) + &format!("[[bases]]\nversion = \"{base}\"\nroyalty = \"0%\"\n");
    let path = buyer.folder.path().join("derived.toml");
    std::fs::write(&path, toml).expect("a file");
    let publish = ["model", "publish", "--spec", path.to_str().expect("text")];
    let approve = ["model", "approve", &base, "--derivative", &derived];
    refused(&buyer, &publish, "asks for an approval");
    assert_eq!(owner.myai(&approve)["count"], 1);
    owner.myai(&[
        "model",
        "withdraw-approval",
        &base,
        "--derivative",
        &derived,
    ]);
    refused(&buyer, &publish, "asks for an approval");
    owner.myai(&approve);
    buyer.myai(&publish);

    // Its own account takes money and gives it to its owner.
    let sold = owner.myai(&["model", "show", &target])["model"].clone();
    let sold = number(&sold);
    let shown = owner.myai(&["model", "show", &sold]);
    let account = shown["account"].as_str().expect("an account").parse();
    let gift = myai_chain_client::calls::transfer_keep_alive(account.expect("an address"), MAI);
    wait(world.chain.submit(&stranger.key(), gift)).expect("a gift");
    let withdraw = ["model", "withdraw", &sold, "0.5 MAI"];
    refused(&stranger, &withdraw, "belongs to somebody else");
    owner.myai(&withdraw);

    // The buyer gets what it saw.
    let to = buyer.account.to_string();
    owner.myai(&["model", "transfer", &sold, &to]);
    owner.myai(&["model", "cancel-transfer", &sold]);
    refused(&buyer, &["model", "accept", &sold], "is not offered");
    owner.myai(&["model", "transfer", &sold, &to]);
    let seen = number(&buyer.myai(&["model", "show", &sold])["changes"]);
    owner.myai(&["model", "set-price", &target, "0.04 MAI"]);
    let accept = ["model", "accept", &sold, "--changes", &seen];
    refused(&buyer, &accept, "has changed since");
    let seen = number(&buyer.myai(&["model", "show", &sold])["changes"]);
    buyer.myai(&["model", "accept", &sold, "--changes", &seen]);
    let before = held(world, &[&owner, &buyer]);
    buyer.myai(&["model", "assume-deposit", &target]);
    let after = held(world, &[&owner, &buyer]);
    let deposit = before[0] - after[0];
    assert!(deposit > 0);
    assert_eq!(after[1] - before[1], deposit);

    // Once it is retired anyone ends its offers.
    let worker = Worker::new(world, "model-worker", &[(version, "0.005 MAI")]);
    let clear = [
        "worker",
        "clear-offer",
        &target,
        &worker.account().to_string(),
    ];
    refused(&stranger, &clear, "is not retired");
    buyer.myai(&["model", "retire", &target]);
    stranger.myai(&clear);
    let offers = wait(world.chain.offers(&worker.account(), None, 10));
    assert!(offers.expect("an answer").is_empty());
    refused(&buyer, &["model", "remove", &target], "may still be open");
    refused(&buyer, &["model", "remove", &sold], "still has versions");
    let before = world.held(&owner.account);
    owner.myai(&["model", "remove", &model]);
    assert!(world.held(&owner.account) < before);
}

#[test]
fn a_dataset_is_licensed_sold_and_taken_down() {
    let world = World::shared();
    let names = ["data-owner", "data-member", "data-bob", "data-buyer"];
    let [owner, member, bob, buyer] = names.map(|name| world.person(name));
    let about = owner.folder.path().join("about.txt");
    std::fs::write(&about, "data").expect("a file");
    let about = about.display().to_string();
    let [half, rest] = [&owner, &member].map(|p| format!("{}:50%", p.account));
    let registers = |name: &str| {
        let shown = owner.myai(&[
            "dataset",
            "register",
            name,
            "--metadata",
            &about,
            "--share",
            &half,
            "--share",
            &rest,
        ]);
        (number(&shown["id"]), number(&shown["split"]))
    };
    let before = world.held(&owner.account);
    let (unsold, split) = registers("never sold");
    refused(
        &owner,
        &["dataset", "remove-split", &split],
        "still names the split",
    );
    owner.myai(&["dataset", "remove", &unsold]);
    owner.myai(&["dataset", "remove-split", &split]);
    assert_eq!(world.held(&owner.account), before, "every deposit is back");

    let (dataset, _) = registers("letters");
    let terms = |derivatives: &str| {
        let said = owner.myai(&[
            "dataset",
            "terms",
            &dataset,
            "--price",
            "1 MAI",
            "--period",
            "1d",
            "--notice",
            "1d",
            "--license",
            "CC-BY-4.0",
            "--derivatives",
            derivatives,
        ]);
        number(&said["number"])
    };
    terms("approval");
    let model = number(&bob.registers("letters").into());
    let acquire = ["dataset", "acquire", &dataset, &model];
    owner.myai(&["dataset", "close", &dataset]);
    refused(&bob, &acquire, "gives no new grants");
    owner.myai(&["dataset", "reopen", &dataset]);

    // Requests wait for the owner.
    assert_eq!(bob.myai(&acquire)["state"], "requested");
    bob.myai(&["dataset", "withdraw", &dataset, &model]);
    bob.myai(&acquire);
    owner.myai(&["dataset", "reject", &dataset, &model]);
    bob.myai(&acquire);
    let requests = owner.myai(&["dataset", "requests", &dataset]);
    assert_eq!(requests.as_array().expect("a list").len(), 1, "{requests}");
    let given = owner.myai(&["dataset", "approve", &dataset, &model]);
    let first = format!("g{}", number(&given["grant"]));
    terms("allowed");
    let second = format!("g{}", number(&bob.myai(&acquire)["grant"]));
    let grants = bob.myai(&["dataset", "grants", &model]);
    assert_eq!(grants.as_array().expect("a list").len(), 2, "{grants}");

    // A version moves between the grants of its model.
    let version = bob.publishes(
        &(version_toml(
            model.parse().unwrap(),
            &model_file("digits/digits-int.onnx"),
            &manifest_file("digits-int.json"),
            "int-v1",
            "0.02 MAI",
        ) + &format!("[[datasets]]\nsource = \"{first}\"\nshare = \"1%\"\n")),
    );
    let target = format!("v{version}");
    bob.myai(&["dataset", "move-version", &target, &first, &second]);
    // Anyone keeps a licence alive, and hands over what has vested.
    member.myai(&["dataset", "renew", &second]);
    let vested = member.myai(&["dataset", "vest", &first, &second]);
    assert_eq!(vested.as_array().expect("a list").len(), 2, "{vested}");
    owner.myai(&["dataset", "revoke", &second]);
    refused(&bob, &["dataset", "renew", &second], "was revoked");

    // Approvals of who serves and who pays are of the terms' clauses.
    let guarded = owner.myai(&[
        "dataset",
        "terms",
        &dataset,
        "--price",
        "1 MAI",
        "--license",
        "CC-BY-4.0",
        "--derivatives",
        "approval",
        "--users",
        "approval",
    ]);
    let guarded = number(&guarded["number"]);
    let user = bob.account.to_string();
    bob.myai(&["dataset", "request-approval", &dataset, "user"]);
    let asked = owner.myai(&["dataset", "approvals", &dataset, "--number", &guarded]);
    assert_eq!(asked.as_array().expect("a list").len(), 1, "{asked}");
    owner.myai(&["dataset", "approve", &dataset, "--user", &user]);
    owner.myai(&["dataset", "withdraw-approval", &dataset, "--user", &user]);

    // The buyer gets what it saw.
    let to = buyer.account.to_string();
    owner.myai(&["dataset", "transfer", &dataset, &to]);
    owner.myai(&["dataset", "cancel-transfer", &dataset]);
    refused(&buyer, &["dataset", "accept", &dataset], "is not offered");
    owner.myai(&["dataset", "transfer", &dataset, &to]);
    let seen = number(&buyer.myai(&["dataset", "show", &dataset])["changes"]);
    owner.myai(&["dataset", "set-metadata", &dataset, "--metadata", &about]);
    let accept = ["dataset", "accept", &dataset, "--changes", &seen];
    refused(&buyer, &accept, "has changed since");
    buyer.myai(&["dataset", "accept", &dataset]);

    // Who holds the grants takes them down; the version is named by its split for some time yet.
    let remove = ["dataset", "remove", &second];
    refused(&bob, &remove, "stand on the grant");
    bob.myai(&["model", "retire", &target]);
    bob.myai(&["dataset", "detach", &second, &target]);
    bob.myai(&remove);
    bob.myai(&["dataset", "remove", &first]);
    refused(&buyer, &["dataset", "remove", &dataset], "keep the dataset");
}
