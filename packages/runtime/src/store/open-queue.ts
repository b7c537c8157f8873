/** Opens the queue's file with its ledgers; a damaged one is rescued first. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { QueueLimits } from '../engine/definition.ts';
import { Ledgers } from '../engine/queue/ledgers.ts';
import { QueueError, type Opening, type OpeningFacts } from '../engine/queue/queue.ts';
import { failureOf, sqliteCode } from './failures.ts';
import { QueueFile, queueFile } from './queue-file.ts';
import { rescue } from './rescue.ts';

export interface OpenQueue {
  readonly file: QueueFile;
  readonly ledgers: Ledgers;
  readonly opening: Opening;
}

/** What a host found damaged while it ran: the next start rescues, also where it would not meet the damage. */
export function damageNote(directory: string): string {
  return `${queueFile(directory)}-damaged`;
}

export function noteDamage(directory: string, what: string): void {
  try {
    writeFileSync(damageNote(directory), `${what}\n`);
  } catch {
    // The damage stays what it is: the next start most likely meets it again.
  }
}

/** @throws QueueError */
export function openQueue(
  directory: string,
  limits: QueueLimits,
  facts: OpeningFacts,
  refusal: () => string | undefined,
): OpenQueue {
  const path = queueFile(directory);
  const notes: string[] = [];
  const noted = damageNote(directory);
  try {
    if (existsSync(noted)) {
      notes.push(...rescueNoted(path, readFileSync(noted, 'utf8').trim()));
      rmSync(noted);
    }
    let opened: OpenQueue;
    try {
      opened = open(path, limits, facts, refusal);
    } catch (error) {
      if (failureOf(error) !== 'damage' && !(error instanceof RangeError)) throw error;
      notes.push(...rescue(path, reasonOf(error)));
      opened = open(path, limits, facts, refusal);
    }
    return { ...opened, opening: { ...opened.opening, notes: [...notes, ...opened.opening.notes] } };
  } catch (error) {
    if (error instanceof QueueError) throw error;
    const code = sqliteCode(error);
    throw new QueueError(
      'QueueUnusable',
      `the queue ${path} cannot be opened: ${reasonOf(error)}${code === undefined ? '' : ` (SQLite ${code})`}; ` +
        'see that the disk has space and the files in the directory belong to this user, or name another --data-dir',
      { cause: error },
    );
  }
}

/** Only when the damage is there to be seen: a cable may have been loose. */
function rescueNoted(path: string, why: string): string[] {
  if (!existsSync(path)) return [];
  let found: string | undefined;
  try {
    const file = new QueueFile(path);
    try {
      found = file.findDamage();
    } finally {
      file.close();
    }
  } catch (error) {
    if (failureOf(error) !== 'damage') throw error;
    found = reasonOf(error);
  }
  return found === undefined
    ? [`the last host found the queue's file damaged (${why}); all of it is readable now, and is used on`]
    : rescue(path, why);
}

function open(path: string, limits: QueueLimits, facts: OpeningFacts, refusal: () => string | undefined): OpenQueue {
  const file = new QueueFile(path);
  try {
    const ledgers = new Ledgers({ tables: file.tables, limits, refusal });
    file.tables.begin();
    const opening = ledgers.open(facts);
    file.tables.commit();
    file.countFrames();
    file.syncDirectory();
    return { file, ledgers, opening };
  } catch (error) {
    file.close();
    throw error;
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
