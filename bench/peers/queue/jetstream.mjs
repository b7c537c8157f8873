/** JetStream: a work-queue stream on disk, published with acknowledgement, pulled and acknowledged one by one. */
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { versionOf } from '../version.mjs';
import { startNats } from './servers.mjs';
import { CONCURRENCY, toContender } from './work.mjs';

/** @type {Record<string, import('../../contender.mjs').Start>} */
export const variants = {
  file: async () => {
    const server = await startNats();
    const connection = await connect({ servers: server.address });
    const manager = await jetstreamManager(connection);
    const client = jetstream(connection);
    await manager.streams.add({
      name: 'bench',
      subjects: ['jobs'],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
    });
    await manager.consumers.add('bench', {
      durable_name: 'runner',
      ack_policy: AckPolicy.Explicit,
      max_ack_pending: 1000,
    });

    /** @param {() => void} onStart @param {() => void} onDone */
    const work = async (onStart, onDone) => {
      const consumer = await client.consumers.get('bench', 'runner');
      const messages = await consumer.consume({
        max_messages: 4 * CONCURRENCY,
        callback: (message) => {
          onStart();
          // The server's answer to the acknowledgement: then the job is gone from the stream.
          void message.ackAck().then((acknowledged) => acknowledged && onDone());
        },
      });
      return () => messages.close();
    };
    return toContender({
      version: `${versionOf('@nats-io/jetstream')}, ${server.version}`,
      enqueue: (payload) => client.publish('jobs', payload),
      run: (onDone) => work(() => {}, onDone),
      watch: (onStart) => work(onStart, () => {}),
      empty: () => manager.streams.purge('bench'),
      stop: async () => {
        await connection.close();
        await server.stop();
      },
    });
  },
};
