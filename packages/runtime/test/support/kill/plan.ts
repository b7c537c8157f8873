/**
 * What the kill test does: the host that it kills, and the calls that producers make in a round.
 *
 * Callees of both isolations and of two durabilities; work with and without order keys, delayed, failing, crashing, hanging
 * and large; messages that two functions receive; dead letters that a third is told of.
 */
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '../../../src/config/resolve.ts';
import type { FunctionConfig } from '../../../src/config/types.ts';
import type { HostDefinition } from '../../../src/engine/definition.ts';
import { below, type Random } from './random.ts';

/** The variable by which a function process is found in /proc: `<data directory>:<round>`. */
export const MARK = 'KILL_MARK';
/** The functions that each message is received by. */
export const RECEIVERS: readonly string[] = ['Kill/thread', 'Kill/process'];
/** The function that is told of dead letters. */
export const BURIER = 'Kill/bury';
const PRODUCERS = ['producerInThread', 'producerInProcess'];

/** What the host's process is given. */
export interface KillHostOptions {
  readonly definition: HostDefinition;
  readonly parentDeathSignal: boolean;
  /** The calls of each producer; undefined: what is there is run to its end, and listed. */
  readonly calls: Readonly<Record<string, readonly Call[]>> | undefined;
  /** Where the list is written to. */
  readonly list: string;
}

/** Where one run of the test keeps everything. */
export interface Places {
  readonly dataDir: string;
  /** Functions write down there what they saw. */
  readonly journal: string;
}

export interface Call {
  /** `<round>/<producer>/<number>`: the order of acceptance of calls with the same key is that of round and number. */
  readonly token: string;
  readonly mode: 'ok' | 'slow' | 'failOnce' | 'fail' | 'crash' | 'hang';
  /** One of both. */
  readonly target?: string;
  readonly topic?: string;
  readonly orderKey?: string;
  readonly maxRetries?: number;
  readonly delay?: number;
  /** Bytes of padding. */
  readonly size: number;
}

/** Callees that take turns; an order key always has the same one. */
const CALLEES = ['Kill/process', 'Kill/thread', 'Kill/batched'];
/** Order keys of a producer. */
const KEYS = 6;

/** `count` calls for each producer. */
export function planRound(random: Random, round: number, count: number): Record<string, Call[]> {
  return Object.fromEntries(PRODUCERS.map((name) => [`Kill/${name}`, planCalls(random, round, name, count)]));
}

function planCalls(random: Random, round: number, producer: string, count: number): Call[] {
  return Array.from({ length: count }, (_, number): Call => {
    const token = `${round}/${producer}/${number}`;
    const size = random() < 0.1 ? 4000 + below(random, 16_000) : below(random, 200);
    if (random() < 0.1) return { token, mode: 'ok', topic: `kill/${producer}`, size };
    const mode = planMode(random());
    const key = random() < 0.5 ? below(random, KEYS) : undefined;
    return {
      token,
      mode,
      target: CALLEES[(key ?? below(random, CALLEES.length)) % CALLEES.length]!,
      ...(key === undefined ? {} : { orderKey: `${producer}-${key}` }),
      ...(mode === 'fail' ? { maxRetries: below(random, 2) } : {}),
      ...(random() < 0.05 ? { delay: 20 } : {}),
      size,
    };
  });
}

function planMode(dice: number): Call['mode'] {
  if (dice < 0.1) return 'slow';
  if (dice < 0.18) return 'failOnce';
  if (dice < 0.22) return 'fail';
  if (dice < 0.224) return 'crash';
  if (dice < 0.228) return 'hang';
  return 'ok';
}

export function defineKillHost({ dataDir, journal }: Places, round: number): HostDefinition {
  const callee: FunctionConfig = {
    handler: 'functions.handle',
    timeout: '300ms',
    instanceConcurrency: 16,
    maxInstances: 1,
  };
  const onFailure = BURIER;
  const producer: FunctionConfig = { handler: 'functions.produce', timeout: '10m', maxInstances: 1 };
  const { definition } = resolveConfig(
    {
      dataDir,
      limits: { minFreeDisk: '0MB', deadLetters: { count: 1_000_000, bytes: '1GB' } },
      defaults: {
        codeUri: join(import.meta.dirname, '..', '..', 'fixtures', 'kill'),
        environmentVariables: { KILL_JOURNAL: journal, KILL_ROUND: String(round), [MARK]: `${dataDir}:${round}` },
        retry: { attempts: 4, minDelay: '5ms', maxDelay: '40ms' },
      },
      routes: RECEIVERS.map((target) => ({ topic: 'kill/+', target })),
      services: {
        Kill: {
          functions: {
            thread: { ...callee, onFailure, isolation: 'thread' },
            process: { ...callee, onFailure, isolation: 'process' },
            batched: { ...callee, onFailure, isolation: 'process', durability: 'batched' },
            bury: { ...callee, handler: 'functions.bury', isolation: 'thread' },
            producerInThread: { ...producer, isolation: 'thread' },
            producerInProcess: { ...producer, isolation: 'process' },
            block: { handler: 'functions.block', isolation: 'process', timeout: '10m' },
          },
        },
      },
    },
    { baseDir: dataDir, cwd: dataDir, hostEnv: {}, cpus: availableParallelism(), totalMemory: totalmem() },
  );
  return definition;
}
