// Money between the relay chain and ours, as a wallet moves it (docs/other-chains.md). Wants both
// chains: MYAI_RELAY is the address of a node of the relay chain.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { stringToU8a, u8aConcat } from '@polkadot/util';
import { balance, connect, decide, free, people, send, watch } from '../chain.js';

const skip = process.env.MYAI_RELAY ? false : 'there is no relay chain';

/** What the relay chain's token is called here, and how it is divided. */
const TOKEN = 1_000_000_000;
const WND = 10n ** 12n;
const LEAST = WND / 1_000n;
const SECONDS = 600;

const RELAY = { parents: 1, interior: 'Here' };
const HERE = { parents: 0, interior: 'Here' };
const V5 = (value) => ({ V5: value });

describe("The relay chain's token", { skip, timeout: 1_800_000 }, () => {
  let relay;
  let ours;
  let eve;
  let vault;
  let treasury;

  before(async () => {
    relay = await connect({ url: process.env.MYAI_RELAY });
    ours = await connect();
    ({ eve } = people());
    const id = await ours.query.parachainInfo.parachainId();
    const address = u8aConcat(stringToU8a('para'), id.toU8a(), new Uint8Array(24));
    vault = { address: ours.createType('AccountId', address).toString() };
    treasury = { address: ours.consts.treasury.potAccount.toString() };
  });

  after(() => Promise.all([relay?.disconnect(), ours?.disconnect()]));

  /** Sends `amount` of the token, whose reserve is said to be `reserve`, to Eve on the other chain. */
  const transfer = (api, dest, token, amount, reserve) => {
    const id = ours.createType('AccountId', eve.address).toHex();
    const beneficiary = { parents: 0, interior: { X1: [{ AccountId32: { network: null, id } }] } };
    return api.transferAssetsUsingTypeAndThen(
      V5(dest),
      V5([{ id: token, fun: { Fungible: amount } }]),
      reserve,
      V5(token),
      reserve,
      V5([{ DepositAsset: { assets: { Wild: { AllCounted: 1 } }, beneficiary } }]),
      'Unlimited',
    );
  };

  it('is registered and given a rate by a referendum', async () => {
    const asset = { location: RELAY, reserve: RELAY };
    const calls = [
      ours.tx.foreignAssets.register(TOKEN, asset, 'Westie', 'WND', 12, LEAST),
      ours.tx.assetRate.create({ Id: TOKEN }, 10n ** 18n),
    ];
    await decide(ours, 'Root', ours.tx.utility.batchAll(calls));
    assert.ok((await ours.query.assets.asset(TOKEN)).isSome);
  });

  it('comes from the relay chain, and what does not arrive is the fee', async () => {
    const sent = 10n * WND;
    const before = { of: await free(relay, vault), at: await free(relay, eve) };
    const parachain = await ours.query.parachainInfo.parachainId();
    const dest = { parents: 0, interior: { X1: [{ Parachain: parachain }] } };
    const { error } = await send(
      relay, eve, transfer(relay.tx.xcmPallet, dest, HERE, sent, 'LocalReserve'),
    );
    assert.equal(error, undefined);
    assert.equal(await free(relay, vault), before.of + sent);
    assert.ok((await free(relay, eve)) <= before.at - sent);

    await watch(ours, SECONDS, async () => (await balance(ours, TOKEN, eve)) > 0n || undefined);
    const fee = sent - (await balance(ours, TOKEN, eve));
    assert.ok(fee > 0n && fee < WND / 100n, `${fee}`);
    assert.equal(await balance(ours, TOKEN, treasury), fee);
    const { supply } = (await ours.query.assets.asset(TOKEN)).unwrap();
    assert.equal(supply.toBigInt(), sent);
  });

  it('goes home, and the relay chain keeps no more of it than its own fee', async () => {
    const back = 4n * WND;
    const before = {
      of: await free(relay, vault),
      at: await free(relay, eve),
      here: await balance(ours, TOKEN, eve),
    };
    const { error } = await send(
      ours, eve, transfer(ours.tx.polkadotXcm, RELAY, RELAY, back, 'DestinationReserve'),
    );
    assert.equal(error, undefined);
    assert.equal(await balance(ours, TOKEN, eve), before.here - back);
    await watch(relay, SECONDS, async () => (await free(relay, eve)) > before.at || undefined);
    assert.equal(await free(relay, vault), before.of - back);
    const fee = before.at + back - (await free(relay, eve));
    assert.ok(fee > 0n && fee < WND / 10n, `${fee}`);
  });

  it('is what prices may be in, once the treasury has some of it for the vault', async () => {
    await send(ours, eve, ours.tx.assets.transfer(TOKEN, treasury.address, WND));
    const call = ours.tx.rewardSplit.acceptAsset(TOKEN, WND / 10n, WND / 10n, WND);
    await decide(ours, 'Root', call);
    assert.ok((await ours.query.rewardSplit.acceptedAssets(TOKEN)).isSome);
  });
});
