// How a polkadot.js user pays for a transaction.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { balance, connect, eventOf, free, people, send } from '../chain.js';
import { DOLLAR } from '../samples.js';

describe("a transaction's fee", { timeout: 120_000 }, () => {
  let api;
  let who;

  before(async () => {
    // polkadot.js takes a fee's asset for a place in another chain unless it is told.
    api = await connect({ types: { TAssetConversion: 'Option<u32>' } });
    who = people();
  });

  after(() => api?.disconnect());

  it('passes through an extension that can take it in another asset', () => {
    const extensions = api.registry.signedExtensions;
    assert.ok(extensions.includes('ChargeAssetTxPayment'), extensions.join(', '));
    assert.ok(extensions.includes('CheckJobCalls'), extensions.join(', '));
  });

  for (const [how, options] of [
    ['where no asset is named', {}],
    ['and its tip, too', { tip: 1_000_000 }],
  ]) {
    it(`is paid in the token ${how}`, async () => {
      const before = await free(api, who.bob);
      const { events, error } = await send(api, who.bob, api.tx.system.remark('0x00'), options);
      assert.equal(error, undefined);
      const paid = eventOf(events, 'transactionPayment.TransactionFeePaid');
      assert.equal(paid.tip.toNumber(), options.tip ?? 0);
      assert.ok(paid.actualFee.toBigInt() > paid.tip.toBigInt());
      assert.equal(await free(api, who.bob), before - paid.actualFee.toBigInt());
    });
  }

  it('is refused in an asset that has no rate', async () => {
    const [mai, dollars] = [await free(api, who.bob), await balance(api, DOLLAR.Id, who.bob)];
    assert.ok(dollars > 0n);
    const inDollars = send(api, who.bob, api.tx.system.remark('0x00'), { assetId: DOLLAR.Id });
    await assert.rejects(inDollars, /Inability to pay some fees/);
    assert.equal(await free(api, who.bob), mai);
    assert.equal(await balance(api, DOLLAR.Id, who.bob), dollars);
  });
});
