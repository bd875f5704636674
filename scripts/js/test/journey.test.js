// What a polkadot.js user does with the chain, in the order of one story: a model, a dataset, a
// derivative, a worker, jobs that are answered, given back and forgotten, and everybody's money.
// Runs against a fresh development chain; MYAI_NODE names its RPC address.

import assert from 'node:assert/strict';
import { stringToU8a, u8aConcat } from '@polkadot/util';
import { blake2AsHex } from '@polkadot/util-crypto';
import { after, before, describe, it } from 'node:test';
import {
  MAI, NATIVE, balance, connect, decide, done, eventOf, eventsOf, file, free, hash, held, nameOf,
  people, send, watch,
} from '../chain.js';
import {
  DOLLAR, DOLLARS, PRICE, details, open, openJob, ppm, royalty, spec, terms,
} from '../samples.js';

const FEE = 1n * MAI;
const UNITS = 2n;
const GRANT_PRICE = 3n * MAI;
const BOND = 150n * MAI;
const ROYALTY = 200_000n;
const DATASET_SHARE = 100_000n;
const ARTIFACT = file(60); // Nobody else's.

describe('a polkadot.js user', { timeout: 900_000 }, () => {
  let api;
  let who;
  let share; // The network's, in ppm.
  const seen = {}; // Ids that the story came by.

  const quoteFor = (version, units, duration) =>
    api.call.myAiApi.quote(
      who.eve.address, version, who.charlie.address, 'Direct', units, duration, 500,
    );

  const opening = (version, units, maxCost, duration, over) =>
    openJob(api, who.charlie, version, units, maxCost, duration, over);

  // By name; a rule that was never set is not in the list.
  const readRules = async () => {
    const { revision, list } = await api.call.myAiApi.rules();
    const values = Object.fromEntries(
      list.map(({ rule, value }) => [
        api.createType('MyaiPrimitivesRulesRule', rule.toNumber()).type, value.toBigInt(),
      ]),
    );
    return { revision: revision.toNumber(), ...values };
  };

  const owed = async (split, asset) =>
    (await api.call.myAiApi.owed(split, asset)).map((row) => row.value.toBigInt());

  // What the network may claim in the token.
  const owedToNetwork = async () =>
    (await owed(await api.call.myAiApi.networkSplit(), NATIVE)).reduce((a, b) => a + b, 0n);

  const outcomeOf = async (job) =>
    (await api.call.myAiApi.job(job)).unwrap().state.asEnded.outcome;

  const recordOf = async (worker) =>
    (await api.call.myAiApi.worker(worker.address)).unwrap().record;

  const refusedByThePool = (call, signer, code) =>
    assert.rejects(send(api, signer, call), new RegExp(`Custom error: ${code}\\b`));

  before(async () => {
    api = await connect();
    who = people();
  });

  after(() => api?.disconnect());

  it('finds the pallets and the runtime API in the metadata', () => {
    for (const pallet of ['rewardSplit', 'modelRegistry', 'dataLicense', 'inferenceEscrow']) {
      assert.ok(api.tx[pallet], pallet);
      assert.ok(api.errors[pallet], pallet);
      assert.ok(api.events[pallet], pallet);
    }
    const asks = [
      'acceptedAssets', 'approvals', 'claimable', 'claimableIssuance', 'clock', 'dataset', 'datasets', 'datasetsOf',
      'derivativeApprovals', 'grant', 'grants', 'issuance', 'job', 'jobsOfWorker', 'model', 'models',
      'modelsOf', 'networkSplit', 'offers', 'owed', 'quote', 'requests', 'rules', 'split',
      'version', 'versions', 'worker', 'workerOf', 'workers',
    ];
    for (const ask of asks) assert.equal(typeof api.call.myAiApi[ask], 'function', ask);
  });

  it('reads the clock, the rules and the accepted assets', async () => {
    const early = await api.call.myAiApi.clock();
    const later = await watch(api, 60, async (_, number) => {
      const clock = await api.call.myAiApi.clock();
      return number > 1 && clock.now.gt(early.now) ? clock : undefined;
    });
    assert.ok(later.served.gt(early.served));

    const rules = await readRules();
    share = rules.NetworkShare;
    assert.equal(share, 25_000n);
    assert.equal(rules.MinWorkerBond, 100n * MAI);

    const [native, dollar, ...others] = await api.call.myAiApi.acceptedAssets();
    assert.ok(native.asset.isNative);
    assert.equal(dollar.asset.asId.toNumber(), DOLLAR.Id);
    assert.ok(dollar.jobDeposit.toBigInt() > 0n);
    assert.equal(others.length, 0);
  });

  it('registers a model', async () => {
    const event = await done(
      api, who.alice,
      api.tx.modelRegistry.registerModel('Digits', 'General', file(3)),
      'modelRegistry.ModelRegistered',
    );
    seen.base = event.model.toNumber();
    assert.equal(event.owner.toString(), who.alice.address);
    assert.equal(event.name.toUtf8(), 'Digits');

    const model = (await api.call.myAiApi.model(seen.base)).unwrap();
    assert.equal(model.owner.toString(), who.alice.address);
    assert.equal(model.category.type, 'General');
    assert.equal(model.metadata.uris[0].toUtf8(), 'https://example.org/file');
    const listed = await api.call.myAiApi.models(0, 100);
    assert.ok(listed.some((m) => m.id.eq(seen.base)));
    assert.ok((await api.call.myAiApi.model(4_000_000)).isNone);
  });

  it('is told by name why a call failed', async () => {
    const call = api.tx.modelRegistry.setMetadata(seen.base, file(4));
    assert.equal((await send(api, who.bob, call)).error, 'modelRegistry.NotOwner');
    const nameless = api.tx.modelRegistry.registerModel('', 'Other', file(4));
    assert.equal((await send(api, who.bob, nameless)).error, 'modelRegistry.NameNotText');
  });

  it('registers a dataset and sets its terms', async () => {
    const { dataset, split } = await done(
      api, who.bob,
      api.tx.dataLicense.registerDataset('Scans', 'MedicalScience', file(5), 'Partial', null),
      'dataLicense.DatasetRegistered',
    );
    seen.dataset = dataset.toNumber();
    seen.datasetSplit = split.toNumber();
    const asked = terms({
      clauses: open({ royalty: royalty(50_000) }), price: { asset: NATIVE, value: GRANT_PRICE },
    });
    const set = await done(
      api, who.bob, api.tx.dataLicense.setTerms(seen.dataset, asked), 'dataLicense.TermsSet',
    );
    seen.terms = set.number.toNumber();

    const view = (await api.call.myAiApi.dataset(seen.dataset)).unwrap();
    const [number, now] = view.terms.unwrap();
    assert.equal(number.toNumber(), seen.terms);
    assert.equal(now.price.value.toBigInt(), GRANT_PRICE);
    assert.ok(now.revocation.isNever);
    assert.equal(now.clauses.asV1.royalty.share.toNumber(), 50_000);
    const listed = await api.call.myAiApi.datasets(0, 100);
    assert.ok(listed.some((d) => d.id.eq(seen.dataset)));
  });

  it('acquires a grant, which the dataset is paid for at once', async () => {
    const acquire = (number) =>
      api.tx.dataLicense.acquire(seen.dataset, seen.base, number, GRANT_PRICE, 100);
    const stale = await send(api, who.alice, acquire(seen.terms + 1));
    assert.equal(stale.error, 'dataLicense.TermsChanged');

    const event = await done(api, who.alice, acquire(seen.terms), 'dataLicense.GrantGiven');
    seen.grant = event.grant.toNumber();
    const grant = (await api.call.myAiApi.grant(seen.grant)).unwrap();
    assert.equal(grant.model.toNumber(), seen.base);
    assert.ok(grant.ends.isNone);
    assert.ok(event.ends.isNone);
    const listed = await api.call.myAiApi.grants(seen.base, 0, 100);
    assert.deepEqual(listed.map((g) => g.id.toNumber()), [seen.grant]);

    assert.deepEqual(await owed(seen.datasetSplit, NATIVE), [GRANT_PRICE]);
    const before = await free(api, who.bob);
    const claimed = await done(
      api, who.eve, api.tx.rewardSplit.claim(seen.datasetSplit, NATIVE, 0), 'rewardSplit.Claimed',
    );
    assert.equal(claimed.to.toString(), who.bob.address);
    assert.equal((await free(api, who.bob)) - before, GRANT_PRICE);
    const again = await send(api, who.eve, api.tx.rewardSplit.claim(seen.datasetSplit, NATIVE, 0));
    assert.equal(again.error, 'rewardSplit.NothingOwed');
  });

  it('publishes a version and one that is derived from it', async () => {
    const first = await done(
      api, who.alice,
      api.tx.modelRegistry.publishVersion(
        seen.base,
        spec({
          artifact: ARTIFACT,
          clauses: open({ royalty: royalty(150_000) }),
          datasets: [{ source: { Grant: seen.grant }, share: DATASET_SHARE }],
        }),
      ),
      'modelRegistry.VersionPublished',
    );
    seen.baseVersion = first.version.toNumber();
    seen.baseSplit = first.split.toNumber();

    const { model } = await done(
      api, who.ferdie,
      api.tx.modelRegistry.registerModel('Digits, tuned', 'General', file(3)),
      'modelRegistry.ModelRegistered',
    );
    seen.tuned = model.toNumber();
    const publish = (royalty) =>
      api.tx.modelRegistry.publishVersion(
        seen.tuned,
        spec({
          artifact: ARTIFACT,
          bases: [{ version: seen.baseVersion, royalty }],
          datasets: [{ source: { Dataset: seen.dataset }, share: 50_000 }],
        }),
      );
    const mean = await send(api, who.ferdie, publish(149_999));
    assert.equal(mean.error, 'modelRegistry.ShareBelowRoyalty');
    const event = await done(
      api, who.ferdie, publish(ROYALTY), 'modelRegistry.VersionPublished',
    );
    seen.version = event.version.toNumber();
    seen.split = event.split.toNumber();
    // The same file: readers see that it was there before.
    assert.equal(event.firstWithArtifact.toNumber(), seen.baseVersion);

    const view = (await api.call.myAiApi.version(seen.version)).unwrap();
    assert.equal(view.state.type, 'Live');
    assert.equal(view.spec.price.value.toBigInt(), PRICE);
    assert.equal(view.spec.bases[0].royalty.toBigInt(), ROYALTY);
    const listed = await api.call.myAiApi.versions(seen.tuned, 0, 100);
    assert.deepEqual(listed.map((v) => v.id.toNumber()), [seen.version]);

    const split = (await api.call.myAiApi.split(seen.split)).unwrap();
    assert.deepEqual(
      split.shares.map((s) => [s.beneficiary.type, s.parts.toBigInt()]),
      [
        ['Split', ROYALTY], ['Split', 50_000n],
        ['ModelOwner', 1_000_000n - ROYALTY - 50_000n],
      ],
    );
  });

  it('registers a worker, which serves the version', async () => {
    const register = (bond) =>
      api.tx.inferenceEscrow.registerWorker(who.dave.address, who.ferdie.address, details, bond);
    const poor = await send(api, who.charlie, register(99n * MAI));
    assert.equal(poor.error, 'inferenceEscrow.BondBelowMinimum');
    await done(api, who.charlie, register(BOND), 'inferenceEscrow.WorkerRegistered');
    assert.equal(await held(api, who.charlie, 'InferenceEscrow.WorkerBond'), BOND);

    await done(
      api, who.charlie, api.tx.inferenceEscrow.setOffer(seen.version, FEE, 10),
      'inferenceEscrow.OfferSet',
    );
    const worker = (await api.call.myAiApi.worker(who.charlie.address)).unwrap();
    assert.equal(worker.bond.toBigInt(), BOND);
    assert.equal(worker.details.mailbox.toUtf8(), 'ws://127.0.0.1:9944');
    const owner = await api.call.myAiApi.workerOf(who.dave.address);
    assert.equal(owner.unwrap().toString(), who.charlie.address);
    const [offer] = await api.call.myAiApi.workers(seen.version, null, 10);
    assert.equal(offer.worker.toString(), who.charlie.address);
    assert.equal(offer.fee.value.toBigInt(), FEE);
    assert.ok(offer.available.isTrue);
    const offers = await api.call.myAiApi.offers(who.charlie.address, null, 10);
    assert.deepEqual(offers.map((o) => o.version.toNumber()), [seen.version]);
  });

  it('is quoted a price, or why there is none', async () => {
    const quote = (await quoteFor(seen.version, UNITS, 100)).asOk;
    assert.equal(quote.asset.type, 'Native');
    assert.equal(quote.price.toBigInt(), UNITS * PRICE);
    assert.equal(quote.fee.toBigInt(), UNITS * FEE);
    assert.equal(quote.gross.toBigInt(), UNITS * (PRICE + FEE));
    assert.equal(
      quote.network.toBigInt(), ppm(UNITS * PRICE, share) + ppm(UNITS * FEE, share),
    );
    seen.deposit = quote.deposit.toBigInt();

    const unserved = (await quoteFor(seen.baseVersion, UNITS, 100)).asErr;
    assert.equal(nameOf(api, unserved), 'inferenceEscrow.OfferNotFound');
    const hasty = (await quoteFor(seen.version, UNITS, 1)).asErr;
    assert.equal(nameOf(api, hasty), 'inferenceEscrow.DurationOutOfBounds');
  });

  it('opens a job, whose money is held', async () => {
    const gross = UNITS * (PRICE + FEE);
    const cheap = await send(api, who.eve, await opening(seen.version, UNITS, gross - 1n, 100));
    assert.equal(cheap.error, 'inferenceEscrow.CostsMore');
    const input = hash(7);
    const call = await opening(seen.version, UNITS, gross, 100, { inputCommitment: input });
    const event = await done(api, who.eve, call, 'inferenceEscrow.JobOpened');
    seen.job = event.job.toHex();
    // The id is the hash of what was ordered, known before: whoever orders can work it out.
    const order = call.args[0].toU8a();
    const ids = [who.eve.publicKey, who.eve.publicKey, order];
    assert.equal(blake2AsHex(u8aConcat(stringToU8a('myai/job/1'), ...ids)), seen.job);
    // Price, fee and the job's deposit are one hold.
    assert.equal(await held(api, who.eve, 'InferenceEscrow.Job'), gross + seen.deposit);
    // The same order again is the same job.
    assert.equal((await send(api, who.eve, call)).error, 'inferenceEscrow.JobExists');

    const job = (await api.call.myAiApi.job(seen.job)).unwrap().state.asOpen;
    assert.equal(job.payer.toString(), who.eve.address);
    assert.equal(job.inputCommitment.toHex(), input);
    const its = await api.call.myAiApi.jobsOfWorker(who.charlie.address, null, 10);
    assert.deepEqual(its.map((j) => j.id.toHex()), [seen.job]);
  });

  it('attests, which pays everybody and costs the signer nothing', async () => {
    const attest = api.tx.inferenceEscrow.attest(seen.job, hash(10), UNITS, hash(11));
    await refusedByThePool(attest, who.alice, 101);
    const tooMany = api.tx.inferenceEscrow.attest(seen.job, hash(10), UNITS + 1n, hash(11));
    await refusedByThePool(tooMany, who.dave, 104);

    const network = await owedToNetwork();
    const [dave, ferdie] = [await free(api, who.dave), await free(api, who.ferdie)];
    const event = await done(api, who.dave, attest, 'inferenceEscrow.JobSettled');
    const cutOfPrice = ppm(UNITS * PRICE, share);
    const cutOfFee = ppm(UNITS * FEE, share);
    assert.equal(event.network.toBigInt(), cutOfPrice + cutOfFee);
    assert.equal(event.toModel.toBigInt(), UNITS * PRICE - cutOfPrice);
    assert.equal(event.toWorker.toBigInt(), UNITS * FEE - cutOfFee);
    assert.equal(event.refunded.toBigInt(), seen.deposit);
    assert.equal(event.outputCommitment.toHex(), hash(10));
    assert.equal(await free(api, who.dave), dave);
    assert.equal((await free(api, who.ferdie)) - ferdie, UNITS * FEE - cutOfFee);
    assert.equal(await held(api, who.eve, 'InferenceEscrow.Job'), 0n);

    assert.equal((await owedToNetwork()) - network, cutOfPrice + cutOfFee);

    // The chain says how it ended for a day or so.
    const { asSettled } = await outcomeOf(seen.job);
    assert.equal(asSettled.paid.toBigInt(), UNITS * (PRICE + FEE));
    assert.equal(asSettled.outputCommitment.toHex(), hash(10));
    assert.ok((await api.call.myAiApi.job(hash(99))).isNone);
    await refusedByThePool(attest, who.dave, 100);
    assert.equal((await recordOf(who.charlie)).settled.toNumber(), 1);
  });

  it('claims for all, from the derivative up to the dataset', async () => {
    const income = UNITS * PRICE - ppm(UNITS * PRICE, share);
    const toBase = ppm(income, ROYALTY);
    // From the derivative, which names the dataset, and from the base.
    const direct = ppm(income, 50_000n);
    const toDataset = ppm(toBase, DATASET_SHARE);
    const own = income - toBase - direct;
    assert.deepEqual(await owed(seen.split, NATIVE), [toBase, direct, own]);
    // What the dataset's owner may claim, one claim before the other that needs it.
    const claimable = await api.call.myAiApi.claimable(who.bob.address, null);
    const sum = claimable.claims
      .filter((c) => c.split.eq(seen.datasetSplit))
      .reduce((a, c) => a + c.amount.value.toBigInt(), 0n);
    assert.equal(sum, direct + toDataset);

    const lines = [
      [seen.split, NATIVE, 0], [seen.split, NATIVE, 1], [seen.split, NATIVE, 2],
      [seen.baseSplit, NATIVE, 0], [seen.baseSplit, NATIVE, 1], [seen.datasetSplit, NATIVE, 0],
    ];
    const { events, error } = await send(api, who.eve, api.tx.rewardSplit.claimMany(lines));
    assert.equal(error, undefined);
    const claims = events.filter((e) => e.section === 'rewardSplit');
    const credited = eventsOf(claims, 'rewardSplit.Credited');
    assert.deepEqual(
      credited.map(({ to, value }) => [to.toNumber(), value.toBigInt()]),
      [
        [seen.baseSplit, toBase], [seen.datasetSplit, direct], [seen.datasetSplit, toDataset],
      ],
    );
    const paid = eventsOf(claims, 'rewardSplit.Claimed');
    assert.deepEqual(
      paid.map(({ to, value }) => [to.toString(), value.toBigInt()]),
      [
        [who.ferdie.address, own],
        [who.alice.address, toBase - toDataset],
        [who.bob.address, direct + toDataset],
      ],
    );
    assert.equal(claims.length, credited.length + paid.length);
  });

  it('is refunded in full when the worker gives the job back', async () => {
    const gross = PRICE + FEE;
    const before = await free(api, who.eve);
    const opened = await send(api, who.eve, await opening(seen.version, 1, gross, 100));
    const { job } = eventOf(opened.events, 'inferenceEscrow.JobOpened');
    const feePaid = eventOf(opened.events, 'transactionPayment.TransactionFeePaid').actualFee;
    const dave = await free(api, who.dave);
    const event = await done(
      api, who.dave, api.tx.inferenceEscrow.decline(job, 'ModelUnavailable'),
      'inferenceEscrow.JobDeclined',
    );
    assert.equal(event.reason.type, 'ModelUnavailable');
    assert.equal(event.charged.toBigInt(), 0n);
    assert.equal(event.refunded.toBigInt(), gross + seen.deposit);
    assert.equal(await held(api, who.eve, 'InferenceEscrow.Job'), 0n);
    // The opening's fee is all that it cost, and giving it back was free.
    assert.equal(await free(api, who.eve), before - feePaid.toBigInt());
    assert.equal(await free(api, who.dave), dave);
    assert.equal((await outcomeOf(job)).asDeclined.type, 'ModelUnavailable');
    const record = await recordOf(who.charlie);
    assert.deepEqual([record.declined.toNumber(), record.spoilt.toNumber()], [1, 0]);
  });

  it('loses a part of the deposit to the network when it spoilt the job', async () => {
    const gross = PRICE + FEE;
    const charge = ppm(seen.deposit, 333_333n);
    const quote = (await quoteFor(seen.version, 1, 100)).asOk;
    assert.equal(quote.spoiltCharge.toBigInt(), charge);
    const { job } = await done(
      api, who.eve, await opening(seen.version, 1, gross, 100), 'inferenceEscrow.JobOpened',
    );
    const [eve, charlie, ferdie] = await Promise.all(
      [who.eve, who.charlie, who.ferdie].map((one) => free(api, one)),
    );
    const [dave, network] = [await free(api, who.dave), await owedToNetwork()];
    const decline = api.tx.inferenceEscrow.decline(job, 'BadInput');
    const { events, error } = await send(api, who.dave, decline);
    assert.equal(error, undefined);
    const event = eventOf(events, 'inferenceEscrow.JobDeclined');
    assert.equal(event.reason.type, 'BadInput');
    assert.equal(event.charged.toBigInt(), charge);
    assert.equal(event.refunded.toBigInt(), gross + seen.deposit - charge);
    assert.equal(await held(api, who.eve, 'InferenceEscrow.Job'), 0n);
    assert.equal((await free(api, who.eve)) - eve, gross + seen.deposit - charge);
    // Nothing of it is the worker's, who pays the fee for blaming the payer.
    assert.equal((await owedToNetwork()) - network, charge);
    assert.equal(await free(api, who.charlie), charlie);
    assert.equal(await free(api, who.ferdie), ferdie);
    const feePaid = eventOf(events, 'transactionPayment.TransactionFeePaid').actualFee.toBigInt();
    assert.ok(feePaid > 0n);
    assert.equal(await free(api, who.dave), dave - feePaid);
    assert.equal((await outcomeOf(job)).asDeclined.type, 'BadInput');
    const record = await recordOf(who.charlie);
    assert.deepEqual([record.declined.toNumber(), record.spoilt.toNumber()], [1, 1]);
  });

  it('pays in another asset too', async () => {
    const price = 5n * DOLLARS;
    const fee = 1n * DOLLARS;
    const { version, split } = await done(
      api, who.alice,
      api.tx.modelRegistry.publishVersion(
        seen.base, spec({ artifact: file(20), price: { asset: DOLLAR, value: price } }),
      ),
      'modelRegistry.VersionPublished',
    );
    await done(
      api, who.charlie, api.tx.inferenceEscrow.setOffer(version, fee, 10), 'inferenceEscrow.OfferSet',
    );
    const { job } = await done(
      api, who.eve, await opening(version, 1, price + fee, 100), 'inferenceEscrow.JobOpened',
    );
    const settled = await done(
      api, who.dave, api.tx.inferenceEscrow.attest(job, hash(10), 1, hash(11)),
      'inferenceEscrow.JobSettled',
    );
    assert.equal(settled.asset.asId.toNumber(), 1);
    const income = price - ppm(price, share);
    assert.deepEqual(await owed(split, DOLLAR), [income]);
    const before = await balance(api, DOLLAR.Id, who.alice);
    await done(
      api, who.eve, api.tx.rewardSplit.claim(split, DOLLAR, 0), 'rewardSplit.Claimed',
    );
    assert.equal((await balance(api, DOLLAR.Id, who.alice)) - before, income);
  });

  it('gets everything back when nobody answers', async () => {
    const gross = PRICE + FEE;
    const { job } = await done(
      api, who.eve, await opening(seen.version, 1, gross, 10), 'inferenceEscrow.JobOpened',
    );
    await refusedByThePool(api.tx.inferenceEscrow.expire(job), who.bob, 103);
    // The chain itself ends it; `expire` would do it, too, should a block have no room left.
    const expired = await watch(api, 120, (events) => {
      const found = events.find(
        (e) => e.section === 'inferenceEscrow' && e.method === 'JobExpired' && e.data.job.eq(job),
      );
      return found?.data;
    });
    assert.equal(expired.refunded.toBigInt(), gross + seen.deposit);
    assert.equal(await held(api, who.eve, 'InferenceEscrow.Job'), 0n);
    assert.ok((await outcomeOf(job)).isExpired);

    // The row says so until it was kept long enough; nobody removes it before.
    await refusedByThePool(api.tx.inferenceEscrow.expire(job), who.bob, 105);
    // Inside a batch the pool does not look; the call itself says the same.
    const inBatch = (of) => api.tx.utility.batchAll([api.tx.inferenceEscrow.expire(of)]);
    assert.equal((await send(api, who.bob, inBatch(job))).error, 'inferenceEscrow.StillKept');
    // Of a job that never was there is nothing to end.
    await refusedByThePool(api.tx.inferenceEscrow.expire(hash(99)), who.bob, 100);
    assert.equal((await send(api, who.bob, inBatch(hash(99)))).error, 'inferenceEscrow.NotOpen');
  });

  it('sees rules change for what comes later', async () => {
    const set = (value) => api.tx.modelRegistry.setRule('NetworkShare', value);
    await assert.rejects(decide(api, 'RegistryRules', set(100_001)), /modelRegistry\.RuleOutOfBounds/);

    const { revision } = await readRules();
    await decide(api, 'RegistryRules', set(30_000));
    try {
      const rules = await readRules();
      assert.equal(rules.revision, revision + 1);
      assert.equal(rules.NetworkShare, 30_000n);
      const quote = (await quoteFor(seen.version, 1, 100)).asOk;
      assert.equal(quote.network.toBigInt(), ppm(PRICE, 30_000n) + ppm(FEE, 30_000n));
    } finally {
      await decide(api, 'RegistryRules', set(share));
    }
    const direct = await send(api, who.bob, set(0));
    assert.equal(direct.error, 'BadOrigin');
  });
});
