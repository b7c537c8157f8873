import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openFileStream } from '../../src/observe/file-stream.ts';
import { LineSink } from '../../src/observe/line-sink.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** A stream whose reader takes a write only when told to. */
function makeSlowReader(): { stream: Writable; taken: string[]; take: () => void } {
  const taken: string[] = [];
  let release: (() => void) | undefined;
  const stream = new Writable({
    decodeStrings: false,
    highWaterMark: 10,
    write(chunk: string, _encoding, callback) {
      release = () => {
        release = undefined;
        taken.push(chunk);
        callback();
      };
    },
  });
  return { stream, taken, take: () => release?.() };
}

const formatDropped = (lines: number): string => `(${lines} dropped)\n`;
const turn = (): Promise<void> => Promise.resolve();

describe('the writer of the log', () => {
  it('makes one write of the lines of one turn', async () => {
    const { stream, taken, take } = makeSlowReader();
    const sink = new LineSink(stream, { formatDropped });
    sink.write('a\n');
    sink.write('b\n');
    await turn();
    take();
    expect(taken).toEqual(['a\nb\n']);
  });

  it('drops what a slow reader leaves standing beyond the bound, and says how much', async () => {
    const { stream, taken, take } = makeSlowReader();
    const sink = new LineSink(stream, { formatDropped, mostBuffered: 100 });
    for (let n = 0; n < 1000; n += 1) {
      sink.write(`line ${n}\n`);
      await turn();
    }
    expect(stream.writableLength).toBeLessThan(120);
    const drained = new Promise((resolve) => stream.once('drain', resolve));
    while (stream.writableLength > 0) {
      take();
      await turn();
    }
    await drained;
    sink.write('after\n');
    const flushed = sink.flush();
    for (let n = 0; n < 10; n += 1) {
      take();
      await turn();
    }
    await flushed;
    const lines = taken.join('').trimEnd().split('\n');
    const written = lines.filter((line) => line.startsWith('line ')).length;
    expect(lines.slice(written)).toEqual([`(${1000 - written} dropped)`, 'after']);
    expect(written).toBeGreaterThan(0);
  });

  it('drops on until the reader has caught up, so that a gap is named where it is', async () => {
    const { stream, taken, take } = makeSlowReader();
    const sink = new LineSink(stream, { formatDropped, mostBuffered: 20 });
    for (const line of ['the first\n', 'the second\n', 'dropped\n']) {
      sink.write(line);
      await turn();
    }
    take(); // There is room again, but the reader is not through.
    sink.write('dropped too\n');
    await turn();
    while (stream.writableLength > 0) {
      take();
      await turn();
    }
    sink.write('after\n');
    await turn();
    await turn();
    take();
    await turn();
    take();
    expect(taken.join('')).toBe('the first\nthe second\n(2 dropped)\nafter\n');
  });

  it('goes on in silence when the reader is gone', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, callback) => callback(new Error('EPIPE')) });
    const sink = new LineSink(stream, { formatDropped });
    sink.write('a\n');
    await sink.flush();
    sink.write('b\n');
    await sink.flush();
    expect(stream.destroyed).toBe(true);
  });
});

describe('standard output that is a file', () => {
  it('gets everything, in order', async () => {
    const file = join(makeTempDir(), 'out');
    const fd = openSync(file, 'w');
    const stream = openFileStream(fd);
    const sink = new LineSink(stream, { formatDropped });
    const lines = Array.from({ length: 1000 }, (_, n) => `line ${n}\n`);
    for (const line of lines) {
      sink.write(line);
      await turn();
    }
    await sink.flush();
    closeSync(fd);
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''));
  });

  it('is no end of the log when a write fails', async () => {
    const file = join(makeTempDir(), 'out');
    closeSync(openSync(file, 'w'));
    const fd = openSync(file, 'r'); // Writing to it is EBADF, as a full disk is ENOSPC.
    const stream = openFileStream(fd);
    await new Promise((resolve) => stream.write('lost', resolve));
    closeSync(fd);
    expect(stream.writable).toBe(true);
    expect(stream.destroyed).toBe(false);
  });
});
