/**
 * What functions wrote down over all rounds, and what must be true of it (SPEC 4, I2, I3):
 *
 * - what was accepted ran to an end, or is a dead letter; a message did so in each of its receivers, once;
 * - a start of work that was started before has a higher attempt;
 * - work with the same key starts in the order of acceptance, and only when all that came before is over;
 * - every dead letter was told to its destination, and nothing else was.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BURIER, RECEIVERS } from './plan.ts';

/** One run of work. */
interface Start {
  /** µs of the monotonic clock. */
  readonly at: number;
  readonly attempt: number;
  readonly round: number;
}

interface Work {
  readonly id: string;
  readonly token: string;
  readonly target: string;
  readonly orderKey: string | null;
  readonly starts: Start[];
  /** When it was seen last. */
  seen: number;
  succeeded: boolean;
}

interface Stored {
  readonly state: string;
  readonly attempt: number;
  readonly target: string;
}

export interface JournalReport {
  /** Ids that callbacks gave; and messages. */
  readonly accepted: number;
  readonly published: number;
  readonly starts: number;
  /** Starts of work that had been started before; those of them that an earlier round started. */
  readonly repeats: number;
  readonly repeatsAfterKill: number;
  readonly keyed: number;
  readonly dead: number;
  readonly lost: readonly string[];
  readonly wrongAttempts: readonly string[];
  readonly wrongOrder: readonly string[];
  readonly wrongDestinations: readonly string[];
}

export function checkJournal(directory: string): JournalReport {
  const journal = readJournal(directory);
  const { works, accepted, published, states } = journal;
  const all = [...works.values()];
  const starts = all.reduce((sum, work) => sum + work.starts.length, 0);
  const dead = [...states.values()].filter(isDead).length;
  return {
    accepted: accepted.size,
    published: published.length,
    starts,
    repeats: starts - all.length,
    repeatsAfterKill: all.reduce((sum, { starts }) => sum + new Set(starts.map(({ round }) => round)).size - 1, 0),
    keyed: all.filter(({ orderKey }) => orderKey !== null).length,
    dead,
    lost: findLost(journal),
    wrongAttempts: all.flatMap(findWrongAttempts),
    wrongOrder: findWrongOrder(all),
    wrongDestinations: findWrongDestinations(journal),
  };
}

interface Journal {
  readonly works: Map<string, Work>;
  /** Id to token. */
  readonly accepted: Map<string, string>;
  /** Tokens. */
  readonly published: string[];
  /** Ids of dead letters that the destination was told of. */
  readonly buried: Set<string>;
  readonly states: Map<string, Stored>;
}

type Line = readonly [kind: string, at: number, ...fields: readonly unknown[]];

function readJournal(directory: string): Journal {
  const works = new Map<string, Work>();
  const accepted = new Map<string, string>();
  const published: string[] = [];
  const buried = new Set<string>();
  const states = new Map<string, Stored>();
  const lines = readdirSync(directory).flatMap((name) => readLines(directory, name));
  lines.sort((a, b) => a.line[1] - b.line[1]);
  for (const { round, line } of lines) {
    const [kind, at, ...fields] = line;
    const [id, second, third, fourth, fifth] = fields as [string, unknown, unknown, unknown, unknown];
    const work = works.get(id);
    if (work !== undefined) work.seen = at;
    switch (kind) {
      case 'accepted':
        accepted.set(String(second), id);
        break;
      case 'published':
        published.push(id);
        break;
      case 'start': {
        const start: Start = { at, attempt: Number(second), round };
        if (work !== undefined) work.starts.push(start);
        else {
          const orderKey = typeof fifth === 'string' ? fifth : null;
          const [token, target] = [String(third), String(fourth)];
          works.set(id, { id, token, target, orderKey, starts: [start], seen: at, succeeded: false });
        }
        break;
      }
      case 'end':
        if (work !== undefined && third === 'ok') work.succeeded = true;
        break;
      case 'buried':
        buried.add(String(second));
        break;
      case 'state':
        states.set(id, { state: String(second), attempt: Number(third), target: String(fourth) });
        break;
      default:
        // It only says that the work was seen.
        break;
    }
  }
  return { works, accepted, published, buried, states };
}

function readLines(directory: string, name: string): { readonly round: number; readonly line: Line }[] {
  const round = Number.parseInt(name, 10);
  const lines = readFileSync(join(directory, name), 'utf8').split('\n');
  // What stands behind the last line break was cut off by the kill: that write never returned.
  return lines.slice(0, -1).map((line) => ({ round, line: JSON.parse(line) as Line }));
}

const isDead = ({ state }: Stored): boolean => state === 'Failed' || state === 'Expired';

function findLost({ works, accepted, published, states }: Journal): string[] {
  const lost: string[] = [];
  for (const [id, token] of accepted) {
    const stored = states.get(id);
    if (stored === undefined) lost.push(`${id} (${token}) is not known any more`);
    else if (!isDead(stored) && (stored.state !== 'Succeeded' || works.get(id)?.succeeded !== true)) {
      lost.push(`${id} (${token}) is ${stored.state}, and ran ${works.get(id)?.starts.length ?? 0} times`);
    }
  }
  const byMessage = new Map<string, Work[]>();
  for (const work of works.values()) {
    const key = `${work.token} in ${work.target}`;
    byMessage.set(key, [...(byMessage.get(key) ?? []), work]);
  }
  for (const token of published) {
    for (const target of RECEIVERS) {
      const received = byMessage.get(`${token} in ${target}`) ?? [];
      const [first] = received;
      const stored = first === undefined ? undefined : states.get(first.id);
      if (received.length > 1) lost.push(`the message ${token} reached ${target} ${received.length} times`);
      else if (stored === undefined || (!isDead(stored) && first?.succeeded !== true)) {
        lost.push(`the message ${token} did not run in ${target}`);
      }
    }
  }
  // What was accepted without its caller having been told runs as well.
  for (const { id, token } of works.values()) if (!states.has(id)) lost.push(`${id} (${token}) ran and is not known`);
  return lost;
}

function findWrongAttempts({ id, token, starts }: Work): string[] {
  const wrong = starts.some(({ attempt }, index) => attempt <= (starts[index - 1]?.attempt ?? 0));
  const shown = starts.map(({ attempt, round }) => `${attempt} in round ${round}`).join(', ');
  return wrong ? [`${id} (${token}) was started with attempt ${shown}`] : [];
}

function findWrongOrder(all: readonly Work[]): string[] {
  const byKey = new Map<string, Work[]>();
  for (const work of all) {
    if (work.orderKey === null) continue;
    const key = `${work.target} ${work.orderKey}`;
    const works = byKey.get(key);
    if (works === undefined) byKey.set(key, [work]);
    else works.push(work);
  }
  const wrong: string[] = [];
  for (const [key, works] of byKey) {
    works.sort((a, b) => placeOf(a) - placeOf(b));
    let before: Work | undefined;
    for (const work of works) {
      const first = work.starts[0]?.at ?? 0;
      if (before !== undefined && first < before.seen) {
        wrong.push(`${key}: ${work.token} started ${before.seen - first} µs before ${before.token} was over`);
      }
      if (before === undefined || work.seen > before.seen) before = work;
    }
  }
  return wrong;
}

/** A producer's calls are accepted in the order in which it makes them. */
function placeOf({ token }: Work): number {
  const [round, , number] = token.split('/').map(Number);
  return (round ?? 0) * 1e6 + (number ?? 0);
}

function findWrongDestinations({ buried, states }: Journal): string[] {
  const wrong: string[] = [];
  for (const [id, stored] of states) {
    if (isDead(stored) && stored.target !== BURIER && !buried.has(id)) {
      wrong.push(`${id} of ${stored.target} is ${stored.state}, and its destination was not told`);
    }
  }
  for (const id of buried) {
    const stored = states.get(id);
    if (stored === undefined || !isDead(stored)) {
      wrong.push(`the destination was told that ${id} failed, which is ${stored?.state ?? 'not known'}`);
    }
  }
  return wrong;
}
