/** Threads, processes and instances in process keep the rules of the port, each with what it contains. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, SystemIsolations, type Isolation, type IsolationKind } from '@edgefc/runtime/testing';
import { afterAll, describe, it } from 'vitest';
import { runConformance } from '../../src/conformance/case.ts';
import { isolationConformance } from '../../src/conformance/isolation/isolation-conformance.ts';
import { InProcessIsolation } from '../../src/isolation/in-process.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'edgefc-isolations-'));
afterAll(() => {
  rmSync(dataDir, { recursive: true });
});

function system(kind: IsolationKind): Isolation {
  return new SystemIsolations({ clock: systemClock, dataDir, parentDeathSignal: true })[kind];
}

describe('our isolations keep the rules of the Isolation port', () => {
  runConformance(
    isolationConformance({ isolation: () => system('thread'), contains: ['exit', 'uncaught', 'loop', 'memory'] }),
    { describe, it },
    'threads',
  );
  runConformance(
    isolationConformance({ isolation: () => system('process'), contains: ['exit', 'uncaught', 'loop', 'memory'] }),
    { describe, it },
    'processes',
  );
  runConformance(
    isolationConformance({
      isolation: () => new InProcessIsolation({ host: {}, clock: systemClock, time: undefined, inline: new Map() }),
      contains: ['exit', 'uncaught'],
    }),
    { describe, it },
    'instances in process',
  );
});
