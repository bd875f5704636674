// How a polkadot.js user finds and takes all that is owed to an account.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MAI, NATIVE, connect, done, eventsOf, free, people, send } from '../chain.js';
import { register, registerDataset, setTerms } from '../samples.js';

const PRICE = 3n * MAI;
// A page looks at most at 500 splits, models and datasets.
const MANY = 500;

describe('what an account may claim', { timeout: 300_000 }, () => {
  let api;
  let who;
  let model;

  // All pages of `account`, each with its claims.
  const pagesOf = async (account) => {
    const pages = [];
    let from = null;
    do {
      const { claims, next } = await api.call.myAiApi.claimable(account.address, from);
      pages.push(claims);
      from = next.isSome ? next.unwrap() : null;
    } while (from);
    return pages;
  };

  // One grant, bought by the model's owner: income of the dataset's split.
  const sell = async (dataset) => {
    const number = await setTerms(api, who.alice, dataset, { price: { asset: NATIVE, value: PRICE } });
    const acquire = api.tx.dataLicense.acquire(dataset, model, number, PRICE, 100);
    await done(api, who.bob, acquire, 'dataLicense.GrantGiven');
  };

  const createSplits = (count, shares) =>
    api.tx.utility.batchAll(
      Array.from({ length: count }, () => api.tx.rewardSplit.createSplit(shares)),
    );

  before(async () => {
    api = await connect();
    who = people();
    model = await register(api, who.bob, 'Buyer');
  });

  after(() => api?.disconnect());

  it('lists what must be claimed first before what it brings', async () => {
    const all = [{ beneficiary: { Account: who.dave.address }, parts: 1_000_000 }];
    const { events, error } = await send(api, who.alice, createSplits(1, all));
    assert.equal(error, undefined);
    const [{ split: last }] = eventsOf(events, 'rewardSplit.SplitCreated');
    // A third for Alice, the rest by way of a split that is all Dave's.
    const shares = [
      { beneficiary: { Account: who.alice.address }, parts: 333_333 },
      { beneficiary: { Split: last }, parts: 666_667 },
    ];
    const { split: first } = await done(
      api, who.alice, api.tx.rewardSplit.createSplit(shares), 'rewardSplit.SplitCreated',
    );
    const { dataset } = await registerDataset(api, who.alice, 'Shared', first);
    await sell(dataset);

    const ours = [first, last].map((s) => s.toNumber());
    const claims = (await pagesOf(who.dave)).flat().filter((c) => ours.includes(c.split.toNumber()));
    const third = (PRICE * 333_333n) / 1_000_000n;
    const rest = (PRICE * 666_667n) / 1_000_000n;
    assert.deepEqual(
      claims.map((c) => [c.split.toNumber(), c.share.toNumber(), c.amount.value.toBigInt()]),
      [[ours[0], 1, rest], [ours[1], 0, rest]],
    );
    assert.ok(claims[0].beneficiary.isSplit);

    const [dave, alice] = [await free(api, who.dave), await free(api, who.alice)];
    const list = claims.map((c) => [c.split, c.amount.asset, c.share]);
    // The other way round the second has nothing to bring yet, and is passed by.
    const turned = await send(api, who.eve, api.tx.rewardSplit.claimMany([...list].reverse()));
    assert.equal(eventsOf(turned.events, 'rewardSplit.Claimed').length, 0);
    assert.equal(eventsOf(turned.events, 'rewardSplit.Credited').length, 1);
    const paid = await send(api, who.eve, api.tx.rewardSplit.claimMany(list));
    const [claimed] = eventsOf(paid.events, 'rewardSplit.Claimed');
    assert.equal(claimed.value.toBigInt(), rest);
    assert.equal((await free(api, who.dave)) - dave, rest);
    // Nobody's claim touches what another is owed.
    assert.equal(await free(api, who.alice), alice);
    const owed = await api.call.myAiApi.owed(first, NATIVE);
    assert.deepEqual(
      owed.map((row) => [row.value.toBigInt(), row.paid.toBigInt()]),
      [[third, 0n], [0n, rest]],
    );
  });

  it('goes on over pages to the last split', async () => {
    const all = [{ beneficiary: { Account: who.eve.address }, parts: 1_000_000 }];
    let last;
    for (let made = 0; made < MANY; made += 100) {
      const { events, error } = await send(api, who.alice, createSplits(100, all));
      assert.equal(error, undefined);
      last = eventsOf(events, 'rewardSplit.SplitCreated').at(-1).split.toNumber();
    }
    const { dataset } = await registerDataset(api, who.alice, 'Far', last);
    await sell(dataset);

    const pages = await pagesOf(who.eve);
    assert.ok(pages.length > 1, `${pages.length} page`);
    const found = pages.at(-1).filter((c) => c.split.eq(last));
    assert.deepEqual(found.map((c) => c.amount.value.toBigInt()), [PRICE]);
    assert.equal(pages.flat().filter((c) => c.split.eq(last)).length, 1);

    const before = await free(api, who.eve);
    const claims = pages.flat();
    const sum = claims
      .filter((c) => c.amount.asset.isNative && !c.beneficiary.isSplit)
      .reduce((all, c) => all + c.amount.value.toBigInt(), 0n);
    for (let at = 0; at < claims.length; at += 16) {
      const lines = claims.slice(at, at + 16).map((c) => [c.split, c.amount.asset, c.share]);
      const { events, error } = await send(api, who.bob, api.tx.rewardSplit.claimMany(lines));
      assert.equal(error, undefined);
      assert.equal(eventsOf(events, 'rewardSplit.ClaimFailed').length, 0);
    }
    assert.equal((await free(api, who.eve)) - before, sum);
    assert.deepEqual((await pagesOf(who.eve)).flat(), []);
  });
});
