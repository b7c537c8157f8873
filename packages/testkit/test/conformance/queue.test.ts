/** Our own queues keep the rules of the port, each with what it survives. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryQueue, MemoryTables, SqliteQueue, type QueueLimits } from '@edgefc/runtime/testing';
import { describe, it } from 'vitest';
import { runConformance } from '../../src/conformance/case.ts';
import type { QueueStorage } from '../../src/conformance/queue/options.ts';
import { queueConformance } from '../../src/conformance/queue/queue-conformance.ts';

/** Tables that outlive their queue, as a file outlives a host; a kill throws the queue's next commit away. */
class KeptTables implements QueueStorage {
  readonly #tables = new MemoryTables();
  #alive = { alive: true };

  queue(limits: QueueLimits): MemoryQueue {
    const life = { alive: true };
    this.#alive = life;
    return new MemoryQueue({
      limits,
      tables: this.#tables,
      onCommit: () => {
        if (!life.alive) throw new Error('the host was killed');
      },
    });
  }

  async kill(queue: MemoryQueue): Promise<void> {
    this.#alive.alive = false;
    await queue.close();
  }

  dispose(): void {
    // Tables in memory leave nothing.
  }
}

/** Each queue in memory has tables of its own. */
class ForgottenTables implements QueueStorage {
  queue(limits: QueueLimits): MemoryQueue {
    return new MemoryQueue({ limits });
  }

  dispose(): void {
    // Tables in memory leave nothing.
  }
}

/** A directory a life: a kill takes a picture of the files as they are, and the next queue goes on with that. */
class Files implements QueueStorage {
  readonly #root = mkdtempSync(join(tmpdir(), 'edgefc-conformance-'));
  #lives = 0;

  queue(limits: QueueLimits): SqliteQueue {
    return new SqliteQueue({ dataDir: this.#directory, limits, testing: { reserveBytes: 4096 } });
  }

  async kill(queue: SqliteQueue): Promise<void> {
    const killed = this.#directory;
    this.#lives += 1;
    mkdirSync(this.#directory);
    for (const name of ['queue.db', 'queue.db-wal']) {
      if (existsSync(join(killed, name))) copyFileSync(join(killed, name), join(this.#directory, name));
    }
    await queue.close(0);
  }

  dispose(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  get #directory(): string {
    return join(this.#root, String(this.#lives));
  }
}

describe('our queues keep the rules of the Queue port', () => {
  runConformance(
    queueConformance({ survives: 'kill', storage: () => new KeptTables() }),
    { describe, it },
    'the queue in memory, on tables that are kept',
  );
  runConformance(
    queueConformance({ survives: 'nothing', storage: () => new ForgottenTables() }),
    { describe, it },
    'the queue in memory, on tables of its own',
  );
  runConformance(
    queueConformance({ survives: 'kill', storage: () => new Files() }),
    { describe, it },
    'the queue on disk',
  );
});
