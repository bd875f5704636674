// How a polkadot.js user says who may serve, use and derive, and hands on what it owns.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  MAI, NATIVE, connect, done, file, free, nameOf, people, send,
} from '../chain.js';
import {
  PRICE, becomeWorker, open, publish, register, registerDataset, setTerms, spec,
} from '../samples.js';

describe('a version that asks for approval', { timeout: 300_000 }, () => {
  let api;
  let who;
  let model;
  let version;
  let licensor;

  const approvals = async () =>
    (await api.call.myAiApi.approvals(licensor, null, 10)).map(({ kind, account, given }) => [
      kind.type, account.toString(), given.isTrue,
    ]);

  const approve = (kind, account) =>
    api.tx.modelRegistry.approve(licensor, kind, account.address);

  const withdraw = (kind, account) =>
    api.tx.modelRegistry.withdrawApproval(licensor, kind, account.address);

  const quote = () =>
    api.call.myAiApi.quote(
      who.eve.address, version, who.ferdie.address, 'Direct', 1, 100, 500,
    );

  before(async () => {
    api = await connect();
    who = people();
    await becomeWorker(api, who.ferdie);
    model = await register(api, who.alice, 'By approval');
    const clauses = open({ derivatives: 'Approval', hosting: 'Approval', users: 'Approval' });
    ({ version } = await publish(api, who.alice, model, { clauses }));
    licensor = { Version: version };
  });

  after(() => api?.disconnect());

  it('is served by a worker that asked and was approved', async () => {
    const offer = api.tx.inferenceEscrow.setOffer(version, MAI, 10);
    assert.equal((await send(api, who.ferdie, offer)).error, 'modelRegistry.HostNotApproved');

    const ask = api.tx.modelRegistry.requestApproval(licensor, 'Host');
    await done(api, who.ferdie, ask, 'modelRegistry.ApprovalRequested');
    assert.deepEqual(await approvals(), [['Host', who.ferdie.address, false]]);
    assert.equal((await send(api, who.ferdie, ask)).error, 'modelRegistry.AlreadyRequested');
    assert.equal((await send(api, who.ferdie, offer)).error, 'modelRegistry.HostNotApproved');

    const byAnother = await send(api, who.ferdie, approve('Host', who.ferdie));
    assert.equal(byAnother.error, 'modelRegistry.NotOwner');
    await done(api, who.alice, approve('Host', who.ferdie), 'modelRegistry.ApprovalGiven');
    assert.deepEqual(await approvals(), [['Host', who.ferdie.address, true]]);
    await done(api, who.ferdie, offer, 'inferenceEscrow.OfferSet');
  });

  it('is used by whom its owner approved, unasked, until that is withdrawn', async () => {
    assert.equal(nameOf(api, (await quote()).asErr), 'modelRegistry.UserNotApproved');
    await done(api, who.alice, approve('User', who.eve), 'modelRegistry.ApprovalGiven');
    assert.deepEqual(await approvals(), [
      ['Host', who.ferdie.address, true], ['User', who.eve.address, true],
    ]);
    assert.ok((await quote()).isOk);
    // A page goes on after the row that was seen last.
    const rest = await api.call.myAiApi.approvals(licensor, ['Host', who.ferdie.address], 10);
    assert.deepEqual(rest.map((row) => row.kind.type), ['User']);

    await done(api, who.alice, withdraw('User', who.eve), 'modelRegistry.ApprovalWithdrawn');
    assert.equal(nameOf(api, (await quote()).asErr), 'modelRegistry.UserNotApproved');
    await done(api, who.alice, approve('User', who.eve), 'modelRegistry.ApprovalGiven');
    await done(api, who.alice, withdraw('Host', who.ferdie), 'modelRegistry.ApprovalWithdrawn');
    assert.equal(nameOf(api, (await quote()).asErr), 'modelRegistry.HostNotApproved');
  });

  it('is derived from once for each approval', async () => {
    const derived = await register(api, who.bob, 'Derived');
    const bases = [{ version, royalty: 0 }];
    const attempt = api.tx.modelRegistry.publishVersion(derived, spec({ bases }));
    const left = async () =>
      (await api.call.myAiApi.derivativeApprovals(version, derived)).toNumber();
    assert.equal((await send(api, who.bob, attempt)).error, 'modelRegistry.DerivativeNotApproved');

    const allow = api.tx.modelRegistry.approveDerivative(version, derived, who.bob.address);
    await done(api, who.alice, allow, 'modelRegistry.DerivativeApproved');
    assert.equal(await left(), 1);
    const used = await done(api, who.bob, attempt, 'modelRegistry.DerivativeApprovalUsed');
    assert.equal(used.left.toNumber(), 0);
    assert.equal(await left(), 0);
    assert.equal((await send(api, who.bob, attempt)).error, 'modelRegistry.DerivativeNotApproved');

    await done(api, who.alice, allow, 'modelRegistry.DerivativeApproved');
    const takeBack = api.tx.modelRegistry.withdrawDerivativeApproval(version, derived);
    await done(api, who.alice, takeBack, 'modelRegistry.DerivativeApprovalWithdrawn');
    assert.equal(await left(), 0);
  });
});

describe('what an account owns', { timeout: 300_000 }, () => {
  let api;
  let who;

  before(async () => {
    api = await connect();
    who = people();
  });

  after(() => api?.disconnect());

  const has = async (page, id) => (await page).some((row) => row.id.eq(id));

  it('goes to a buyer who names what it saw: a model', async () => {
    const { modelRegistry } = api.tx;
    const model = await register(api, who.alice, 'For sale');
    const view = async () => (await api.call.myAiApi.model(model)).unwrap();
    await done(
      api, who.alice, modelRegistry.transferOwnership(model, who.dave.address),
      'modelRegistry.OwnershipOffered',
    );
    const before = await view();
    assert.equal(before.offeredTo.unwrap().toString(), who.dave.address);
    assert.equal(before.owner.toString(), who.alice.address);

    // The seller changes what it sells while the buyer looks.
    const change = modelRegistry.setMetadata(model, file(40));
    await done(api, who.alice, change, 'modelRegistry.MetadataSet');
    const stale = modelRegistry.acceptOwnership(model, before.changes);
    assert.equal((await send(api, who.dave, stale)).error, 'modelRegistry.ChangedMeanwhile');
    const fresh = modelRegistry.acceptOwnership(model, (await view()).changes);
    assert.equal((await send(api, who.bob, fresh)).error, 'modelRegistry.OwnershipNotOffered');
    const event = await done(api, who.dave, fresh, 'modelRegistry.OwnershipAccepted');
    assert.equal(event.from.toString(), who.alice.address);
    assert.equal(event.to.toString(), who.dave.address);

    const after = await view();
    assert.equal(after.owner.toString(), who.dave.address);
    assert.ok(after.offeredTo.isNone);
    assert.ok(await has(api.call.myAiApi.modelsOf(who.dave.address, 0, 100), model));
    assert.ok(!(await has(api.call.myAiApi.modelsOf(who.alice.address, 0, 100), model)));
    const again = modelRegistry.setMetadata(model, file(41));
    assert.equal((await send(api, who.alice, again)).error, 'modelRegistry.NotOwner');
  });

  it('goes to a buyer with what nobody has claimed: a dataset', async () => {
    const { dataLicense } = api.tx;
    const { dataset, split } = await registerDataset(api, who.alice, 'For sale');
    const number = await setTerms(api, who.alice, dataset, { price: { asset: NATIVE, value: PRICE } });
    const model = await register(api, who.bob, 'Licensee');
    await done(
      api, who.bob, dataLicense.acquire(dataset, model, number, PRICE, 100),
      'dataLicense.GrantGiven',
    );
    await done(
      api, who.alice, dataLicense.transferOwnership(dataset, who.dave.address),
      'dataLicense.OwnershipOffered',
    );
    // An offer can be taken back, and made again.
    await done(api, who.alice, dataLicense.cancelTransfer(dataset), 'dataLicense.TransferCancelled');
    const view = async () => (await api.call.myAiApi.dataset(dataset)).unwrap();
    const { changes } = await view();
    const accept = (changes) => dataLicense.acceptOwnership(dataset, changes);
    const late = await send(api, who.dave, accept(changes));
    assert.equal(late.error, 'dataLicense.OwnershipNotOffered');
    await done(
      api, who.alice, dataLicense.transferOwnership(dataset, who.dave.address),
      'dataLicense.OwnershipOffered',
    );
    const stale = await send(api, who.dave, accept(changes));
    assert.equal(stale.error, 'dataLicense.ChangedMeanwhile');
    await done(
      api, who.dave, accept((await view()).changes), 'dataLicense.OwnershipAccepted',
    );
    assert.ok(await has(api.call.myAiApi.datasetsOf(who.dave.address, 0, 100), dataset));
    assert.ok(!(await has(api.call.myAiApi.datasetsOf(who.alice.address, 0, 100), dataset)));

    const before = await free(api, who.dave);
    await done(api, who.eve, api.tx.rewardSplit.claim(split, NATIVE, 0), 'rewardSplit.Claimed');
    assert.equal((await free(api, who.dave)) - before, PRICE);
  });
});
