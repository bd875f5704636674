//! Clauses that bind whoever serves a version and whoever asks it.

use myai_e2e::*;
use myai_primitives::*;

/// Nobody may serve it or ask it without its owner's word, nor ask it without having accepted its
/// policy.
fn guarded(owner: &Person) -> u32 {
    let policy = owner.folder.path().join("policy.md");
    std::fs::write(&policy, "Only digits that were written by hand.").expect("a file");
    let policy = format!(
        "hosting = \"approval\"\nusers = \"approval\"\n\
         [clauses.use_policy]\nfile = \"{}\"\n",
        policy.display()
    );
    digits_with(owner, |toml| toml + &policy)
}

/// What `myai-worker setup` says, whether it worked.
fn sets_up(worker: &Worker) -> Result<(), String> {
    let key = worker.person.folder.path().join("bond.key");
    let out = worker
        .command(&["setup", "--bond-key", &key.display().to_string()])
        .output()
        .expect("myai-worker runs");
    match out.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&out.stderr).into_owned()),
    }
}

#[test]
fn approvals_and_policies_are_asked_of_the_worker_and_of_who_pays() {
    let world = World::shared();
    let owner = world.person("guarded-owner");
    let dave = world.person("guarded-dave");
    let id = guarded(&owner);
    let target = format!("v{id}");
    let mut worker = Worker::new(world, "guarded-worker", &[]);
    worker.offers(&[(id, "0.005 MAI")]);

    let refused = sets_up(&worker).expect_err("it is not approved");
    assert!(refused.contains("HostNotApproved"), "{refused}");
    let host = worker.account().to_string();
    owner.myai(&["model", "approve", &target, "--host", &host]);
    sets_up(&worker).expect("it is approved");
    worker.run(None);

    let ask = ["ask", &target, &seven(), "--timeout", "120s"];
    let said = dave.try_myai(&ask);
    assert_eq!(said.code, 1, "{} {}", said.out, said.err);
    assert!(
        said.err.contains("has not approved who pays"),
        "{}",
        said.err
    );
    // Whoever asks for an approval pays for its row.
    dave.myai(&["model", "request-approval", &target, "user"]);
    let user = dave.account.to_string();
    owner.myai(&["model", "approve", &target, "--user", &user]);

    let said = dave.try_myai(&ask);
    assert_eq!(said.code, 2, "{} {}", said.out, said.err);
    assert!(said.err.contains("--accept-policies"), "{}", said.err);
    assert!(dave.jobs().is_empty());
    let accepting = [&ask[..], &["--accept-policies"]].concat();
    let answer = dave.myai(&accepting);
    assert_eq!(answer["answer"]["labels"][0]["label"], "7", "{answer}");
    // Once is enough.
    let answer = dave.myai(&ask);
    assert_eq!(answer["answer"]["labels"][0]["label"], "7", "{answer}");

    // Withdrawn, it stops new work, and the row's deposit goes back to who paid it.
    assert!(world.held(&dave.account) > 0);
    owner.myai(&["model", "withdraw-approval", &target, "--user", &user]);
    assert_eq!(world.held(&dave.account), 0);
    assert_eq!(dave.try_myai(&ask).code, 1);
    assert_eq!(worker.view(world).record.settled, 2);
    assert_eq!(world.income(id), 2 * INCOME);
    let approvals = wait(
        world
            .chain
            .approvals(Licensor::Version(VersionId(id)), None, 10),
    );
    assert_eq!(approvals.expect("an answer").len(), 1, "the host's");
}
