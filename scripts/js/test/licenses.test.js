// How a polkadot.js user buys, keeps alive and ends a license to train: what it paid vests tick by
// tick, anyone may renew it, and what has not vested when a notice ends goes back to who paid it.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  MAI, NATIVE, clockAt, connect, decide, done, eventOf, eventsOf, free, held, nameOf, people,
  send, untilTick,
} from '../chain.js';
import {
  becomeWorker, open, publish, register, registerDataset, setTerms, terms,
} from '../samples.js';

const PRICE = 4_000_003n * MAI / 1_000_000n;
// In ticks; a tick of a development chain is one block.
const PERIOD = 300;
const NOTICE = 8;

describe('a license to train', { timeout: 600_000 }, () => {
  let api;
  let who;
  let minNotice; // As the rules had it.
  const seen = {}; // Ids that the story came by.

  const grant = async () => (await api.call.myAiApi.grant(seen.grant)).unwrap();

  // What of an instalment has vested at a tick.
  const vestedBy = ({ value, start, end }, tick) => {
    const elapsed = Math.min(Math.max(tick - start.toNumber(), 0), end - start);
    return (value.toBigInt() * BigInt(elapsed)) / BigInt(end - start);
  };

  const vest = async (signer) => {
    const { block, events, error } = await send(api, signer, api.tx.dataLicense.vest(seen.grant));
    assert.equal(error, undefined);
    return { events, now: (await clockAt(api, block)).now };
  };

  before(async () => {
    api = await connect();
    who = people();
    const { list } = await api.call.myAiApi.rules();
    const number = api.createType('MyaiPrimitivesRulesRule', 'MinRevokeNotice').index;
    minNotice = list.find(({ rule }) => rule.eq(number)).value.toBigInt();
  });

  after(async () => {
    await decide(api, 'RegistryRules', api.tx.modelRegistry.setRule('MinRevokeNotice', minNotice));
    await api.disconnect();
  });

  it('is sold for a period, with a notice no shorter than the rules allow', async () => {
    const { dataset, split } = await registerDataset(api, who.bob, 'Scans of a year');
    Object.assign(seen, { dataset, split });
    const asked = {
      clauses: open({ derivatives: 'Approval' }),
      price: { asset: NATIVE, value: PRICE },
      period: PERIOD,
      renewable: 10 * PERIOD,
      revocation: { Notice: { notice: NOTICE, perpetualTerm: 0 } },
    };
    const hasty = await send(api, who.bob, api.tx.dataLicense.setTerms(dataset, terms(asked)));
    assert.equal(hasty.error, 'dataLicense.NoticeTooShort');
    await decide(api, 'RegistryRules', api.tx.modelRegistry.setRule('MinRevokeNotice', NOTICE));
    seen.number = await setTerms(api, who.bob, dataset, asked);

    const [number, now] = (await api.call.myAiApi.dataset(dataset)).unwrap().terms.unwrap();
    assert.equal(number.toNumber(), seen.number);
    assert.equal(now.period.unwrap().toNumber(), PERIOD);
    assert.equal(now.renewable.unwrap().toNumber(), 10 * PERIOD);
    assert.equal(now.revocation.asNotice.notice.toNumber(), NOTICE);
  });

  it('waits, with its price on hold, for the approval that its terms ask for', async () => {
    seen.model = await register(api, who.ferdie, 'Trained on scans');
    const acquire = api.tx.dataLicense.acquire(seen.dataset, seen.model, seen.number, PRICE, 1000);
    const requested = await done(api, who.ferdie, acquire, 'dataLicense.GrantRequested');
    assert.equal(await held(api, who.ferdie, 'DataLicense.GrantRequest'), PRICE);
    const [request, ...others] = await api.call.myAiApi.requests(seen.dataset, null, 10);
    assert.equal(others.length, 0);
    assert.equal(request.payer.toString(), who.ferdie.address);
    assert.equal(request.price.value.toBigInt(), PRICE);
    assert.ok(request.expires.eq(requested.expires));

    const approve = api.tx.dataLicense.approve(
      seen.dataset, seen.model, who.ferdie.address, seen.number,
    );
    assert.equal((await send(api, who.ferdie, approve)).error, 'dataLicense.NotDatasetOwner');
    const given = await done(api, who.bob, approve, 'dataLicense.GrantGiven');
    seen.grant = given.grant.toNumber();
    seen.ends = given.ends.unwrap().toNumber();
    assert.equal(await held(api, who.ferdie, 'DataLicense.GrantRequest'), 0n);
    assert.equal((await api.call.myAiApi.requests(seen.dataset, null, 10)).length, 0);
    const [instalment, ...more] = (await grant()).instalments;
    assert.equal(more.length, 0);
    assert.equal(instalment.payer.toString(), who.ferdie.address);
    assert.equal(instalment.value.toBigInt(), PRICE);
    assert.equal(instalment.end.toNumber(), seen.ends);
    assert.equal(instalment.end - instalment.start, PERIOD);
  });

  it('vests to the dataset tick by tick, for whoever owns it to claim', async () => {
    let vested = 0n; // So far.
    for (let i = 0; i < 2; i += 1) {
      const [instalment] = (await grant()).instalments;
      assert.equal(instalment.vested.toBigInt(), vested);
      const { events, now } = await vest(who.eve);
      const due = vestedBy(instalment, now) - vested;
      assert.ok(due > 0n);
      const event = eventOf(events, 'rewardSplit.Vested');
      assert.equal(event.split.toNumber(), seen.split);
      assert.equal(event.value.toBigInt(), due);
      vested += due;
    }
    seen.vested = vested;
    const [{ value }] = await api.call.myAiApi.owed(seen.split, NATIVE);
    assert.equal(value.toBigInt(), vested);

    const before = await free(api, who.bob);
    await done(
      api, who.eve, api.tx.rewardSplit.claim(seen.split, NATIVE, 0), 'rewardSplit.Claimed',
    );
    assert.equal((await free(api, who.bob)) - before, vested);
  });

  it('is renewed by a stranger who depends on it', async () => {
    const renew = (most) => api.tx.dataLicense.renew(seen.grant, 1, most);
    const dear = await send(api, who.dave, renew(PRICE - 1n));
    assert.equal(dear.error, 'dataLicense.PriceAboveMaxCost');
    const before = await free(api, who.dave);
    const { block, events, error } = await send(api, who.dave, renew(PRICE));
    assert.equal(error, undefined);
    const renewed = eventOf(events, 'dataLicense.GrantRenewed');
    assert.equal(renewed.payer.toString(), who.dave.address);
    assert.equal(renewed.price.value.toBigInt(), PRICE);
    assert.equal(renewed.ends.toNumber(), seen.ends + PERIOD);
    const fee = eventOf(events, 'transactionPayment.TransactionFeePaid').actualFee.toBigInt();
    assert.equal(await free(api, who.dave), before - PRICE - fee);

    const view = await grant();
    assert.equal(view.ends.unwrap().toNumber(), seen.ends + PERIOD);
    const [first, second] = view.instalments;
    // What vested until then is taken note of; the new one begins where the old one ends.
    const { now } = await clockAt(api, block);
    assert.equal(first.vested.toBigInt(), vestedBy(first, now));
    assert.equal(second.payer.toString(), who.dave.address);
    assert.deepEqual(
      [second.start, second.end, second.vested].map((n) => n.toNumber()),
      [seen.ends, seen.ends + PERIOD, 0],
    );
    // Neither further than the terms say nor than 432,000 ticks ahead of now.
    for (const [periods, refusal] of [[9, 'RenewalBeyondTerms'], [2000, 'RenewalTooFarAhead']]) {
      const far = api.tx.dataLicense.renew(seen.grant, periods, 10n ** 20n);
      assert.equal((await send(api, who.dave, far)).error, `dataLicense.${refusal}`);
    }
  });

  it('carries a version for as long as it runs', async () => {
    const line = { source: { Grant: seen.grant }, share: 0 };
    const { version } = await publish(api, who.ferdie, seen.model, { datasets: [line] });
    seen.version = version;
    await becomeWorker(api, who.ferdie);
    await done(
      api, who.ferdie, api.tx.inferenceEscrow.setOffer(version, MAI, 10),
      'inferenceEscrow.OfferSet',
    );
    const view = (await api.call.myAiApi.version(version)).unwrap();
    assert.equal(view.licensedUntil.unwrap().toNumber(), seen.ends + PERIOD);
    assert.deepEqual(view.livesBy.map((l) => l.grant.toNumber()), [seen.grant]);
    assert.equal((await grant()).versions.toNumber(), 1);

    seen.quote = (duration) =>
      api.call.myAiApi.quote(
        who.eve.address, version, who.ferdie.address, 'Direct', 1, duration, 500,
      );
    assert.ok((await seen.quote(10)).isOk);
    const long = await seen.quote(2 * PERIOD + 1);
    assert.equal(nameOf(api, long.asErr), 'modelRegistry.LicenseLapsed');
  });

  it("is revoked by the dataset's owner alone, with notice", async () => {
    const revoke = api.tx.dataLicense.revoke(seen.grant);
    assert.equal((await send(api, who.ferdie, revoke)).error, 'dataLicense.NotDatasetOwner');
    const { block, events, error } = await send(api, who.bob, revoke);
    assert.equal(error, undefined);
    const event = eventOf(events, 'dataLicense.GrantRevoked');
    seen.over = (await clockAt(api, block)).now + NOTICE;
    assert.equal(event.noticeEnds.toNumber(), seen.over);
    assert.equal(event.ends.toNumber(), seen.over);
    const view = await grant();
    assert.ok(view.revoked.isTrue);
    assert.equal(view.ends.unwrap().toNumber(), seen.over);
    assert.equal(nameOf(api, (await seen.quote(10)).asErr), 'modelRegistry.LicenseLapsed');
    assert.equal((await send(api, who.bob, revoke)).error, 'dataLicense.GrantRevoked');
  });

  it('gives back what has not vested when the notice is over', async () => {
    const renew = api.tx.dataLicense.renew(seen.grant, 1, PRICE);
    assert.equal((await send(api, who.dave, renew)).error, 'dataLicense.GrantRevoked');
    const [first, second] = (await grant()).instalments;
    await untilTick(api, seen.over, 120);

    const [ferdie, dave] = [await free(api, who.ferdie), await free(api, who.dave)];
    const { events } = await vest(who.eve);
    // Nothing vests after the notice, however late somebody calls.
    const due = vestedBy(first, seen.over);
    const vested = eventOf(events, 'rewardSplit.Vested').value.toBigInt();
    assert.equal(first.vested.toBigInt() + vested, due);
    const back = eventsOf(events, 'rewardSplit.UnvestedReturned');
    assert.deepEqual(
      back.map((e) => [e.to.toString(), e.value.toBigInt(), e.moved.toBigInt()]),
      [
        [who.ferdie.address, PRICE - due, PRICE - due],
        [who.dave.address, PRICE, PRICE],
      ],
    );
    assert.equal(second.value.toBigInt(), PRICE);
    assert.equal((await free(api, who.ferdie)) - ferdie, PRICE - due);
    assert.equal((await free(api, who.dave)) - dave, PRICE);
    assert.equal((await grant()).instalments.length, 0);

    // What had vested is the dataset's for good.
    const [{ value }] = await api.call.myAiApi.owed(seen.split, NATIVE);
    assert.equal(value.toBigInt(), due - seen.vested);
    const before = await free(api, who.bob);
    await done(
      api, who.eve, api.tx.rewardSplit.claim(seen.split, NATIVE, 0), 'rewardSplit.Claimed',
    );
    assert.equal((await free(api, who.bob)) - before, due - seen.vested);
  });
});
