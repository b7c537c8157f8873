/** Entry of the writer thread: messages in, messages out. */
import { receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { systemClock } from '../engine/clock.ts';
import { QueueError } from '../engine/queue/queue.ts';
import type { FromWriter, ToWriter, WriterBoot } from './batch.ts';
import { reasonOf } from './open-queue.ts';
import { Writer } from './writer.ts';

const { boot, port } = workerData as { readonly boot: WriterBoot; readonly port: MessagePort };

const writer = new Writer({
  directory: boot.directory,
  limits: boot.limits,
  clock: systemClock,
  post,
  reserveBytes: boot.testing?.reserveBytes,
});

port.on('message', (first: ToWriter) => {
  take(first);
  // All that has come meanwhile: it goes into the same commit.
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    take(next.message as ToWriter);
  }
  writer.run();
});

function take(message: ToWriter): void {
  if (Array.isArray(message)) writer.receive(message);
  else if (message.kind === 'close') writer.close(message.grace);
  else open(message.facts);
}

function open(facts: Parameters<Writer['open']>[0]): void {
  try {
    post({ kind: 'opened', opening: writer.open(facts) });
  } catch (error) {
    const code = error instanceof QueueError ? error.code : 'QueueUnusable';
    post({ kind: 'refused', code, message: reasonOf(error) });
    port.close();
  }
}

function post(message: FromWriter): void {
  port.postMessage(message);
  if (!Array.isArray(message) && message.kind === 'closed') port.close();
}
