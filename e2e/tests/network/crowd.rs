//! Many at once.

use myai_e2e::*;

const CLIENTS: usize = 8;
const JOBS: usize = 200;

#[test]
fn eight_clients_and_two_workers_lose_nothing_and_pay_once() {
    let world = World::shared();
    let owner = world.person("crowd-owner");
    let version = digits(&owner);
    let workers = [
        Worker::running(world, "crowd-worker-1", &[(version, "0.005 MAI")]),
        Worker::running(world, "crowd-worker-2", &[(version, "0.005 MAI")]),
    ];
    let people: Vec<Person> = (0..CLIENTS)
        .map(|n| world.person(&format!("crowd-client-{n}")))
        .collect();
    let target = format!("v{version}");
    std::thread::scope(|scope| {
        for (n, person) in people.iter().enumerate() {
            let (target, workers) = (&target, &workers);
            scope.spawn(move || {
                for round in 0..JOBS / CLIENTS {
                    let worker = workers[(n + round) % 2].account().to_string();
                    let digit = (n + round) % 10;
                    let picture = model_file(&format!("digits/pictures/{digit}.png"));
                    let said = person.try_myai(&[
                        "ask",
                        target,
                        &picture.display().to_string(),
                        "--worker",
                        &worker,
                        "--timeout",
                        "300s",
                    ]);
                    assert_eq!(
                        said.code,
                        0,
                        "{}\nworkers:\n{}\n\n{}",
                        said.err,
                        workers[0].log(),
                        workers[1].log()
                    );
                    let label = &said.json()["answer"]["labels"][0]["label"];
                    assert_eq!(*label, digit.to_string());
                }
            });
        }
    });
    let settled: u32 = workers.iter().map(|w| w.view(world).record.settled).sum();
    assert_eq!(settled as usize, JOBS);
    for worker in &workers {
        let view = worker.view(world);
        assert_eq!(
            (view.open, view.record.declined, view.record.spoilt),
            (0, 0, 0)
        );
    }
    assert_eq!(world.income(version), JOBS as u128 * INCOME);
    for person in &people {
        assert_eq!(world.held(&person.account), 0);
    }
}
