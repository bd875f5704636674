// What somebody who brings our parachain to a relay chain asks of that chain (docs/deploying.md):
//
//   node scripts/js/relay.js URL KEY_FILE reserve                prints the number that is reserved
//   node scripts/js/relay.js URL KEY_FILE register ID HEAD WASM  two files, as myai-node exports them
//   node scripts/js/relay.js URL KEY_FILE assign-core ID         where the key is sudo's: local chains
//   node scripts/js/relay.js URL KEY_FILE show ID
//
// KEY_FILE holds the secret phrase of the account that pays, or a development key such as //Alice.

import { readFileSync } from 'node:fs';
import { Keyring } from '@polkadot/api';
import { connect, done, perform } from './chain.js';

const text = (path) => readFileSync(path, 'utf8').trim();

const [url, keyFile, command, id, head, wasm] = process.argv.slice(2);
const api = await connect({ url });
const key = new Keyring({ type: 'sr25519' }).addFromUri(text(keyFile));

const commands = {
  async reserve() {
    const [reserved] = await done(api, key, api.tx.registrar.reserve(), 'registrar.Reserved');
    return reserved;
  },

  async register() {
    const call = api.tx.registrar.register(id, text(head), text(wasm));
    await done(api, key, call, 'registrar.Registered');
    return commands.show();
  },

  async 'assign-core'() {
    const { schedulerParams } = await api.query.configuration.activeConfig();
    const core = schedulerParams.numCores.toNumber();
    const calls = [
      api.tx.configuration.setCoretimeCores(core + 1),
      api.tx.coretime.assignCore(core, 0, [[{ Task: id }, 57_600]], null),
    ];
    const call = api.tx.sudo.sudo(api.tx.utility.batchAll(calls));
    const { sudoResult } = await done(api, key, call, 'sudo.Sudid');
    if (sudoResult.isErr) throw new Error(`refused: ${sudoResult}`);
    return `core ${core}`;
  },

  async show() {
    const lifecycle = await api.query.paras.paraLifecycles(id);
    const known = await api.query.paras.heads(id);
    return `${id}: ${lifecycle}, head ${known.toHex().slice(0, 34)}…`;
  },
};

await perform(commands, command, api);
