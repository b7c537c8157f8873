/** How a function's Async work is run, tried again and kept, from the function's layers. */
import type { FunctionDefinition, RetryPolicy } from '../engine/definition.ts';
import type { Found, Layers } from './layers.ts';
import { showValue } from './problems.ts';
import type { Report } from './report.ts';
import type { RetryLayer } from './schema.ts';
import { writeDuration } from './units.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 86_400_000;

/** What work is retried by that nobody configured (types.ts says so to people). */
const RETRY: RetryPolicy = { attempts: 4, minDelay: SECOND, maxDelay: 5 * MINUTE, maxAge: DAY };

export interface AsyncPlace {
  readonly layers: Layers;
  /** Invocations that the function can run at once at most. */
  readonly slots: number;
}

type AsyncSettings = Pick<FunctionDefinition, 'asyncConcurrency' | 'retry' | 'durability'>;

/** Resolves what is told about Async work, destinations aside; what is wrong goes to the report. */
export function resolveAsync(place: AsyncPlace, report: Report): AsyncSettings {
  return {
    asyncConcurrency: resolveConcurrency(place, report),
    retry: resolveRetry(place.layers, report),
    durability: place.layers.value('durability', 'fsync'),
  };
}

function resolveConcurrency({ layers, slots }: AsyncPlace, report: Report): number {
  const found = layers.find('asyncConcurrency');
  // The last slot is left for Sync calls, where there is another.
  if (found === undefined) return Math.max(1, slots - 1);
  if (found.value > slots && found.rank === layers.ownRank) {
    report.problem(
      found.path,
      `found ${found.value}, allowed at most maxInstances × instanceConcurrency, which is ${slots}`,
    );
  }
  // A default is meant for functions with more slots too.
  return Math.min(found.value, slots);
}

function resolveRetry(layers: Layers, report: Report): RetryPolicy {
  const attempts = findWithAlias(layers, report, {
    key: 'attempts',
    alias: 'maxAsyncRetryAttempts',
    // FC does not count the first run.
    convert: (retries) => retries + 1,
  });
  const maxAge = findWithAlias(layers, report, {
    key: 'maxAge',
    alias: 'maxAsyncEventAgeInSeconds',
    convert: (seconds) => seconds * SECOND,
  });
  const minDelay = findInRetry(layers, 'minDelay');
  const maxDelay = findInRetry(layers, 'maxDelay');
  if (minDelay !== undefined && maxDelay !== undefined && minDelay.value > maxDelay.value) {
    const [low, high] = [writeDuration(minDelay.value), writeDuration(maxDelay.value)];
    if (minDelay.rank >= maxDelay.rank)
      report.problem(minDelay.path, `found '${low}', allowed at most maxDelay, which is '${high}'`);
    else report.problem(maxDelay.path, `found '${high}', allowed at least minDelay, which is '${low}'`);
  }
  return {
    attempts: attempts?.value ?? RETRY.attempts,
    // Where one of the two is given, the other's default gives way.
    minDelay: minDelay?.value ?? Math.min(RETRY.minDelay, maxDelay?.value ?? Infinity),
    maxDelay: maxDelay?.value ?? Math.max(RETRY.maxDelay, minDelay?.value ?? 0),
    maxAge: maxAge?.value ?? RETRY.maxAge,
  };
}

interface Alias {
  readonly key: keyof RetryLayer;
  readonly alias: 'maxAsyncRetryAttempts' | 'maxAsyncEventAgeInSeconds';
  readonly convert: (value: number) => number;
}

/** The nearest value, under either name; both names in one place are a problem. */
function findWithAlias(layers: Layers, report: Report, { key, alias, convert }: Alias): Found<number> | undefined {
  const found = findInRetry(layers, key);
  const aliases = layers.findAll(alias);
  const values = allInRetry(layers, key);
  for (const { path, value, rank } of aliases) {
    if (values.every((one) => one.rank !== rank)) continue;
    report.problem(path, `found ${showValue(value)} beside retry.${key}, which is the same; allowed one of the two`);
  }
  const other = aliases.at(-1);
  if (other === undefined || (found !== undefined && found.rank >= other.rank)) return found;
  return { ...other, value: convert(other.value) };
}

function findInRetry(layers: Layers, key: keyof RetryLayer): Found<number> | undefined {
  return allInRetry(layers, key).at(-1);
}

function allInRetry(layers: Layers, key: keyof RetryLayer): Found<number>[] {
  return layers.findAll('retry').flatMap(({ value, path, rank }) => {
    const one = value[key];
    return one === undefined ? [] : [{ value: one, path: [...path, key], rank }];
  });
}
