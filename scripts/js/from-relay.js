// What somebody with a key of the relay chain, and none of ours, does here (docs/other-chains.md):
//
//   node scripts/js/from-relay.js RELAY OURS KEY_FILE account       prints the account that is theirs here
//   node scripts/js/from-relay.js RELAY OURS KEY_FILE send UNITS    of the relay chain's token, to it
//   node scripts/js/from-relay.js RELAY OURS KEY_FILE open-job UNITS ORDER
//       in its name; the message's execution costs UNITS at most, and the rest goes back to it.
//       ORDER is SCALE, in hexadecimal digits
//
// RELAY and OURS are addresses of nodes. KEY_FILE holds a secret phrase, or a development key such as
// //Alice.

import { readFileSync } from 'node:fs';
import { Keyring } from '@polkadot/api';
import { connect, done, perform } from './chain.js';

const [relayUrl, ourUrl, keyFile, command, units, order] = process.argv.slice(2);
const relay = await connect({ url: relayUrl });
const ours = await connect({ url: ourUrl });
const key = new Keyring({ type: 'sr25519' }).addFromUri(readFileSync(keyFile, 'utf8').trim());

const V5 = (value) => ({ V5: value });
const id = ours.createType('AccountId', key.address).toHex();
const fromHere = { parents: 1, interior: { X1: [{ AccountId32: { network: null, id } }] } };
const dest = {
  parents: 0,
  interior: { X1: [{ Parachain: await ours.query.parachainInfo.parachainId() }] },
};
const tokens = (location) => ({ id: location, fun: { Fungible: units } });
const RELAY = { parents: 1, interior: 'Here' };
const HERE = { parents: 0, interior: 'Here' };
const keep = { assets: { Wild: { AllCounted: 1 } }, beneficiary: fromHere };

const commands = {
  async account() {
    const account = await ours.call.locationToAccountApi.convertLocation(V5(fromHere));
    if (account.isErr) throw new Error(`nobody's: ${account}`);
    return account.asOk;
  },

  async send() {
    const transfer = relay.tx.xcmPallet.transferAssetsUsingTypeAndThen(
      V5(dest), V5([tokens(HERE)]), 'LocalReserve', V5(HERE), 'LocalReserve',
      V5([{ DepositAsset: keep }]), 'Unlimited',
    );
    await done(relay, key, transfer, 'xcmPallet.Sent');
    return 'sent';
  },

  async 'open-job'() {
    const call = ours.tx.inferenceEscrow.openJob(order);
    const message = [
      { WithdrawAsset: [tokens(RELAY)] },
      { BuyExecution: { fees: tokens(RELAY), weightLimit: 'Unlimited' } },
      { SetAppendix: [{ RefundSurplus: null }, { DepositAsset: keep }] },
      {
        Transact: {
          originKind: 'SovereignAccount', fallbackMaxWeight: null, call: { encoded: call.method.toHex() },
        },
      },
      { ExpectTransactStatus: 'Success' },
    ];
    await done(relay, key, relay.tx.xcmPallet.send(V5(dest), V5(message)), 'xcmPallet.Sent');
    return 'sent';
  },
};

await perform(commands, command, relay, ours);
