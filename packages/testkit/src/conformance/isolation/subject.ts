/** The function that the suite runs: written to a directory of its own, because an instance loads its code from files. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  gatherHostFacts,
  PROTOCOL_VERSION,
  resolveUnknown,
  type FunctionConfig,
  type InstanceBoot,
} from '@edgefc/runtime/testing';

const SOURCE = `'use strict';
const { FCClient } = require('@edgefc/sdk');

let count = 0;
const kept = [];

const acts = {
  count: () => String(++count),
  hang: () => new Promise(() => {}),
  exit: () => process.exit(3),
  uncaught: () => {
    setImmediate(() => {
      throw new RangeError('nobody caught it');
    });
    return new Promise(() => {});
  },
  rejection: () => {
    Promise.reject(new RangeError('nobody handled it'));
    return new Promise(() => {});
  },
  loop: () => {
    for (;;);
  },
  memory: async () => {
    for (;;) {
      kept.push(Buffer.alloc(8 * 1024 * 1024, 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
  write: () => {
    console.log('to the log');
    console.error('to the errors');
    process.stdout.write('without an end');
    return 'written';
  },
  flood: () => {
    for (let line = 1; line <= 300; line += 1) console.log('line ' + line);
    return 'flooded';
  },
  environment: () => String(process.env.SUBJECT),
  'change environment': () => {
    process.env.SUBJECT = 'changed';
    process.env.EDGEFC_CONFORMANCE_LEAK = 'leaked';
    return 'changed';
  },
  fail: () => {
    throw new RangeError('as it should');
  },
  aborted: (context) =>
    new Promise((resolve) => {
      context.signal.addEventListener('abort', () => resolve('aborted'), { once: true });
    }),
};

exports.act = async (event, context) => acts[event](context);
exports.echo = async (event) => event;
exports.mark = async (event) => {
  event.fill(9);
  return 'marked';
};
exports.call = async (event) => {
  const { payload } = await new FCClient().invokeFunction({ serviceName: 'Other', functionName: 'one', payload: event });
  return event + ' ' + payload;
};
exports.answerAndExit = (event, context, callback) => {
  callback(null, Buffer.alloc(8 * 1024 * 1024, 7));
  process.exit(4);
};
exports.initializer = (context, callback) => {
  console.log('initialized');
  callback();
};
exports.failing = (context, callback) => callback(new RangeError('not today'));
exports.preStop = (context, callback) => {
  console.log('about to stop');
  callback();
};
`;

export class Subject {
  readonly #directory = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-subject-')));

  constructor() {
    writeFileSync(join(this.#directory, 'subject.js'), SOURCE);
    // Whatever package the temporary directory may lie in.
    writeFileSync(join(this.#directory, 'package.json'), '{ "type": "commonjs" }\n');
  }

  /** What an instance is told of itself: `handler` is an export of the source above. */
  boot(handler: string, settings: Omit<FunctionConfig, 'handler'> = {}, loadOnly = false): InstanceBoot {
    const baseDir = this.#directory;
    const subject = {
      codeUri: baseDir,
      environmentVariables: { SUBJECT: 'configured' },
      ...settings,
      handler: `subject.${handler}`,
    };
    const { definition: host } = resolveUnknown(
      { services: { Conformance: { functions: { subject } } } },
      { ...gatherHostFacts({}, baseDir), baseDir },
    );
    const [definition] = host.functions;
    if (definition === undefined)
      throw new Error('edgefc testkit: a configuration with one function has none; this is a bug');
    const { region, accountId, credentials, maxSyncPayload, maxAsyncPayload } = host.settings;
    return {
      protocolVersion: PROTOCOL_VERSION,
      instance: `${definition.key}#1`,
      definition,
      loadOnly,
      settings: { region, accountId, credentials, maxSyncPayload, maxAsyncPayload },
    };
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
